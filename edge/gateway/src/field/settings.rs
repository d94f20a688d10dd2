//! The operator's words for buses and devices, in the field bus's.

use crate::topology::{Bus, Device, GroupPeriods, Reading};
use haubert_content::ProfileId;
use haubert_fieldbus::{BusSettings, DeviceOptions, DeviceSettings, Periods};
use std::time::Duration;

pub(super) fn bus(bus: &Bus) -> BusSettings {
    BusSettings {
        id: bus.id,
        name: bus.name.clone(),
        line: bus.line.clone(),
        timeout: millis(bus.timeout_ms),
        poll: millis(bus.poll_ms),
        periods: periods(&bus.periods),
    }
}

/// `None` of a device that is on no bus.
pub(super) fn device(device: &Device) -> Option<DeviceSettings> {
    Some(DeviceSettings {
        id: device.id,
        name: device.name.clone(),
        unit: device.unit()?,
        profile: ProfileId::new(device.profile_id.as_str()),
        base: device.base,
        table_version: device.identity.table_version,
        layout: device.identity.layout(),
        channels: device.channels,
        enabled: device.enabled,
        options: options(&device.reading),
    })
}

fn options(reading: &Reading) -> DeviceOptions {
    DeviceOptions {
        max_registers: reading.max_registers,
        gap: reading.gap,
        pause: millis(reading.pause_ms),
        one_request_per_value: reading.one_request_per_value,
        periods: periods(&reading.periods),
    }
}

fn periods(periods: &GroupPeriods) -> Periods {
    Periods {
        power: periods.power_ms.map(millis),
        energy: periods.energy_ms.map(millis),
        quality: periods.quality_ms.map(millis),
    }
}

fn millis(count: u32) -> Duration {
    Duration::from_millis(u64::from(count))
}
