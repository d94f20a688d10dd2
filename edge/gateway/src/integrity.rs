//! Looking at every byte of the history, now and then at night or when asked: one look at a time, beside the daily work.

pub mod schedule;

use self::schedule::Schedule;
use crate::app::record;
use crate::clock_watch::ClockWatch;
use crate::recording::writer::Writer;
use crate::store::events::{NewEvent, Severity};
use crate::store::{Db, StoreError, settings};
use crate::topology::Topology;
use haubert_historian::Reader;
use haubert_model::{Clock, Timestamp};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use utoipa::ToSchema;

/// Name of the last look in the store.
const NAME: &str = "history_check";
/// Name of the schedule in the store.
const SCHEDULE: &str = "history_check_schedule";
/// How often it is asked whether a look is due.
const ASK_EVERY: Duration = Duration::from_secs(600);

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
    /// Somebody wants the look under way to end.
    stopping: bool,
    last: Option<Finished>,
    schedule: Schedule,
}

/// What is needed to look at night.
pub struct Night {
    /// The history.
    pub reader: Reader,
    /// Who must not be behind with it.
    pub writer: Arc<Writer>,
    /// Whose clock says that it is night.
    pub clock: Arc<ClockWatch>,
    /// Where the site is.
    pub topology: watch::Receiver<Arc<Topology>>,
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
        let (last, schedule) = db.call(|tx| Ok((settings::get(tx, NAME)?, settings::get(tx, SCHEDULE)?))).await?;
        let state = State { last, schedule: schedule.unwrap_or_default(), ..State::default() };
        Ok(Self { state: Arc::new(Mutex::new(state)), db, clock })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The look under way, and the last one that ended.
    pub fn now(&self) -> (Option<Running>, Option<Finished>) {
        let state = self.state();
        (state.running, state.last.clone())
    }

    /// When damage was found, if the last look found some.
    pub fn damaged_since(&self) -> Option<(Timestamp, usize)> {
        let state = self.state();
        state.last.as_ref().filter(|last| last.outcome == Outcome::Damaged).map(|last| (last.at, last.findings.len()))
    }

    /// How often it is looked without being asked.
    pub fn schedule(&self) -> Schedule {
        self.state().schedule
    }

    /// Changes how often it is looked without being asked.
    ///
    /// # Errors
    /// When it cannot be kept; it then stays as it was.
    pub async fn set_schedule(&self, schedule: Schedule) -> Result<(), StoreError> {
        self.db.call(move |tx| settings::set(tx, SCHEDULE, &schedule)).await?;
        self.state().schedule = schedule;
        Ok(())
    }

    /// The first time at which it will be looked without being asked, where `zone` says what night is.
    pub fn next_at(&self, zone: &TimeZone) -> Option<Timestamp> {
        let (schedule, last) = {
            let state = self.state();
            (state.schedule, state.last.as_ref().map(|last| last.at))
        };
        schedule.next(last, self.clock.now(), zone)
    }

    /// Looks when it is due, for ever.
    pub async fn work(self, night: Night) {
        let mut asked = tokio::time::interval(ASK_EVERY);
        loop {
            asked.tick().await;
            let zone = TimeZone::get(&night.topology.borrow().site.time_zone).unwrap_or(TimeZone::UTC);
            // Rows wait while the disk is slow or full, and a look would make it slower.
            let is_idle = night.clock.is_set() && night.writer.status().trouble.is_none();
            if is_idle && self.next_at(&zone).is_some_and(|due| due <= self.clock.now()) {
                self.start(night.reader.clone());
            }
        }
    }

    /// Begins a look in the background; `false` when one is under way.
    pub fn start(&self, reader: Reader) -> bool {
        {
            let mut state = self.state();
            if state.running.is_some() {
                return false;
            }
            state.stopping = false;
            state.running = Some(Running { started_at: self.clock.now(), progress: 0.0 });
        }
        tokio::spawn(self.clone().look(reader));
        true
    }

    /// Ends the look under way soon, as if it had not been begun; `false` when there is none.
    pub fn stop(&self) -> bool {
        let mut state = self.state();
        state.stopping = state.running.is_some();
        state.stopping
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
                !state.stopping
            })
        })
        .await;
        {
            let mut state = self.state();
            if state.stopping {
                state.running = None;
                return;
            }
        }
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
        let mut state = self.state();
        state.running = None;
        state.last = Some(finished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_historian::{Key, Store};
    use haubert_service::clock::SystemClock;

    #[tokio::test]
    async fn a_look_that_is_stopped_leaves_the_last_result_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("config.db"), &haubert_trust::Key::new([3; 32])).unwrap();
        let (file, key) = (dir.path().join("history.db"), Key::new([3; 32]));
        let _store = Store::open(&file, &key).unwrap();
        let reader = Reader::open(&file, &key).unwrap();
        let integrity = Integrity::open(db.clone(), Arc::new(SystemClock::new())).await.unwrap();
        assert!(!integrity.stop(), "none is under way");
        let ended = async || {
            while integrity.now().0.is_some() {
                tokio::task::yield_now().await;
            }
            integrity.now().1
        };
        assert!(integrity.start(reader.clone()) && !integrity.start(reader.clone()) && integrity.stop());
        assert_eq!(ended().await, None);
        assert!(integrity.start(reader));
        let last = ended().await.unwrap();
        assert_eq!(last.outcome, Outcome::Whole);
        integrity.set_schedule(Schedule { every_days: Some(30) }).await.unwrap();
        let again = Integrity::open(db, Arc::new(SystemClock::new())).await.unwrap();
        assert_eq!((again.now().1, again.schedule().every_days), (Some(last), Some(30)));
    }
}
