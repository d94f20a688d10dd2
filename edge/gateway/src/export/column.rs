//! Whose a series is, and what it is called in files.

use crate::topology::Topology;
use haubert_fieldbus::Line;
use haubert_historian::SeriesInfo;

/// A series in a file.
#[derive(Debug, Clone)]
pub struct Column {
    /// The series.
    pub info: SeriesInfo,
    /// Its load's name.
    pub load: String,
    /// What the load is for.
    pub usage: &'static str,
    /// What flows.
    pub fluid: &'static str,
    /// Its device; none when it is gone.
    pub device: Option<Whose>,
}

/// The device that measures a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// Identity.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// Name or address on the network; `0.0.0.0` on a serial line and by radio.
    pub host: String,
    /// Modbus unit id; 0 of what has none.
    pub unit: u8,
}

impl Column {
    /// What the plant says of a series.
    pub fn of(info: SeriesInfo, topology: &Topology) -> Self {
        let Some(load) = topology.load(info.spec.load) else {
            return Self { info, load: info.spec.load.to_string(), usage: "", fluid: "", device: None };
        };
        let device = topology.device(load.device_id).map(|device| Whose {
            id: device.id.to_string(),
            name: device.name.clone(),
            host: match device.bus_id().and_then(|bus| topology.bus(bus)).map(|bus| &bus.line) {
                Some(Line::Tcp { host, .. } | Line::RtuOverTcp { host, .. }) => host.clone(),
                _ => "0.0.0.0".to_owned(),
            },
            unit: device.unit().unwrap_or(0),
        });
        Self { info, load: load.name.clone(), usage: load.usage.code(), fluid: load.fluid.code(), device }
    }
}
