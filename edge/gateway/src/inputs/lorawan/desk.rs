//! Keeps the input as settings and policy say: on, off, with which broker; takes what comes, and comes back when the broker has gone.

use super::sensors::{Heard, Known, News, Sensors};
use super::settings::{Account, LorawanSettings};
use super::standing::{Board, Standing};
use crate::chronicle::Chronicle;
use crate::clock_watch::ClockWatch;
use crate::outlets::broker::{LinkError, Phase};
use crate::outlets::switch::{Off, Switch};
use crate::outlets::trial::Failure;
use crate::store::events::{NewEvent, Severity};
use crate::store::{Db, StoreError, lorawan};
use crate::topology::{Sensor, Topology};
use haubert_content::DecoderCatalogue;
use haubert_fieldbus::{BusEvent, DeviceState, EventCode};
use haubert_link::Backoff;
use haubert_lorawan::{DevEui, Event, Fault, Memory, Topic};
use haubert_model::{Clock as _, DeviceId, Timestamp};
use haubert_mqtt::Received;
use haubert_service::shutdown::Shutdown;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{interval, sleep};

/// A connection that held so long was a good one: the next failure is a first one.
const GOOD_MS: u64 = 30_000;
/// Time between two judgements of silence.
const LISTEN: Duration = Duration::from_secs(1);
/// What is remembered is kept every so many judgements.
const KEEP_EVERY: u32 = 10;
/// What stands for a bus where one is named.
pub const NAME: &str = "LoRaWAN";

/// What the input needs of the gateway.
pub struct Parts {
    /// Configuration.
    pub db: Db,
    /// What is configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// How payloads are read.
    pub decoders: DecoderCatalogue,
    /// Where what is measured goes.
    pub events: mpsc::Sender<BusEvent>,
    /// Where events are told.
    pub chronicle: Chronicle,
    /// What allows it.
    pub switch: Switch,
    /// Time.
    pub clock: Arc<ClockWatch>,
    /// What the history is called; the client's name is made of it.
    pub identity: String,
}

