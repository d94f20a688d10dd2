//! Checks that settings of outlets and inputs have in common; each names the field at fault.

use haubert_mqtt::topic_level;
use haubert_service::problem::Problem;

/// Longest text of a setting, in characters.
const MAX_TEXT: usize = 128;

/// Trims texts; those not in `optional` must not be empty.
pub fn texts<const N: usize>(mut problem: Problem, texts: [(&str, &mut String); N], optional: &[&str]) -> Problem {
    for (field, text) in texts {
        *text = text.trim().to_owned();
        if text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
            problem =
                problem.field(field, "too_long", format!("at most {MAX_TEXT} characters, none of them a control character"));
        }
        if text.is_empty() && !optional.contains(&field) {
            problem = problem.field(field, "required", "must not be empty");
        }
    }
    problem
}

/// A broker's name and port; the name must be there when it is to be used.
pub fn broker(mut problem: Problem, (host, port): (&str, u16), enabled: bool) -> Problem {
    if host.is_empty() && enabled {
        problem = problem.field("host", "required", "give the broker's name or address");
    } else if !host.is_empty() && rustls::pki_types::ServerName::try_from(host).is_err() {
        problem = problem.field("host", "not_valid", "a DNS name or an IP address, without port");
    }
    if port == 0 {
        problem = problem.field("port", "out_of_range", "1 to 65535");
    }
    problem
}

/// Levels of a topic, or none.
pub fn topic(problem: Problem, field: &str, topic: &str) -> Problem {
    if !topic.is_empty() && topic.split('/').any(|level| level.is_empty() || topic_level(level) != level) {
        return problem.field(field, "not_valid", "levels parted by '/', without blanks, '+', '#' or '$'");
    }
    problem
}

/// One level of a topic, or none.
pub fn level(problem: Problem, field: &str, level: &str) -> Problem {
    if !level.is_empty() && topic_level(level) != level {
        return problem.field(field, "not_valid", "without blanks, '/', '+', '#' or '$', at most 64 characters");
    }
    problem
}
