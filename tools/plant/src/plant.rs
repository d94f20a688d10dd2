//! A running plant, for tests and for the binary.

use crate::answer::Bus;
use crate::build;
use crate::clock::PlantClock;
use crate::device::{Counts, Device, TrueValue};
use crate::fault::{Fault, FaultError};
use crate::ready::{Ready, ReadyBus, ReadyDevice, ReadyLoad};
use crate::scene::{BusKind, BusSpec, Scene, SceneError};
use crate::server::{control, serial::SerialServer, tcp};
use haubert_content::{Catalogue, ContentError};
use haubert_model::{Fluid, Timestamp, Usage};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinHandle;

/// Where a plant begins when nobody says: a Monday morning, always the same.
const DEFAULT_START: Timestamp = Timestamp(1_772_431_200_000);

/// How a plant is started; the default suits tests.
#[derive(Debug, Clone)]
pub struct PlantOptions {
    /// Address of TCP buses.
    pub listen: IpAddr,
    /// Folder for pseudo-terminals and the control socket; a temporary one when absent.
    pub run_dir: Option<PathBuf>,
    /// Seed, in place of the scene's.
    pub seed: Option<u64>,
    /// Time at which the plant begins when the scene does not say; 2026-03-02T06:00:00Z when absent.
    pub start: Option<Timestamp>,
    /// How long the plant has been at work by then, in its own time: its meters counted, and kept their logs, since.
    pub past: Duration,
    /// Whether the control socket is opened.
    pub control: bool,
    /// Profiles, in place of those that ship.
    pub catalogue: Option<Catalogue>,
}

impl Default for PlantOptions {
    fn default() -> Self {
        Self {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            run_dir: None,
            seed: None,
            start: None,
            past: Duration::ZERO,
            control: false,
            catalogue: None,
        }
    }
}

/// A plant that cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum PlantError {
    /// The scene cannot be.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// The device profiles cannot be loaded.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// A port, pseudo-terminal or socket cannot be opened.
    #[error("open {what}: {source}")]
    Open {
        /// Bus or channel.
        what: String,
        /// Why.
        source: std::io::Error,
    },
}

/// A device of the plant and what was asked of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeviceStats {
    /// Bus.
    pub bus: String,
    /// Unit id.
    pub unit: u8,
    /// Name.
    pub name: String,
    /// Requests, registers, exceptions.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The part of a plant that its servers and its control channel share.
#[derive(Debug)]
pub(crate) struct Inner {
    buses: Vec<Arc<Bus>>,
    clock: Arc<PlantClock>,
}

/// A running plant. It stops when shut down or dropped.
#[derive(Debug)]
pub struct Plant {
    inner: Arc<Inner>,
    ready: Ready,
    tasks: Vec<JoinHandle<()>>,
    lines: Vec<SerialServer>,
    control: Option<PathBuf>,
    /// Removed with the plant.
    _folder: Option<tempfile::TempDir>,
}

impl Plant {
    /// Builds the scene and opens its buses. To be called within a tokio runtime.
    ///
    /// # Errors
    /// [`PlantError`]; nothing stays open then.
    pub async fn start(mut scene: Scene, options: PlantOptions) -> Result<Self, PlantError> {
        scene.expand();
        scene.check()?;
        scene.seed = options.seed.unwrap_or(scene.seed);
        let start = start_of(&scene, &options)?;
        let catalogue = match options.catalogue {
            Some(catalogue) => catalogue,
            None => haubert_content::embedded()?,
        };
        let past_ms = i64::try_from(options.past.as_millis()).unwrap_or(i64::MAX);
        let clock = Arc::new(PlantClock::new(start.plus_ms(past_ms.saturating_neg()), scene.speed));
        clock.advance(past_ms);
        let buses = build::buses(&scene, &catalogue, &clock)?;
        let inner = Arc::new(Inner { buses, clock });
        let needs_folder = options.control || scene.buses.iter().any(|bus| bus.kind == BusKind::Serial);
        let (folder, path) = run_folder(options.run_dir.as_deref(), needs_folder)?;
        let mut plant = Self {
            ready: Ready { scene: scene.name.clone(), pid: std::process::id(), buses: Vec::new(), control: None },
            inner,
            tasks: Vec::new(),
            lines: Vec::new(),
            control: None,
            _folder: folder,
        };
        for (spec, bus) in scene.buses.iter().zip(plant.inner.buses.clone()) {
            let opened = plant
                .open(spec, &bus, options.listen, &path)
                .await
                .map_err(|source| PlantError::Open { what: spec.name.clone(), source })?;
            plant.ready.buses.push(opened);
        }
        if options.control {
            plant.open_control(&path).map_err(|source| PlantError::Open { what: "control channel".to_owned(), source })?;
        }
        Ok(plant)
    }

