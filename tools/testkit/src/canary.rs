//! Secrets that this process has handed to programs or got from them, and the places where none of them may ever be seen: logs,
//! command lines, environments, and the answers that refuse something.
//!
//! Passwords and tokens are learnt from what passes through [`crate::Api`]; nobody has to name them.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

/// Names a file that takes one line for each program that was looked at: name, bytes, secrets, leaks.
const LOOKS: &str = "HAUBERT_LOOKS";
/// Shorter ones are found by chance.
const SHORTEST: usize = 10;
/// What no text outside the store has a reason to show, whoever made it.
const ALWAYS: [&str; 3] = ["PRIVATE KEY-----", "$argon2", "otpauth://"];
/// Fields that hold a secret, in requests and answers.
const FIELDS: [&str; 9] = [
    "password",
    "one_time_password",
    "token",
    "passphrase",
    "recovery_key",
    "recovery_code",
    "recovery_codes",
    "secret",
    "private_key",
];
/// Fields that hold one in a request only: the same words mean something harmless in answers.
const ASKED: [&str; 3] = ["code", "old", "new"];

static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Adds a secret, unless it is so short or plain that it would be found where it was not meant.
pub fn know(secret: &str) {
    let is_word = secret.chars().all(|c| c.is_lowercase() || c == '_');
    if secret.len() >= SHORTEST && !is_word {
        known().insert(secret.to_owned());
    }
}

fn known() -> std::sync::MutexGuard<'static, BTreeSet<String>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many are known.
pub fn count() -> usize {
    known().len() + ALWAYS.len()
}

/// The secrets that are seen in these bytes, each cut short: a report must not spread what it reports.
pub fn seen_in(bytes: &[u8]) -> Vec<String> {
    let contains = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    let known = known();
    let all = known.iter().map(String::as_str).chain(ALWAYS);
    all.filter(|secret| contains(secret)).map(|secret| format!("{}…", secret.chars().take(6).collect::<String>())).collect()
}

/// Learns the secrets of a request's body.
pub(crate) fn asked(body: &Value) {
    learn(body, &[&FIELDS[..], &ASKED].concat());
}

/// Learns the secrets of an answer's body.
pub(crate) fn answered(body: &Value) {
    learn(body, &FIELDS);
}

fn learn(body: &Value, fields: &[&str]) {
    match body {
        Value::Object(members) => {
            for (name, member) in members {
                if fields.contains(&name.as_str()) {
                    texts(member).into_iter().for_each(know);
                }
                learn(member, fields);
            }
        }
        Value::Array(members) => members.iter().for_each(|member| learn(member, fields)),
        _ => {}
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(members) => members.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Notes that a program was looked at, for the count of the whole suite (`scripts/canaries.sh`).
pub(crate) fn note(program: &str, bytes: usize, leaks: usize) {
    let file = match (std::env::var_os(LOOKS), std::env::var_os("HAUBERT_SCORES")) {
        (Some(file), _) => file.into(),
        (None, Some(folder)) => std::path::Path::new(&folder).join("looks"),
        (None, None) => return,
    };
    let line = format!("{program}\t{bytes}\t{}\t{leaks}\n", count());
    // One write of one line, since many processes append at the same time. Whoever counts sees that a look is missing.
    let _missing =
        std::fs::File::options().create(true).append(true).open(file).and_then(|mut file| file.write_all(line.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_learnt_where_they_are_and_found_where_they_must_not_be() {
        asked(&json!({"accounts": [{"user": "anastasia-1", "password": "Canary-Own-1"}], "code": "ABCD-EFGH-IJKL"}));
        answered(
            &json!({"enrolment": {"token": "Canary-Token-2", "hub_url": "https://127.0.0.1:1"}, "code": "WRONG-CREDENTIALS"}),
        );
        asked(&json!({"password": "socomec"}));
        assert_eq!(seen_in(b"user anastasia-1 from https://127.0.0.1:1: WRONG-CREDENTIALS socomec"), Vec::<String>::new());
        assert_eq!(seen_in(b"signing in with Canary-Own-1 and Canary-Token-2"), ["Canary…", "Canary…"]);
        assert_eq!(seen_in(b"-----BEGIN PRIVATE KEY-----"), ["PRIVAT…"]);
    }
}
