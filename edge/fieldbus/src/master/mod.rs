//! The master of one bus: one task, one request at a time, whatever the devices do.
//!
//! Every bus has its own task and its own line, so that none can slow another. Within a bus the task goes through the devices
//! by [`crate::schedule`]; a person's test, the probes of a discovery and the reading of a log are queued as single requests and
//! carried out between two requests of a round, as [`crate::urgency`] says.

mod beats;
mod device;
mod handle;
mod health;
mod poll;
mod shown;

use crate::ask::not_open;
use crate::backoff;
use crate::event::{BusEvent, EventCode};
use crate::image::Images;
use crate::memory::Memory;
use crate::orders::{Job, Order, Orders};
use crate::readout::{Readout, Taken};
use crate::schedule::{Scheduler, Slot, Turn};
use crate::settings::{BusSettings, BusState, DeviceSettings, DeviceState};
use crate::transport::{Outcome, Transport};
use crate::urgency::Urgency;
use device::{Device, as_ms};
pub use handle::{Bus, BusHandle, Commons};
use haubert_content::Catalogue;
use haubert_model::{Clock, DeviceId, Reason};
use shown::Shown;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// How often the state of the bus is worked out anew when nothing has changed, milliseconds.
const SHOW_EVERY_MS: u64 = 1000;

/// What the owner of the bus wants of it; replaced as a whole.
#[derive(Clone)]
pub(crate) struct Wanted {
    devices: Arc<Vec<DeviceSettings>>,
    profiles: Arc<Catalogue>,
}

/// The receiver of events is gone: so is the reason to work.
struct NobodyListens;

type Step<T = ()> = Result<T, NobodyListens>;

struct Master {
    settings: BusSettings,
    clock: Arc<dyn Clock>,
    wanted: watch::Receiver<Wanted>,
    orders: Orders,
    events: mpsc::Sender<BusEvent>,
    memory: Memory,
    images: Images,
    shown: Arc<Mutex<Shown>>,
    transport: Transport,
    devices: Vec<Device>,
    /// Those of the devices, side by side: all of them are looked at before each turn.
    slots: Vec<Slot>,
    scheduler: Scheduler,
    open_failures: u32,
    open_not_before: Option<Instant>,
    was_down: bool,
    /// No device answers any more, and that was told.
    is_silent: bool,
    /// Nothing was due before the next request.
    has_waited: bool,
    /// Whether a device or the line is in another state than what is shown follows from.
    is_outdated: bool,
    shown_ms: u64,
}

/// What to do next.
enum Next {
    Update,
    Order(Box<Order>),
    Poll(usize),
    /// Nothing yet: look again.
    Again,
    Stop,
}

impl Master {
    async fn run(mut self) -> Step {
        self.update().await?;
        self.settle_slots();
        loop {
            match self.next().await {
                Next::Stop => return Ok(()),
                Next::Again => {}
                Next::Update => {
                    self.update().await?;
                    self.settle_slots();
                }
                Next::Order(order) => self.obey(*order).await,
                Next::Poll(at) => {
                    if self.ensure_open().await? {
                        self.poll(at).await?;
                        self.settle_slot(at);
                    } else {
                        self.settle_slots();
                    }
                }
            }
            let now_ms = self.clock.monotonic_ms();
            if self.is_outdated || now_ms.saturating_sub(self.shown_ms) >= SHOW_EVERY_MS {
                (self.is_outdated, self.shown_ms) = (false, now_ms);
                self.show_state();
            }
        }
    }

    /// Takes over what a turn has made of a device's slot.
    fn settle_slot(&mut self, at: usize) {
        if let (Some(slot), Some(device)) = (self.slots.get_mut(at), self.devices.get(at)) {
            *slot = device.slot();
        }
    }

    /// The same for all of them, after what concerns all.
    fn settle_slots(&mut self) {
        self.slots.clear();
        self.slots.extend(self.devices.iter().map(Device::slot));
    }

