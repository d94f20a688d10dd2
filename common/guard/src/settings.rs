//! What may be set, and what is sane.

use crate::bucket::Rate;
use crate::network::Network;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use utoipa::ToSchema;

/// Most connections that may be allowed: a table of sources always has room for them.
pub const MAX_CONNECTIONS: u32 = 8_192;
/// Most networks in one list.
const MAX_NETWORKS: usize = 64;
/// Most listeners with rules of their own.
const MAX_LISTENERS: usize = 64;

/// The firewall's settings. The defaults are those of a gateway: a browser with many tabs is far below them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = FirewallSettings)]
pub struct Settings {
    /// Off lets everything pass, and counts nothing.
    pub enabled: bool,
    /// Requests of one source, per second; a new connection and a datagram count as one each.
    #[schema(minimum = 1, maximum = 100_000)]
    pub requests_per_second: u32,
    /// What one source may send, in kilobits per second.
    #[schema(minimum = 8, maximum = 10_000_000)]
    pub kilobits_in_per_second: u32,
    /// What one source is sent, in kilobits per second; more is slowed down, never blocked.
    #[schema(minimum = 8, maximum = 10_000_000)]
    pub kilobits_out_per_second: u32,
    /// How many seconds' worth may come at once.
    #[schema(minimum = 1, maximum = 60)]
    pub burst_seconds: u32,
    /// How long a source stays blocked.
    #[schema(minimum = 1, maximum = 86_400)]
    pub block_seconds: u32,
    /// Connections of one source at a time; when a new one comes, the idlest of its own goes.
    #[schema(minimum = 1, maximum = 8_192)]
    pub connections_per_source: u32,
    /// Connections of all sources at a time; when a new one comes, the idlest of the source with most goes.
    #[schema(minimum = 8, maximum = 8_192)]
    pub connections: u32,
    /// Requests of all sources together, per second; more are turned away until it is less, and nobody is blocked for it.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub total_requests_per_second: u32,
    /// Sources with a share of their own, such as a SCADA master: never blocked by a limit, only slowed to it.
    #[schema(value_type = Vec<String>, max_items = 64)]
    pub reserved: Vec<Network>,
    /// Percent of all connections and requests that only those may use.
    #[schema(maximum = 90)]
    pub reserved_percent: u32,
    /// Who may use a listener, by its name.
    pub listeners: BTreeMap<String, ListenerRule>,
    /// How long a slow client is waited for.
    pub slow: SlowClients,
}

/// Who may use one listener.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListenerRule {
    /// Only these; everybody when empty.
    #[schema(value_type = Vec<String>, max_items = 64)]
    pub allow: Vec<Network>,
    /// Never these.
    #[schema(value_type = Vec<String>, max_items = 64)]
    pub deny: Vec<Network>,
}

impl ListenerRule {
    /// Whether `address` may use it.
    pub fn admits(&self, address: IpAddr) -> bool {
        let among = |list: &[Network]| list.iter().any(|network| network.contains(address));
        !among(&self.deny) && (self.allow.is_empty() || among(&self.allow))
    }
}

/// How long a slow client is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SlowClients {
    /// For the TLS handshake, seconds.
    #[schema(minimum = 1, maximum = 120)]
    pub handshake_seconds: u32,
    /// For a request's headers, seconds.
    #[schema(minimum = 1, maximum = 120)]
    pub header_seconds: u32,
    /// For the next request on a connection, seconds.
    #[schema(minimum = 1, maximum = 3_600)]
    pub idle_seconds: u32,
    /// For a body that stops coming, or an answer that is not taken, seconds.
    #[schema(minimum = 1, maximum = 120)]
    pub stall_seconds: u32,
    /// Bytes per second that a body must come with, and an answer must be taken with, beyond that time.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub bytes_per_second: u32,
}

impl Default for SlowClients {
    fn default() -> Self {
        Self { handshake_seconds: 8, header_seconds: 8, idle_seconds: 60, stall_seconds: 10, bytes_per_second: 1_024 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            requests_per_second: 200,
            kilobits_in_per_second: 100_000,
            kilobits_out_per_second: 400_000,
            burst_seconds: 5,
            block_seconds: 60,
            connections_per_source: 64,
            connections: 512,
            total_requests_per_second: 2_000,
            reserved: Vec::new(),
            reserved_percent: 25,
            listeners: BTreeMap::new(),
            slow: SlowClients::default(),
        }
    }
}

/// What is wrong with settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct SettingsFault {
    /// Dotted name of the field.
    pub field: String,
    /// What is wrong.
    pub reason: String,
}

impl Settings {
    /// What suits a hub: many gateways that catch up after an outage, and many people.
    pub fn of_hub() -> Self {
        Self {
            requests_per_second: 500,
            kilobits_in_per_second: 1_000_000,
            kilobits_out_per_second: 1_000_000,
            connections_per_source: 256,
            connections: 4_096,
            total_requests_per_second: 20_000,
            ..Self::default()
        }
    }

