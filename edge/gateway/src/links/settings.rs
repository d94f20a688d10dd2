//! Which links should be up.

use crate::store::{StoreError, settings};
use haubert_links::{Expected, Kind};
use haubert_service::problem::{Problem, codes};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Name of the setting.
const NAME: &str = "links";
/// More than a gateway has.
const MAX_LINKS: usize = 16;
/// Longest name of an interface (`IFNAMSIZ` less its end), in bytes.
const MAX_INTERFACE: usize = 15;
/// Longest name of a connection, in characters.
const MAX_CONNECTION: usize = 64;
/// Age from which a handshake counts as lost, s. WireGuard makes a new one after 120 s at the latest while there is traffic.
const LOST_S: std::ops::RangeInclusive<u32> = 120..=86_400;

/// Which links should be up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LinkSettings)]
pub struct LinkSettings {
    /// At most 16.
    pub links: Vec<Expected>,
    /// A WireGuard handshake older than this means that the tunnel is down, s: 120 to 86400. An idle tunnel needs
    /// `PersistentKeepalive`.
    pub handshake_lost_seconds: u32,
}

impl Default for LinkSettings {
    fn default() -> Self {
        // WireGuard itself gives up a session after 180 s (Reject-After-Time, whitepaper, 6.1).
        Self { links: Vec::new(), handshake_lost_seconds: 180 }
    }
}

/// What the kernel takes for a name (`dev_valid_name`).
fn is_interface(name: &str) -> bool {
    (1..=MAX_INTERFACE).contains(&name.len())
        && !matches!(name, "." | "..")
        && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/' && byte != b':')
}

impl LinkSettings {
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
        if !LOST_S.contains(&self.handshake_lost_seconds) {
            problem = problem.field("handshake_lost_seconds", "out_of_range", "120 to 86400 s");
        }
        if self.links.len() > MAX_LINKS {
            problem = problem.field("links", "too_many", format!("at most {MAX_LINKS} links"));
        }
        let mut seen = Vec::new();
        for (at, link) in self.links.iter_mut().enumerate() {
            link.name = link.name.trim().to_owned();
            let name = &link.name;
            let fits = match link.kind {
                Kind::Ipsec => {
                    (1..=MAX_CONNECTION).contains(&name.chars().count())
                        && !name.chars().any(|one| one.is_control() || one == ' ')
                }
                _ => is_interface(name),
            };
            let field = format!("links.{at}.name");
            if name.is_empty() {
                problem = problem.field(&field, "required", "give a name");
            } else if !fits {
                problem = problem.field(&field, "not_valid", "the name of an interface, or of a connection for IPsec");
            } else if seen.contains(name) {
                problem = problem.field(&field, "duplicate", "named twice");
            }
            seen.push(name.clone());
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_the_kernel_takes() {
        let fault = |name: &str, kind: Kind| {
            let settings = LinkSettings { links: vec![Expected { name: name.to_owned(), kind }], ..LinkSettings::default() };
            settings.checked().err().map(|problem| problem.fields[0].message_code.clone()).unwrap_or_default()
        };
        assert_eq!(fault("wg0", Kind::Wireguard), "");
        assert_eq!(fault("port-du-havre-liaison", Kind::Ipsec), "");
        assert_eq!(fault(" ", Kind::Ipsec), "required");
        for name in ["../../etc", "..", "a b", "a-name-of-sixteen"] {
            assert_eq!(fault(name, Kind::Ethernet), "not_valid", "{name}");
        }
        let twice = vec![Expected { name: "eth0".to_owned(), kind: Kind::Ethernet }; 2];
        assert!(LinkSettings { links: twice, ..LinkSettings::default() }.checked().is_err());
        assert!(LinkSettings { handshake_lost_seconds: 119, ..LinkSettings::default() }.checked().is_err());
    }
}
