//! Outlets that do what is due, round after round, and come back when the server has gone.

use super::account::{Account, Login};
use super::standing::{Board, Phase, Standing};
use super::switch::Switch;
use super::trial::{Coded, Failure};
use crate::clock_watch::ClockWatch;
use crate::store::{Db, StoreError};
use haubert_link::Backoff;
use haubert_model::{Clock as _, Timestamp};
use haubert_service::shutdown::Shutdown;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

/// Longest wait between two rounds.
const IDLE: Duration = Duration::from_secs(60);
/// Between two tries of a server that cannot be reached.
const SERVER: Backoff = Backoff { first_ms: 5_000, max_ms: 600_000 };

/// What every such outlet has; clones share it.
#[derive(Clone)]
pub(super) struct Rota<S, C> {
    account: watch::Sender<Arc<Account<S>>>,
    woken: Arc<Notify>,
    /// How it stands.
    pub(super) board: Board<C>,
    /// What allows it.
    pub(super) switch: Switch,
    /// Time.
    pub(super) clock: Arc<ClockWatch>,
}

impl<S: Login + Send + Sync + 'static, C: Clone + Default> Rota<S, C> {
    /// With the settings in force.
    pub(super) fn new(account: Account<S>, switch: Switch, clock: Arc<ClockWatch>) -> Self {
        let account = watch::Sender::new(Arc::new(account));
        Self { account, woken: Arc::default(), board: Board::default(), switch, clock }
    }

    /// The settings in force, with their password.
    pub(super) fn account(&self) -> Arc<Account<S>> {
        Arc::clone(&self.account.borrow())
    }

    /// Tells when other settings are in force.
    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<Account<S>>> {
        self.account.subscribe()
    }

    /// How it stands.
    pub(super) fn standing(&self) -> Standing<C> {
        self.board.read()
    }

    /// There may be something to do.
    pub(super) fn wake(&self) {
        self.woken.notify_one();
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Stores other settings, without putting them in force.
    ///
    /// # Errors
    /// When they cannot be stored.
    pub(super) async fn store(&self, db: &Db, account: &Account<S>) -> Result<(), StoreError> {
        let (kept, before) = (account.clone(), self.account());
        db.call(move |tx| kept.store(tx, &before)).await
    }

    /// Puts stored settings in force.
    pub(super) fn put_in_force(&self, account: Account<S>) {
        self.account.send_replace(Arc::new(account));
    }

    /// Why it is to do nothing; `None` when it is to work.
    fn off(&self, account: &Account<S>) -> Option<super::switch::Off> {
        self.switch.off(account.settings.enabled())
    }

    /// Ends when something changed that a conversation is made of, or that allows it.
    async fn changed(&self, account: &Arc<Account<S>>) {
        let mut accounts = self.subscribe();
        let other = accounts.wait_for(|now| !Arc::ptr_eq(now, account));
        tokio::select! {
            _ = other => {}
            () = self.switch.changed(account.settings.enabled()) => {}
        }
    }
}

/// Such an outlet.
pub(super) trait Rounds: Sync {
    /// What is set for it.
    type Settings: Login + Send + Sync + 'static;
    /// What it counts.
    type Counted: Clone + Default + Send + Sync;
    /// Why a round fails.
    type Error: Coded + Send;

    /// What all of them have.
    fn rota(&self) -> &Rota<Self::Settings, Self::Counted>;
    /// Does what is due; when the next is.
    fn round(&self, account: &Account<Self::Settings>) -> impl Future<Output = Result<Option<Timestamp>, Self::Error>> + Send;
}

/// Works until `shutdown`.
pub(super) async fn work<R: Rounds>(outlet: R, shutdown: Shutdown) {
    let mut failures = 0u32;
    let rota = outlet.rota();
    while !shutdown.is_triggered() {
        let account = rota.account();
        let mut changed = std::pin::pin!(rota.changed(&account));
        if let Some(off) = rota.off(&account) {
            rota.board.phase(Phase::Off(off));
            failures = 0;
            tokio::select! {
                () = &mut changed => {}
                () = shutdown.wait() => {}
            }
            continue;
        }
        let outcome = tokio::select! {
            outcome = outlet.round(&account) => outcome,
            () = &mut changed => continue,
            () = shutdown.wait() => return,
        };
        let now = rota.now();
        match outcome {
            Ok(next) => {
                failures = 0;
                rota.board.phase(Phase::Idle);
                let wait = next.map_or(IDLE, |next| Duration::from_millis(next.ms_since(now).max(0).unsigned_abs()));
                tokio::select! {
                    () = sleep(wait.min(IDLE)) => {}
                    () = rota.woken.notified() => {}
                    () = &mut changed => {}
                    () = shutdown.wait() => {}
                }
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::warn!(%error, service = rota.switch.service.id(), "an outlet's round failed");
                rota.board.failed(Failure::of(&error, now));
                let random = haubert_trust::random_bytes::<8>().map_or(0, u64::from_le_bytes);
                let wait = Duration::from_millis(SERVER.wait_ms(failures, random)).max(error.patience().unwrap_or_default());
                tokio::select! {
                    () = sleep(wait) => {}
                    () = &mut changed => failures = 0,
                    () = shutdown.wait() => {}
                }
            }
        }
    }
}
