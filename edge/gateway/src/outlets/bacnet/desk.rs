//! Keeps the server as settings and policy say: on, off; and what it shows as the site is.

use super::history::{Logs, Periods};
use super::instances::Instances;
use super::plant::Plant;
use super::settings::BacnetSettings;
use super::site::site;
use crate::clock_watch::ClockWatch;
use crate::firewall::{BACNET, Firewall};
use crate::live::Live;
use crate::outlets::switch::{Off, Switch};
use crate::policy::Service;
use crate::policy::listeners::{Listeners, Open, Opened, Protocol};
use crate::profiles::Profiles;
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use haubert_bacnet::{Counted, Counters, Model, Running, Shown, Sources, serve};
use haubert_content::Catalogue;
use haubert_guard::{Listener, Transport};
use haubert_historian::Reader;
use haubert_model::Clock;
use haubert_service::shutdown::Shutdown;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::timeout;

/// Time between two tries at a port that is not free.
const LOOK: Duration = Duration::from_secs(5);
/// Patience with the server being brought to other settings.
const SETTLES: Duration = Duration::from_secs(10);

/// How the server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does nothing.
    Off(Off),
    /// It answers.
    Open(SocketAddr),
    /// It cannot.
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
    /// What is known of each kind of device.
    pub profiles: Profiles,
    /// What allows it.
    pub switch: Switch,
    /// What a source may ask for.
    pub firewall: Firewall,
    /// What listens.
    pub listeners: Listeners,
    /// Newest values.
    pub live: Arc<Live>,
    /// Those before.
    pub history: Reader,
    /// How often there is a record of them.
    pub periods: Periods,
    /// Time.
    pub clock: Arc<ClockWatch>,
}

/// What is looked at from outside.
struct Board {
    standing: Standing,
    model: Option<Arc<Model>>,
}

/// The server's settings, state and counters; clones share them.
#[derive(Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    settings: watch::Sender<Arc<BacnetSettings>>,
    /// The settings that the server has been brought to.
    settled: watch::Sender<Option<Arc<BacnetSettings>>>,
    counters: Counters,
    board: Arc<Mutex<Board>>,
}

/// What the server shows, and what that was made of.
struct Made {
    of: (Arc<Topology>, Arc<Catalogue>, Arc<BacnetSettings>),
    shown: Shown,
}

/// The server at work.
struct Serving {
    running: Running,
    _opened: Opened,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let settings = parts.db.call(BacnetSettings::stored).await?;
        let desk = Self {
            parts: Arc::new(parts),
            settings: watch::Sender::new(Arc::new(settings)),
            settled: watch::Sender::new(None),
            counters: Counters::default(),
            board: Arc::new(Mutex::new(Board { standing: Standing::Off(Off::Unused), model: None })),
        };
        tokio::spawn(desk.clone().work(shutdown));
        Ok(desk)
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<BacnetSettings> {
        Arc::clone(&self.settings.borrow())
    }

    /// Where it is to listen.
    pub fn listen(&self) -> SocketAddr {
        self.parts.listen
    }

    /// How the server stands.
    pub fn standing(&self) -> Standing {
        self.board().standing.clone()
    }

    /// What was asked and answered since the start.
    pub fn counted(&self) -> Counted {
        self.counters.read()
    }

    /// What is shown; nothing while the server is off.
    pub fn model(&self) -> Option<Arc<Model>> {
        self.board().model.clone()
    }

