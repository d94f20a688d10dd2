//! How an outlet that works by rounds stands.

use super::switch::Off;
use super::trial::Failure;
use haubert_model::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It does nothing.
    Off(Off),
    /// Nothing is due.
    Idle,
    /// It speaks with the server.
    Sending,
    /// It waits before it tries again.
    Waiting,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Off(Off::Unused)
    }
}

/// How it stands; `C` counts what went since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing<C> {
    /// Where it is.
    pub phase: Phase,
    /// When a server last took something.
    pub sent_at: Option<Timestamp>,
    /// The last failure; none since a server last took something.
    pub failure: Option<Failure>,
    /// Since when nothing goes any more.
    pub failing_since: Option<Timestamp>,
    /// What went.
    pub counted: C,
}

/// Shared by who sends and who looks.
#[derive(Clone, Default)]
pub(super) struct Board<C>(Arc<Mutex<Standing<C>>>);

impl<C: Clone> Board<C> {
    fn lock(&self) -> MutexGuard<'_, Standing<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self) -> Standing<C> {
        self.lock().clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Standing<C>)) {
        change(&mut self.lock());
    }

    /// Notes where it is; one that is off fails no more.
    pub(super) fn phase(&self, phase: Phase) {
        self.change(|standing| {
            standing.phase = phase;
            if matches!(phase, Phase::Off(_)) {
                (standing.failure, standing.failing_since) = (None, None);
            }
        });
    }

    /// A server took something.
    pub(super) fn sent(&self, at: Timestamp, count: impl FnOnce(&mut C)) {
        self.change(|standing| {
            standing.sent_at = Some(at);
            (standing.failure, standing.failing_since) = (None, None);
            count(&mut standing.counted);
        });
    }

    /// A round failed; the next comes later.
    pub(super) fn failed(&self, failure: Failure) {
        self.phase(Phase::Waiting);
        self.change(|standing| {
            standing.failing_since.get_or_insert(failure.at);
            standing.failure = Some(failure);
        });
    }
}
