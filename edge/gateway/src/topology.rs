//! The site as the operator describes it: zones, buses, devices (on buses, or heard by radio) and the loads that devices measure.

pub use haubert_fieldbus::{Line, Parity};
use haubert_lorawan::DevEui;
use haubert_model::{BusId, DeviceId, DeviceIdentity, Fluid, LoadId, Usage, ZoneId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// The physical site that this gateway serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Site {
    /// Shown at the head of every page.
    pub name: String,
    /// IANA name, `Europe/Paris`. Days and months of consumption are counted in it.
    pub time_zone: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// A place in the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Zone {
    /// Identity.
    pub id: ZoneId,
    /// Shown name.
    pub name: String,
    /// The zone that contains it.
    pub parent_id: Option<ZoneId>,
}

/// One field bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Bus {
    /// Identity.
    pub id: BusId,
    /// Shown name.
    pub name: String,
    /// How it is reached.
    pub line: Line,
    /// Longest wait for an answer, milliseconds.
    pub timeout_ms: u32,
    /// Period of a whole round of its devices, milliseconds.
    pub poll_ms: u32,
    /// Quantities read at a period of their own.
    #[serde(default)]
    pub periods: GroupPeriods,
    /// Off: nothing is opened.
    pub enabled: bool,
}

/// Periods of groups of quantities, milliseconds. `None` leaves a group to what stands above: the device to its bus, the bus
/// to its `poll_ms`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GroupPeriods {
    /// Powers, voltages, currents and states.
    #[schema(required)]
    pub power_ms: Option<u32>,
    /// Counters.
    #[schema(required)]
    pub energy_ms: Option<u32>,
    /// Distortion, temperatures and the rest.
    #[schema(required)]
    pub quality_ms: Option<u32>,
}

/// How one device is read otherwise than its profile and its line say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ReadingSettings)]
pub struct Reading {
    /// Most registers of one request, 1 to 125.
    #[schema(required)]
    pub max_registers: Option<u16>,
    /// Unneeded registers read between two values rather than making two requests, 0 to 125; computed when absent.
    #[schema(required)]
    pub gap: Option<u16>,
    /// Silence before each request, milliseconds, 0 to 10000.
    pub pause_ms: u32,
    /// Each value in a request of its own.
    pub one_request_per_value: bool,
    /// Its own periods.
    pub periods: GroupPeriods,
    /// After an outage, what is missing is read back from the device's own log. That moves the log's reading window, the only
    /// register ever written.
    pub read_log: bool,
}

/// Where a device is heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// On a bus, where it is asked.
    Bus {
        /// Its bus.
        bus_id: BusId,
        /// Modbus unit id, 1–247.
        unit: u8,
    },
    /// By LoRaWAN: it sends when it likes, and is never asked.
    Lorawan(Sensor),
}

/// How a LoRaWAN sensor is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sensor {
    /// Identity of its radio.
    pub dev_eui: DevEui,
    /// The payload decoder: `milesight/em300-th`.
    pub decoder: String,
    /// Usual time between two uplinks, s; learnt when `None`.
    pub interval_s: Option<u32>,
    /// What a pulse stands for, by channel.
    pub pulses: BTreeMap<u8, Pulse>,
}

/// What one pulse of a counter stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PulseWeight)]
pub struct Pulse {
    /// So many units: decimal text, such as `"0.01"`.
    pub weight: String,
    /// Of these.
    pub unit: PulseUnit,
}

/// What pulses are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PulseUnit {
    /// Litres: a volume.
    Litre,
    /// Cubic metres: a volume.
    CubicMetre,
    /// Watt-hours: an energy.
    WattHour,
    /// Kilowatt-hours: an energy.
    KilowattHour,
}

/// One device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Identity.
    pub id: DeviceId,
    /// Where it is heard.
    pub source: Source,
    /// Shown name.
    pub name: String,
    /// `socomec/countis-e3x`; empty of a sensor, which has a decoder.
    pub profile_id: String,
    /// Start of the SunSpec chain, where the profile is relative to it.
    pub base: Option<u16>,
    /// What identification said.
    pub identity: DeviceIdentity,
    /// Loads that it measures.
    pub channels: u8,
    /// Off: not polled.
    pub enabled: bool,
    /// How it is read.
    #[serde(default)]
    pub reading: Reading,
}

impl Device {
    /// The bus that it is on.
    pub const fn bus_id(&self) -> Option<BusId> {
        match self.source {
            Source::Bus { bus_id, .. } => Some(bus_id),
            Source::Lorawan(_) => None,
        }
    }

    /// Its Modbus unit id.
    pub const fn unit(&self) -> Option<u8> {
        match self.source {
            Source::Bus { unit, .. } => Some(unit),
            Source::Lorawan(_) => None,
        }
    }

    /// How it is read, when it is a LoRaWAN sensor.
    pub const fn sensor(&self) -> Option<&Sensor> {
        match &self.source {
            Source::Bus { .. } => None,
            Source::Lorawan(sensor) => Some(sensor),
        }
    }
}

/// What a device measures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Identity: history hangs on it.
    pub id: LoadId,
    /// The device that measures it.
    pub device_id: DeviceId,
    /// Load number within the device, from 1.
    pub channel: u8,
    /// Shown name.
    pub name: String,
    /// What flows.
    pub fluid: Fluid,
    /// What for.
    pub usage: Usage,
    /// Where.
    pub zone_id: Option<ZoneId>,
    /// Off: not recorded.
    pub enabled: bool,
}

/// Everything above at one moment. Immutable; a change makes a new one.
#[derive(Debug, Clone)]
pub struct Topology {
    /// The site.
    pub site: Site,
    /// Zones, parents before children.
    pub zones: Vec<Zone>,
    /// Buses by name.
    pub buses: Vec<Bus>,
    /// Devices by bus and unit, then sensors by name.
    pub devices: Vec<Device>,
    /// Loads by device and channel.
    pub loads: Vec<Load>,
    by_channel: HashMap<(DeviceId, u8), usize>,
}

impl Topology {
    /// Indexes the parts.
    pub fn new(site: Site, zones: Vec<Zone>, buses: Vec<Bus>, devices: Vec<Device>, loads: Vec<Load>) -> Self {
        let by_channel = loads.iter().enumerate().map(|(at, load)| ((load.device_id, load.channel), at)).collect();
        Self { site, zones, buses, devices, loads, by_channel }
    }

    /// The load that a device measures on a channel.
    pub fn load_of(&self, device: DeviceId, channel: u8) -> Option<&Load> {
        self.by_channel.get(&(device, channel)).and_then(|at| self.loads.get(*at))
    }

    /// A load by its id.
    pub fn load(&self, id: LoadId) -> Option<&Load> {
        self.loads.iter().find(|load| load.id == id)
    }

    /// A device by its id.
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.iter().find(|device| device.id == id)
    }

    /// A bus by its id.
    pub fn bus(&self, id: BusId) -> Option<&Bus> {
        self.buses.iter().find(|bus| bus.id == id)
    }

    /// The devices of a bus.
    pub fn devices_on(&self, bus: BusId) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(move |device| device.bus_id() == Some(bus))
    }
}
