//! Whether the hub's database is sound: looked at briefly at each start and wholly each night or when asked, and felt with every
//! write of a gateway.

use crate::hub::Hub;
use crate::store::{Look, StoreError, Trouble};
use haubert_model::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Name of the last whole look in the store.
const NAME: &str = "storage_check";
/// Longest look at a start.
const AT_START: Duration = Duration::from_secs(20);
/// How often it is asked whether a look is due.
const ASK_EVERY: Duration = Duration::from_secs(600);
/// The hours of the night, UTC: where the fewest people of Europe work.
const NIGHT: std::ops::Range<i64> = 1..4;
const HOUR_MS: i64 = 3_600_000;
/// Between two whole looks at least.
const NOT_BEFORE_MS: i64 = 20 * HOUR_MS;

/// What is known of the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StorageState)]
pub(crate) enum State {
    /// It has not been looked at wholly.
    #[default]
    Unknown,
    /// Everything is as it was written.
    Whole,
    /// Something is not.
    Damaged,
    /// It could not be looked at.
    Failed,
}

/// The last look that ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finished {
    pub(crate) state: State,
    pub(crate) at: Option<Timestamp>,
    pub(crate) took_ms: u64,
    pub(crate) chunks: u64,
    pub(crate) findings: Vec<String>,
}

#[derive(Debug, Default)]
struct Inner {
    is_running: bool,
    last: Finished,
    trouble: Option<(Trouble, Timestamp)>,
}

/// What is known of the database; shared.
#[derive(Debug, Default)]
pub(crate) struct Storage(Mutex<Inner>);

impl Storage {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a look is under way, the last that ended, and what writes suffer from since when.
    pub(crate) fn now(&self) -> (bool, Finished, Option<(Trouble, Timestamp)>) {
        let inner = self.inner();
        (inner.is_running, inner.last.clone(), inner.trouble)
    }

    /// Takes note of how a write went.
    pub(crate) fn felt<T>(&self, outcome: &Result<T, StoreError>, now: Timestamp) {
        let trouble = outcome.as_ref().err().map(StoreError::trouble);
        let mut inner = self.inner();
        match (trouble, inner.trouble) {
            (Some(Some(trouble)), known) if known.is_none_or(|(known, _)| known != trouble) => {
                tracing::error!(?trouble, "the database cannot be written");
                inner.trouble = Some((trouble, now));
            }
            (None, Some(_)) => {
                tracing::info!("the database can be written again");
                inner.trouble = None;
            }
            _ => {}
        }
    }
}

/// Looks at the start, then each night, until shutdown.
pub(crate) async fn run(hub: Hub) {
    match hub.store.setting::<Finished>(NAME).await {
        Ok(kept) => hub.storage.inner().last = kept.unwrap_or_default(),
        Err(error) => tracing::error!(%error, "the last look at the database is not known"),
    }
    if let Ok(look) = limited(&hub, AT_START, |stop| hub.store.check_structure(stop)).await
        && !look.findings.is_empty()
    {
        finish(&hub, State::Damaged, look, 0).await;
    }
    let mut ticks = tokio::time::interval(ASK_EVERY);
    loop {
        tokio::select! {
            () = hub.shutdown.wait() => return,
            _ = ticks.tick() => {}
        }
        let (now, last) = (hub.now(), hub.storage.now().1);
        let is_night = NIGHT.contains(&(now.as_millis().rem_euclid(24 * HOUR_MS) / HOUR_MS));
        // A clock that was ahead at the last look must not put off the next.
        let is_due = last.at.is_none_or(|at| !(0..NOT_BEFORE_MS).contains(&now.ms_since(at)));
        if is_night && is_due {
            start(&hub);
        }
    }
}

/// Begins a whole look in the background; `false` when one is under way.
pub(crate) fn start(hub: &Hub) -> bool {
    if std::mem::replace(&mut hub.storage.inner().is_running, true) {
        return false;
    }
    let hub = hub.clone();
    tokio::spawn(async move {
        let began = hub.clock.monotonic_ms();
        let looked = limited(&hub, Duration::MAX, |stop| async {
            let mut look = hub.store.check_structure(Arc::clone(&stop)).await?;
            if look.findings.is_empty() {
                look = hub.store.check_chunks(stop).await?;
            }
            Ok::<Look, StoreError>(look)
        })
        .await;
        let took_ms = hub.clock.monotonic_ms().saturating_sub(began);
        match looked {
            Ok(look) if look.is_partial => {}
            Ok(look) => {
                let state = if look.findings.is_empty() { State::Whole } else { State::Damaged };
                finish(&hub, state, look, took_ms).await;
            }
            Err(error) => {
                let look = Look { findings: vec![error.to_string()], ..Look::default() };
                finish(&hub, State::Failed, look, took_ms).await;
            }
        }
        hub.storage.inner().is_running = false;
    });
    true
}

/// A look that is told to stop after `limit`, or when the hub ends.
async fn limited<F>(hub: &Hub, limit: Duration, look: impl FnOnce(Arc<AtomicBool>) -> F) -> Result<Look, StoreError>
where
    F: Future<Output = Result<Look, StoreError>>,
{
    let stop = Arc::new(AtomicBool::new(false));
    let look = look(Arc::clone(&stop));
    tokio::pin!(look);
    tokio::select! {
        looked = &mut look => return looked,
        () = hub.shutdown.wait() => {}
        () = tokio::time::sleep(limit) => {}
    }
    stop.store(true, Ordering::Relaxed);
    look.await
}

async fn finish(hub: &Hub, state: State, look: Look, took_ms: u64) {
    for finding in &look.findings {
        tracing::error!(finding, "the database is not sound");
    }
    let finished = Finished { state, at: Some(hub.now()), took_ms, chunks: look.chunks, findings: look.findings };
    hub.storage.inner().last = finished.clone();
    if let Err(error) = hub.store.set_setting(NAME, &finished).await {
        tracing::error!(%error, "the look at the database is not kept");
    }
}
