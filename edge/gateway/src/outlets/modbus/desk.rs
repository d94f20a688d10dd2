//! Keeps the server as settings and policy say: on, off, with which units.

use super::settings::ModbusServerSettings;
use super::site::Site;
use super::units;
use crate::boot::Boot;
use crate::clock_watch::ClockWatch;
use crate::field::Field;
use crate::firewall::{Firewall, MODBUS_SERVER};
use crate::live::Live;
use crate::policy::listeners::{Listeners, Open, Opened, Protocol};
use crate::policy::{Policies, Service};
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use haubert_modbus_server::{Counted, Counters, Patience, Running, serve};
use haubert_model::Clock;
use haubert_service::https;
use haubert_service::shutdown::Shutdown;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Time between two looks at what nobody tells of: a port that is free again, the program's integrity.
const LOOK: Duration = Duration::from_secs(5);

/// How the server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody switched it on.
    Off,
    /// The security policy has it off.
    Forbidden,
    /// The program is not what was signed: nothing is handed out.
    Closed,
    /// It serves.
    Open(SocketAddr),
    /// It cannot listen.
    Failed(String),
}

/// What the server needs of the gateway.
pub struct Parts {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Configuration.
    pub db: Db,
    /// What is configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// What may run.
    pub policy: Policies,
    /// What a source may ask for.
    pub firewall: Firewall,
    /// What listens.
    pub listeners: Listeners,
    /// Whether anything may be handed out.
    pub boot: Boot,
    /// How devices stand.
    pub live: Arc<Live>,
    /// What was last read of them, and their lines.
    pub field: Field,
    /// Time.
    pub clock: Arc<ClockWatch>,
}

/// The server's settings, state and counters; clones share them.
#[derive(Clone)]
pub struct Desk {
    listen: SocketAddr,
    settings: watch::Sender<Arc<ModbusServerSettings>>,
    topology: watch::Receiver<Arc<Topology>>,
    policy: Policies,
    standing: Arc<Mutex<Standing>>,
    counters: Counters,
    site: Arc<Site>,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let stored = parts.db.call(ModbusServerSettings::stored).await?;
        let settings = watch::Sender::new(Arc::new(stored));
        let site = Arc::new(Site::new(Arc::clone(&parts.live), parts.field.clone(), Arc::clone(&parts.clock)));
        let standing = Arc::new(Mutex::new(Standing::Off));
        let desk = Self {
            listen: parts.listen,
            settings,
            topology: parts.topology.clone(),
            policy: parts.policy.clone(),
            standing,
            counters: Counters::default(),
            site,
        };
        tokio::spawn(desk.clone().work(parts, shutdown));
        Ok(desk)
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<ModbusServerSettings> {
        Arc::clone(&self.settings.borrow())
    }

    /// Where it is to listen.
    pub const fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// How the server stands.
    pub fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was asked and answered since the start.
    pub fn counted(&self) -> Counted {
        self.counters.read()
    }

    /// What masters read.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Stores other settings, with a number for every device, and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, db: &Db, settings: ModbusServerSettings) -> Result<(), StoreError> {
        let topology = Arc::clone(&self.topology.borrow());
        let settings = ModbusServerSettings { units: units::completed(&settings.units, &topology.devices), ..settings };
        let kept = settings.clone();
        db.call(move |tx| kept.store(tx)).await?;
        self.site.arrange(&settings, &topology, &self.policy.current());
        self.settings.send_replace(Arc::new(settings));
        Ok(())
    }

    async fn work(self, parts: Parts, shutdown: Shutdown) {
        let (mut settings, mut policy) = (self.settings.subscribe(), parts.policy.subscribe());
        let mut topology = parts.topology.clone();
        let mut looks = tokio::time::interval(LOOK);
        let mut stopped = std::pin::pin!(shutdown.wait());
        let mut server: Option<(Running, Opened)> = None;
        loop {
            let wanted = Arc::clone(&settings.borrow_and_update());
            let rules = Arc::clone(&policy.borrow_and_update());
            let allowed = rules.allows(Service::ModbusServer);
            let devices = Arc::clone(&topology.borrow_and_update());
            self.site.arrange(&wanted, &devices, &rules);
            if wanted.enabled && units::completed(&wanted.units, &devices.devices) != wanted.units {
                // New devices have their numbers before anybody asks for them.
                if let Err(error) = self.change(&parts.db, (*wanted).clone()).await {
                    tracing::error!(error = &error as &dyn std::error::Error, "unit ids not kept");
                }
            }
            let off = match (wanted.enabled, allowed, parts.boot.outlets_allowed()) {
                (false, ..) => Some(Standing::Off),
                (_, false, _) => Some(Standing::Forbidden),
                (.., false) => Some(Standing::Closed),
                (true, true, true) => None,
            };
            parts.field.images().want(off.is_none());
            let standing = match off {
                Some(why) => {
                    if let Some((running, _opened)) = server.take() {
                        running.stop().await;
                    }
                    why
                }
                None => match self.running(&parts, &mut server) {
                    Ok(address) => Standing::Open(address),
                    Err(error) => Standing::Failed(error.to_string()),
                },
            };
            *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
            let changed = tokio::select! {
                () = &mut stopped => break,
                changed = settings.changed() => changed,
                changed = policy.changed() => changed,
                changed = topology.changed() => changed,
                _ = looks.tick() => Ok(()),
            };
            if changed.is_err() {
                break;
            }
        }
        if let Some((running, _opened)) = server.take() {
            running.stop().await;
        }
    }

    fn running(&self, parts: &Parts, server: &mut Option<(Running, Opened)>) -> io::Result<SocketAddr> {
        if let Some((running, _)) = server {
            return Ok(running.address);
        }
        let listener = https::bind(parts.listen)?;
        let gate = https::gate(parts.firewall.guard(), MODBUS_SERVER, &listener)?;
        let clock: Arc<dyn Clock> = Arc::<ClockWatch>::clone(&parts.clock);
        let running = serve(listener, gate, Arc::clone(&self.site), Patience::default(), self.counters.clone(), clock)?;
        let address = running.address;
        let open = Open { services: &[Service::ModbusServer], protocol: Protocol::Tcp, address, opened_by: "modbus_server" };
        *server = Some((running, parts.listeners.opened(open)));
        Ok(address)
    }
}
