//! Keeps the client as settings and policy say: on, off, with which broker; and comes back when the broker has gone.

use super::broker::Account;
use super::conversation::Conversation;
use super::settings::MqttSettings;
use super::standing::{Board, Standing};
use crate::alarms::Alarms;
use crate::clock_watch::ClockWatch;
use crate::live::Live;
use crate::outlets::broker::{LinkError, Phase};
use crate::outlets::outbox::Outbox;
use crate::outlets::switch::Switch;
use crate::outlets::trial::Failure;
use crate::profiles::Profiles;
use crate::store::{Db, StoreError};
use crate::topology::Topology;
use haubert_link::Backoff;
use haubert_model::Clock as _;
use haubert_service::shutdown::Shutdown;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

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
    /// What is wrong.
    pub alarms: Alarms,
    /// What is known of each kind of device.
    pub profiles: Profiles,
    /// What allows it.
    pub switch: Switch,
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
        let identity = parts.identity.clone();
        let account = parts.db.call(move |tx| Account::stored(tx, || MqttSettings::first(&identity))).await?;
        parts.outbox.want(account.settings.wants_history()).await?;
        let account = watch::Sender::new(Arc::new(account));
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

    /// Stores other settings and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, account: Account) -> Result<(), StoreError> {
        let (kept, before) = (account.clone(), self.account());
        self.parts.db.call(move |tx| kept.store(tx, &before)).await?;
        self.parts.outbox.want(account.settings.wants_history()).await?;
        self.account.send_replace(Arc::new(account));
        Ok(())
    }

    async fn work(self, shutdown: Shutdown) {
        let mut failures = 0u32;
        while !shutdown.is_triggered() {
            let account = self.account();
            let mut changed = std::pin::pin!(self.changed(&account));
            if let Some(off) = self.parts.switch.off(account.settings.enabled) {
                self.board.phase(Phase::Off(off));
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
        self.board.change(|standing| {
            standing.failing_since.get_or_insert(at);
            standing.failure = Some(Failure::of(error, at));
        });
    }

    /// Ends when something changed that a conversation is made of, or that allows it.
    async fn changed(&self, account: &Arc<Account>) {
        let mut accounts = self.account.subscribe();
        let other = accounts.wait_for(|now| !Arc::ptr_eq(now, account));
        tokio::select! {
            _ = other => {}
            () = self.parts.switch.changed(account.settings.enabled) => {}
        }
    }
}