    /// Stores other settings and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, settings: BacnetSettings) -> Result<(), StoreError> {
        let kept = settings.clone();
        self.parts.db.call(move |tx| kept.store(tx)).await?;
        let settings = Arc::new(settings);
        self.settings.send_replace(Arc::clone(&settings));
        // Whoever asks next sees how the server stands with these settings, and not with those before.
        let is_settled = |now: &Option<Arc<BacnetSettings>>| now.as_ref().is_some_and(|now| Arc::ptr_eq(now, &settings));
        let mut settled = self.settled.subscribe();
        let _late = timeout(SETTLES, settled.wait_for(is_settled)).await;
        Ok(())
    }

    async fn work(self, shutdown: Shutdown) {
        let parts = &self.parts;
        let mut all_settings = self.settings.subscribe();
        let (mut topology, mut catalogue) = (parts.topology.clone(), parts.profiles.subscribe());
        let mut stopped = std::pin::pin!(shutdown.wait());
        let (mut serving, mut made): (Option<Serving>, Option<Made>) = (None, None);
        loop {
            let settings = Arc::clone(&all_settings.borrow_and_update());
            let of = (Arc::clone(&topology.borrow_and_update()), Arc::clone(&catalogue.borrow_and_update()), settings);
            let current = Arc::clone(&of.2);
            let standing = match parts.switch.off(current.enabled) {
                Some(why) => {
                    if let Some(Serving { running, _opened }) = serving.take() {
                        running.stop().await;
                    }
                    made = None;
                    Standing::Off(why)
                }
                None => match self.serve(&mut serving, &mut made, of).await {
                    Ok(address) => Standing::Open(address),
                    Err(error) => Standing::Failed(error.to_string()),
                },
            };
            {
                let mut board = self.board();
                board.model = made.as_ref().map(|made| Arc::clone(&made.shown.model));
                board.standing = standing;
            }
            self.settled.send_replace(Some(Arc::clone(&current)));
            let changed = tokio::select! {
                () = &mut stopped => break,
                () = parts.switch.changed(current.enabled) => Ok(()),
                changed = all_settings.changed() => changed,
                changed = topology.changed() => changed,
                changed = catalogue.changed() => changed,
                () = tokio::time::sleep(LOOK) => Ok(()),
            };
            if changed.is_err() {
                break;
            }
        }
        if let Some(Serving { running, _opened }) = serving {
            running.stop().await;
        }
    }

    /// Brings what is shown up to date, and the server to work.
    async fn serve(
        &self,
        serving: &mut Option<Serving>,
        made: &mut Option<Made>,
        of: (Arc<Topology>, Arc<Catalogue>, Arc<BacnetSettings>),
    ) -> io::Result<SocketAddr> {
        let is_same =
            |made: &Made| Arc::ptr_eq(&made.of.0, &of.0) && Arc::ptr_eq(&made.of.1, &of.1) && Arc::ptr_eq(&made.of.2, &of.2);
        if !made.as_ref().is_some_and(is_same) {
            let model = self.worked_out(&of).await.map_err(io::Error::other)?;
            let shown = Shown { model: Arc::new(model), takes_foreign: of.2.foreign_devices, bbmd: of.2.bbmd_address() };
            if let Some(now) = serving {
                now.running.show(shown.clone());
            }
            *made = Some(Made { of, shown });
        }
        if let Some(now) = serving.as_ref().filter(|now| !now.running.is_over()) {
            return Ok(now.running.address);
        }
        *serving = None;
        let Some(made) = made else { return Err(io::ErrorKind::NotFound.into()) };
        let begun = self.begin(made.shown.clone()).await?;
        let address = begun.running.address;
        *serving = Some(begun);
        Ok(address)
    }

    async fn worked_out(
        &self,
        (topology, catalogue, settings): &(Arc<Topology>, Arc<Catalogue>, Arc<BacnetSettings>),
    ) -> Result<Model, StoreError> {
        let mut instances = self.parts.db.note(Instances::stored).await?;
        if instances.complete(topology) {
            let kept = instances.clone();
            // New meters have their numbers before anybody reads them.
            self.parts.db.note(move |tx| kept.store(tx)).await?;
        }
        Ok(Model::new(site(topology, catalogue, &instances, (settings, self.parts.periods))))
    }

    async fn begin(&self, shown: Shown) -> io::Result<Serving> {
        let parts = &self.parts;
        let socket = UdpSocket::bind(parts.listen).await?;
        let address = socket.local_addr()?;
        let gate = parts.firewall.guard().gate(BACNET, Listener { transport: Transport::Udp, address });
        let clock: Arc<dyn Clock> = Arc::<ClockWatch>::clone(&parts.clock);
        let sources = Sources {
            facts: Arc::new(Plant { live: Arc::clone(&parts.live), clock: Arc::clone(&parts.clock) }),
            history: Arc::new(Logs { reader: parts.history.clone(), topology: parts.topology.clone() }),
            clock,
        };
        let running = serve(socket, gate, shown, sources, self.counters.clone())?;
        let open = Open { services: &[Service::Bacnet], protocol: Protocol::Udp, address, opened_by: "bacnet" };
        Ok(Serving { running, _opened: parts.listeners.opened(open) })
    }
}
