//! Who is asked for the time, how often, and how far off the clock may be.

use crate::store::{StoreError, settings};
use haubert_service::problem::{Problem, codes};
use rusqlite::Transaction;
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Name of the setting.
const NAME: &str = "time_check";
/// Three are enough to name one that errs, four for one that is also silent.
const MAX_SERVERS: usize = 4;
/// Between two questions to a server, s: not below what RFC 4330 allows (15), nor above NTP's longest (2¹⁷ s).
const PERIOD_S: std::ops::RangeInclusive<u32> = 16..=131_072;
/// Tolerated offset, ms: our clock is read to the millisecond, and a mobile network's ways differ by tens of them.
const LIMIT_MS: std::ops::RangeInclusive<u32> = 10..=600_000;

/// An NTP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeServer {
    /// DNS name or IP address.
    pub host: String,
    /// UDP port; 123 is NTP's.
    pub port: u16,
}

/// Who is asked for the time, how often, and how far off the clock may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeCheckSettings {
    /// Whether anybody is asked; the policy must allow it too.
    pub enabled: bool,
    /// At most four.
    pub servers: Vec<TimeServer>,
    /// Each is asked every so many seconds, 16 to 131072.
    pub period_seconds: u32,
    /// An offset up to this many milliseconds is tolerated, 10 to 600000.
    pub limit_ms: u32,
}

impl Default for TimeCheckSettings {
    fn default() -> Self {
        Self { enabled: false, servers: Vec::new(), period_seconds: 600, limit_ms: 1_000 }
    }
}

impl TimeCheckSettings {
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
        if !PERIOD_S.contains(&self.period_seconds) {
            problem = problem.field("period_seconds", "out_of_range", "16 to 131072 s");
        }
        if !LIMIT_MS.contains(&self.limit_ms) {
            problem = problem.field("limit_ms", "out_of_range", "10 to 600000 ms");
        }
        if self.servers.len() > MAX_SERVERS {
            problem = problem.field("servers", "too_many", format!("at most {MAX_SERVERS} servers"));
        }
        if self.enabled && self.servers.is_empty() {
            problem = problem.field("servers", "required", "name a server");
        }
        let mut seen = Vec::new();
        for (at, server) in self.servers.iter_mut().enumerate() {
            server.host = server.host.trim().to_ascii_lowercase();
            let field = format!("servers.{at}.host");
            if ServerName::try_from(server.host.as_str()).is_err() {
                problem = problem.field(&field, "not_valid", "a DNS name or an IP address, without port");
            } else if seen.contains(server) {
                problem = problem.field(&field, "duplicate", "named twice");
            }
            if server.port == 0 {
                problem = problem.field(&format!("servers.{at}.port"), "out_of_range", "1 to 65535");
            }
            seen.push(server.clone());
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str) -> TimeServer {
        TimeServer { host: host.to_owned(), port: 123 }
    }

    fn faults(settings: TimeCheckSettings) -> Vec<(String, String)> {
        let fields = settings.checked().err().map(|problem| problem.fields).unwrap_or_default();
        fields.into_iter().map(|field| (field.field, field.message_code)).collect()
    }

    #[test]
    fn what_cannot_be_asked_is_refused_where_it_stands() {
        let fault = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
        let base = TimeCheckSettings::default();
        assert!(faults(base.clone()).is_empty());
        assert_eq!(faults(TimeCheckSettings { enabled: true, ..base.clone() }), fault("servers", "required"));
        assert_eq!(faults(TimeCheckSettings { period_seconds: 15, ..base.clone() }), fault("period_seconds", "out_of_range"));
        assert_eq!(faults(TimeCheckSettings { limit_ms: 9, ..base.clone() }), fault("limit_ms", "out_of_range"));
        let with = |servers: Vec<TimeServer>| TimeCheckSettings { servers, ..base.clone() };
        assert_eq!(faults(with(vec![server("a.example:123")])), fault("servers.0.host", "not_valid"));
        assert_eq!(faults(with(vec![server("ntp.example"), server(" NTP.example ")])), fault("servers.1.host", "duplicate"));
        assert_eq!(faults(with((0..5).map(|at| server(&format!("192.0.2.{at}"))).collect())), fault("servers", "too_many"));
        assert_eq!(faults(with(vec![TimeServer { port: 0, ..server("::1") }])), fault("servers.0.port", "out_of_range"));
    }
}