    async fn open(&mut self, spec: &BusSpec, bus: &Arc<Bus>, listen: IpAddr, folder: &Path) -> std::io::Result<ReadyBus> {
        let mut ready = ReadyBus {
            name: spec.name.clone(),
            kind: spec.kind,
            host: None,
            port: None,
            path: None,
            baud: bus.line.map(|line| line.baud),
            parity: bus.line.map(|_| spec.parity),
            stop_bits: bus.line.map(|line| line.stop_bits),
            devices: bus.devices.values().map(|device| ready_device(device)).collect(),
        };
        match (spec.kind, bus.line) {
            (BusKind::Serial, Some(line)) => {
                let path = folder.join(&spec.name);
                self.lines.push(SerialServer::start(Arc::clone(bus), line, &path)?);
                ready.path = Some(path);
            }
            _ => {
                let listener = TcpListener::bind(SocketAddr::new(listen, spec.port)).await?;
                let address = listener.local_addr()?;
                ready.host = Some(address.ip().to_string());
                ready.port = Some(address.port());
                self.tasks.push(tokio::spawn(tcp::serve(listener, Arc::clone(bus))));
            }
        }
        Ok(ready)
    }

    fn open_control(&mut self, folder: &Path) -> std::io::Result<()> {
        let path = folder.join("control.sock");
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        self.tasks.push(tokio::spawn(control::serve(listener, Arc::clone(&self.inner))));
        self.ready.control = Some(path.clone());
        self.control = Some(path);
        Ok(())
    }

    /// Where everything is.
    pub const fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Address of a TCP bus.
    pub fn address(&self, bus: &str) -> Option<SocketAddr> {
        let found = self.ready.buses.iter().find(|ready| ready.name == bus)?;
        Some(SocketAddr::new(found.host.as_ref()?.parse().ok()?, found.port?))
    }

    /// Path of a serial bus.
    pub fn path(&self, bus: &str) -> Option<&Path> {
        self.ready.buses.iter().find(|ready| ready.name == bus)?.path.as_deref()
    }

    /// Switches a fault on until it is cleared, or lets an event happen. A device is named as in the scene or as `bus/unit`.
    ///
    /// # Errors
    /// [`FaultError`] when there is no such device or the fault has no meaning for it.
    pub fn fault(&self, device: &str, fault: Fault) -> Result<(), FaultError> {
        self.inner.fault(device, fault, None)
    }

    /// Switches a fault on for so many answers.
    ///
    /// # Errors
    /// As [`Plant::fault`].
    pub fn fault_for(&self, device: &str, fault: Fault, answers: u32) -> Result<(), FaultError> {
        self.inner.fault(device, fault, Some(answers))
    }

    /// Switches the faults of a device off. What has happened to it (exchange, roll-over, lost clock) stays.
    ///
    /// # Errors
    /// [`FaultError::UnknownDevice`].
    pub fn clear(&self, device: &str) -> Result<(), FaultError> {
        self.inner.clear(device)
    }

    /// What was asked of each device.
    pub fn stats(&self) -> Vec<DeviceStats> {
        self.inner.stats()
    }

    /// Frames on a bus that nobody understood or that were meant for nobody: noise, wrong CRC, wrong baud rate, absent units.
    pub fn ignored(&self, bus: &str) -> Option<u64> {
        self.inner.buses.iter().find(|other| other.name == bus).map(|bus| bus.ignored.load(Ordering::Relaxed))
    }

    /// Requests on a TCP bus that came while another one was being answered, over whatever connection.
    pub fn overlapping(&self, bus: &str) -> Option<u64> {
        self.inner.buses.iter().find(|other| other.name == bus).map(|bus| bus.overlapping.load(Ordering::Relaxed))
    }

    /// What the physics says now, unrounded.
    ///
    /// # Errors
    /// [`FaultError::UnknownDevice`].
    pub fn values(&self, device: &str) -> Result<Vec<TrueValue>, FaultError> {
        self.inner.values(device)
    }

    /// Mean power (W) or flow (m³/h) of each load of a device over a stretch of the plant's time.
    ///
    /// # Errors
    /// [`FaultError::UnknownDevice`].
    pub fn means(&self, device: &str, from: Timestamp, to: Timestamp) -> Result<Vec<f64>, FaultError> {
        self.inner.means(device, from, to)
    }

    /// The time in the plant.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Moves the plant forward in time.
    pub fn advance(&self, ms: i64) {
        self.inner.clock.advance(ms);
    }

