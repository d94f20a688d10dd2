//! Outlets that do what is due, round after round, and come back when the server has gone.

use super::standing::{Board, Phase};
use super::switch::Switch;
use super::trial::{Coded, Failure};
use crate::clock_watch::ClockWatch;
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

/// Such an outlet.
pub(super) trait Rounds: Sync {
    /// Settings with what goes with them.
    type Account: Send + Sync;
    /// What it counts.
    type Counted: Clone + Send;
    /// Why a round fails.
    type Error: Coded + Send;

    /// The settings in force.
    fn accounts(&self) -> watch::Receiver<Arc<Self::Account>>;
    /// Whether somebody switched it on.
    fn enabled(account: &Self::Account) -> bool;
    /// What allows it.
    fn switch(&self) -> &Switch;
    /// How it stands.
    fn board(&self) -> &Board<Self::Counted>;
    /// Time.
    fn clock(&self) -> &ClockWatch;
    /// Tells that there may be something to do.
    fn woken(&self) -> &Notify;
    /// Does what is due; when the next is.
    fn round(&self, account: &Self::Account) -> impl Future<Output = Result<Option<Timestamp>, Self::Error>> + Send;
}

/// Works until `shutdown`.
pub(super) async fn work<R: Rounds>(outlet: R, shutdown: Shutdown) {
    let mut failures = 0u32;
    while !shutdown.is_triggered() {
        let account = Arc::clone(&outlet.accounts().borrow());
        let mut changed = std::pin::pin!(changed(&outlet, &account));
        if let Some(off) = outlet.switch().off(R::enabled(&account)) {
            outlet.board().phase(Phase::Off(off));
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
        let now = outlet.clock().now();
        match outcome {
            Ok(next) => {
                failures = 0;
                outlet.board().phase(Phase::Idle);
                let wait = next.map_or(IDLE, |next| Duration::from_millis(next.ms_since(now).max(0).unsigned_abs()));
                tokio::select! {
                    () = sleep(wait.min(IDLE)) => {}
                    () = outlet.woken().notified() => {}
                    () = &mut changed => {}
                    () = shutdown.wait() => {}
                }
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::warn!(%error, service = outlet.switch().service.id(), "an outlet's round failed");
                outlet.board().failed(Failure::of(&error, now));
                let random = haubert_trust::random_bytes::<8>().map_or(0, u64::from_le_bytes);
                tokio::select! {
                    () = sleep(Duration::from_millis(SERVER.wait_ms(failures, random))) => {}
                    () = &mut changed => failures = 0,
                    () = shutdown.wait() => {}
                }
            }
        }
    }
}

/// Ends when something changed that a conversation is made of, or that allows it.
async fn changed<R: Rounds>(outlet: &R, account: &Arc<R::Account>) {
    let mut accounts = outlet.accounts();
    let other = accounts.wait_for(|now| !Arc::ptr_eq(now, account));
    tokio::select! {
        _ = other => {}
        () = outlet.switch().changed(R::enabled(account)) => {}
    }
}
