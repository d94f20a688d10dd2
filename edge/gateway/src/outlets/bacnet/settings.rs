//! What is set for the BACnet/IP server. Where it listens stands in the start-up file, as for every listener.

use crate::store::{StoreError, settings};
use haubert_service::problem::{Problem, codes};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Name of the setting.
const NAME: &str = "bacnet";
/// Highest instance of the gateway: those of the meters come after it, and 4,194,302 is the last that there is.
const LAST_INSTANCE: u32 = 4_000_000;
/// Last number of a network.
const LAST_NETWORK: u16 = 65_534;

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
}

impl Default for BacnetSettings {
    fn default() -> Self {
        Self { enabled: false, instance: 100, network: 20_100, foreign_devices: false }
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

    /// Checks them; each field at fault is named.
    ///
    /// # Errors
    /// `invalid`.
    pub fn checked(self) -> Result<Self, Problem> {
        let mut problem = Problem::new(codes::INVALID);
        if self.instance > LAST_INSTANCE {
            problem = problem.field("instance", "out_of_range", format!("0 to {LAST_INSTANCE}"));
        }
        if !(1..=LAST_NETWORK).contains(&self.network) {
            problem = problem.field("network", "out_of_range", format!("1 to {LAST_NETWORK}"));
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_named() {
        let good = BacnetSettings::default();
        assert!(!good.enabled && good.clone().checked().is_ok());
        for (settings, field) in [
            (BacnetSettings { instance: LAST_INSTANCE + 1, ..good.clone() }, "instance"),
            (BacnetSettings { network: 0, ..good.clone() }, "network"),
            (BacnetSettings { network: 65_535, ..good }, "network"),
        ] {
            assert_eq!(settings.checked().unwrap_err().fields[0].field, field);
        }
    }
}