    /// Stops serving and removes what was created.
    pub async fn shutdown(mut self) {
        let tasks = std::mem::take(&mut self.tasks);
        for task in &tasks {
            task.abort();
        }
        for task in tasks {
            // Aborted is what was asked for.
            let _ = task.await;
        }
        let lines = std::mem::take(&mut self.lines);
        // Ends their threads, which may take a moment.
        if tokio::task::spawn_blocking(move || drop(lines)).await.is_err() {
            tracing::error!("serial lines did not stop");
        }
    }
}

impl Drop for Plant {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        if let Some(path) = &self.control {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Inner {
    fn device(&self, name: &str) -> Result<(&Bus, &Device), FaultError> {
        let all = || self.buses.iter().flat_map(|bus| bus.devices.values().map(move |device| (bus.as_ref(), device.as_ref())));
        let by_unit = || {
            let (bus, unit) = name.rsplit_once('/')?;
            let bus = self.buses.iter().find(|other| other.name == bus)?;
            Some((bus.as_ref(), bus.devices.get(&unit.parse().ok()?)?.as_ref()))
        };
        all()
            .find(|(_, device)| device.name == name)
            .or_else(by_unit)
            .ok_or_else(|| FaultError::UnknownDevice(name.chars().take(100).collect()))
    }

    pub(crate) fn fault(&self, device: &str, fault: Fault, times: Option<u32>) -> Result<(), FaultError> {
        let (bus, device) = self.device(device)?;
        let kind = match (fault, bus.kind) {
            (Fault::WrongCrc, BusKind::Tcp) => Some("tcp"),
            (Fault::WrongTransaction, BusKind::Serial) => Some("serial"),
            (Fault::WrongTransaction, BusKind::RtuOverTcp) => Some("rtu_over_tcp"),
            _ => None,
        };
        if let Some(kind) = kind {
            return Err(FaultError::NotOnThisBus { fault: fault.to_string(), kind });
        }
        tracing::info!(device = device.name, %fault, "fault");
        device.apply(fault, times, self.clock.now())
    }

    pub(crate) fn clear(&self, device: &str) -> Result<(), FaultError> {
        self.device(device).map(|(_, device)| device.clear())
    }

    pub(crate) fn clear_all(&self) {
        self.buses.iter().flat_map(|bus| bus.devices.values()).for_each(|device| device.clear());
    }

    pub(crate) fn stats(&self) -> Vec<DeviceStats> {
        let of = |bus: &Bus, device: &Device| DeviceStats {
            bus: bus.name.clone(),
            unit: device.unit,
            name: device.name.clone(),
            counts: device.counters.counts(),
        };
        self.buses.iter().flat_map(|bus| bus.devices.values().map(move |device| of(bus, device))).collect()
    }

    pub(crate) fn values(&self, device: &str) -> Result<Vec<TrueValue>, FaultError> {
        self.device(device).map(|(_, device)| device.values(self.clock.now()))
    }

    pub(crate) fn means(&self, device: &str, from: Timestamp, to: Timestamp) -> Result<Vec<f64>, FaultError> {
        self.device(device).map(|(_, device)| device.means(from, to))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.clock.advance(ms);
    }
}

fn start_of(scene: &Scene, options: &PlantOptions) -> Result<Timestamp, SceneError> {
    match &scene.start {
        None => Ok(options.start.unwrap_or(DEFAULT_START)),
        Some(text) => text
            .parse::<jiff::Timestamp>()
            .map(|start| Timestamp(start.as_millisecond()))
            .map_err(|error| SceneError::Impossible { place: scene.name.clone(), message: format!("start: {error}") }),
    }
}

fn run_folder(wanted: Option<&Path>, needed: bool) -> Result<(Option<tempfile::TempDir>, PathBuf), PlantError> {
    let failed = |source| PlantError::Open { what: "run folder".to_owned(), source };
    match wanted {
        Some(path) => {
            std::fs::create_dir_all(path).map_err(failed)?;
            Ok((None, path.to_owned()))
        }
        None if needed => {
            let folder = tempfile::Builder::new().prefix("haubert-plant-").tempdir().map_err(failed)?;
            let path = folder.path().to_owned();
            Ok((Some(folder), path))
        }
        None => Ok((None, PathBuf::new())),
    }
}

fn ready_device(device: &Device) -> ReadyDevice {
    let loads: Vec<ReadyLoad> =
        device.loads.iter().map(|load| ReadyLoad { name: load.name.clone(), usage: load.usage, fluid: load.fluid }).collect();
    ReadyDevice {
        unit: device.unit,
        profile: device.profile.id.to_string(),
        name: device.name.clone(),
        usage: loads.first().map_or(Usage::Other, |load| load.usage),
        fluid: loads.first().map_or(Fluid::Electricity, |load| load.fluid),
        serial: device.state().serial.clone(),
        loads,
    }
}
