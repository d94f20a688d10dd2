//! Sends what there is to tell.

use super::document::{self, Content, Message};
use super::keys::Keys;
use super::news::{self, Told};
use super::server::{Account, PushError, Server};
use super::settings::PushSettings;
use crate::alarms::Alarms;
use crate::clock_watch::ClockWatch;
use crate::live::Live;
use crate::outlets::documents;
use crate::outlets::outbox::Outbox;
use crate::outlets::rounds::{self, Rota, Rounds};
use crate::outlets::standing::{Phase, Standing};
use crate::outlets::switch::Switch;
use crate::profiles::Profiles;
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use haubert_model::{Secret, Timestamp};
use haubert_mqtt::alarms;
use haubert_service::shutdown::Shutdown;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// Between two looks at what was recorded, milliseconds.
const LOOK_MS: i64 = 5_000;

/// What the push needs of the gateway.
pub struct Parts {
    /// Configuration.
    pub db: Db,
    /// What waits to be sent.
    pub outbox: Outbox,
    /// Newest values.
    pub live: Arc<Live>,
    /// What is configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// What is wrong.
    pub alarms: Alarms,
    /// What is known of each kind of device.
    pub profiles: Profiles,
    /// What allows it.
    pub switch: Switch,
    /// Time.
    pub clock: Arc<ClockWatch>,
    /// What the history is called, and this gateway in the messages.
    pub identity: String,
}

/// What went since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Requests that the server took.
    pub requests: u64,
    /// Their bytes, headers not counted.
    pub bytes: u64,
    /// Recorded values that the server has.
    pub samples: u64,
}

/// Why there are no new keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] haubert_trust::RandomError),
    /// They cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The settings and state of the push; clones share them.
