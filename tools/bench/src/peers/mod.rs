//! The programs that ours is measured beside. Each runs in a folder of its own, on free ports of loopback, as an ordinary
//! process; `scripts/setup.sh bench` installs them.

mod collectd;
mod node_red;
mod running;
mod thingsboard;
mod yardstick;

pub(crate) use running::Running;
pub(crate) use yardstick::Loop;

use crate::plant::Layout;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// A rival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Node-RED with node-red-contrib-modbus, reading blocks.
    NodeRed,
    /// collectd with its modbus plugin, a request for each value.
    Collectd,
    /// The ThingsBoard IoT gateway, publishing to a broker.
    ThingsBoard,
}

/// What a rival is to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    /// A folder for its own use.
    pub(crate) dir: &'a Path,
    /// Period of reading.
    pub(crate) period_ms: u32,
    /// Devices and values.
    pub(crate) layout: &'a Layout,
    /// Ports of the buses, on loopback.
    pub(crate) ports: &'a [u16],
}

impl Task<'_> {
    /// Every device: port and unit.
    fn devices(&self) -> impl Iterator<Item = (u16, usize)> {
        let units = 1..=self.layout.devices;
        self.ports.iter().flat_map(move |port| units.clone().map(move |unit| (*port, unit)))
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.dir.join(name);
        std::fs::write(&path, text).map(|()| path).map_err(|error| format!("write {name}: {error}"))
    }
}

impl Peer {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::NodeRed, Self::Collectd, Self::ThingsBoard];

    /// Its name, as shown.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NodeRed => "Node-RED: blocks, dropped",
            Self::Collectd => "collectd: one request per value",
            Self::ThingsBoard => "ThingsBoard gateway: one request per value",
        }
    }

    /// Starts it.
    pub(crate) fn start(self, task: &Task<'_>) -> Result<Running, String> {
        match self {
            Self::NodeRed => node_red::start(task),
            Self::Collectd => collectd::start(task),
            Self::ThingsBoard => thingsboard::start(task),
        }
    }
}

/// A port that was free a moment ago, for programs that cannot choose one and tell.
fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| format!("a free port: {error}"))?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout { buses: 2, devices: 2, loads: 2, floats: 3 };

    fn task(dir: &Path) -> Task<'_> {
        Task { dir, period_ms: 1_000, layout: &LAYOUT, ports: &[5_001, 5_002] }
    }

    #[test]
    fn every_rival_is_told_of_every_device() {
        let task = task(Path::new("."));
        assert_eq!(task.devices().collect::<Vec<_>>(), [(5_001, 1), (5_001, 2), (5_002, 1), (5_002, 2)]);
        let collectd = collectd::configuration(&task);
        assert_eq!((collectd.matches("<Slave").count(), collectd.matches("<Data").count()), (4, 6), "{collectd}");
        let flows = node_red::flows(&task);
        let of = |kind: &str| flows.as_array().map_or(0, |all| all.iter().filter(|node| node["type"] == kind).count());
        assert_eq!((of("modbus-client"), of("modbus-read")), (2, 4));
        let slaves = thingsboard::connector(&task);
        let slaves = slaves["master"]["slaves"].as_array().cloned().unwrap_or_default();
        assert_eq!((slaves.len(), slaves[0]["timeseries"].as_array().map(Vec::len)), (4, Some(6)));
    }
}
