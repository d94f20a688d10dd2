//! What is shown: the site as it is configured, and who knows what it measures now.

use haubert_model::{DeviceId, PointRef, Quantity, Reading, Timestamp};
use jiff::tz::TimeZone;

/// What a meter measures at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Its number within the meter, from 1.
    pub channel: u8,
    /// As people call it.
    pub name: String,
}

/// History that is kept of a quantity, at the full multiples of a period from the epoch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trend {
    /// Whose.
    pub channel: u8,
    /// Of what.
    pub quantity: Quantity,
    /// Seconds from one record to the next, at least 1.
    pub period_s: u32,
}

/// A meter; a device of the virtual network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// Which.
    pub id: DeviceId,
    /// Its instance, 0 to 4,194,302, never given to another.
    pub instance: u32,
    /// As people call it.
    pub name: String,
    /// Who made it; empty when unknown.
    pub make: String,
    /// What it is; empty when unknown.
    pub model: String,
    /// Its serial number; empty when unknown.
    pub serial: String,
    /// Loads by channel.
    pub loads: Vec<Load>,
    /// What it measures, by channel; of loads that are not named, nothing is shown.
    pub points: Vec<(u8, Quantity)>,
    /// What there is history of, among its points.
    pub trends: Vec<Trend>,
}

/// The gateway and the meters behind it, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The site's name; that of the gateway as a device.
    pub name: String,
    /// The gateway's instance.
    pub instance: u32,
    /// Number of the network on which meters are, 1 to 65,534.
    pub network: u16,
    /// The gateway's release.
    pub version: String,
    /// Where it stands, for local time: BACnet knows no other.
    pub zone: TimeZone,
    /// Meters in any order.
    pub meters: Vec<Meter>,
}

/// Who knows what is measured now.
pub trait Facts: Send + Sync {
    /// Time of day.
    fn now(&self) -> Timestamp;
    /// Whether a meter answers.
    fn answers(&self, meter: DeviceId) -> bool;
    /// The newest reading of a point.
    fn reading(&self, point: PointRef) -> Option<Reading>;
}

/// A record of history: a value and whether it is to be trusted without reserve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// In the quantity's unit.
    pub value: f64,
    /// No reservation.
    pub good: bool,
}

/// Which records somebody asks for: those at `first × period_s` seconds, the next, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    /// Whose.
    pub meter: DeviceId,
    /// Of what.
    pub trend: Trend,
    /// The first, in periods since the epoch.
    pub first: u32,
    /// How many; bounded.
    pub count: u32,
}
