//! What is set for the LoRaWAN input.

use crate::certificates::uses::{IdentityUse, TrustUse};
use crate::outlets::account::{self, Login};
use crate::outlets::broker::Broker;
use crate::outlets::fields;
use haubert_mqtt::{Expecting, Version};
use haubert_service::problem::{Problem, codes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The LoRaWAN input: which broker the network server publishes to, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LorawanSettings {
    /// Whether it connects; the policy must allow it too.
    pub enabled: bool,
    /// DNS name or IP address, as in the broker's certificate.
    pub host: String,
    /// Its port for TLS; 8883 is the usual one.
    pub port: u16,
    /// Which protocol is spoken.
    pub version: Version,
    /// Who the gateway is to the broker; no other client may have it.
    pub client_id: String,
    /// User name; empty for none.
    pub user: String,
    /// Whether the gateway shows its own certificate (kind `lorawan`).
    pub client_certificate: bool,
    /// Levels before `application`, where the network server is set so; empty as it ships.
    pub prefix: String,
    /// Id of the application at the network server; empty for all of them.
    pub application_id: String,
}

/// The broker's settings with their password.
pub type Account = account::Account<LorawanSettings>;

impl LorawanSettings {
    /// Before anybody set anything: a name that is this gateway's own, made of `identity`.
    pub fn first(identity: &str) -> Self {
        let own: String = identity.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        Self {
            enabled: false,
            host: String::new(),
            port: 8883,
            version: Version::default(),
            client_id: format!("haubert-{own}-lorawan"),
            user: String::new(),
            client_certificate: false,
            prefix: String::new(),
            application_id: String::new(),
        }
    }

    /// What is asked of the broker.
    pub fn filter(&self) -> String {
        haubert_lorawan::filter(&self.prefix, &self.application_id)
    }
}

impl Login for LorawanSettings {
    const NAME: &'static str = "lorawan";
    const PASSWORD: &'static str = "lorawan_password";

    fn same_account(&self, other: &Self) -> bool {
        (&self.host, self.port, &self.user) == (&other.host, other.port, &other.user)
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    fn user(&self) -> &str {
        &self.user
    }

    fn checked(mut self) -> Result<Self, Problem> {
        let texts = [
            ("host", &mut self.host),
            ("client_id", &mut self.client_id),
            ("user", &mut self.user),
            ("prefix", &mut self.prefix),
            ("application_id", &mut self.application_id),
        ];
        let mut problem = fields::texts(Problem::new(codes::INVALID), texts, &["host", "user", "prefix", "application_id"]);
        problem = fields::broker(problem, (&self.host, self.port), self.enabled);
        problem = fields::topic(problem, "prefix", &self.prefix);
        problem = fields::level(problem, "application_id", &self.application_id);
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

impl Account {
    /// The broker.
    pub(super) fn broker(&self) -> Broker<'_> {
        let settings = &self.settings;
        Broker {
            host: &settings.host,
            port: settings.port,
            version: settings.version,
            user: &settings.user,
            password: self.password.as_ref(),
            trust: TrustUse::Lorawan,
            identity: settings.client_certificate.then_some(IdentityUse::Lorawan),
            expecting: Expecting::Data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_at_fault_are_named() {
        let good = LorawanSettings { enabled: true, host: "ns.example".to_owned(), ..LorawanSettings::first("0a1b2c3d-4e5f") };
        assert_eq!(good.client_id, "haubert-0a1b2c3d-lorawan");
        assert_eq!(good.clone().checked().unwrap().filter(), "application/+/device/+/event/+");
        type Change = fn(&mut LorawanSettings);
        let changes: [(&str, Change); 5] = [
            ("host", |settings| settings.host.clear()),
            ("port", |settings| settings.port = 0),
            ("prefix", |settings| settings.prefix = "eu868/#".to_owned()),
            ("application_id", |settings| settings.application_id = "a/b".to_owned()),
            ("client_id", |settings| settings.client_id = " ".to_owned()),
        ];
        for (field, change) in changes {
            let mut settings = good.clone();
            change(&mut settings);
            assert_eq!(settings.checked().unwrap_err().fields[0].field, field);
        }
    }
}
