//! Keeps the agent as settings and policy say: on, off, with which users; and what it answers as the site is.

use super::passwords::{Account, NewPasswords};
use super::plant::Plant;
use super::settings::SnmpSettings;
use super::site::Numbers;
use super::standing::{Standing, Told};
use super::telling::Telling;
use super::{alarms, engine};
use crate::alarms::Alarms;
use crate::boot::Boot;
use crate::clock_watch::ClockWatch;
use crate::firewall::{Firewall, SNMP};
use crate::live::Live;
use crate::policy::listeners::{Listeners, Open, Opened, Protocol};
use crate::policy::{Policies, Service};
use crate::profiles::Profiles;
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use haubert_content::Catalogue;
use haubert_guard::{Listener, Transport};
use haubert_model::Clock;
use haubert_service::problem::Problem;
use haubert_service::shutdown::Shutdown;
use haubert_snmp::{
    Access, Counted, Counters, Credentials, Engine, EngineState, Facts as _, Notification, Plant as _, Receiver, Running, serve,
};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::timeout;

/// Time between two looks at what nobody tells of: a port that is free again, the program's integrity, refusals.
const LOOK: Duration = Duration::from_secs(2);
/// Patience with the agent being brought to other settings.
const SETTLES: Duration = Duration::from_secs(10);
/// Receivers hear of wrong passwords once in so long.
const FAILURES_MS: u64 = 60_000;

/// What the agent needs of the gateway.
pub struct Parts {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Configuration.
    pub db: Db,
    /// What is configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// What is known of each kind of device.
    pub profiles: Profiles,
    /// What may run.
    pub policy: Policies,
    /// What a source may ask for.
    pub firewall: Firewall,
    /// What listens.
    pub listeners: Listeners,
    /// Whether anything may be handed out.
    pub boot: Boot,
    /// Newest values.
    pub live: Arc<Live>,
    /// What is raised.
    pub alarms: Alarms,
    /// Time.
    pub clock: Arc<ClockWatch>,
}

/// As whom notifications are sent, and to whom.
#[derive(Clone)]
pub(super) struct Voice {
    pub(super) users: Vec<Credentials>,
    pub(super) receivers: Vec<Receiver>,
    pub(super) engine: Engine,
}

/// What is looked at from outside.
struct Board {
    standing: Standing,
    voice: Option<Voice>,
    telling: Option<Telling>,
    engine: Option<Engine>,
}

/// The agent's settings, state and counters; clones share them.
#[derive(Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    account: watch::Sender<Arc<Account>>,
    /// The settings that the agent has been brought to.
    settled: watch::Sender<Option<Arc<Account>>>,
    plant: Arc<Plant>,
    counters: Counters,
    board: Arc<Mutex<Board>>,
}

/// The agent at work, and what it was begun with.
struct Serving {
    running: Running,
    _opened: [Opened; 2],
    account: Arc<Account>,
    v2c: bool,
}

/// What the rows were made of.
type Made = (Arc<Topology>, Arc<Catalogue>, Arc<Account>);

/// What is remembered from one look to the next.
#[derive(Default)]
struct Memory {
    made: Option<Made>,
    keys: Option<(Arc<Account>, Vec<Credentials>)>,
    alarms: Option<u64>,
    has_begun: bool,
    unauthentic: u64,
    told_failure_ms: Option<u64>,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let account = parts.db.call(Account::stored).await?;
        let plant = Arc::new(Plant::new(Arc::clone(&parts.live), Arc::clone(&parts.clock)));
        let board = Board { standing: Standing::Off, voice: None, telling: None, engine: None };
        let desk = Self {
            parts: Arc::new(parts),
            account: watch::Sender::new(Arc::new(account)),
            settled: watch::Sender::new(None),
            plant,
            counters: Counters::default(),
            board: Arc::new(Mutex::new(board)),
        };
        tokio::spawn(desk.clone().work(shutdown));
        Ok(desk)
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings in force, with their passwords.
    pub fn account(&self) -> Arc<Account> {
        Arc::clone(&self.account.borrow())
    }

    /// Where it is to listen.
    pub fn listen(&self) -> SocketAddr {
        self.parts.listen
    }

    /// How the agent stands.
    pub fn standing(&self) -> Standing {
        self.board().standing.clone()
    }

    /// What was asked and answered since the start.
    pub fn counted(&self) -> Counted {
        self.counters.read()
    }

    /// What became of what receivers were told, in their order; empty while the agent is off.
    pub fn told(&self) -> Vec<Told> {
        self.board().telling.as_ref().map(Telling::told).unwrap_or_default()
    }

