//! The master of one bus: one task, one request at a time, whatever the devices do.
//!
//! Every bus has its own task and its own line, so that none can slow another. Within a bus the task goes through the devices
//! by [`crate::schedule`]; a person's test and the probes of a discovery are queued as single requests and carried out
//! between two requests of a round, one for each, so that neither side waits for more than one exchange of the other.

mod device;
mod handle;
mod poll;

use crate::ask::{Job, not_open};
use crate::backoff;
use crate::event::{BusEvent, EventCode};
use crate::schedule::{Scheduler, Slot, Turn};
use crate::settings::{BusSettings, BusState, DeviceSettings, DeviceState};
use crate::stats::{Latest, Rates, Totals};
use crate::status::BusStatus;
use crate::transport::{AskError, Outcome, Transport};
use device::{Device, as_ms};
pub use handle::{Bus, BusHandle};
use haubert_content::Catalogue;
use haubert_model::{Clock, DeviceId, Reading, Reason, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// What the owner of the bus wants of it; replaced as a whole.
#[derive(Clone)]
pub(crate) struct Wanted {
    devices: Arc<Vec<DeviceSettings>>,
    profiles: Arc<Catalogue>,
}

/// What the diagnostics read while the task works.
struct Shown {
    status: BusStatus,
    totals: Totals,
    round_trips: Latest,
    rates: Rates,
}

/// The receiver of events is gone: so is the reason to work.
struct NobodyListens;

type Step<T = ()> = Result<T, NobodyListens>;

struct Master {
    settings: BusSettings,
    clock: Arc<dyn Clock>,
    wanted: watch::Receiver<Wanted>,
    jobs: mpsc::Receiver<Job>,
    events: mpsc::Sender<BusEvent>,
    shown: Arc<Mutex<Shown>>,
    transport: Transport,
    devices: Vec<Device>,
    scheduler: Scheduler,
    open_failures: u32,
    open_not_before: Option<Instant>,
    was_down: bool,
}

/// What to do next.
enum Next {
    Update,
    Job(Box<Job>),
    Poll(usize),
    /// Nothing yet: look again.
    Again,
    Stop,
}

impl Master {
    async fn run(mut self) -> Step {
        self.update().await?;
        let mut job_was_last = false;
        loop {
            let next = self.next(job_was_last).await;
            job_was_last = matches!(next, Next::Job(_));
            match next {
                Next::Stop => return Ok(()),
                Next::Again => {}
                Next::Update => self.update().await?,
                Next::Job(job) => self.serve(*job).await,
                Next::Poll(at) => {
                    if self.ensure_open().await? {
                        self.poll(at).await?;
                    }
                }
            }
            self.show_state();
        }
    }

    /// Waits for whatever comes first; a job and a due device take turns.
    async fn next(&mut self, job_was_last: bool) -> Next {
        let slots: Vec<Slot> = self.devices.iter().map(Device::slot).collect();
        let now_ms = self.clock.monotonic_ms();
        let turn = self.scheduler.next(&slots, now_ms);
        // A line that cannot be opened keeps every device waiting; tests try it all the same.
        let (turn, open_at) = match (self.open_not_before.filter(|at| *at > Instant::now()), turn) {
            (Some(at), Turn::Now(_) | Turn::At(_)) => (Turn::Never, Some(at)),
            (_, turn) => (turn, None),
        };
        if let (Turn::Now(at), true) = (turn, job_was_last) {
            return Next::Poll(at);
        }
        let until = match turn {
            Turn::Now(_) => Some(Instant::now()),
            Turn::At(then_ms) => Some(Instant::now() + Duration::from_millis(then_ms.saturating_sub(now_ms))),
            Turn::Never => open_at,
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
            Some(job) = self.jobs.recv() => Next::Job(Box::new(job)),
            () = wake => match turn {
                Turn::Now(at) => Next::Poll(at),
                Turn::At(_) | Turn::Never => Next::Again,
            },
        }
    }

    /// Takes over new devices; those that stay the same keep what is known of them.
    async fn update(&mut self) -> Step {
        let wanted = self.wanted.borrow_and_update().clone();
        let now_ms = self.clock.monotonic_ms();
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
                    Device::new(settings.clone(), &self.settings, &wanted.profiles, now_ms)
                }
            };
            self.devices.push(device);
        }
        let states: Vec<(DeviceId, DeviceState, bool)> = self
            .devices
            .iter()
            .filter(|device| fresh.contains(&device.settings.id))
            .map(|device| (device.settings.id, device.state, device.map.is_none()))
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

    /// One request of somebody else.
    async fn serve(&mut self, job: Job) {
        let timeout = job.timeout.unwrap_or(self.settings.timeout);
        let outcome = if self.transport.open(self.settings.timeout).await.is_ok() {
            self.transport.exchange(job.unit, &job.request, timeout).await
        } else {
            not_open()
        };
        self.count(&outcome);
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
                self.was_down = true;
                self.tell(None, EventCode::BusDown, error.to_string()).await?;
            }
            self.everything_is_down().await?;
            return Ok(false);
        }
        self.open_failures = 0;
        self.open_not_before = None;
        if self.was_down {
            self.was_down = false;
            self.tell(None, EventCode::BusUp, String::new()).await?;
        }
        Ok(true)
    }

    async fn everything_is_down(&mut self) -> Step {
        let (now, now_ms) = (self.clock.now(), self.clock.monotonic_ms());
        let mut events = Vec::new();
        for device in self.devices.iter_mut().filter(|device| device.settings.enabled) {
            let id = device.settings.id;
            let readings = device.map.iter().flat_map(|map| &map.points).map(|point| {
                let point = haubert_model::PointRef { device: id, channel: point.channel, quantity: point.quantity };
                Reading::missing(point, now, Reason::BusDown)
            });
            events.push(BusEvent::Readings { device: id, at: now, readings: readings.collect() });
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

    fn count(&self, outcome: &Outcome) {
        let now_ms = self.clock.monotonic_ms();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.totals.count(outcome);
        if outcome.result != Err(AskError::NotOpen) {
            shown.rates.exchange(now_ms, outcome);
        }
        if matches!(outcome.result, Ok(_) | Err(AskError::Exception(_))) {
            shown.round_trips.push(outcome.round_trip);
        }
    }

    fn show_devices(&self) {
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

impl Shown {
    fn snapshot(&self, now_ms: u64) -> BusStatus {
        let rate = self.rates.rate(now_ms);
        BusStatus {
            requests_per_s: rate.requests,
            values_per_s: rate.values,
            errors_per_s: rate.errors,
            bus_load: rate.load,
            totals: self.totals,
            round_trip_ms: self.round_trips.summary(),
            ..self.status.clone()
        }
    }

    fn new(settings: &BusSettings, now: Timestamp, now_ms: u64) -> Self {
        let mut rates = Rates::default();
        rates.start(now_ms);
        let status = BusStatus {
            id: settings.id,
            name: settings.name.clone(),
            line: settings.line.clone(),
            state: BusState::Off,
            since: now,
            requests_per_s: 0.0,
            values_per_s: 0.0,
            errors_per_s: 0.0,
            totals: Totals::default(),
            round_trip_ms: None,
            bus_load: 0.0,
            cycle_ms: None,
            devices: Vec::new(),
        };
        Self { status, totals: Totals::default(), round_trips: Latest::default(), rates }
    }
}
