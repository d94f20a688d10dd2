//! The newest reading of every point, and the state of every device.
//!
//! Each change gets a sequence number, so that a screen which follows along asks only for what is newer than what it has:
//! a slow reader misses intermediate values, never the last one, and costs the buses nothing.

use haubert_fieldbus::DeviceState;
use haubert_model::{DeviceId, PointRef, Reading, Timestamp};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

#[derive(Default)]
struct Table {
    sequence: u64,
    readings: HashMap<PointRef, (u64, Reading)>,
    devices: HashMap<DeviceId, DeviceEntry>,
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
    /// Takes in readings; each replaces the one before it at the same point.
    pub fn update(&self, readings: &[Reading]) {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        table.sequence += 1;
        let sequence = table.sequence;
        for reading in readings {
            table.readings.insert(reading.point, (sequence, *reading));
            if reading.value.is_some()
                && let Some(entry) = table.devices.get_mut(&reading.point.device)
            {
                entry.last_ok_at = Some(reading.at);
            }
        }
    }

    /// Notes a device's state.
    pub fn set_state(&self, device: DeviceId, state: DeviceState) {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        table.sequence += 1;
        let sequence = table.sequence;
        let last_ok_at = table.devices.get(&device).and_then(|entry| entry.last_ok_at);
        table.devices.insert(device, DeviceEntry { sequence, state, last_ok_at });
    }

    /// Forgets the devices that `keep` does not want.
    pub fn retain(&self, keep: impl Fn(DeviceId) -> bool) {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        table.readings.retain(|point, _| keep(point.device));
        table.devices.retain(|device, _| keep(*device));
    }

    /// Readings changed after `sequence`, and the sequence to ask for next. 0 asks for all.
    pub fn readings_since(&self, sequence: u64) -> (u64, Vec<Reading>) {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let newer = table.readings.values().filter(|(at, _)| *at > sequence).map(|(_, reading)| *reading).collect();
        (table.sequence, newer)
    }

    /// Devices whose state changed after `sequence`.
    pub fn devices_since(&self, sequence: u64) -> Vec<(DeviceId, DeviceState)> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.devices.iter().filter(|(_, entry)| entry.sequence > sequence).map(|(id, entry)| (*id, entry.state)).collect()
    }

    /// The newest reading of one point.
    pub fn reading(&self, point: PointRef) -> Option<Reading> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).readings.get(&point).map(|(_, reading)| *reading)
    }

    /// A device's health.
    pub fn device(&self, device: DeviceId) -> Option<DeviceEntry> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).devices.get(&device).copied()
    }
}
