//! How the input stands, and what came over the line since the start.

use crate::outlets::broker::Phase;
use crate::outlets::trial::Failure;
use haubert_model::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What came over the line since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Connections that the broker let in.
    pub connections: u64,
    /// Messages that came.
    pub events: u64,
    /// Uplinks among them that were new.
    pub uplinks: u64,
    /// Uplinks that had been taken already.
    pub repeated: u64,
    /// Uplinks of sensors that nobody has taken in.
    pub strangers: u64,
    /// Uplinks of which nothing, or not all, was understood.
    pub not_understood: u64,
    /// Messages that were refused.
    pub refused: u64,
}

/// How the input stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Where it is.
    pub phase: Phase,
    /// Since when it is connected.
    pub connected_since: Option<Timestamp>,
    /// When the last event came.
    pub event_at: Option<Timestamp>,
    /// Why there is no connection, or the last one ended.
    pub failure: Option<Failure>,
    /// The last message that was refused.
    pub refusal: Option<Failure>,
    /// What came over the line.
    pub counted: Counted,
}

/// Shared by who listens and who looks.
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

    /// Notes where the input is.
    pub(super) fn phase(&self, phase: Phase, now: Timestamp) {
        self.change(|standing| {
            standing.phase = phase;
            standing.connected_since = (phase == Phase::Connected).then_some(now);
            if matches!(phase, Phase::Off(_) | Phase::Connected) {
                standing.failure = None;
            }
        });
    }
}
