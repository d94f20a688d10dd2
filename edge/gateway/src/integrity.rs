//! Looking at every byte of the history, now and then or when asked: one look at a time, beside the daily work.

use crate::app::record;
use crate::store::events::{NewEvent, Severity};
use crate::store::{Db, StoreError, settings};
use haubert_historian::Reader;
use haubert_model::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::ToSchema;

/// Name in the store.
const NAME: &str = "history_check";

/// What a finished look found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What is damaged, in words; of a failed look, why.
    pub findings: Vec<String>,
}

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CheckOutcome)]
pub enum Outcome {
    /// Every byte is as it was written.
    Whole,
    /// Something is not.
    Damaged,
    /// It could not be looked at.
    Failed,
}

/// A look under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Running {
    /// When it began.
    pub started_at: Timestamp,
    /// How much is done, 0 to 1.
    pub progress: f64,
}

#[derive(Debug, Default)]
struct State {
    running: Option<Running>,
    last: Option<Finished>,
}

/// Handle to the looks; clones share them.
#[derive(Clone)]
pub struct Integrity {
    state: Arc<Mutex<State>>,
    db: Db,
    clock: Arc<dyn Clock>,
}

impl Integrity {
    /// Knows the last look from the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(db: Db, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let last = db.call(|tx| settings::get(tx, NAME)).await?;
        Ok(Self { state: Arc::new(Mutex::new(State { running: None, last })), db, clock })
    }

    /// The look under way, and the last one that ended.
    pub fn now(&self) -> (Option<Running>, Option<Finished>) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.running, state.last.clone())
    }

    /// When damage was found, if the last look found some.
    pub fn damaged_since(&self) -> Option<(Timestamp, usize)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last.as_ref().filter(|last| last.outcome == Outcome::Damaged).map(|last| (last.at, last.findings.len()))
    }

    /// Begins a look in the background; `false` when one is under way.
    pub fn start(&self, reader: Reader) -> bool {
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.running.is_some() {
                return false;
            }
            state.running = Some(Running { started_at: self.clock.now(), progress: 0.0 });
        }
        tokio::spawn(self.clone().look(reader));
        true
    }

    async fn look(self, reader: Reader) {
        let began = self.clock.monotonic_ms();
        let state = Arc::clone(&self.state);
        let looked = tokio::task::spawn_blocking(move || {
            reader.check_with(&mut |done, total| {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(running) = &mut state.running {
                    running.progress = if total == 0 { 0.0 } else { done as f64 / total as f64 };
                }
                true
            })
        })
        .await;
        let (outcome, findings) = match looked {
            Ok(Ok(findings)) if findings.is_empty() => (Outcome::Whole, findings),
            Ok(Ok(findings)) => (Outcome::Damaged, findings),
            Ok(Err(error)) => (Outcome::Failed, vec![error.to_string()]),
            Err(_) => (Outcome::Failed, vec!["stopped".to_owned()]),
        };
        let took_ms = self.clock.monotonic_ms().saturating_sub(began);
        let finished = Finished { at: self.clock.now(), took_ms, outcome, findings };
        if outcome == Outcome::Damaged {
            let count = [("count", finished.findings.len().to_string())];
            record(&self.db, NewEvent::new(finished.at, Severity::Critical, "history_check_failed", count)).await;
        }
        let kept = finished.clone();
        if let Err(error) = self.db.call(move |tx| settings::set(tx, NAME, &kept)).await {
            tracing::error!(error = &error as &dyn std::error::Error, "result of the check not kept");
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { running: None, last: Some(finished) };
    }
}
