//! What is set for the Modbus TCP server. Where it listens stands in the start-up file: the program gives up every other port before
//! it opens the store.

use super::units::Given;
use super::writes::{self, WriteRule};
use crate::store::{StoreError, settings};
use haubert_modbus::limits::LAST_UNIT;
use haubert_service::problem::{Problem, codes};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Name of the setting.
const NAME: &str = "modbus_server";

/// The Modbus TCP server: how it serves, which device answers under which unit id, and who may write what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModbusServerSettings {
    /// Whether it serves plainly; the policy must allow it too.
    pub enabled: bool,
    /// Whether it serves masters with a certificate (Modbus/TCP Security); the policy must allow it too.
    #[serde(default)]
    #[schema(required)]
    pub secured: bool,
    /// Registers that are not read anyway are asked of the device at once: its answer goes back as it comes.
    pub route: bool,
    /// Which device answers under which unit id; devices that are not named get a number by themselves.
    pub units: Vec<Given>,
    /// What masters may write, where the policy allows writing at all.
    #[serde(default)]
    #[schema(required)]
    pub writes: Vec<WriteRule>,
}

impl ModbusServerSettings {
    /// Whether it serves anybody.
    pub const fn serves(&self) -> bool {
        self.enabled || self.secured
    }

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
        let (mut units, mut devices) = (BTreeSet::new(), BTreeSet::new());
        for (at, one) in self.units.iter().enumerate() {
            let field = format!("units.{at}.unit");
            if !(1..=LAST_UNIT).contains(&one.unit) {
                problem = problem.field(&field, "out_of_range", format!("1 to {LAST_UNIT}"));
            } else if !units.insert(one.unit) {
                problem = problem.field(&field, "twice", format!("unit {} is given twice", one.unit));
            }
            if !devices.insert(one.device_id) {
                problem = problem.field(&format!("units.{at}.device_id"), "twice", "this device has two numbers");
            }
        }
        problem = writes::check(&self.writes, problem);
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::DeviceId;

    #[test]
    fn each_unit_is_one_device_and_each_device_one_unit() {
        let of = |units: &[(u8, u128)]| ModbusServerSettings {
            units: units
                .iter()
                .map(|(unit, id)| Given { unit: *unit, device_id: DeviceId(uuid::Uuid::from_u128(*id)) })
                .collect(),
            ..ModbusServerSettings::default()
        };
        assert!(of(&[(1, 1), (247, 2)]).checked().is_ok());
        for (units, at) in [
            (&[(0, 1)][..], "units.0.unit"),
            (&[(248, 1)], "units.0.unit"),
            (&[(1, 1), (1, 2)], "units.1.unit"),
            (&[(1, 1), (2, 1)], "units.1.device_id"),
        ] {
            assert_eq!(of(units).checked().unwrap_err().fields[0].field, at);
        }
    }
}
