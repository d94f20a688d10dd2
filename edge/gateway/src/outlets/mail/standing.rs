//! How mail stands, and what went since the start.

use crate::outlets::switch::Off;
use crate::outlets::trial::Failure;
use haubert_model::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the sender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It does nothing.
    Off(Off),
    /// Nothing waits.
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

/// What went since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Conversations that a server began with us.
    pub conversations: u64,
    /// Letters that a server took.
    pub sent: u64,
    /// Letters that will never go.
    pub given_up: u64,
}

/// How mail stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Where the sender is.
    pub phase: Phase,
    /// When a server last took a letter.
    pub sent_at: Option<Timestamp>,
    /// The last failure; none since a server last took a letter.
    pub failure: Option<Failure>,
    /// Since when nothing goes any more.
    pub failing_since: Option<Timestamp>,
    /// What went.
    pub counted: Counted,
}

/// Shared by who sends and who looks.
#[derive(Clone, Default)]
pub(super) struct Board(Arc<Mutex<Standing>>);

impl Board {
    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self) -> Standing {
        self.lock().clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Standing)) {
        change(&mut self.lock());
    }

    /// Notes where the sender is; one that is off fails no more.
    pub(super) fn phase(&self, phase: Phase) {
        self.change(|standing| {
            standing.phase = phase;
            if matches!(phase, Phase::Off(_)) {
                (standing.failure, standing.failing_since) = (None, None);
            }
        });
    }
}
