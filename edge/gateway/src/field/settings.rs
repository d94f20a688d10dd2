//! The operator's words for buses and devices, in the field bus's.

use crate::topology::{Bus, Device};
use haubert_content::ProfileId;
use haubert_fieldbus::{BusSettings, DeviceOptions, DeviceSettings};
use std::time::Duration;

pub(super) fn bus(bus: &Bus) -> BusSettings {
    BusSettings {
        id: bus.id,
        name: bus.name.clone(),
        line: bus.line.clone(),
        timeout: Duration::from_millis(u64::from(bus.timeout_ms)),
        poll: Duration::from_millis(u64::from(bus.poll_ms)),
    }
}

pub(super) fn device(device: &Device) -> DeviceSettings {
    DeviceSettings {
        id: device.id,
        name: device.name.clone(),
        unit: device.unit,
        profile: ProfileId::new(device.profile_id.as_str()),
        base: device.base,
        table_version: device.identity.table_version,
        channels: device.channels,
        enabled: device.enabled,
        options: DeviceOptions::default(),
    }
}
