//! The broker that the client's settings name, and whoever writes the messages for it.

use super::settings::{MqttFormat, MqttSettings};
use super::speaker::Speaker;
use crate::certificates::uses::{IdentityUse, TrustUse};
use crate::outlets::account;
use crate::outlets::broker::Broker;
use haubert_mqtt::Expecting;

/// The broker's settings with their password.
pub type Account = account::Account<MqttSettings>;

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
            trust: TrustUse::Mqtt,
            identity: settings.client_certificate.then_some(IdentityUse::Mqtt),
            expecting: Expecting::Commands,
        }
    }

    /// Whoever writes the messages, at the connection number `birth`.
    pub(super) fn speaker(&self, birth: u8) -> Speaker {
        match self.settings.format {
            MqttFormat::Json => Speaker::json(&self.settings),
            MqttFormat::SparkplugB => Speaker::sparkplug(&self.settings, birth),
        }
    }
}
