//! Keeps the client as settings and policy say: on, off, with which broker; and comes back when the broker has gone.

use super::broker::{Account, LinkError};
use super::conversation::Conversation;
use super::outbox::Outbox;
use super::settings::{self, MqttSettings};
use super::standing::{Board, Failure, Phase, Standing};
use crate::boot::Boot;
use crate::certificates::Certificates;
use crate::clock_watch::ClockWatch;
use crate::live::Live;
use crate::policy::{Policies, Service};
use crate::profiles::Profiles;
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use haubert_link::Backoff;
use haubert_model::{Clock as _, Secret};
use haubert_service::problem::Problem;
use haubert_service::shutdown::Shutdown;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Time between two looks at what nobody tells of: the program's integrity.
const LOOK: Duration = Duration::from_secs(5);
/// A connection that held so long was a good one: the next failure is a first one.
const GOOD_MS: u64 = 30_000;

/// What the client needs of the gateway.
pub struct Parts {
    /// Configuration.
    pub db: Db,
    /// What waits to be sent.
    pub outbox: Outbox,
    /// Newest values.
    pub live: Arc<Live>,
    /// What is configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// What is known of each kind of device.
    pub profiles: Profiles,
    /// What may run.
    pub policy: Policies,
    /// Whom to believe, and what to show.
    pub certificates: Certificates,
    /// Whether anything may be handed out.
    pub boot: Boot,
    /// Time.
    pub clock: Arc<ClockWatch>,
    /// What the history is called; names of this gateway are made of it.
    pub identity: String,
}

/// The client's settings and state; clones share them.
#[derive(Clone)]
pub struct Desk {
    parts: Arc<Parts>,
    account: watch::Sender<Arc<Account>>,
    board: Board,
}

impl Desk {
    /// With the settings as stored, and at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let (stored, password) = parts.db.call(|tx| Ok((MqttSettings::stored(tx)?, settings::password(tx)?))).await?;
        let settings = stored.unwrap_or_else(|| MqttSettings::first(&parts.identity));
        parts.outbox.want(settings.wants_history()).await?;
        let account = watch::Sender::new(Arc::new(Account { settings, password }));
        let desk = Self { parts: Arc::new(parts), account, board: Board::default() };
        tokio::spawn(desk.clone().work(shutdown));
        Ok(desk)
    }

    /// The settings in force, with their password.
    pub fn account(&self) -> Arc<Account> {
        Arc::clone(&self.account.borrow())
    }

    /// How the client stands.
    pub fn standing(&self) -> Standing {
        self.board.read()
    }

    /// What waits to be sent.
    pub fn outbox(&self) -> &Outbox {
        &self.parts.outbox
    }

    /// What the client is made of.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Other settings with the password that goes with them: a new one where one is given (an empty one is none), else the one
    /// in force, which stays with its broker and user.
    ///
    /// # Errors
    /// `invalid`, with the field at fault.
    pub fn drafted(&self, settings: MqttSettings, password: Option<Secret>) -> Result<Account, Problem> {
        let (settings, now) = (settings.checked()?, self.account());
        let password = match password {
            Some(password) => {
                settings::check_password(&password)?;
                Some(password).filter(|password| !password.expose().is_empty())
            }
            None if now.password.is_some() && !now.settings.same_account(&settings) => {
                return Err(Problem::invalid("password", "again", "give the password again for another broker or user"));
            }
            None => now.password.clone(),
        };
        if password.is_some() && settings.user.is_empty() {
            return Err(Problem::invalid("user", "required", "a password goes with a user name"));
        }
        Ok(Account { settings, password })
    }

    /// Stores other settings and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, account: Account) -> Result<(), StoreError> {
        let kept = account.clone();
        let same_password = self.account().password == account.password;
        let store = move |tx: &rusqlite::Transaction<'_>| {
            kept.settings.store(tx)?;
            if same_password { Ok(()) } else { settings::keep_password(tx, kept.password.as_ref()) }
        };
        self.parts.db.call(store).await?;
        self.parts.outbox.want(account.settings.wants_history()).await?;
        self.account.send_replace(Arc::new(account));
        Ok(())
    }

    /// Why it is not to connect; `None` when it is.
    fn off(&self, account: &Account) -> Option<Phase> {
        match (account.settings.enabled, self.parts.policy.allows(Service::Mqtt), self.parts.boot.outlets_allowed()) {
            (false, ..) => Some(Phase::Off),
            (_, false, _) => Some(Phase::Forbidden),
            (.., false) => Some(Phase::Closed),
            (true, true, true) => None,
        }
    }

    async fn work(self, shutdown: Shutdown) {
        let mut failures = 0u32;
        while !shutdown.is_triggered() {
            let account = self.account();
            let mut changed = std::pin::pin!(self.changed(&account));
            if let Some(phase) = self.off(&account) {
                self.board.phase(phase);
                failures = 0;
                tokio::select! {
                    () = &mut changed => {}
                    () = shutdown.wait() => {}
                }
                continue;
            }
            self.board.phase(Phase::Connecting);
            let began = self.parts.clock.monotonic_ms();
            let Err(error) = self.converse(&account, &mut changed, &shutdown).await else { continue };
            if self.parts.clock.monotonic_ms().saturating_sub(began) >= GOOD_MS {
                failures = 0;
            }
            failures = failures.saturating_add(1);
            self.failed(&error);
            let random = haubert_trust::random_bytes::<8>().map_or(0, u64::from_le_bytes);
            tokio::select! {
                () = sleep(Duration::from_millis(Backoff::LINK.wait_ms(failures, random))) => {}
                () = &mut changed => failures = 0,
                () = shutdown.wait() => {}
            }
        }
    }

    /// Speaks with the broker until something fails, something changes or the gateway stops; of these, only the first is an error.
    async fn converse(
        &self,
        account: &Account,
        changed: &mut (impl Future<Output = ()> + Unpin),
        shutdown: &Shutdown,
    ) -> Result<(), LinkError> {
        let (conversation, mut inbox) = tokio::select! {
            opened = Conversation::open(&self.parts, account, &self.board) => opened?,
            () = &mut *changed => return Ok(()),
            () = shutdown.wait() => return Ok(()),
        };
        tokio::select! {
            ended = conversation.hold(&mut inbox) => return ended,
            () = changed => {}
            () = shutdown.wait() => {}
        }
        conversation.end().await;
        Ok(())
    }

    fn failed(&self, error: &LinkError) {
        tracing::warn!(%error, "MQTT: no conversation with the broker");
        let at = self.parts.clock.now();
        self.board.phase(Phase::Waiting);
        self.board.change(|standing| standing.failure = Some(Failure { code: error.code(), detail: error.to_string(), at }));
    }

    /// Ends when something changed that a conversation is made of, or that allows it.
    async fn changed(&self, account: &Arc<Account>) {
        let off = self.off(account);
        let (mut accounts, mut policy) = (self.account.subscribe(), self.parts.policy.subscribe());
        let mut certificates = self.parts.certificates.subscribe();
        let mut looks = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                changed = accounts.changed() => if changed.is_err() { return },
                changed = policy.changed() => if changed.is_err() { return },
                // An open connection was believed under the old rules; the next must be under the new.
                changed = certificates.changed() => if changed.is_ok() && off.is_none() { return },
                _ = looks.tick() => {}
            }
            if self.off(account) != off || !Arc::ptr_eq(account, &self.account.borrow()) {
                return;
            }
        }
    }
}
