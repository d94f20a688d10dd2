//! The scene file, field by field.

use haubert_modbus::rtu::{LineSettings, Parity};
use haubert_model::{Fluid, Layout, Quantity, Usage};
use serde::Deserialize;
use std::path::PathBuf;

/// A simulated plant.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// Name; the file's when empty.
    #[serde(default)]
    pub name: String,
    /// What it shows.
    #[serde(default)]
    pub title: String,
    /// Everything random follows from it.
    #[serde(default)]
    pub seed: u64,
    /// Seconds of the plant in one second.
    #[serde(default = "one")]
    pub speed: f64,
    /// Calendar of the plant, an IANA name.
    #[serde(default = "paris")]
    pub time_zone: String,
    /// RFC 3339 time at which the plant begins.
    #[serde(default)]
    pub start: Option<String>,
    /// Milliseconds of the plant between refreshes of a device's registers.
    #[serde(default = "refresh")]
    pub refresh_ms: u32,
    /// Seconds of a period in the load-curve logs that meters keep of themselves.
    #[serde(default = "log_period")]
    pub log_period_s: u16,
    /// Volts between phase and neutral.
    #[serde(default = "volts")]
    pub nominal_v: f64,
    /// Lines and endpoints.
    #[serde(default, rename = "bus")]
    pub buses: Vec<BusSpec>,
    /// Many buses at once.
    #[serde(default)]
    pub generate: Vec<GenerateSpec>,
    /// Where recordings are looked for.
    #[serde(skip)]
    pub folder: PathBuf,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            name: String::new(),
            title: String::new(),
            seed: 0,
            speed: one(),
            time_zone: paris(),
            start: None,
            refresh_ms: refresh(),
            log_period_s: log_period(),
            nominal_v: volts(),
            buses: Vec::new(),
            generate: Vec::new(),
            folder: PathBuf::new(),
        }
    }
}

/// How a bus is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BusKind {
    /// Modbus TCP; the unit id chooses the device.
    #[default]
    Tcp,
    /// RTU frames in a TCP stream.
    RtuOverTcp,
    /// RTU on a pseudo-terminal, at the pace of the line.
    Serial,
}

/// Parity of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParitySpec {
    /// No parity bit.
    None,
    /// Even.
    #[default]
    Even,
    /// Odd.
    Odd,
}

/// A bus and its devices.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusSpec {
    /// Name, unique in the scene.
    pub name: String,
    /// How it is reached.
    pub kind: BusKind,
    /// TCP port; any free one when 0.
    #[serde(default)]
    pub port: u16,
    /// Bits per second of the line; needed when serial, a serial line behind a converter or gateway when TCP.
    pub baud: Option<u32>,
    /// Parity of the line.
    #[serde(default)]
    pub parity: ParitySpec,
    /// Stop bits of the line.
    pub stop_bits: Option<u8>,
    /// Milliseconds that a device thinks before it answers.
    #[serde(default)]
    pub think_ms: u32,
    /// The devices.
    #[serde(default, rename = "device")]
    pub devices: Vec<DeviceSpec>,
}

/// A device.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceSpec {
    /// Unit id on its bus, 1 to 247.
    pub unit: u8,
    /// Device profile.
    pub profile: String,
    /// Name, unique in the scene.
    pub name: String,
    /// Serial number; made from seed and name when absent.
    pub serial: Option<String>,
    /// What the device measures; the profile's first fluid when absent.
    pub fluid: Option<Fluid>,
    /// Where it keeps what its profile leaves open: question → answer.
    #[serde(default)]
    pub layout: Layout,
    /// Loads, from channel 1; one load with the fields below when empty.
    #[serde(default, rename = "load")]
    pub loads: Vec<LoadSpec>,
    /// Usage of its only load.
    pub usage: Option<Usage>,
    /// Nominal power of its only load, kW.
    pub nominal_kw: Option<f64>,
    /// Nominal flow of its only load, m³/h.
    pub nominal_m3h: Option<f64>,
    /// 1 or 3.
    pub phases: Option<u8>,
    /// Reading of the main index at the start, kWh or m³.
    pub index: Option<f64>,
    /// Sums all other electric loads of the scene: the incomer.
    #[serde(default)]
    pub sum: bool,
    /// Recorded readings in place of the model.
    pub replay: Option<ReplaySpec>,
}

