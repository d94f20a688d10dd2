//! What is set for the trail: how long it is kept, and where it is sent.

use crate::store::{StoreError, settings};
use haubert_service::problem::{Problem, codes};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Name of the setting.
const NAME: &str = "audit";
/// Records are kept at least so many days (ANSSI, R207: three months).
pub const MIN_DAYS: u32 = 90;
const MAX_DAYS: u32 = 3650;
/// Megabytes that hold [`MIN_DAYS`] of a thousand records a day.
pub const MIN_MEGABYTES: u32 = 64;
const MAX_MEGABYTES: u32 = 4096;

/// How the trail is kept and sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditSettings {
    /// Days that records are kept, at least 90.
    pub keep_days: u32,
    /// Megabytes that they may take, at least 64; beyond it the oldest go first.
    pub max_megabytes: u32,
    /// Where they are sent.
    pub syslog: SyslogSettings,
}

/// The receiver of syslog messages (RFC 5424 over TLS, RFC 5425).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyslogSettings {
    /// Whether records are sent.
    pub enabled: bool,
    /// DNS name or IP address, as in the receiver's certificate.
    pub host: String,
    /// Its port; 6514 is the one of RFC 5425.
    pub port: u16,
    /// Whether the gateway shows its own certificate (kind `syslog`).
    pub client_certificate: bool,
    /// Whether ordinary events go there too: alarms, lines and devices that come and go.
    #[serde(default)]
    pub events: bool,
}

impl Default for AuditSettings {
    fn default() -> Self {
        let syslog = SyslogSettings { enabled: false, host: String::new(), port: 6514, client_certificate: false, events: false };
        Self { keep_days: 365, max_megabytes: MIN_MEGABYTES, syslog }
    }
}

impl AuditSettings {
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
        if !(MIN_DAYS..=MAX_DAYS).contains(&self.keep_days) {
            problem = problem.field("keep_days", "audit_days", format!("{MIN_DAYS} to {MAX_DAYS} days"));
        }
        if !(MIN_MEGABYTES..=MAX_MEGABYTES).contains(&self.max_megabytes) {
            problem = problem.field("max_megabytes", "audit_megabytes", format!("{MIN_MEGABYTES} to {MAX_MEGABYTES} megabytes"));
        }
        self.syslog.host = self.syslog.host.trim().to_owned();
        let host = &self.syslog.host;
        if host.is_empty() && self.syslog.enabled {
            problem = problem.field("syslog.host", "required", "give the receiver's name or address");
        } else if !host.is_empty() && tokio_rustls::rustls::pki_types::ServerName::try_from(host.as_str()).is_err() {
            problem = problem.field("syslog.host", "not_valid", "a DNS name or an IP address, without port");
        }
        if self.syslog.port == 0 {
            problem = problem.field("syslog.port", "out_of_range", "1 to 65535");
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}
