//! The newest reading of every point, and the state of every device.
//!
//! One table per device, in which the readings of a turn overwrite those before them by position. Each change gets a sequence
//! number, so that a screen which follows along asks only for what is newer than what it has: a slow reader misses
//! intermediate values, never the last one, and costs the buses nothing.

use crate::places::Places;
use haubert_fieldbus::DeviceState;
use haubert_model::{Decimal, DeviceId, PointRef, Reading, Reason, Timestamp};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

#[derive(Default)]
struct Table {
    sequence: u64,
    devices: HashMap<DeviceId, Device>,
}

#[derive(Default)]
struct Device {
    health: Option<DeviceEntry>,
    /// Sequence number of the last turn.
    newest: u64,
    places: Places,
    /// By place.
    latest: Vec<Latest>,
}

/// A reading without its point, which its place tells, in 32 bytes: half a cache line.
#[derive(Clone, Copy)]
struct Latest {
    sequence: u64,
    at: Timestamp,
    mantissa: i64,
    exponent: i8,
    reason: Reason,
    missing: bool,
}

/// What is known of a device's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceEntry {
    /// Sequence number of the last change of state.
    pub sequence: u64,
    /// Its state.
    pub state: DeviceState,
    /// When it last answered.
    pub last_ok_at: Option<Timestamp>,
}

/// Shared table of newest readings.
#[derive(Default)]
pub struct Live(RwLock<Table>);

impl Live {
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in the readings of one turn of a device; each replaces the one before it at the same point.
    pub fn update(&self, device: DeviceId, readings: &[Reading]) {
        let mut table = self.write();
        table.sequence += 1;
        let sequence = table.sequence;
        let Device { health, newest, places, latest } = table.devices.entry(device).or_default();
        *newest = sequence;
        let mut ok_at = None;
        let order = places.of(readings);
        if latest.is_empty() {
            // As many as there are, not a power of two.
            latest.reserve_exact(order.len());
        }
        for (place, reading) in order.iter().zip(readings) {
            let place = usize::from(*place);
            let entry = Latest::new(sequence, reading);
            if !entry.missing {
                ok_at = ok_at.max(Some(entry.at));
            }
            match latest.get_mut(place) {
                Some(known) => *known = entry,
                // New points have places at the end, in this order.
                None => latest.push(entry),
            }
        }
        if let (Some(health), Some(ok_at)) = (health, ok_at) {
            health.last_ok_at = Some(ok_at);
        }
    }

    /// Notes a device's state.
    pub fn set_state(&self, device: DeviceId, state: DeviceState) {
        let mut table = self.write();
        table.sequence += 1;
        let sequence = table.sequence;
        let entry = &mut table.devices.entry(device).or_default().health;
        let last_ok_at = entry.and_then(|entry| entry.last_ok_at);
        *entry = Some(DeviceEntry { sequence, state, last_ok_at });
    }

    /// Forgets the devices that `keep` does not want.
    pub fn retain(&self, keep: impl Fn(DeviceId) -> bool) {
        self.write().devices.retain(|device, _| keep(*device));
    }

    /// Gives the readings changed after `sequence` (0: all) to `visit`, device by device, each device's by channel and
    /// quantity; returns the sequence to ask for next. `only` limits it to one device. `visit` must not come back here.
    pub fn visit_since(&self, sequence: u64, only: Option<DeviceId>, mut visit: impl FnMut(DeviceId, &[Reading])) -> u64 {
        let table = self.read();
        let mut readings = Vec::new();
        let mut one = |id: DeviceId, device: &Device| {
            if device.newest > sequence {
                readings.clear();
                readings.extend(device.readings(id).filter(|(at, _)| *at > sequence).map(|(_, reading)| reading));
                readings.sort_unstable_by_key(|reading| (reading.point.channel, reading.point.quantity));
                visit(id, &readings);
            }
        };
        match only {
            Some(id) => table.devices.get(&id).into_iter().for_each(|device| one(id, device)),
            None => table.devices.iter().for_each(|(id, device)| one(*id, device)),
        }
        table.sequence
    }

