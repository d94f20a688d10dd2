//! Which device answers under which unit id. Pure.
//!
//! A master that was set up once reads for years: a number that was given is never given to another device by itself, not even
//! when its device is gone.

use crate::topology::Device;
use haubert_modbus::limits::LAST_UNIT;
use haubert_model::DeviceId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A device under a unit id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ModbusUnit)]
pub struct Given {
    /// 1 to 247.
    pub unit: u8,
    /// The device.
    pub device_id: DeviceId,
}

/// With a number for each device that has none: its own on its bus where that is free, else the lowest free one. Beyond 247 devices
/// the rest has none, and neither have sensors heard by radio: they have no registers.
pub(super) fn completed(given: &[Given], devices: &[Device]) -> Vec<Given> {
    let mut all: BTreeMap<u8, DeviceId> = given.iter().map(|one| (one.unit, one.device_id)).collect();
    let known: BTreeSet<DeviceId> = given.iter().map(|one| one.device_id).collect();
    let fresh =
        devices.iter().filter(|device| !known.contains(&device.id)).filter_map(|device| Some((device.id, device.unit()?)));
    let mut waiting = Vec::new();
    for (id, unit) in fresh {
        if (1..=LAST_UNIT).contains(&unit) && !all.contains_key(&unit) {
            all.insert(unit, id);
        } else {
            waiting.push(id);
        }
    }
    let mut free = (1..=LAST_UNIT).filter(|unit| !all.contains_key(unit)).collect::<Vec<u8>>().into_iter();
    for id in waiting {
        if let Some(unit) = free.next() {
            all.insert(unit, id);
        }
    }
    all.into_iter().map(|(unit, device_id)| Given { unit, device_id }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::BusId;
    use proptest::prelude::*;

    fn device(number: u128, unit: u8) -> Device {
        Device {
            id: DeviceId(uuid::Uuid::from_u128(number)),
            source: crate::topology::Source::Bus { bus_id: BusId(uuid::Uuid::nil()), unit },
            name: String::new(),
            profile_id: String::new(),
            base: None,
            identity: haubert_model::DeviceIdentity::default(),
            channels: 1,
            enabled: true,
            reading: crate::topology::Reading::default(),
        }
    }

    #[test]
    fn a_device_keeps_its_own_number_where_it_can() {
        let devices = [device(1, 5), device(2, 5), device(3, 1)];
        let units: Vec<(u8, u128)> = completed(&[], &devices).iter().map(|one| (one.unit, one.device_id.0.as_u128())).collect();
        assert_eq!(units, [(1, 3), (2, 2), (5, 1)]);
    }

    proptest! {
        /// What was given stays, whoever comes and goes; nobody has two, and no two have the same.
        #[test]
        fn numbers_stay(first in prop::collection::vec(1u8..=247, 0..40), then in prop::collection::vec(1u8..=247, 0..260)) {
            let before: Vec<Device> = (0u128..).zip(&first).map(|(id, unit)| device(id, *unit)).collect();
            let given = completed(&[], &before);
            let after: Vec<Device> = (20u128..).zip(&then).map(|(id, unit)| device(id, *unit)).collect();
            let all = completed(&given, &after);
            prop_assert!(given.iter().all(|one| all.contains(one)));
            prop_assert!(all.windows(2).all(|pair| pair[0].unit < pair[1].unit));
            let ids: BTreeSet<DeviceId> = all.iter().map(|one| one.device_id).collect();
            prop_assert_eq!(ids.len(), all.len());
            prop_assert_eq!(completed(&all, &after), all);
        }
    }
}
