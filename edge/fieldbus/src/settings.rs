//! What a bus and its devices need to know. The gateway's store makes these; nothing here is read from a file.

use crate::group::Periods;
use haubert_content::ProfileId;
use haubert_modbus::rtu::LineSettings;
use haubert_model::{BusId, DeviceId, Layout};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use utoipa::ToSchema;

/// How a bus is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    /// Modbus TCP.
    Tcp {
        /// Name or address.
        host: String,
        /// TCP port, usually 502.
        port: u16,
    },
    /// Modbus RTU frames carried by TCP, as serial device servers do.
    RtuOverTcp {
        /// Name or address.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// RS-485 or RS-232.
    Serial {
        /// Device file.
        path: String,
        /// Bits per second.
        baud: u32,
        /// Parity bit.
        parity: Parity,
        /// 1 or 2.
        stop_bits: u8,
    },
}

/// Parity of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Parity {
    /// No parity bit.
    None,
    /// Even, the default of the specification.
    Even,
    /// Odd.
    Odd,
}

impl From<Parity> for haubert_modbus::rtu::Parity {
    fn from(parity: Parity) -> Self {
        match parity {
            Parity::None => Self::None,
            Parity::Even => Self::Even,
            Parity::Odd => Self::Odd,
        }
    }
}

impl Line {
    /// Timing of the wire, for serial lines.
    pub fn wire(&self) -> Option<LineSettings> {
        match self {
            Self::Serial { baud, parity, stop_bits, .. } => {
                Some(LineSettings { baud: *baud, parity: (*parity).into(), stop_bits: *stop_bits })
            }
            Self::Tcp { .. } | Self::RtuOverTcp { .. } => None,
        }
    }

    /// Whether answers carry a transaction id (Modbus TCP) or must be told apart otherwise (RTU).
    pub const fn has_transactions(&self) -> bool {
        matches!(self, Self::Tcp { .. })
    }

    /// The same line on another host, for scanning; serial lines have none.
    #[must_use]
    pub fn on_host(&self, other: &str) -> Self {
        match self {
            Self::Tcp { port, .. } => Self::Tcp { host: other.to_owned(), port: *port },
            Self::RtuOverTcp { port, .. } => Self::RtuOverTcp { host: other.to_owned(), port: *port },
            Self::Serial { .. } => self.clone(),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::RtuOverTcp { host, port } => write!(f, "rtu+tcp://{host}:{port}"),
            Self::Serial { path, baud, .. } => write!(f, "{path} at {baud} bit/s"),
        }
    }
}

/// One bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusSettings {
    /// Identity.
    pub id: BusId,
    /// Shown name.
    pub name: String,
    /// How it is reached.
    pub line: Line,
    /// Longest wait for an answer to begin.
    pub timeout: Duration,
    /// Period at which each of its devices is read.
    pub poll: Duration,
    /// Other periods for groups of quantities.
    pub periods: Periods,
}

/// One device on a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSettings {
    /// Identity.
    pub id: DeviceId,
    /// Shown name.
    pub name: String,
    /// Modbus unit id, 1 to 247 (0 and 255 only where a TCP device wants them).
    pub unit: u8,
    /// Its register map.
    pub profile: ProfileId,
    /// Where relative addresses begin (SunSpec).
    pub base: Option<u16>,
    /// Version of the device's register table, which decides what exists.
    pub table_version: Option<u16>,
    /// Where it keeps what its documents place differently.
    pub layout: Layout,
    /// Loads that it measures.
    pub channels: u8,
    /// Off: not polled.
    pub enabled: bool,
    /// What this one device needs otherwise than its profile says.
    pub options: DeviceOptions,
}

/// Per-device habits of reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeviceOptions {
    /// Most registers of one request, when fewer than the profile says.
    pub max_registers: Option<u16>,
    /// Unneeded registers read between two values rather than making two requests; by default computed from the line.
    pub gap: Option<u16>,
    /// Silence kept before each request to this device.
    pub pause: Duration,
    /// One request per value, for devices that fail on anything longer.
    pub one_request_per_value: bool,
    /// Other periods than its bus has.
    pub periods: Periods,
}

/// Health of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// The last round brought all it should.
    Online,
    /// It answers, but not always, or not all.
    Degraded,
    /// It answered once and does not any more.
    Offline,
    /// It has not answered since the gateway started.
    NeverSeen,
    /// Switched off.
    Disabled,
}

/// Health of a bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BusState {
    /// Open, and every device answers.
    Ok,
    /// Open, and some device does not.
    Degraded,
    /// Cannot be opened, or nobody answers.
    Down,
    /// Switched off, or nothing to do.
    Off,
}
