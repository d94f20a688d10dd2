//! How the client stands, and what went over the line since the start.

use crate::outlets::broker::Phase;
use crate::outlets::trial::Failure;
use haubert_model::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What went over the line since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Connections that the broker let in.
    pub connections: u64,
    /// Messages handed over.
    pub sent: u64,
    /// Their bytes, topics not counted.
    pub sent_bytes: u64,
    /// Messages that the broker acknowledged.
    pub acknowledged: u64,
    /// Messages that the broker did not take.
    pub refused: u64,
    /// Recorded values that the broker acknowledged.
    pub samples: u64,
    /// Commands that were obeyed (Sparkplug's rebirth).
    pub commands: u64,
    /// Commands that were refused.
    pub commands_refused: u64,
}

/// How the client stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Where it is.
    pub phase: Phase,
    /// Since when it is connected.
    pub connected_since: Option<Timestamp>,
    /// When the broker last acknowledged something.
    pub acknowledged_at: Option<Timestamp>,
    /// The last failure; none since the broker last acknowledged something.
    pub failure: Option<Failure>,
    /// Since when there is no connection.
    pub failing_since: Option<Timestamp>,
    /// What went over the line.
    pub counted: Counted,
}

/// Shared by who speaks and who looks.
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

    /// Notes where the client is; of a connection nothing is left when it has none.
    pub(super) fn phase(&self, phase: Phase) {
        self.change(|standing| {
            standing.phase = phase;
            if phase != Phase::Connected {
                standing.connected_since = None;
            }
            if matches!(phase, Phase::Off(_)) {
                standing.failure = None;
            }
            if !matches!(phase, Phase::Connecting | Phase::Waiting) {
                standing.failing_since = None;
            }
        });
    }
}