    /// Devices whose state changed after `sequence`.
    pub fn devices_since(&self, sequence: u64) -> Vec<(DeviceId, DeviceState)> {
        let table = self.read();
        let healths = table.devices.iter().filter_map(|(id, device)| Some((*id, device.health?)));
        healths.filter(|(_, health)| health.sequence > sequence).map(|(id, health)| (id, health.state)).collect()
    }

    /// The newest reading of one point.
    pub fn reading(&self, point: PointRef) -> Option<Reading> {
        let table = self.read();
        let device = table.devices.get(&point.device)?;
        let latest = device.latest.get(device.places.find(point)?)?;
        Some(latest.of(point))
    }

    /// A device's health.
    pub fn device(&self, device: DeviceId) -> Option<DeviceEntry> {
        self.read().devices.get(&device)?.health
    }
}

impl Device {
    fn readings(&self, device: DeviceId) -> impl Iterator<Item = (u64, Reading)> {
        self.places.points().iter().zip(&self.latest).map(move |((channel, quantity), latest)| {
            (latest.sequence, latest.of(PointRef { device, channel: *channel, quantity: *quantity }))
        })
    }
}

impl Latest {
    fn new(sequence: u64, reading: &Reading) -> Self {
        let Decimal { mantissa, exponent } = reading.value.unwrap_or(Decimal::new(0, 0));
        let missing = reading.value.is_none();
        Self { sequence, at: reading.at, mantissa, exponent, reason: reading.reason, missing }
    }

    fn of(self, point: PointRef) -> Reading {
        let value = (!self.missing).then(|| Decimal::new(self.mantissa, self.exponent));
        Reading { point, value, at: self.at, reason: self.reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::Quantity;
    use uuid::Uuid;

    const DEVICE: DeviceId = DeviceId(Uuid::from_u128(1));

    fn reading(quantity: Quantity, raw: i64) -> Reading {
        let point = PointRef { device: DEVICE, channel: 1, quantity };
        Reading::measured(point, Decimal::new(raw, 0), Timestamp(raw), Reason::Measured)
    }

    fn since(live: &Live, sequence: u64) -> (u64, Vec<Reading>) {
        let mut found = Vec::new();
        let next = live.visit_since(sequence, None, |_, readings| found.extend_from_slice(readings));
        (next, found)
    }

    #[test]
    fn groups_read_apart_make_one_table() {
        let live = Live::default();
        let (volts, hertz, energy) = (Quantity::VoltageL1, Quantity::Frequency, Quantity::ActiveEnergyImport);
        live.update(DEVICE, &[reading(energy, 1), reading(volts, 1), reading(hertz, 1)]);
        let (sequence, all) = since(&live, 0);
        assert_eq!(all, [reading(volts, 1), reading(hertz, 1), reading(energy, 1)], "by quantity");
        live.update(DEVICE, &[reading(volts, 2), reading(hertz, 2)]);
        assert_eq!(since(&live, sequence).1, [reading(volts, 2), reading(hertz, 2)]);
        assert_eq!(live.reading(reading(energy, 0).point), Some(reading(energy, 1)));
        assert_eq!(since(&live, 0).1, [reading(volts, 2), reading(hertz, 2), reading(energy, 1)]);
    }

    #[test]
    fn a_state_is_kept_before_the_first_reading_and_after_the_last() {
        let live = Live::default();
        live.set_state(DEVICE, DeviceState::NeverSeen);
        assert_eq!(since(&live, 0).1, []);
        live.update(DEVICE, &[reading(Quantity::Frequency, 7)]);
        live.set_state(DEVICE, DeviceState::Offline);
        let health = live.device(DEVICE).unwrap();
        assert_eq!((health.state, health.last_ok_at), (DeviceState::Offline, Some(Timestamp(7))));
        assert_eq!(live.devices_since(0), [(DEVICE, DeviceState::Offline)]);
        live.retain(|_| false);
        assert_eq!(live.device(DEVICE), None);
    }
}
