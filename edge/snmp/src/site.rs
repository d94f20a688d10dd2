//! What is spoken of: the site as it is configured, and who knows what it measures now.

use haubert_model::{DeviceId, PointRef, Quantity, Reading, Timestamp};

/// How a device answers; numbers as in the MIB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceState {
    /// Switched off, or its bus is.
    Disabled = 1,
    /// Not once since the start.
    NeverSeen = 2,
    /// Not any more.
    Offline = 3,
    /// Not always, or not all.
    Degraded = 4,
    /// As it should.
    Online = 5,
}

/// What one device measures at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Its number within the device, from 1.
    pub channel: u8,
    /// As people call it.
    pub name: String,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    /// Its number in the tables, from 1 to 2³¹−1, never given to another.
    pub index: u32,
    /// As people call it.
    pub name: String,
    /// Who made it; empty when unknown.
    pub make: String,
    /// What it is; empty when unknown.
    pub model: String,
    /// Its serial number; empty when unknown.
    pub serial: String,
    /// Its bus, as people call it.
    pub bus: String,
    /// Its unit id there.
    pub unit: u8,
    /// Loads by channel.
    pub loads: Vec<Load>,
    /// What it measures, by channel; of loads that are not named, nothing is shown.
    pub points: Vec<(u8, Quantity)>,
}

/// The site and the gateway, as configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// The site's name.
    pub name: String,
    /// `sysContact`.
    pub contact: String,
    /// `sysLocation`.
    pub location: String,
    /// The gateway's release.
    pub version: String,
    /// Devices in any order.
    pub devices: Vec<Device>,
}

/// How much an alarm matters; numbers as in the MIB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criticality {
    /// Good to know.
    Information = 1,
    /// Somebody should look.
    NotCritical = 2,
    /// Somebody must act.
    Critical = 3,
}

/// How an alarm stands; numbers as in the MIB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// Raised.
    Active = 1,
    /// Over, and waits for somebody.
    Finished = 2,
    /// Over.
    Over = 3,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its number, from 1 to 2³¹−1.
    pub index: u32,
    /// What it is called.
    pub name: String,
    /// The device's name then; empty when it is about none or many.
    pub device: String,
    /// Which device it is about, or raised it.
    pub device_id: Option<DeviceId>,
    /// How much it matters.
    pub criticality: Criticality,
    /// How it stands.
    pub state: AlarmState,
    /// Since when.
    pub since: Timestamp,
    /// Whether somebody has seen it.
    pub acknowledged: bool,
    /// What raised it.
    pub text: String,
}

/// Who knows what is measured now.
pub trait Facts: Send + Sync {
    /// Hundredths of a second since the agent started, as `sysUpTime` counts.
    fn uptime(&self) -> u32;
    /// Whether the clock is known to be right.
    fn clock_set(&self) -> bool;
    /// How a device answers, and when it last did.
    fn device(&self, device: DeviceId) -> (DeviceState, Option<Timestamp>);
    /// The newest reading of a point.
    fn reading(&self, point: PointRef) -> Option<Reading>;
}