    /// The engine's name and count of starts, once it has started.
    pub fn engine(&self) -> Option<EngineState> {
        self.board().engine.as_ref().map(Engine::state)
    }

    /// Devices that are shown, and rows of what they measure.
    pub fn rows(&self) -> (usize, usize) {
        let tree = self.plant.tree();
        (tree.rows.site().devices.len(), tree.rows.measures())
    }

    pub(super) fn voice(&self) -> Option<Voice> {
        self.board().voice.clone()
    }

    pub(super) fn site_name(&self) -> String {
        self.parts.topology.borrow().site.name.clone()
    }

    pub(super) fn uptime(&self) -> u32 {
        self.plant.uptime()
    }

    /// Other settings with the passwords that go with them.
    ///
    /// # Errors
    /// `invalid`, with the field at fault.
    pub fn drafted(&self, settings: SnmpSettings, new: NewPasswords) -> Result<Account, Problem> {
        self.account().changed(settings, new)
    }

    /// Stores other settings and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, account: Account) -> Result<(), StoreError> {
        let (before, kept) = (self.account(), account.clone());
        self.parts.db.call(move |tx| kept.store(tx, &before)).await?;
        let account = Arc::new(account);
        self.account.send_replace(Arc::clone(&account));
        // Whoever asks next sees how the agent stands with these settings, and not with those before.
        let is_settled = |now: &Option<Arc<Account>>| now.as_ref().is_some_and(|now| Arc::ptr_eq(now, &account));
        let mut settled = self.settled.subscribe();
        let _late = timeout(SETTLES, settled.wait_for(is_settled)).await;
        Ok(())
    }

    async fn work(self, shutdown: Shutdown) {
        let parts = &self.parts;
        let (mut accounts, mut policy) = (self.account.subscribe(), parts.policy.subscribe());
        let (mut topology, mut catalogue) = (parts.topology.clone(), parts.profiles.subscribe());
        let mut changes = parts.alarms.changes();
        let mut looks = tokio::time::interval(LOOK);
        let mut stopped = std::pin::pin!(shutdown.wait());
        let (mut serving, mut memory) = (None, Memory::default());
        loop {
            let account = Arc::clone(&accounts.borrow_and_update());
            let current = Arc::clone(&account);
            let made = (Arc::clone(&topology.borrow_and_update()), Arc::clone(&catalogue.borrow_and_update()), account);
            let (rules, noted) = (Arc::clone(&policy.borrow_and_update()), *changes.borrow_and_update());
            let (allowed, v2c) = (rules.allows(Service::Snmp), rules.allows(Service::SnmpV2c));
            let off = match (made.2.settings.enabled, allowed, parts.boot.outlets_allowed()) {
                (false, ..) => Some(Standing::Off),
                (_, false, _) => Some(Standing::Forbidden),
                (.., false) => Some(Standing::Closed),
                (true, true, true) => None,
            };
            let standing = match off {
                Some(why) => {
                    self.end(&mut serving).await;
                    memory = Memory { has_begun: memory.has_begun, ..Memory::default() };
                    why
                }
                None => match self.serve(&mut serving, &mut memory, (made, v2c), noted).await {
                    Ok(address) => Standing::Open(address),
                    Err(error) => Standing::Failed(error.to_string()),
                },
            };
            self.board().standing = standing;
            self.settled.send_replace(Some(current));
            let changed = tokio::select! {
                () = &mut stopped => break,
                changed = accounts.changed() => changed,
                changed = policy.changed() => changed,
                changed = topology.changed() => changed,
                changed = catalogue.changed() => changed,
                changed = changes.changed() => changed,
                _ = looks.tick() => Ok(()),
            };
            if changed.is_err() {
                break;
            }
        }
        self.end(&mut serving).await;
    }

    async fn end(&self, serving: &mut Option<Serving>) {
        {
            let mut board = self.board();
            (board.voice, board.telling) = (None, None);
        }
        if let Some(serving) = serving.take() {
            serving.running.stop().await;
        }
    }

    /// Brings what is answered up to date, and the agent to what is set.
    async fn serve(
        &self,
        serving: &mut Option<Serving>,
        memory: &mut Memory,
        (made, v2c): (Made, bool),
        noted: u64,
    ) -> Result<SocketAddr, Box<dyn Error + Send + Sync>> {
        let account = Arc::clone(&made.2);
        let is_new = |before: &Made| {
            !(Arc::ptr_eq(&before.0, &made.0) && Arc::ptr_eq(&before.1, &made.1) && Arc::ptr_eq(&before.2, &made.2))
        };
        if memory.made.as_ref().is_none_or(is_new) {
            self.arrange(&made).await?;
            memory.made = Some(made);
        }
        if memory.alarms != Some(noted) {
            let alarms = alarms::current(&self.parts.db).await?;
            let before = self.plant.alarms(alarms);
            // At the first look nothing is told: it may have been so for long, and who was told of the start looks.
            if memory.alarms.replace(noted).is_some() && account.settings.tell_alarms {
                self.tell_turns(&before);
            }
        }
        if let Some(now) = serving
            && Arc::ptr_eq(&now.account, &account)
            && now.v2c == v2c
            && !now.running.is_over()
        {
            self.tell_failures(memory, &account);
            return Ok(now.running.address);
        }
        self.end(serving).await;
        let begun = self.begin(memory, account, v2c).await?;
        let address = begun.running.address;
        *serving = Some(begun);
        Ok(address)
    }

    async fn arrange(&self, (topology, catalogue, account): &Made) -> Result<(), StoreError> {
        let mut numbers = self.parts.db.note(Numbers::stored).await?;
        if numbers.complete(topology) {
            let kept = numbers.clone();
            // New devices have their numbers before anybody reads them.
            self.parts.db.note(move |tx| kept.store(tx)).await?;
        }
        let SnmpSettings { contact, location, .. } = &account.settings;
        self.plant.arrange(topology, catalogue, &numbers, (contact, location));
        Ok(())
    }

    async fn begin(
        &self,
        memory: &mut Memory,
        account: Arc<Account>,
        v2c: bool,
    ) -> Result<Serving, Box<dyn Error + Send + Sync>> {
        let parts = &self.parts;
        let known = self.board().engine.clone();
        let engine = match known {
            Some(engine) => engine,
            None => {
                let db = parts.db.clone();
                let engine = tokio::task::spawn_blocking(move || engine::start(&db)).await??;
                self.board().engine = Some(engine.clone());
                engine
            }
        };
        let users = match memory.keys.as_ref().filter(|(of, _)| Arc::ptr_eq(of, &account)) {
            Some((_, users)) => users.clone(),
            None => {
                let of = Arc::clone(&account);
                let users = tokio::task::spawn_blocking(move || of.credentials()).await??;
                memory.keys = Some((Arc::clone(&account), users.clone()));
                users
            }
        };
        let socket = UdpSocket::bind(parts.listen).await?;
        let address = socket.local_addr()?;
        let gate = parts.firewall.guard().gate(SNMP, Listener { transport: Transport::Udp, address });
        let access = Access { users: users.clone(), community: account.community().filter(|_| v2c) };
        let clock: Arc<dyn Clock> = Arc::<ClockWatch>::clone(&parts.clock);
        let plant = Arc::clone(&self.plant);
        let running = serve(socket, gate, &access, &engine, plant, (self.counters.clone(), clock)).await?;
        let open = |address| Open { services: &[Service::Snmp], protocol: Protocol::Udp, address, opened_by: "snmp" };
        let opened = [parts.listeners.opened(open(address)), parts.listeners.opened(open(running.inside))];
        let receiver = |one: &super::SnmpReceiver| {
            let credentials = users.iter().find(|user| user.user() == one.user)?.clone();
            Some(Receiver { host: one.host.clone(), port: one.port, inform: one.inform, credentials })
        };
        let receivers: Vec<Receiver> = account.settings.receivers.iter().filter_map(receiver).collect();
        let telling = Telling::start(receivers.clone(), &engine, &self.plant, &parts.clock);
        if !std::mem::replace(&mut memory.has_begun, true) {
            telling.tell(&Notification::cold_start());
        }
        {
            let mut board = self.board();
            board.telling = Some(telling);
            board.voice = Some(Voice { users, receivers, engine });
        }
        memory.unauthentic = self.counters.read().unauthentic;
        Ok(Serving { running, _opened: opened, account, v2c })
    }

    fn tell_turns(&self, before: &[haubert_snmp::Alarm]) {
        let tree = self.plant.tree();
        let board = self.board();
        let Some(telling) = &board.telling else { return };
        for turn in alarms::turns(before, &tree.alarms) {
            telling.tell(&Notification::alarm(&tree, &turn.alarm, turn.is_over));
        }
    }

    fn tell_failures(&self, memory: &mut Memory, account: &Account) {
        let now = self.counters.read().unauthentic;
        if now == memory.unauthentic {
            return;
        }
        let at = self.parts.clock.monotonic_ms();
        if memory.told_failure_ms.is_some_and(|last| at.saturating_sub(last) < FAILURES_MS) {
            return;
        }
        (memory.unauthentic, memory.told_failure_ms) = (now, Some(at));
        if let Some(telling) = self.board().telling.as_ref().filter(|_| account.settings.tell_failures) {
            telling.tell(&Notification::authentication_failure());
        }
    }
}
