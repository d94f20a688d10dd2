//! How an alarm begins and ends: with a delay at both ends.

use crate::truth::Truth;
use haubert_model::Timestamp;

/// An instant on both clocks: people's, and the one that nobody sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// For people.
    pub at: Timestamp,
    /// For delays, in milliseconds from any origin.
    pub ms: u64,
}

impl Moment {
    fn since(self, before: Self) -> u64 {
        self.ms.saturating_sub(before.ms)
    }
}

/// One alarm between two states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    /// Nothing.
    Quiet,
    /// The condition holds, and the delay runs.
    Starting(Moment),
    /// It is raised; with the moment since when the condition is gone.
    Raised(Option<Moment>),
}

/// What a look changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Raised; the condition holds since then.
    Began(Moment),
    /// Over since then.
    Ended(Moment),
}

impl Machine {
    /// Looks at the condition; delays in milliseconds.
    pub(crate) fn look(&mut self, truth: Truth, now: Moment, start_ms: u64, drop_ms: u64) -> Option<Step> {
        let (next, step) = match (*self, truth) {
            (Self::Quiet, Truth::True) if start_ms == 0 => (Self::Raised(None), Some(Step::Began(now))),
            (Self::Quiet, Truth::True) => (Self::Starting(now), None),
            (Self::Starting(since), Truth::True) if now.since(since) >= start_ms => {
                (Self::Raised(None), Some(Step::Began(since)))
            }
            // What is not known has not held all the time.
            (Self::Starting(_), Truth::False | Truth::Unknown) => (Self::Quiet, None),
            (Self::Raised(None), Truth::False) if drop_ms == 0 => (Self::Quiet, Some(Step::Ended(now))),
            (Self::Raised(None), Truth::False) => (Self::Raised(Some(now)), None),
            (Self::Raised(Some(since)), Truth::False) if now.since(since) >= drop_ms => (Self::Quiet, Some(Step::Ended(since))),
            // Nor has what is not known been gone all the time.
            (Self::Raised(Some(_)), Truth::True | Truth::Unknown) => (Self::Raised(None), None),
            (same, _) => (same, None),
        };
        *self = next;
        step
    }

    pub(crate) const fn is_raised(self) -> bool {
        matches!(self, Self::Raised(_))
    }
}
