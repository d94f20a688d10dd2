//! Keeps the server as settings and policy say: on, off, with which units.

use super::door::{self, Door, Standing};
use super::settings::ModbusServerSettings;
use super::site::Site;
use super::units;
use super::writing::Writing;
use crate::audit::Audit;
use crate::boot::Boot;
use crate::certificates::Certificates;
use crate::clock_watch::ClockWatch;
use crate::field::Field;
use crate::firewall::Firewall;
use crate::live::Live;
use crate::own_thread::OwnThread;
use crate::policy::Policies;
use crate::policy::listeners::Listeners;
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use haubert_modbus_server::{Counted, Counters};
use haubert_service::shutdown::Shutdown;
use haubert_trust::Authorities;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Time between two looks at what nobody tells of: a port that is free again, the program's integrity.
const LOOK: Duration = Duration::from_secs(5);

/// How the two listeners stand.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standings {
    plain: Standing,
    secured: Standing,
}

/// What the server needs of the gateway.
pub struct Parts {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where to listen for masters with a certificate.
    pub secured_listen: SocketAddr,
    /// Configuration.
    pub db: Db,
    /// What is configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// What may run.
    pub policy: Policies,
    /// What a source may ask for.
    pub firewall: Firewall,
    /// Whom to believe, and what to show.
    pub certificates: Certificates,
    /// Where writes are recorded.
    pub audit: Audit,
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
    secured_listen: SocketAddr,
    settings: watch::Sender<Arc<ModbusServerSettings>>,
    topology: watch::Receiver<Arc<Topology>>,
    policy: Policies,
    certificates: Certificates,
    standings: Arc<Mutex<Standings>>,
    counters: Counters,
    site: Arc<Site>,
    /// Where masters are answered.
    _thread: Arc<OwnThread>,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let thread = Arc::new(OwnThread::start("modbus").map_err(StoreError::Io)?);
        let stored = parts.db.call(ModbusServerSettings::stored).await?;
        let settings = watch::Sender::new(Arc::new(stored));
        let writing = Writing::new(parts.audit.clone());
        let site = Arc::new(Site::new(Arc::clone(&parts.live), parts.field.clone(), Arc::clone(&parts.clock), writing));
        let standings = Arc::new(Mutex::new(Standings { plain: Standing::Off, secured: Standing::Off }));
        let desk = Self {
            listen: parts.listen,
            secured_listen: parts.secured_listen,
            settings,
            topology: parts.topology.clone(),
            policy: parts.policy.clone(),
            certificates: parts.certificates.clone(),
            standings,
            counters: Counters::default(),
            site,
            _thread: Arc::clone(&thread),
        };
        thread.spawn(desk.clone().work(parts, shutdown));
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

    /// Where it is to listen for masters with a certificate.
    pub const fn secured_listen(&self) -> SocketAddr {
        self.secured_listen
    }

    /// How the plain listener stands.
    pub fn standing(&self) -> Standing {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner).plain.clone()
    }

    /// How the listener for masters with a certificate stands.
    pub fn secured_standing(&self) -> Standing {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner).secured.clone()
    }

    /// The certificates that the secured listener shows.
    pub fn shown(&self) -> Authorities {
        let identity = door::identity(&self.certificates).map(|(_, identity)| identity);
        identity.and_then(|identity| Authorities::from_pem(&identity.chain_pem).ok()).unwrap_or_default()
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
        let (mut topology, mut certificates) = (parts.topology.clone(), parts.certificates.subscribe());
        let mut looks = tokio::time::interval(LOOK);
        let mut stopped = std::pin::pin!(shutdown.wait());
        let (mut plain, mut secured) = (Door::plain(self.listen), Door::secured(self.secured_listen));
        loop {
            let wanted = Arc::clone(&settings.borrow_and_update());
            let rules = Arc::clone(&policy.borrow_and_update());
            let devices = Arc::clone(&topology.borrow_and_update());
            certificates.mark_unchanged();
            self.site.arrange(&wanted, &devices, &rules);
            if wanted.serves() && units::completed(&wanted.units, &devices.devices) != wanted.units {
                // New devices have their numbers before anybody asks for them.
                if let Err(error) = self.change(&parts.db, (*wanted).clone()).await {
                    tracing::error!(error = &error as &dyn std::error::Error, "unit ids not kept");
                }
            }
            let standings = Standings {
                plain: plain.arrange(wanted.enabled, &rules, &parts, &self.site, &self.counters).await,
                secured: secured.arrange(wanted.secured, &rules, &parts, &self.site, &self.counters).await,
            };
            let is_open = |standing: &Standing| matches!(standing, Standing::Open(_));
            parts.field.images().want(is_open(&standings.plain) || is_open(&standings.secured));
            *self.standings.lock().unwrap_or_else(PoisonError::into_inner) = standings;
            let changed = tokio::select! {
                () = &mut stopped => break,
                changed = settings.changed() => changed,
                changed = policy.changed() => changed,
                changed = topology.changed() => changed,
                changed = certificates.changed() => changed,
                _ = looks.tick() => Ok(()),
            };
            if changed.is_err() {
                break;
            }
        }
        plain.close().await;
        secured.close().await;
    }
}