/// A load of a device.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadSpec {
    /// Name, as the device tells it.
    pub name: String,
    /// What flows.
    pub fluid: Option<Fluid>,
    /// What it is used for.
    pub usage: Option<Usage>,
    /// Nominal power, kW.
    pub nominal_kw: Option<f64>,
    /// Nominal flow, m³/h.
    pub nominal_m3h: Option<f64>,
    /// 1 or 3.
    pub phases: Option<u8>,
    /// Reading of the main index at the start, kWh or m³.
    pub index: Option<f64>,
    /// Sums all other electric loads of the scene.
    #[serde(default)]
    pub sum: bool,
    /// Recorded readings in place of the model.
    pub replay: Option<ReplaySpec>,
}

/// Recorded readings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplaySpec {
    /// Text file with a header line.
    pub file: PathBuf,
    /// Character between columns.
    #[serde(default = "semicolon")]
    pub separator: char,
    /// Columns that make the time, joined by a space.
    pub time: Vec<String>,
    /// `strptime` format of the time, taken as UTC.
    pub time_format: String,
    /// Columns that make the values.
    pub columns: Vec<ReplayColumn>,
}

/// A column of a recording.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayColumn {
    /// Its name in the header.
    pub column: String,
    /// `active_power_total`, `reactive_power_total`, `voltage_l1` or `volume_flow`.
    pub quantity: Quantity,
    /// Factor to the quantity's unit.
    #[serde(default = "one")]
    pub scale: f64,
}

/// Many like buses with many like devices.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerateSpec {
    /// Names of buses and devices begin so.
    pub prefix: String,
    /// How many buses.
    pub buses: u16,
    /// How many devices on each, 1 to 247.
    pub devices: u8,
    /// How the buses are reached.
    #[serde(default)]
    pub kind: BusKind,
    /// Bits per second of the lines.
    pub baud: Option<u32>,
    /// Profiles, taken in turn.
    pub profiles: Vec<String>,
    /// Usages, taken in turn.
    pub usages: Vec<Usage>,
}

impl BusSpec {
    /// The line, when there is one.
    pub fn line(&self) -> Option<LineSettings> {
        let parity = match self.parity {
            ParitySpec::None => Parity::None,
            ParitySpec::Even => Parity::Even,
            ParitySpec::Odd => Parity::Odd,
        };
        Some(LineSettings { baud: self.baud?, parity, stop_bits: self.stop_bits.unwrap_or(1) })
    }
}

impl DeviceSpec {
    /// Its loads, from channel 1.
    pub(crate) fn effective_loads(&self) -> Vec<LoadSpec> {
        let own =
            |load: &LoadSpec| LoadSpec { fluid: load.fluid.or(self.fluid), usage: load.usage.or(self.usage), ..load.clone() };
        if !self.loads.is_empty() {
            return self.loads.iter().map(own).collect();
        }
        vec![LoadSpec {
            name: self.name.clone(),
            fluid: self.fluid,
            usage: self.usage,
            nominal_kw: self.nominal_kw,
            nominal_m3h: self.nominal_m3h,
            phases: self.phases,
            index: self.index,
            sum: self.sum,
            replay: self.replay.clone(),
        }]
    }
}

const fn one() -> f64 {
    1.0
}

const fn refresh() -> u32 {
    200
}

/// Ten minutes, as meters leave the factory.
const fn log_period() -> u16 {
    600
}

const fn volts() -> f64 {
    230.0
}

const fn semicolon() -> char {
    ';'
}

fn paris() -> String {
    "Europe/Paris".to_owned()
}