    /// Whether everything is in its range.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self) -> Result<(), SettingsFault> {
        let fault = |field: &str, reason: String| Err(SettingsFault { field: field.to_owned(), reason });
        let slow = self.slow;
        let ranges = [
            ("requests_per_second", self.requests_per_second, 1, 100_000),
            ("kilobits_in_per_second", self.kilobits_in_per_second, 8, 10_000_000),
            ("kilobits_out_per_second", self.kilobits_out_per_second, 8, 10_000_000),
            ("burst_seconds", self.burst_seconds, 1, 60),
            ("block_seconds", self.block_seconds, 1, 86_400),
            ("connections_per_source", self.connections_per_source, 1, MAX_CONNECTIONS),
            ("connections", self.connections, 8, MAX_CONNECTIONS),
            ("total_requests_per_second", self.total_requests_per_second, 1, 1_000_000),
            ("reserved_percent", self.reserved_percent, 0, 90),
            ("slow.handshake_seconds", slow.handshake_seconds, 1, 120),
            ("slow.header_seconds", slow.header_seconds, 1, 120),
            ("slow.idle_seconds", slow.idle_seconds, 1, 3_600),
            ("slow.stall_seconds", slow.stall_seconds, 1, 120),
            ("slow.bytes_per_second", slow.bytes_per_second, 1, 1_000_000),
        ];
        if let Some((field, _, least, most)) = ranges.iter().find(|(_, value, least, most)| value < least || value > most) {
            return fault(field, format!("must be between {least} and {most}"));
        }
        if self.reserved.len() > MAX_NETWORKS {
            return fault("reserved", format!("at most {MAX_NETWORKS} networks"));
        }
        if self.listeners.len() > MAX_LISTENERS {
            return fault("listeners", format!("at most {MAX_LISTENERS} listeners"));
        }
        for (name, rule) in &self.listeners {
            for (list, networks) in [("allow", &rule.allow), ("deny", &rule.deny)] {
                if networks.len() > MAX_NETWORKS {
                    return fault(&format!("listeners.{name}.{list}"), format!("at most {MAX_NETWORKS} networks"));
                }
            }
        }
        Ok(())
    }

    /// Whether `address` has a share of its own.
    pub fn is_reserved(&self, address: IpAddr) -> bool {
        self.reserved.iter().any(|network| network.contains(address))
    }

    /// Connections, or requests, of `total` that only reserved sources may use; none when there are no such sources.
    pub(crate) fn share_of(&self, total: u64) -> u64 {
        if self.reserved.is_empty() { 0 } else { total * u64::from(self.reserved_percent) / 100 }
    }

    fn rate(&self, per_second: u64) -> Rate {
        Rate { per_second, burst: per_second * u64::from(self.burst_seconds) }
    }

    pub(crate) fn requests(&self) -> Rate {
        self.rate(u64::from(self.requests_per_second))
    }

    pub(crate) fn bits_in(&self) -> Rate {
        self.rate(u64::from(self.kilobits_in_per_second) * 1000)
    }

    pub(crate) fn bits_out(&self) -> Rate {
        // What is paced needs no long burst; a second's worth keeps it smooth.
        let per_second = u64::from(self.kilobits_out_per_second) * 1000;
        Rate { per_second, burst: per_second }
    }

    pub(crate) fn total(&self) -> Rate {
        let per_second = u64::from(self.total_requests_per_second);
        Rate { per_second, burst: per_second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_sane_and_an_empty_document_is_it() {
        Settings::default().check().unwrap();
        Settings::of_hub().check().unwrap();
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
        assert!(serde_json::from_str::<Settings>("{\"enabeld\":true}").is_err());
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let mut settings = Settings { block_seconds: 0, ..Settings::default() };
        assert_eq!(settings.check().unwrap_err().field, "block_seconds");
        settings = Settings { slow: SlowClients { stall_seconds: 121, ..SlowClients::default() }, ..Settings::default() };
        assert_eq!(settings.check().unwrap_err().field, "slow.stall_seconds");
        let rule = ListenerRule { allow: vec!["192.0.2.1".parse().unwrap(); 65], deny: Vec::new() };
        settings = Settings { listeners: BTreeMap::from([("https".to_owned(), rule)]), ..Settings::default() };
        assert_eq!(settings.check().unwrap_err().field, "listeners.https.allow");
    }

    #[test]
    fn denied_wins_over_allowed_and_an_empty_list_allows_all() {
        let rule = ListenerRule { allow: vec!["192.0.2.0/24".parse().unwrap()], deny: vec!["192.0.2.9".parse().unwrap()] };
        let admits = |rule: &ListenerRule, text: &str| rule.admits(text.parse().unwrap());
        assert!(admits(&rule, "192.0.2.1") && !admits(&rule, "192.0.2.9") && !admits(&rule, "198.51.100.1"));
        assert!(admits(&ListenerRule::default(), "198.51.100.1"));
    }
}
