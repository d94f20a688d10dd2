//! How the client stands, and what went over the line since the start.

use haubert_model::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the client is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nobody switched it on.
    #[default]
    Off,
    /// The security policy has it off.
    Forbidden,
    /// The program is not what was signed: nothing is handed out.
    Closed,
    /// It looks for the broker.
    Connecting,
    /// It is connected.
    Connected,
    /// It waits before it tries again.
    Waiting,
}

/// Why the last conversation ended, or none began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

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
            if matches!(phase, Phase::Off | Phase::Forbidden | Phase::Closed) {
                standing.failure = None;
            }
        });
    }
}