    /// Waits for whatever comes first; of orders and a due device, what is more urgent.
    async fn next(&mut self) -> Next {
        let now_ms = self.clock.monotonic_ms();
        let turn = self.scheduler.next(self.slots.iter().copied(), now_ms, as_ms(self.settings.timeout));
        // A line that cannot be opened keeps every device waiting; tests try it all the same.
        let (turn, open_at) = match (self.open_not_before.filter(|at| *at > Instant::now()), turn) {
            (Some(at), Turn::Now(_) | Turn::At(_)) => (Turn::Never, Some(at)),
            (_, turn) => (turn, None),
        };
        if let Turn::Now(at) = turn {
            return match self.wanted.has_changed() {
                Err(_) => Next::Stop,
                Ok(true) => Next::Update,
                Ok(false) => self.orders.next(true).map_or(Next::Poll(at), |order| Next::Order(Box::new(order))),
            };
        }
        self.has_waited = true;
        let until = match turn {
            Turn::At(then_ms) => Some(Instant::now() + Duration::from_millis(then_ms.saturating_sub(now_ms))),
            Turn::Now(_) | Turn::Never => open_at,
        };
        let wake = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            changed = self.wanted.changed() => if changed.is_ok() { Next::Update } else { Next::Stop },
            Some(order) = self.orders.recv() => Next::Order(Box::new(order)),
            () = wake => Next::Again,
        }
    }

    /// Takes over new devices; those that stay the same keep what is known of them.
    async fn update(&mut self) -> Step {
        let wanted = self.wanted.borrow_and_update().clone();
        let mut known: Vec<Device> = std::mem::take(&mut self.devices);
        let mut fresh = Vec::new();
        for settings in wanted.devices.iter() {
            let same =
                known.iter().position(|device| device.settings.id == settings.id && device.is_same(settings, &wanted.profiles));
            let device = match same {
                Some(at) => {
                    let mut device = known.swap_remove(at);
                    device.settings.name.clone_from(&settings.name);
                    device
                }
                None => {
                    fresh.push(settings.id);
                    Device::new(settings.clone(), &self.settings, &wanted.profiles, &self.memory, self.clock.as_ref())
                }
            };
            self.devices.push(device);
        }
        let states: Vec<(DeviceId, DeviceState, bool)> = self
            .devices
            .iter()
            .filter(|device| fresh.contains(&device.settings.id))
            .map(|device| (device.settings.id, device.state, !device.has_profile()))
            .collect();
        for (id, state, unknown) in states {
            self.send(BusEvent::DeviceState { device: id, state }).await?;
            if unknown {
                self.tell(Some(id), EventCode::ProfileUnknown, String::new()).await?;
            }
        }
        self.show_devices();
        Ok(())
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Ask(job) => self.serve(job).await,
            Order::Forget(id) => {
                if let Some(device) = self.devices.iter_mut().find(|device| device.settings.id == id) {
                    device.forget_refusals();
                }
                self.show_devices();
            }
        }
    }

    /// Between two requests of a round: whatever is more urgent, or has waited long enough.
    async fn give_way(&mut self) {
        while let Some(order) = self.orders.next(true) {
            self.obey(order).await;
        }
    }

    /// One request of somebody else.
    async fn serve(&mut self, job: Job) {
        let timeout = job.timeout.unwrap_or(self.settings.timeout);
        let outcome = if self.transport.open(self.settings.timeout).await.is_ok() {
            self.transport.exchange(job.unit, &job.question, timeout).await
        } else {
            not_open()
        };
        self.count(job.urgency, &outcome);
        // Whoever asked may have gone.
        let _ = job.reply.send(outcome);
    }

    /// Opens the line if need be; `false` while that fails.
    async fn ensure_open(&mut self) -> Step<bool> {
        if let Err(error) = self.transport.open(self.settings.timeout).await {
            self.open_failures = self.open_failures.saturating_add(1);
            let wait = backoff::after(self.open_failures, Duration::from_millis(500), backoff::LINE_MAX);
            self.open_not_before = Some(Instant::now() + wait);
            if !self.was_down {
                (self.was_down, self.is_outdated) = (true, true);
                self.tell(None, EventCode::BusDown, error.to_string()).await?;
            }
            self.everything_is_down().await?;
            return Ok(false);
        }
        self.open_failures = 0;
        self.open_not_before = None;
        if self.was_down {
            (self.was_down, self.is_outdated) = (false, true);
            self.tell(None, EventCode::BusUp, String::new()).await?;
        }
        Ok(true)
    }

    async fn everything_is_down(&mut self) -> Step {
        let (now, now_ms) = (self.clock.now(), self.clock.monotonic_ms());
        let mut events = Vec::new();
        for device in self.devices.iter_mut().filter(|device| device.settings.enabled) {
            let id = device.settings.id;
            let groups = device.groups();
            let sheet = device.sheet_of(&groups).and_then(|sheet| device.sheet(sheet));
            if let Some(sheet) = sheet {
                let points = Arc::clone(&sheet.map.order);
                let values = vec![Taken::missing(now, Reason::BusDown); points.len()];
                events.push(BusEvent::Readout(Readout { device: id, at: now, points, values }));
            }
            if let Some(state) = device.line_down(now_ms) {
                events.push(BusEvent::DeviceState { device: id, state });
            }
        }
        for event in events {
            self.send(event).await?;
        }
        self.show_devices();
        Ok(())
    }

    async fn send(&self, event: BusEvent) -> Step {
        self.events.send(event).await.map_err(|_| NobodyListens)
    }

    async fn tell(&self, device: Option<DeviceId>, code: EventCode, detail: String) -> Step {
        let at = self.clock.now();
        self.send(BusEvent::Event { at, bus: self.settings.id, device, code, detail }).await
    }

    fn count(&mut self, urgency: Urgency, outcome: &Outcome) {
        // What cost nothing is not for nothing: nobody may come again and again with it.
        self.orders.taken(urgency, outcome.taken.max(Duration::from_millis(1)));
        let waited = std::mem::take(&mut self.has_waited);
        let now_ms = self.clock.monotonic_ms();
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).count(outcome, !waited, now_ms);
    }

    fn show_devices(&mut self) {
        self.is_outdated = true;
        let devices = self.devices.iter().map(Device::status).collect();
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).status.devices = devices;
    }

    /// Brings the state of the bus up to date.
    fn show_state(&self) {
        let enabled = || self.devices.iter().filter(|device| device.settings.enabled);
        let impaired = |device: &Device| match device.state {
            DeviceState::Online | DeviceState::Disabled => false,
            DeviceState::NeverSeen => device.health.failures > 0,
            DeviceState::Degraded | DeviceState::Offline => true,
        };
        let answering = enabled().any(|device| matches!(device.state, DeviceState::Online | DeviceState::Degraded));
        let asked = enabled().any(|device| device.health.failures > 0);
        let state = match enabled().count() {
            0 => BusState::Off,
            _ if self.was_down => BusState::Down,
            _ if !answering && asked => BusState::Down,
            _ if enabled().any(impaired) => BusState::Degraded,
            _ => BusState::Ok,
        };
        let busy: Duration = enabled().map(|device| device.health.busy).sum();
        let now = self.clock.now();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.status.state != state {
            shown.status.state = state;
            shown.status.since = now;
        }
        shown.status.cycle_ms = (!busy.is_zero()).then(|| as_ms(busy));
    }
}
