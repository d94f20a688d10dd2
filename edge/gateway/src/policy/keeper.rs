//! The policy in force: kept in the configuration store, followed by whoever it concerns, and changed as a whole.
//!
//! A change that could cut its author off is on probation: stored together with the policy before it and a deadline, and
//! taken back when nobody confirms in time, also when the gateway was restarted in between. So that a confirmation proves
//! something, the HTTPS listener drops every connection made before the change (see `crate::listening`).

use super::document::{Fault, Policy};
use super::risk::{self, Risk};
use super::services::Service;
use crate::store::events::{NewEvent, Severity, add};
use crate::store::{Db, StoreError, settings};
use haubert_model::{Clock, Timestamp};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// Name in the store.
const NAME: &str = "policy";
/// Time to confirm, seconds.
pub const PROBATION_S: u32 = 120;
/// Time between two looks at the deadline.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A change that waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probation {
    /// What comes back when nobody confirms.
    pub previous: Policy,
    /// When, by the wall clock.
    pub until: Timestamp,
    /// How long there was to confirm, seconds.
    pub window_s: u32,
}

/// The policy as kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Grows with each change.
    pub revision: u64,
    /// In force.
    pub policy: Policy,
    /// Present while the last change waits for its confirmation.
    pub probation: Option<Probation>,
}

/// Why a policy is not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A value makes no sense.
    #[error("{}: {}", .0.path.join("."), .0.reason)]
    Invalid(Fault),
    /// Nobody could come in any more.
    #[error("this would close the last way in; that can only be done at the machine")]
    LastWayIn,
    /// Somebody else changed it meanwhile.
    #[error("the policy has changed meanwhile")]
    Changed,
    /// Nothing waits for a confirmation.
    #[error("nothing waits for a confirmation")]
    NothingToConfirm,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    policy: watch::Sender<Arc<Policy>>,
    kept: RwLock<Kept>,
    /// When the probation ends, by the clock that nobody can set.
    ends_at_ms: RwLock<Option<u64>>,
    /// One change at a time, from the store to whoever follows.
    changing: Mutex<()>,
}

/// Handle to the policy; clones share it.
#[derive(Clone)]
pub struct Policies(Arc<Inner>);

