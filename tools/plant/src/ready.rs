//! What a started plant tells of itself: where its buses are and what stands on them.

use crate::scene::{BusKind, ParitySpec};
use haubert_model::{Fluid, Usage};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A started plant, as written to the ready file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ready {
    /// Name of the scene.
    pub scene: String,
    /// Process id.
    pub pid: u32,
    /// The buses.
    pub buses: Vec<ReadyBus>,
    /// Socket of the control channel.
    pub control: Option<PathBuf>,
}

/// A bus and where it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadyBus {
    /// Name.
    pub name: String,
    /// How it is reached.
    pub kind: BusKind,
    /// Address, unless serial.
    pub host: Option<String>,
    /// Port, unless serial.
    pub port: Option<u16>,
    /// Path of the pseudo-terminal, when serial.
    pub path: Option<PathBuf>,
    /// Bits per second, when there is a line.
    pub baud: Option<u32>,
    /// Parity, when there is a line.
    pub parity: Option<ParitySpec>,
    /// Stop bits, when there is a line.
    pub stop_bits: Option<u8>,
    /// The devices.
    pub devices: Vec<ReadyDevice>,
}

/// A device on its bus.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadyDevice {
    /// Unit id.
    pub unit: u8,
    /// Profile.
    pub profile: String,
    /// Name.
    pub name: String,
    /// Usage of its first load.
    pub usage: Usage,
    /// Fluid of its first load.
    pub fluid: Fluid,
    /// Serial number at the start.
    pub serial: String,
    /// Its loads, from channel 1.
    pub loads: Vec<ReadyLoad>,
}

/// A load of a device.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadyLoad {
    /// Name.
    pub name: String,
    /// Usage.
    pub usage: Usage,
    /// Fluid.
    pub fluid: Fluid,
}