/// The input's settings, state and sensors; clones share them.
#[derive(Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    account: watch::Sender<Arc<Account>>,
    board: Board,
    sensors: Arc<Mutex<Sensors>>,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let identity = parts.identity.clone();
        let account = parts.db.call(move |tx| Account::stored(tx, || LorawanSettings::first(&identity))).await?;
        let sensors = Sensors::new(parts.db.call(lorawan::memories).await?);
        let account = watch::Sender::new(Arc::new(account));
        let desk = Self { parts: Arc::new(parts), account, board: Board::default(), sensors: Arc::new(Mutex::new(sensors)) };
        tokio::spawn(desk.clone().work(shutdown.clone()));
        tokio::spawn(desk.clone().judge(shutdown));
        Ok(desk)
    }

    /// The settings in force, with their password.
    pub fn account(&self) -> Arc<Account> {
        Arc::clone(&self.account.borrow())
    }

    /// How the input stands.
    pub fn standing(&self) -> Standing {
        self.board.read()
    }

    /// How payloads are read.
    pub fn decoders(&self) -> &DecoderCatalogue {
        &self.parts.decoders
    }

    /// Sensors that nobody has taken in, the last heard first.
    pub fn heard(&self) -> Vec<Heard> {
        let topology = Arc::clone(&self.parts.topology.borrow());
        self.lock().heard(&topology)
    }

    /// What is known of a sensor that has been taken in.
    pub fn known(&self, sensor: &Sensor) -> Known {
        self.lock().known(sensor, &self.parts.decoders)
    }

    /// What is remembered of a sensor, taken in or not.
    pub fn memory(&self, dev_eui: DevEui) -> Option<Memory> {
        self.lock().memory(dev_eui)
    }

    /// What the input is made of.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    fn lock(&self) -> MutexGuard<'_, Sensors> {
        self.sensors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores other settings and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, account: Account) -> Result<(), StoreError> {
        let (kept, before) = (account.clone(), self.account());
        self.parts.db.call(move |tx| kept.store(tx, &before)).await?;
        self.account.send_replace(Arc::new(account));
        Ok(())
    }

    /// Why nothing is heard. A program that was changed hands nothing out; it may still measure.
    fn off(&self, account: &Account) -> Option<Off> {
        self.parts.switch.off(account.settings.enabled).filter(|off| *off != Off::Closed)
    }

    async fn work(self, shutdown: Shutdown) {
        let mut failures = 0u32;
        loop {
            let account = self.account();
            let began = self.parts.clock.monotonic_ms();
            let error = tokio::select! {
                Err(error) = self.listen(&account) => error,
                () = self.changed(&account) => {
                    failures = 0;
                    continue;
                }
                () = shutdown.wait() => return,
            };
            if self.parts.clock.monotonic_ms().saturating_sub(began) >= GOOD_MS {
                failures = 0;
            }
            failures = failures.saturating_add(1);
            tracing::warn!(%error, "LoRaWAN: nothing is heard from the broker");
            let now = self.parts.clock.now();
            self.board.phase(Phase::Waiting, now);
            self.board.change(|standing| standing.failure = Some(Failure::of(&error, now)));
            let random = haubert_trust::random_bytes::<8>().map_or(0, u64::from_le_bytes);
            tokio::select! {
                () = sleep(Duration::from_millis(Backoff::LINK.wait_ms(failures, random))) => {}
                () = self.changed(&account) => failures = 0,
                () = shutdown.wait() => return,
            }
        }
    }

    /// Ends when something changed that a connection is made of, or that allows it.
    async fn changed(&self, account: &Arc<Account>) {
        let mut accounts = self.account.subscribe();
        let other = accounts.wait_for(|now| !Arc::ptr_eq(now, account));
        tokio::select! {
            _ = other => {}
            () = self.parts.switch.changed(account.settings.enabled) => {}
        }
    }

    /// Takes what the broker has, until something fails; for ever nothing, while the input is off.
    async fn listen(&self, account: &Account) -> Result<Infallible, LinkError> {
        if let Some(off) = self.off(account) {
            self.board.phase(Phase::Off(off), self.parts.clock.now());
            return std::future::pending().await;
        }
        self.board.phase(Phase::Connecting, self.parts.clock.now());
        let (switch, broker) = (&self.parts.switch, account.broker());
        let stream = broker.target(&switch.certificates, &switch.policy.current())?.dial().await?;
        let (session, mut inbox) = broker.login(stream, account.settings.client_id.clone(), None).await?;
        session.subscribe(&account.settings.filter()).await?;
        self.board.phase(Phase::Connected, self.parts.clock.now());
        self.board.change(|standing| standing.counted.connections += 1);
        loop {
            let message = inbox.next().await?;
            self.take(&account.settings.prefix, &message).await;
        }
    }

    /// Takes a message: values go on, whatever else it holds goes nowhere.
    async fn take(&self, prefix: &str, message: &Received) {
        let now = self.parts.clock.now();
        self.board.change(|standing| {
            standing.counted.events += 1;
            standing.event_at = Some(now);
        });
        let read =
            Topic::read(prefix, &message.topic).and_then(|topic| Ok((topic.dev_eui, Event::read(&topic, &message.payload)?)));
        match read {
            Ok((dev_eui, event)) => self.event(dev_eui, &event, now).await,
            Err(fault) => self.refuse(fault, now),
        }
    }

    fn refuse(&self, fault: Fault, at: Timestamp) {
        self.board.change(|standing| {
            standing.counted.refused += 1;
            standing.refusal = Some(Failure { code: fault.code(), detail: fault.to_string(), at });
        });
    }

    async fn event(&self, dev_eui: DevEui, event: &Event, now: Timestamp) {
        let topology = Arc::clone(&self.parts.topology.borrow());
        let mut news = Vec::new();
        let taking = self.lock().take((dev_eui, event), (&topology, &self.parts.decoders), now, &mut news);
        if matches!(event, Event::Uplink(_)) {
            self.board.change(|standing| {
                let counted = &mut standing.counted;
                counted.uplinks += u64::from(!taking.is_repeated);
                counted.repeated += u64::from(taking.is_repeated);
                counted.strangers += u64::from(taking.is_stranger);
                counted.not_understood += u64::from(taking.is_not_understood);
            });
        }
        self.tell(&topology, news, now).await;
    }

    async fn tell(&self, topology: &Topology, news: Vec<News>, now: Timestamp) {
        for one in news {
            let event = match one {
                News::State(device, state, before) => {
                    self.tell_state(topology, device, (state, before), now);
                    BusEvent::DeviceState { device, state }
                }
                News::Values(readout) => BusEvent::Readout(readout),
            };
            if self.parts.events.send(event).await.is_err() {
                // The intake has ended: the gateway stops.
                return;
            }
        }
    }

    fn tell_state(&self, topology: &Topology, id: DeviceId, states: (DeviceState, Option<DeviceState>), now: Timestamp) {
        let (code, severity) = match states {
            (DeviceState::Offline, Some(DeviceState::Online)) => (EventCode::DeviceOffline, Severity::Warning),
            (DeviceState::Online, Some(DeviceState::Offline)) => (EventCode::DeviceOnline, Severity::Info),
            _ => return,
        };
        let name = topology.device(id).map(|device| device.name.clone()).unwrap_or_default();
        let params = [("bus", NAME.to_owned()), ("device", name), ("detail", String::new())];
        self.parts.chronicle.tell(NewEvent::new(now, severity, code.code(), params));
    }

    /// Judges silence, and keeps what is remembered, until `shutdown`.
    async fn judge(self, shutdown: Shutdown) {
        let (mut ticks, mut count) = (interval(LISTEN), 0u32);
        loop {
            let is_over = tokio::select! {
                _ = ticks.tick() => false,
                () = shutdown.wait() => true,
            };
            count = count.wrapping_add(1);
            if is_over || count.is_multiple_of(KEEP_EVERY) {
                self.keep().await;
            }
            if is_over {
                return;
            }
            if self.off(&self.account()).is_some() {
                self.lock().rest();
                continue;
            }
            let (topology, now) = (Arc::clone(&self.parts.topology.borrow()), self.parts.clock.now());
            let mut news = Vec::new();
            self.lock().listen(&topology, &self.parts.decoders, now, &mut news);
            self.tell(&topology, news, now).await;
        }
    }

    /// Keeps what is remembered. What a disk refuses is said again with the next uplink of the same sensor.
    async fn keep(&self) {
        let changed = self.lock().take_changed();
        if changed.is_empty() {
            return;
        }
        if let Err(error) = self.parts.db.note(move |tx| lorawan::keep(tx, &changed)).await {
            tracing::error!(error = &error as &dyn std::error::Error, "what is known of sensors is not kept");
        }
    }
}