impl Policies {
    /// Reads the policy in force. A probation that was under way goes on; time that passed meanwhile counts, and a clock that
    /// was set back does not prolong it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(db: Db, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let kept = db.call(load).await?;
        let ends_at_ms = kept.probation.as_ref().map(|probation| {
            let window_ms = u64::from(probation.window_s) * 1000;
            let left = probation.until.0.saturating_sub(clock.now().0);
            clock.monotonic_ms().saturating_add(u64::try_from(left).unwrap_or(0).min(window_ms))
        });
        let policy = watch::Sender::new(Arc::new(kept.policy.clone()));
        let (kept, ends_at_ms) = (RwLock::new(kept), RwLock::new(ends_at_ms));
        Ok(Self(Arc::new(Inner { db, clock, policy, kept, ends_at_ms, changing: Mutex::default() })))
    }

    /// The policy in force.
    pub fn current(&self) -> Arc<Policy> {
        Arc::clone(&self.0.policy.borrow())
    }

    /// The policy in force, and every later one.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Policy>> {
        self.0.policy.subscribe()
    }

    /// Whether a service may run now.
    pub fn allows(&self, service: Service) -> bool {
        self.0.policy.borrow().allows(service)
    }

    /// The policy with its revision and probation.
    pub fn kept(&self) -> Kept {
        self.0.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Milliseconds left to confirm.
    pub fn left_ms(&self) -> Option<u64> {
        let ends = *self.0.ends_at_ms.read().unwrap_or_else(PoisonError::into_inner);
        ends.map(|ends| ends.saturating_sub(self.0.clock.monotonic_ms()))
    }

    /// Puts a whole policy in force, if nobody changed the one of `revision` meanwhile. Whatever could cut its author off is on
    /// probation for `window_s` seconds.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing is then changed.
    pub async fn apply(&self, policy: Policy, revision: u64, window_s: u32) -> Result<Vec<Risk>, ApplyError> {
        policy.check().map_err(ApplyError::Invalid)?;
        if risk::closes_every_way_in(&policy) {
            return Err(ApplyError::LastWayIn);
        }
        let risks = risk::of(&self.current(), &policy);
        let asked = risks.clone();
        self.change(move |before, now| {
            if before.revision != revision {
                return Err(ApplyError::Changed);
            }
            // Another change during a probation leaves what comes back as it was: the last that somebody confirmed.
            let waiting = before.probation.as_ref().map(|probation| probation.previous.clone());
            let previous = waiting.or_else(|| (!asked.is_empty()).then(|| before.policy.clone()));
            let until = now.plus_ms(i64::from(window_s) * 1000);
            let probation = previous.map(|previous| Probation { previous, until, window_s });
            let event = NewEvent::new(now, Severity::Info, "policy_changed", []);
            Ok((Kept { revision: revision.saturating_add(1), policy, probation }, event))
        })
        .await?;
        Ok(risks)
    }

    /// Ends the probation: what is in force stays.
    ///
    /// # Errors
    /// [`ApplyError::NothingToConfirm`], [`ApplyError::Changed`]; what the store says.
    pub async fn confirm(&self, revision: u64) -> Result<(), ApplyError> {
        self.change(move |before, now| {
            if before.revision != revision {
                return Err(ApplyError::Changed);
            }
            before.probation.as_ref().ok_or(ApplyError::NothingToConfirm)?;
            let event = NewEvent::new(now, Severity::Info, "policy_confirmed", []);
            Ok((Kept { probation: None, ..before.clone() }, event))
        })
        .await
    }

    /// Takes the change that waits back, at once.
    ///
    /// # Errors
    /// [`ApplyError::NothingToConfirm`]; what the store says.
    pub async fn take_back(&self) -> Result<(), ApplyError> {
        self.change(|before, now| {
            let probation = before.probation.as_ref().ok_or(ApplyError::NothingToConfirm)?;
            let kept = Kept { revision: before.revision.saturating_add(1), policy: probation.previous.clone(), probation: None };
            Ok((kept, NewEvent::new(now, Severity::Warning, "policy_taken_back", [])))
        })
        .await
    }

    /// Takes back what nobody confirmed in time; to be called again and again. `true` when it did.
    pub async fn look(&self) -> bool {
        if self.left_ms() != Some(0) {
            return false;
        }
        match self.take_back().await {
            Ok(()) => true,
            // Confirmed at the last moment.
            Err(ApplyError::NothingToConfirm) => false,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the policy on probation is not taken back");
                false
            }
        }
    }

    /// Looks at the deadline until the future is dropped.
    pub async fn work(self) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.look().await;
        }
    }

    async fn change<F>(&self, work: F) -> Result<(), ApplyError>
    where
        F: FnOnce(&Kept, Timestamp) -> Result<(Kept, NewEvent), ApplyError> + Send + 'static,
    {
        let _one_at_a_time = self.0.changing.lock().await;
        let before = self.kept();
        let (kept, event) = work(&before, self.0.clock.now())?;
        let stored = kept.clone();
        let write = move |tx: &Transaction<'_>| {
            save(tx, &stored)?;
            add(tx, &event).map(|_| ())
        };
        self.0.db.call(write).await?;
        let ends = kept
            .probation
            .as_ref()
            .map(|probation| self.0.clock.monotonic_ms().saturating_add(u64::from(probation.window_s) * 1000));
        *self.0.ends_at_ms.write().unwrap_or_else(PoisonError::into_inner) = ends;
        let policy = Arc::new(kept.policy.clone());
        *self.0.kept.write().unwrap_or_else(PoisonError::into_inner) = kept;
        self.0.policy.send_replace(policy);
        Ok(())
    }
}

/// The stored policy; a fresh gateway's when there is none. A service that this version does not know (a later version was
/// here before) is left out, so that going back to an older release keeps the rest.
///
/// # Errors
/// When the store cannot be read, or the policy is not one.
pub(super) fn load(tx: &Transaction<'_>) -> Result<Kept, StoreError> {
    let Some(mut stored) = settings::get::<Value>(tx, NAME)? else { return Ok(Kept::default()) };
    for policy in ["/policy/services", "/probation/previous/services"] {
        if let Some(services) = stored.pointer_mut(policy).and_then(Value::as_object_mut) {
            services.retain(|id, _| Service::of(id).is_some());
        }
    }
    serde_json::from_value(stored).map_err(|error| StoreError::Corrupt(format!("policy: {error}")))
}

/// Keeps a policy.
///
/// # Errors
/// When the store cannot be written.
pub(super) fn save(tx: &Transaction<'_>, kept: &Kept) -> Result<(), StoreError> {
    settings::set(tx, NAME, kept)
}

#[cfg(test)]
#[path = "keeper_tests.rs"]
mod tests;
