//! What is set for the HTTPS push.

use crate::outlets::account::Login;
use haubert_service::problem::{Problem, codes};
use http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest address, in characters.
const MAX_URL: usize = 1000;
/// Longest user name, in characters.
const MAX_USER: usize = 128;

/// HTTPS push: where to, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushSettings {
    /// Whether anything is sent; the policy must allow it too.
    pub enabled: bool,
    /// Address that takes the requests: `https://name[:port]/path`, without user or password.
    pub url: String,
    /// User name for `Basic`; empty with a password: it is a token (`Bearer`).
    pub user: String,
    /// Whether the gateway shows its own certificate (kind `push`).
    pub client_certificate: bool,
    /// Whether what is recorded goes out, complete.
    pub history: bool,
    /// Whether alarms do, with each change.
    pub alarms: bool,
    /// Newest values go out every so many seconds, those that changed; 0 for never.
    pub live_seconds: u16,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            url: String::new(),
            user: String::new(),
            client_certificate: false,
            history: true,
            alarms: true,
            live_seconds: 0,
        }
    }
}

/// The parts of an address that say to whom it leads.
pub(super) struct Place {
    /// DNS name or IP address.
    pub(super) host: String,
    /// Port.
    pub(super) port: u16,
}

/// Where an address leads; `None` when it is none of HTTPS, or has a user or password in it.
pub(super) fn place(url: &str) -> Option<Place> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let plain = uri.scheme_str() == Some("https") && !authority.as_str().contains('@') && !url.contains('#');
    // A port that is none would else be taken for absent.
    let port = match authority.as_str().strip_prefix(authority.host())? {
        "" => 443,
        port => port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?,
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    (plain && rustls::pki_types::ServerName::try_from(host.as_str()).is_ok()).then_some(Place { host, port })
}

impl PushSettings {
    /// Whether recorded values must be kept until the server has them.
    pub const fn wants_history(&self) -> bool {
        self.enabled && self.history
    }
}

impl Login for PushSettings {
    const NAME: &'static str = "push";
    const PASSWORD: &'static str = "push_password";

    fn same_account(&self, other: &Self) -> bool {
        let place = |settings: &Self| place(&settings.url).map(|place| (place.host, place.port));
        (place(self), &self.user) == (place(other), &other.user)
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    fn user(&self) -> &str {
        // A token goes without a name.
        "-"
    }

    fn checked(mut self) -> Result<Self, Problem> {
        let mut problem = Problem::new(codes::INVALID);
        for (field, text, most) in [("url", &mut self.url, MAX_URL), ("user", &mut self.user, MAX_USER)] {
            *text = text.trim().to_owned();
            if text.chars().count() > most || text.chars().any(char::is_control) {
                problem =
                    problem.field(field, "too_long", format!("at most {most} characters, none of them a control character"));
            }
        }
        if self.url.is_empty() && self.enabled {
            problem = problem.field("url", "required", "give the address that takes the requests");
        } else if !self.url.is_empty() && place(&self.url).is_none() {
            problem = problem.field("url", "not_valid", "https://name[:port]/path, without user, password or #");
        }
        if self.user.contains(':') {
            problem = problem.field("user", "not_valid", "without `:`");
        }
        if self.live_seconds > 3600 {
            problem = problem.field("live_seconds", "out_of_range", "0 to 3600 s");
        }
        if self.enabled && !self.history && !self.alarms && self.live_seconds == 0 {
            problem = problem.field("history", "required", "choose what is sent");
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_https_without_secrets() {
        let found = |url: &str| place(url).map(|place| (place.host, place.port));
        assert_eq!(found("https://push.example/in?site=1"), Some(("push.example".to_owned(), 443)));
        assert_eq!(found("https://[2001:db8::1]:8443/"), Some(("2001:db8::1".to_owned(), 8443)));
        for bad in [
            "",
            "push.example",
            "/in",
            "http://push.example/",
            "https://a:b@push.example/",
            "https://push.example:0/",
            "https://push.example:99999/",
            "https://push.example/#part",
            "https:///in",
            "https://a b/",
        ] {
            assert_eq!(found(bad), None, "{bad}");
        }
    }

    #[test]
    fn fields_at_fault_are_named() {
        let good = PushSettings { enabled: true, url: " https://push.example/in ".to_owned(), ..PushSettings::default() };
        assert_eq!(good.clone().checked().unwrap().url, "https://push.example/in");
        assert!(PushSettings::default().checked().is_ok());
        type Change = fn(&mut PushSettings);
        let changes: [(&str, Change); 6] = [
            ("url", |settings| settings.url.clear()),
            ("url", |settings| settings.url = "http://push.example/".to_owned()),
            ("url", |settings| settings.url = format!("https://push.example/{}", "x".repeat(1000))),
            ("user", |settings| settings.user = "a:b".to_owned()),
            ("live_seconds", |settings| settings.live_seconds = 3601),
            ("history", |settings| (settings.history, settings.alarms) = (false, false)),
        ];
        for (field, change) in changes {
            let mut settings = good.clone();
            change(&mut settings);
            assert_eq!(settings.checked().unwrap_err().fields[0].field, field);
        }
    }
}
