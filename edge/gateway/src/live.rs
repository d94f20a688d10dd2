//! The newest reading of every point, and the state of every device.
//!
//! One column per device, in which the values of a turn overwrite those before them by position. Each change gets a sequence
//! number, so that a screen which follows along asks only for what is newer than what it has: a slow reader misses
//! intermediate values, never the last one, and costs the buses nothing.

use crate::places::Places;
use haubert_fieldbus::{DeviceState, Readout, Taken};
use haubert_model::{DeviceId, PointRef, Reading, Timestamp};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

#[derive(Default)]
struct Table {
    sequence: u64,
    /// In order, since screens list them so.
    devices: BTreeMap<DeviceId, Device>,
}

#[derive(Default)]
struct Device {
    health: Option<DeviceEntry>,
    places: Places,
    /// By place.
    latest: Vec<Taken>,
    /// By place, the order of points that brought it; empty while there is only one.
    brought_by: Vec<u8>,
    /// By order of points, the sequence number of its last turn: a turn brings all points of its order, so that this is also
    /// the number of each value that it brought last.
    newest: Vec<u64>,
}

/// All devices, for [`Live::visit_since`].
pub const EVERYWHERE: (Bound<DeviceId>, Bound<DeviceId>) = (Bound::Unbounded, Bound::Unbounded);

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

    /// Takes in what a turn of a device brought; each value replaces the one before it at the same point.
    pub fn update(&self, readout: &Readout) {
        let mut table = self.write();
        table.sequence += 1;
        let sequence = table.sequence;
        let Device { health, places, latest, brought_by, newest } = table.devices.entry(readout.device).or_default();
        let order = places.order_of(&readout.points, || {
            // Values that came in orders now forgotten pass for newer than they are: they are shown once more.
            brought_by.fill(0);
            newest.clear();
        });
        if newest.len() <= order {
            newest.resize(order + 1, sequence);
        }
        if let Some(newest) = newest.get_mut(order) {
            *newest = sequence;
        }
        if places.is_whole(order) && latest.len() == readout.values.len() {
            latest.copy_from_slice(&readout.values);
        } else {
            // As many as there are, not a power of two.
            latest.reserve_exact(places.points().len().saturating_sub(latest.len()));
            for (place, taken) in places.of(order).zip(&readout.values) {
                match latest.get_mut(place) {
                    Some(known) => *known = *taken,
                    // New points have places at the end, in this order.
                    None => latest.push(*taken),
                }
            }
        }
        if newest.len() > 1 || !brought_by.is_empty() {
            brought_by.resize(latest.len(), 0);
            // There are few orders.
            let number = u8::try_from(order).unwrap_or(u8::MAX);
            for place in places.of(order) {
                if let Some(by) = brought_by.get_mut(place) {
                    *by = number;
                }
            }
        }
        let ok_at = readout.values.iter().filter(|taken| !taken.is_missing()).map(|taken| taken.at).max();
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

    /// Gives the readings changed after `sequence` (0: all) to `visit`, device by device in order, each device's by channel and
    /// quantity, as long as it wants more; returns the sequence to ask for next. `visit` must not come back here.
    pub fn visit_since(
        &self,
        sequence: u64,
        among: (Bound<DeviceId>, Bound<DeviceId>),
        mut visit: impl FnMut(DeviceId, &[Reading]) -> bool,
    ) -> u64 {
        let table = self.read();
        let mut readings = Vec::new();
        for (id, device) in table.devices.range(among) {
            if device.newest.iter().all(|newest| *newest <= sequence) {
                continue;
            }
            readings.clear();
            readings.extend(device.readings_since(*id, sequence));
            let key = |reading: &Reading| (reading.point.channel, reading.point.quantity);
            if !readings.is_sorted_by_key(key) {
                readings.sort_unstable_by_key(key);
            }
            if !visit(*id, &readings) {
                break;
            }
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
    fn readings_since(&self, device: DeviceId, sequence: u64) -> impl Iterator<Item = Reading> {
        let order = |place: usize| self.brought_by.get(place).copied().map_or(0, usize::from);
        let is_newer = move |place: usize| self.newest.get(order(place)).is_none_or(|newest| *newest > sequence);
        let all = self.places.points().iter().zip(&self.latest).enumerate().filter(move |(place, _)| is_newer(*place));
        all.map(move |(_, ((channel, quantity), taken))| taken.of(PointRef { device, channel: *channel, quantity: *quantity }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::{Decimal, Quantity, Reason};
    use uuid::Uuid;

    const DEVICE: DeviceId = DeviceId(Uuid::from_u128(1));

    fn reading(quantity: Quantity, raw: i64) -> Reading {
        let point = PointRef { device: DEVICE, channel: 1, quantity };
        Reading::measured(point, Decimal::new(raw, 0), Timestamp(raw), Reason::Measured)
    }

    fn update(live: &Live, readings: &[Reading]) {
        live.update(&Readout::of(DEVICE, Timestamp(0), readings));
    }

    fn since(live: &Live, sequence: u64) -> (u64, Vec<Reading>) {
        let mut found = Vec::new();
        let next = live.visit_since(sequence, EVERYWHERE, |_, readings| {
            found.extend_from_slice(readings);
            true
        });
        (next, found)
    }

    #[test]
    fn groups_read_apart_make_one_table() {
        let live = Live::default();
        let (volts, hertz, energy) = (Quantity::VoltageL1, Quantity::Frequency, Quantity::ActiveEnergyImport);
        update(&live, &[reading(energy, 1), reading(volts, 1), reading(hertz, 1)]);
        let (sequence, all) = since(&live, 0);
        assert_eq!(all, [reading(volts, 1), reading(hertz, 1), reading(energy, 1)], "by quantity");
        update(&live, &[reading(volts, 2), reading(hertz, 2)]);
        assert_eq!(since(&live, sequence).1, [reading(volts, 2), reading(hertz, 2)]);
        assert_eq!(live.reading(reading(energy, 0).point), Some(reading(energy, 1)));
        assert_eq!(since(&live, 0).1, [reading(volts, 2), reading(hertz, 2), reading(energy, 1)]);
    }

    #[test]
    fn a_state_is_kept_before_the_first_reading_and_after_the_last() {
        let live = Live::default();
        live.set_state(DEVICE, DeviceState::NeverSeen);
        assert_eq!(since(&live, 0).1, []);
        update(&live, &[reading(Quantity::Frequency, 7)]);
        live.set_state(DEVICE, DeviceState::Offline);
        let health = live.device(DEVICE).unwrap();
        assert_eq!((health.state, health.last_ok_at), (DeviceState::Offline, Some(Timestamp(7))));
        assert_eq!(live.devices_since(0), [(DEVICE, DeviceState::Offline)]);
        live.retain(|_| false);
        assert_eq!(live.device(DEVICE), None);
    }
}
