//! What is set for the SNMP agent. Where it listens stands in the start-up file, as for every listener; passwords lie apart.

use crate::store::{StoreError, settings};
use haubert_service::problem::{Problem, codes};
use haubert_snmp::{Authentication, Privacy};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Name of the setting.
const NAME: &str = "snmp";
/// Longest text, in characters.
const MAX_TEXT: usize = 128;
/// Longest name of a user, in bytes (RFC 3414).
const MAX_USER: usize = 32;
/// Most users.
const MAX_USERS: usize = 16;
/// Most receivers.
const MAX_RECEIVERS: usize = 8;

/// A user of SNMPv3. Everything is authenticated and encrypted; there is no other way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnmpUser {
    /// Name.
    pub name: String,
    /// How messages are authenticated.
    pub authentication: Authentication,
    /// How they are encrypted.
    pub privacy: Privacy,
}

/// Who is told of alarms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnmpReceiver {
    /// DNS name or IP address.
    pub host: String,
    /// Its port; 162 is the usual one.
    pub port: u16,
    /// Whether it must acknowledge (an inform); else nobody knows whether it arrived (a trap).
    pub inform: bool,
    /// As which user.
    pub user: String,
}

/// The SNMP agent: whether it answers and to whom, and whom it tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnmpSettings {
    /// Whether it answers; the policy must allow it too.
    pub enabled: bool,
    /// `sysContact`: whom to call.
    pub contact: String,
    /// `sysLocation`: where the gateway is.
    pub location: String,
    /// Who may ask, and as whom receivers are told.
    #[schema(max_items = 16)]
    pub users: Vec<SnmpUser>,
    /// Whether SNMPv2c is answered too, in clear; the policy must allow it for itself.
    pub v2c: bool,
    /// Who is told.
    #[schema(max_items = 8)]
    pub receivers: Vec<SnmpReceiver>,
    /// Whether receivers are told of alarms, raised and over.
    pub tell_alarms: bool,
    /// Whether receivers are told when somebody asks with a wrong password, once a minute at most.
    pub tell_failures: bool,
}

impl Default for SnmpSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            contact: String::new(),
            location: String::new(),
            users: Vec::new(),
            v2c: false,
            receivers: Vec::new(),
            tell_alarms: true,
            tell_failures: true,
        }
    }
}

impl SnmpSettings {
    /// As stored.
    ///
    /// # Errors
    /// When the store fails.
    pub fn stored(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        Ok(settings::get(tx, NAME)?.unwrap_or_default())
    }

    /// Stores them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn store(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        settings::set(tx, NAME, self)
    }

    /// Checks them; each field at fault is named.
    ///
    /// # Errors
    /// `invalid`.
    pub fn checked(mut self) -> Result<Self, Problem> {
        let mut problem = Problem::new(codes::INVALID);
        for (field, text) in [("contact", &mut self.contact), ("location", &mut self.location)] {
            *text = text.trim().to_owned();
            if text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
                problem =
                    problem.field(field, "too_long", format!("at most {MAX_TEXT} characters, none of them a control character"));
            }
        }
        let mut names = BTreeSet::new();
        for (at, user) in self.users.iter_mut().enumerate() {
            let field = format!("users.{at}.name");
            user.name = user.name.trim().to_owned();
            if user.name.is_empty() {
                problem = problem.field(&field, "required", "give the user a name");
            } else if user.name.len() > MAX_USER || !user.name.chars().all(|sign| sign.is_ascii_graphic()) {
                problem = problem.field(
                    &field,
                    "not_valid",
                    format!("at most {MAX_USER} letters, digits and signs of ASCII, no blank"),
                );
            } else if !names.insert(user.name.clone()) {
                problem = problem.field(&field, "twice", "there is such a user already");
            }
        }
        for (at, receiver) in self.receivers.iter_mut().enumerate() {
            let field = |name: &str| format!("receivers.{at}.{name}");
            receiver.host = receiver.host.trim().to_owned();
            if rustls::pki_types::ServerName::try_from(receiver.host.as_str()).is_err() {
                problem = problem.field(&field("host"), "not_valid", "a DNS name or an IP address, without port");
            }
            if receiver.port == 0 {
                problem = problem.field(&field("port"), "out_of_range", "1 to 65535");
            }
            if !names.contains(&receiver.user) {
                problem = problem.field(&field("user"), "not_found", "there is no such user");
            }
        }
        if self.users.len() > MAX_USERS {
            problem = problem.field("users", "too_many", format!("at most {MAX_USERS}"));
        }
        if self.receivers.len() > MAX_RECEIVERS {
            problem = problem.field("receivers", "too_many", format!("at most {MAX_RECEIVERS}"));
        }
        if self.enabled && self.users.is_empty() {
            problem = problem.field("users", "required", "nobody could ask: add a user");
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_at_fault_are_named() {
        let user = |name: &str| SnmpUser {
            name: name.to_owned(),
            authentication: Authentication::default(),
            privacy: Privacy::default(),
        };
        let receiver = SnmpReceiver { host: "10.0.0.9".to_owned(), port: 162, inform: true, user: "nms".to_owned() };
        let good = SnmpSettings { enabled: true, users: vec![user("nms")], receivers: vec![receiver], ..SnmpSettings::default() };
        assert!(good.clone().checked().is_ok());
        type Change = Box<dyn Fn(&mut SnmpSettings)>;
        let changes: Vec<(&str, Change)> = vec![
            ("contact", Box::new(|settings| settings.contact = "x".repeat(129))),
            ("users.0.name", Box::new(|settings| settings.users[0].name = " ".to_owned())),
            ("users.0.name", Box::new(|settings| settings.users[0].name = "é".to_owned())),
            ("users.1.name", Box::new(move |settings| settings.users.push(user("nms")))),
            ("users", Box::new(|settings| (settings.users.clear(), settings.receivers.clear()).0)),
            ("receivers.0.host", Box::new(|settings| settings.receivers[0].host = "nms:162".to_owned())),
            ("receivers.0.port", Box::new(|settings| settings.receivers[0].port = 0)),
            ("receivers.0.user", Box::new(|settings| settings.receivers[0].user = "other".to_owned())),
        ];
        for (field, change) in changes {
            let mut settings = good.clone();
            change(&mut settings);
            assert_eq!(settings.checked().unwrap_err().fields[0].field, field);
        }
    }
}
