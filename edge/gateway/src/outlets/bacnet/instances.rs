//! Which instance each meter has: one that stays its own.

use crate::store::{StoreError, settings};
use crate::topology::Topology;
use haubert_model::DeviceId;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Name of the setting.
const NAME: &str = "bacnet_instances";
/// First of those that no unit id can be.
const BEYOND: u32 = 1_000;

/// By how much the instance of each meter is beyond that of the gateway. One that is gone keeps its own, so that no other gets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Instances {
    given: BTreeMap<DeviceId, u32>,
}

impl Instances {
    /// As stored.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn stored(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        Ok(settings::get(tx, NAME)?.unwrap_or_default())
    }

    /// Stores them.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn store(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        settings::set(tx, NAME, self)
    }

    /// Gives a number to each meter that has none: its unit id where no other has had it, else the next from 1000 on. True when there
    /// was one.
    pub(super) fn complete(&mut self, topology: &Topology) -> bool {
        let mut taken: BTreeSet<u32> = self.given.values().copied().collect();
        let mut next = taken.last().map_or(BEYOND, |last| (last + 1).max(BEYOND));
        let before = self.given.len();
        // Sensors heard by radio have no unit id; they are not served.
        for (device, unit) in topology.devices.iter().filter_map(|device| Some((device, device.unit()?))) {
            self.given.entry(device.id).or_insert_with(|| {
                let unit = u32::from(unit);
                if taken.insert(unit) {
                    return unit;
                }
                next += 1;
                next - 1
            });
        }
        self.given.len() != before
    }

    /// The instance of a meter behind a gateway of this instance.
    pub(super) fn of(&self, meter: DeviceId, gateway: u32) -> Option<u32> {
        gateway.checked_add(*self.given.get(&meter)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Device, Reading, Site, Source};
    use haubert_model::{BusId, DeviceIdentity};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn topology(devices: &[(u128, u8)]) -> Topology {
        let device = |&(id, unit): &(u128, u8)| Device {
            id: DeviceId(Uuid::from_u128(id)),
            source: Source::Bus { bus_id: BusId(Uuid::nil()), unit },
            name: String::new(),
            profile_id: String::new(),
            base: None,
            identity: DeviceIdentity::default(),
            channels: 1,
            enabled: true,
            reading: Reading::default(),
        };
        let site = Site { name: String::new(), time_zone: "UTC".to_owned(), country: "FR".to_owned() };
        Topology::new(site, Vec::new(), Vec::new(), devices.iter().map(device).collect(), Vec::new())
    }

    fn of(instances: &Instances, id: u128) -> Option<u32> {
        instances.of(DeviceId(Uuid::from_u128(id)), 100)
    }

    #[test]
    fn a_meter_has_its_unit_id_where_it_is_free_and_keeps_what_it_has() {
        let mut instances = Instances::default();
        assert!(instances.complete(&topology(&[(1, 5), (2, 5), (3, 6)])));
        assert_eq!((of(&instances, 1), of(&instances, 2), of(&instances, 3)), (Some(105), Some(1100), Some(106)));
        // The first is gone, and its unit has another meter.
        assert!(instances.complete(&topology(&[(4, 5), (2, 5)])));
        assert_eq!((of(&instances, 4), of(&instances, 2)), (Some(1101), Some(1100)));
        assert!(!instances.complete(&topology(&[(4, 5)])));
        assert_eq!(of(&instances, 9), None);
    }

    proptest! {
        #[test]
        fn no_two_have_one_number(first in prop::collection::vec(1u8..=247, 0..40), then in prop::collection::vec(1u8..=247, 0..300)) {
            let numbered = |from: u128, units: &[u8]| (from..).zip(units.iter().copied()).collect::<Vec<_>>();
            let mut instances = Instances::default();
            instances.complete(&topology(&numbered(0, &first)));
            let before = instances.clone();
            instances.complete(&topology(&numbered(20, &then)));
            let numbers: BTreeSet<u32> = instances.given.values().copied().collect();
            prop_assert_eq!(numbers.len(), instances.given.len());
            prop_assert!(before.given.iter().all(|(id, number)| instances.given.get(id) == Some(number)));
        }
    }
}
