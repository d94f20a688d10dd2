//! What the owner of a bus holds.

use super::{Master, Shown, Wanted};
use crate::ask::{BusLine, Job};
use crate::event::BusEvent;
use crate::schedule::Scheduler;
use crate::settings::{BusSettings, DeviceSettings};
use crate::status::BusStatus;
use crate::test_device::{TestReport, test_device};
use crate::transport::Transport;
use haubert_content::Catalogue;
use haubert_model::{Clock, DeviceId};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// Requests of others that may wait at a bus; more wait at their senders.
const JOBS: usize = 4;

/// Starts buses.
pub struct Bus;

/// A running bus. Dropping it stops the bus.
pub struct BusHandle {
    settings: BusSettings,
    clock: Arc<dyn Clock>,
    wanted: watch::Sender<Wanted>,
    jobs: mpsc::Sender<Job>,
    shown: Arc<Mutex<Shown>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Bus {
    /// Starts the task of a bus. It opens its line when the first device is due, and sends what it reads to `events`.
    pub fn spawn(
        settings: BusSettings,
        devices: Vec<DeviceSettings>,
        profiles: Arc<Catalogue>,
        clock: Arc<dyn Clock>,
        events: mpsc::Sender<BusEvent>,
    ) -> BusHandle {
        let (wanted, wanted_rx) = watch::channel(Wanted { devices: Arc::new(devices), profiles });
        let (jobs, jobs_rx) = mpsc::channel(JOBS);
        let (stop, stopped) = oneshot::channel();
        let shown = Arc::new(Mutex::new(Shown::new(&settings, clock.now(), clock.monotonic_ms())));
        let master = Master {
            transport: Transport::new(settings.line.clone()),
            settings: settings.clone(),
            clock: Arc::clone(&clock),
            wanted: wanted_rx,
            jobs: jobs_rx,
            events,
            shown: Arc::clone(&shown),
            devices: Vec::new(),
            scheduler: Scheduler::default(),
            open_failures: 0,
            open_not_before: None,
            was_down: false,
        };
        let task = tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = stopped => {}
                _ = master.run() => {}
            }
        });
        BusHandle { settings, clock, wanted, jobs, shown, stop, task }
    }
}

impl BusHandle {
    /// The settings it was started with. Another line, period or time-out takes a new bus.
    pub const fn settings(&self) -> &BusSettings {
        &self.settings
    }

    /// Replaces the devices (and the profiles they are read by). Devices that stay as they are keep their history.
    pub fn update(&self, devices: Vec<DeviceSettings>, profiles: Arc<Catalogue>) {
        self.wanted.send_replace(Wanted { devices: Arc::new(devices), profiles });
    }

    /// The diagnostics at this moment.
    pub fn status(&self) -> BusStatus {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).snapshot(self.clock.monotonic_ms())
    }

    /// The line of this bus, for probes that must not disturb it.
    pub fn line(&self) -> BusLine {
        BusLine::new(self.jobs.clone())
    }

    /// Asks a device all that its profile says, beside the bus's own rounds; `None` when it is not on this bus.
    pub async fn test(&self, device: DeviceId) -> Option<TestReport> {
        let wanted = self.wanted.borrow().clone();
        let settings = wanted.devices.iter().find(|settings| settings.id == device)?;
        Some(test_device(&mut self.line(), settings, &self.settings.line, &wanted.profiles, self.clock.as_ref()).await)
    }

    /// Stops the bus at once, an exchange under way included, and waits until its line is closed.
    pub async fn shutdown(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        // A task that was cancelled or failed is stopped as well.
        let _ = task.await;
    }
}
