//! What is set for the MQTT client.

use crate::outlets::account::Login;
use crate::outlets::fields;
use haubert_mqtt::Version;
use haubert_service::problem::{Problem, codes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How messages are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MqttFormat {
    /// JSON documents, as `docs/config/mqtt.schema.json` has them.
    #[default]
    Json,
    /// Sparkplug B.
    SparkplugB,
}

/// The MQTT client: which broker, and what is said to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MqttSettings {
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
    /// Whether the gateway shows its own certificate (kind `mqtt`).
    pub client_certificate: bool,
    /// How messages are written.
    pub format: MqttFormat,
    /// First levels of every topic of its own.
    pub prefix: String,
    /// Sparkplug: the group.
    pub group_id: String,
    /// Sparkplug: this edge node.
    pub edge_node_id: String,
    /// Newest values go out every so many seconds, those that changed.
    pub live_seconds: u16,
    /// Whether what is recorded goes out too, complete.
    pub history: bool,
    /// Whether each value is announced to Home Assistant; with JSON only.
    pub home_assistant: bool,
    /// Where Home Assistant listens.
    pub discovery_prefix: String,
}

impl MqttSettings {
    /// Before anybody set anything: names that are this gateway's own, made of `identity`.
    pub fn first(identity: &str) -> Self {
        let own: String = identity.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        Self {
            enabled: false,
            host: String::new(),
            port: 8883,
            version: Version::default(),
            client_id: format!("haubert-{own}"),
            user: String::new(),
            client_certificate: false,
            format: MqttFormat::default(),
            prefix: format!("haubert/{own}"),
            group_id: "haubert".to_owned(),
            edge_node_id: own,
            live_seconds: 10,
            history: true,
            home_assistant: false,
            discovery_prefix: "homeassistant".to_owned(),
        }
    }

    /// Whether recorded values must be kept until the broker has them.
    pub const fn wants_history(&self) -> bool {
        self.enabled && self.history
    }
}

impl Login for MqttSettings {
    const NAME: &'static str = "mqtt";
    const PASSWORD: &'static str = "mqtt_password";

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
            ("group_id", &mut self.group_id),
            ("edge_node_id", &mut self.edge_node_id),
            ("discovery_prefix", &mut self.discovery_prefix),
        ];
        let mut problem = fields::texts(Problem::new(codes::INVALID), texts, &["host", "user"]);
        problem = fields::broker(problem, (&self.host, self.port), self.enabled);
        if !(1..=3600).contains(&self.live_seconds) {
            problem = problem.field("live_seconds", "out_of_range", "1 to 3600 s");
        }
        for (field, topic) in [("prefix", &self.prefix), ("discovery_prefix", &self.discovery_prefix)] {
            problem = fields::topic(problem, field, topic);
        }
        for (field, level) in [("group_id", &self.group_id), ("edge_node_id", &self.edge_node_id)] {
            problem = fields::level(problem, field, level);
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_at_fault_are_named() {
        let good = MqttSettings { enabled: true, host: "broker.example".to_owned(), ..MqttSettings::first("0a1b2c3d-4e5f") };
        assert_eq!((good.prefix.as_str(), good.client_id.as_str()), ("haubert/0a1b2c3d", "haubert-0a1b2c3d"));
        assert!(good.clone().checked().is_ok());
        type Change = fn(&mut MqttSettings);
        let changes: [(&str, Change); 8] = [
            ("host", |settings| settings.host.clear()),
            ("host", |settings| settings.host = "broker:8883".to_owned()),
            ("port", |settings| settings.port = 0),
            ("prefix", |settings| settings.prefix = "a/#".to_owned()),
            ("prefix", |settings| settings.prefix = "a//b".to_owned()),
            ("edge_node_id", |settings| settings.edge_node_id = "a/b".to_owned()),
            ("live_seconds", |settings| settings.live_seconds = 0),
            ("client_id", |settings| settings.client_id = "x".repeat(200)),
        ];
        for (field, change) in changes {
            let mut settings = good.clone();
            change(&mut settings);
            assert_eq!(settings.checked().unwrap_err().fields[0].field, field);
        }
    }
}
