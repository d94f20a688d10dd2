//! Stretches of wall time that were used: how often a time has been shown before.

use haubert_model::Timestamp;
use serde::{Deserialize, Serialize};

/// Stretches remembered; beyond it the two oldest become one that covers both.
const KEPT: usize = 32;

/// Wall time from its start to its last moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stretch {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// A large step back may have led into it, so that a second pass is not to be trusted.
    doubted: bool,
}

impl Stretch {
    pub(super) const fn at(now: Timestamp) -> Self {
        Self::between(now, now)
    }

    pub(super) const fn between(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to, doubted: false }
    }
}

/// The stretches before the present one, in order of their start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Stretches(Vec<Stretch>);

/// Earlier uses of a time.
pub(super) struct Uses {
    /// How many.
    pub(super) times: usize,
    /// One of them makes the present use doubtful.
    pub(super) doubted: bool,
}

impl Stretches {
    pub(super) fn push(&mut self, stretch: Stretch) {
        let at = self.0.partition_point(|known| known.from <= stretch.from);
        self.0.insert(at, stretch);
        while self.0.len() > KEPT {
            let oldest = self.0.remove(0);
            if let Some(next) = self.0.first_mut() {
                *next = Stretch { from: oldest.from, to: next.to.max(oldest.to), doubted: oldest.doubted || next.doubted };
            }
        }
    }

    /// The clock was set back by more than a correction.
    pub(super) fn doubt(&mut self) {
        self.0.iter_mut().for_each(|stretch| stretch.doubted = true);
    }

    pub(super) fn uses(&self, at: Timestamp) -> Uses {
        let of_it = || self.0.iter().filter(|stretch| (stretch.from..=stretch.to).contains(&at));
        Uses { times: of_it().count(), doubted: of_it().any(|stretch| stretch.doubted) }
    }
}
