//! What the owner of a bus holds.

use super::{Master, Shown, Wanted};
use crate::ask::BusLine;
use crate::event::BusEvent;
use crate::image::Images;
use crate::memory::Memory;
use crate::orders::{Order, Orders, WAITING};
use crate::schedule::Scheduler;
use crate::settings::{BusSettings, DeviceSettings, Line};
use crate::status::BusStatus;
use crate::test_device::{TestReport, test_device};
use crate::transport::{Gates, Transport, Waits};
use crate::urgency::Urgency;
use haubert_content::Catalogue;
use haubert_model::{Clock, DeviceId};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// What the buses of one gateway have in common.
#[derive(Clone)]
pub struct Commons {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Whose turn it is at each TCP endpoint.
    pub gates: Gates,
    /// What devices refused.
    pub memory: Memory,
    /// What was last read of each, where somebody wants it.
    pub images: Images,
    /// Where buses send what they read.
    pub events: mpsc::Sender<BusEvent>,
}

/// Starts buses.
pub struct Bus;

/// A running bus. Dropping it stops the bus.
pub struct BusHandle {
    settings: BusSettings,
    clock: Arc<dyn Clock>,
    wanted: watch::Sender<Wanted>,
    orders: mpsc::Sender<Order>,
    shown: Arc<Mutex<Shown>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Bus {
    /// Starts the task of a bus, a thread for a serial line. It opens its line when the first device is due, and sends what it reads to the common events.
    pub fn spawn(settings: BusSettings, devices: Vec<DeviceSettings>, profiles: Arc<Catalogue>, commons: &Commons) -> BusHandle {
        let Commons { clock, gates, memory, images, events } = commons.clone();
        let (wanted, wanted_rx) = watch::channel(Wanted { devices: Arc::new(devices), profiles });
        let (orders, orders_rx) = mpsc::channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let shown = Arc::new(Mutex::new(Shown::new(&settings, clock.now(), clock.monotonic_ms())));
        // A serial line is kept busy to the fraction of a millisecond only by somebody who has nothing else to do.
        let own_thread = matches!(settings.line, Line::Serial { .. });
        let waits = if own_thread { Waits::OwnThread } else { Waits::Timers };
        let master = Master {
            transport: Transport::waiting(settings.line.clone(), &gates, waits),
            settings: settings.clone(),
            clock: Arc::clone(&clock),
            wanted: wanted_rx,
            orders: Orders::new(orders_rx),
            events,
            memory,
            images,
            shown: Arc::clone(&shown),
            devices: Vec::new(),
            slots: Vec::new(),
            scheduler: Scheduler::default(),
            open_failures: 0,
            open_not_before: None,
            was_down: false,
            is_silent: false,
            has_waited: true,
            is_outdated: true,
            shown_ms: 0,
        };
        let work = async move {
            tokio::select! {
                biased;
                _ = stopped => {}
                _ = master.run() => {}
            }
        };
        let task = if own_thread { on_own_thread(work) } else { tokio::spawn(work) };
        BusHandle { settings, clock, wanted, orders, shown, stop, task }
    }
}

/// Runs to its end on a thread with a runtime of its own; with the common one, should the system have none to give.
fn on_own_thread(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let common = runtime::Handle::current();
    tokio::task::spawn_blocking(move || match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(own) => own.block_on(work),
        Err(_) => common.block_on(work),
    })
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

    /// The line of this bus, for requests between its own.
    pub fn line(&self, urgency: Urgency) -> BusLine {
        BusLine::new(self.orders.clone(), urgency)
    }

    /// Asks a device all that its profile says, beside the bus's own rounds; `None` when it is not on this bus.
    pub async fn test(&self, device: DeviceId) -> Option<TestReport> {
        let wanted = self.wanted.borrow().clone();
        let settings = wanted.devices.iter().find(|settings| settings.id == device)?;
        Some(
            test_device(&mut self.line(Urgency::Person), settings, &self.settings.line, &wanted.profiles, self.clock.as_ref())
                .await,
        )
    }

    /// Makes the bus forget what a device refused, so that all of it is asked again; `false` when it is not on this bus.
    pub async fn forget_refused(&self, device: DeviceId) -> bool {
        let known = self.wanted.borrow().devices.iter().any(|settings| settings.id == device);
        known && self.orders.send(Order::Forget(device)).await.is_ok()
    }

    /// Stops the bus at once, an exchange under way included, and waits until its line is closed.
    pub async fn shutdown(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        // A task that was cancelled or failed is stopped as well.
        let _ = task.await;
    }
}