#[derive(Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    rota: Rota<PushSettings, Counted>,
    keys: watch::Sender<Option<Keys>>,
    told: Arc<Mutex<Told>>,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let stored = |tx: &rusqlite::Transaction<'_>| Ok((Account::stored(tx, PushSettings::default)?, Keys::stored(tx)?));
        let (account, keys) = parts.db.call(stored).await?;
        parts.outbox.want(account.settings.wants_history()).await?;
        let mut changes = parts.alarms.changes();
        let rota = Rota::new(account, parts.switch.clone(), Arc::clone(&parts.clock));
        let desk = Self { parts: Arc::new(parts), rota, keys: watch::Sender::new(keys), told: Arc::default() };
        let rota = desk.rota.clone();
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                rota.wake();
            }
        });
        tokio::spawn(rounds::work(desk.clone(), shutdown));
        Ok(desk)
    }

    /// The settings in force, with their password.
    pub fn account(&self) -> Arc<Account> {
        self.rota.account()
    }

    /// How the push stands.
    pub fn standing(&self) -> Standing<Counted> {
        self.rota.standing()
    }

    /// What waits to be sent.
    pub fn outbox(&self) -> &Outbox {
        &self.parts.outbox
    }

    /// What checks the signatures of requests; `None` until there was something to sign.
    pub fn public_key(&self) -> Option<String> {
        self.keys.borrow().as_ref()?.signer().map(|signer| signer.public_key())
    }

    /// Makes new keys in place of those there may be; the secret that the receiver must have.
    ///
    /// # Errors
    /// When they cannot be made or stored.
    pub async fn new_keys(&self) -> Result<Option<Secret>, KeysError> {
        let keys = Keys::random()?;
        let kept = keys.clone();
        self.parts.db.call(move |tx| kept.store(tx)).await?;
        let secret = keys.signer().map(|signer| signer.secret());
        self.keys.send_replace(Some(keys));
        self.rota.wake();
        Ok(secret)
    }

    /// Sees to it that there is something to sign with.
    ///
    /// # Errors
    /// When keys cannot be made or stored.
    pub async fn have_keys(&self) -> Result<(), KeysError> {
        if self.keys.borrow().is_none() {
            self.new_keys().await?;
        }
        Ok(())
    }

    /// Stores other settings and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, account: Account) -> Result<(), StoreError> {
        self.rota.store(&self.parts.db, &account).await?;
        self.parts.outbox.want(account.settings.wants_history()).await?;
        self.rota.put_in_force(account);
        Ok(())
    }

    pub(super) fn server(&self, account: &Account) -> Result<Server, PushError> {
        let switch = &self.parts.switch;
        let signer = self.keys.borrow().as_ref().and_then(Keys::signer);
        Server::new(account, signer, &switch.certificates, &switch.policy.current())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.rota.now()
    }

    pub(super) fn identity(&self) -> String {
        self.parts.identity.clone()
    }

    async fn tell(&self, server: &Server, content: Content, samples: usize) -> Result<(), PushError> {
        self.rota.board.phase(Phase::Sending);
        let now = self.now();
        let message = Message::new(self.identity(), now, content);
        let (bytes, _) = server.tell(&message).await?;
        self.rota.board.sent(self.now(), |counted| {
            counted.requests += 1;
            counted.bytes += u64::try_from(bytes).unwrap_or_default();
            counted.samples += u64::try_from(samples).unwrap_or_default();
        });
        Ok(())
    }

    /// All that is wrong, when it is not what the server knows.
    async fn tell_alarms(&self, server: &Server, told: &mut Told) -> Result<(), PushError> {
        let found = self.parts.db.note(documents::alarms).await?;
        if told.alarms.as_ref() != Some(&found) {
            let site = self.parts.topology.borrow().site.name.clone();
            self.tell(server, Content::Alarms(alarms::document(&site, found.clone(), self.now())), 0).await?;
            told.alarms = Some(found);
        }
        Ok(())
    }

    /// Recorded values, as far as there are any.
    async fn tell_recorded(&self, server: &Server) -> Result<(), PushError> {
        while let Some(batch) = self.parts.outbox.next().await? {
            let site = documents::site(&self.parts.topology.borrow().clone(), &self.parts.profiles);
            for (content, samples) in document::recorded(&site, &batch.recorded) {
                self.tell(server, content, samples).await?;
            }
            self.parts.outbox.acknowledged(batch.upto).await?;
        }
        Ok(())
    }

    /// Newest values, when it is time for them; when it is again.
    async fn tell_newest(&self, server: &Server, told: &mut Told, seconds: u16) -> Result<Timestamp, PushError> {
        let now = self.now();
        let every_ms = i64::from(seconds) * 1_000;
        // A clock that was set back must not silence it.
        if let Some(at) = told.live_at.filter(|at| *at > now && at.ms_since(now) <= every_ms) {
            return Ok(at);
        }
        let site = documents::site(&self.parts.topology.borrow().clone(), &self.parts.profiles);
        let (documents, reached) = news::newest(&self.parts.live, &site, told.seen, (now, self.parts.clock.is_set()));
        for content in document::newest(documents) {
            self.tell(server, content, 0).await?;
        }
        told.seen = reached;
        let next = now.plus_ms(every_ms);
        told.live_at = Some(next);
        Ok(next)
    }
}

impl Rounds for Desk {
    type Settings = PushSettings;
    type Counted = Counted;
    type Error = PushError;

    fn rota(&self) -> &Rota<PushSettings, Counted> {
        &self.rota
    }

    async fn round(&self, account: &Account) -> Result<Option<Timestamp>, PushError> {
        let (server, settings) = (self.server(account)?, &account.settings);
        let mut told = self.told.lock().await;
        if told.url != settings.url {
            // Another receiver knows nothing yet.
            *told = Told { url: settings.url.clone(), ..Told::default() };
        }
        if settings.alarms {
            self.tell_alarms(&server, &mut told).await?;
        }
        if settings.history {
            self.tell_recorded(&server).await?;
        }
        let newest = match settings.live_seconds {
            0 => None,
            seconds => Some(self.tell_newest(&server, &mut told, seconds).await?),
        };
        let look = settings.history.then(|| self.now().plus_ms(LOOK_MS));
        Ok([newest, look].into_iter().flatten().min())
    }
}
