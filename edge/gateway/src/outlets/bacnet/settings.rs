//! What is set for the BACnet/IP server. Where it listens stands in the start-up file, as for every listener.

use crate::store::{StoreError, settings};
use haubert_service::problem::{Problem, codes};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::net::SocketAddrV4;
use utoipa::ToSchema;

/// Name of the setting.
const NAME: &str = "bacnet";
/// Highest instance of the gateway: those of the meters come after it, and 4,194,302 is the last that there is.
const LAST_INSTANCE: u32 = 4_000_000;
/// Last number of a network.
const LAST_NETWORK: u16 = 65_534;
/// Port of BACnet/IP (0xBAC0).
const USUAL_PORT: u16 = 47_808;

/// The BACnet/IP server: whether it answers, and under which numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacnetSettings {
    /// Whether it answers; the policy must allow it too.
    pub enabled: bool,
    /// Instance of the gateway as a device, 0 to 4,000,000. Those of meters come after it.
    #[schema(maximum = 4_000_000)]
    pub instance: u32,
    /// Number of the network on which the meters are, 1 to 65,534; no other network of the site may have it.
    #[schema(minimum = 1, maximum = 65_534)]
    pub network: u16,
    /// Whether devices of other subnets may register.
    pub foreign_devices: bool,
    /// IPv4 address of a BBMD at which the gateway registers itself as a foreign device, with the port where that is not 47808; empty for
    /// none.
    pub bbmd: String,
}

impl Default for BacnetSettings {
    fn default() -> Self {
        Self { enabled: false, instance: 100, network: 20_100, foreign_devices: false, bbmd: String::new() }
    }
}

impl BacnetSettings {
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

    /// Where the gateway registers itself.
    pub(super) fn bbmd_address(&self) -> Option<SocketAddrV4> {
        let with_port = self.bbmd.parse::<SocketAddrV4>().ok().filter(|address| address.port() != 0);
        let address = with_port.or_else(|| Some(SocketAddrV4::new(self.bbmd.parse().ok()?, USUAL_PORT)))?;
        let ip = address.ip();
        (!ip.is_unspecified() && !ip.is_broadcast() && !ip.is_multicast()).then_some(address)
    }

    /// Checks them; each field at fault is named.
    ///
    /// # Errors
    /// `invalid`.
    pub fn checked(mut self) -> Result<Self, Problem> {
        self.bbmd = self.bbmd.trim().to_owned();
        let mut problem = Problem::new(codes::INVALID);
        if self.instance > LAST_INSTANCE {
            problem = problem.field("instance", "out_of_range", format!("0 to {LAST_INSTANCE}"));
        }
        if !(1..=LAST_NETWORK).contains(&self.network) {
            problem = problem.field("network", "out_of_range", format!("1 to {LAST_NETWORK}"));
        }
        if !self.bbmd.is_empty() && self.bbmd_address().is_none() {
            problem = problem.field("bbmd", "not_valid", "an IPv4 address, with port where that is not 47808");
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bbmd_is_an_address_with_the_usual_port_or_another() {
        let at = |bbmd: &str| BacnetSettings { bbmd: bbmd.to_owned(), ..BacnetSettings::default() }.bbmd_address();
        assert_eq!(at("10.0.0.1"), Some("10.0.0.1:47808".parse().unwrap()));
        assert_eq!(at("10.0.0.1:47809"), Some("10.0.0.1:47809".parse().unwrap()));
        assert_eq!((at(""), at("::1")), (None, None));
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let good = BacnetSettings::default();
        assert!(!good.enabled && good.clone().checked().is_ok());
        for (settings, field) in [
            (BacnetSettings { instance: LAST_INSTANCE + 1, ..good.clone() }, "instance"),
            (BacnetSettings { network: 0, ..good.clone() }, "network"),
            (BacnetSettings { network: 65_535, ..good.clone() }, "network"),
            (BacnetSettings { bbmd: "bbmd.example".to_owned(), ..good.clone() }, "bbmd"),
            (BacnetSettings { bbmd: "10.0.0.1:0".to_owned(), ..good.clone() }, "bbmd"),
            (BacnetSettings { bbmd: "255.255.255.255".to_owned(), ..good }, "bbmd"),
        ] {
            assert_eq!(settings.checked().unwrap_err().fields[0].field, field);
        }
    }
}
