//! How often a sensor sends, and when its silence says that it is gone.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A sensor is silent after so many of its usual intervals.
pub const SILENT_AFTER: u32 = 3;
/// Intervals that are remembered.
const REMEMBERED: usize = 8;
/// Of fewer nothing is learnt.
const ENOUGH: usize = 3;
/// Learnt intervals are not shorter, in s: events come in bursts.
const SHORTEST_S: u32 = 60;
/// Nor longer: a week.
const LONGEST_S: u32 = 7 * 86_400;

/// The last intervals between uplinks, in s.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm(VecDeque<u32>);

impl Rhythm {
    /// Takes the time since the uplink before, between which so many were lost.
    pub fn take(&mut self, since_ms: i64, lost: u32) {
        let Ok(since_s) = u32::try_from(since_ms / 1_000) else { return };
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((since_s / lost.saturating_add(1)).min(LONGEST_S));
    }

    /// The usual interval in s, once it is known: the longest of the last ones, so that a burst of events does not pass for a habit.
    pub fn usual_s(&self) -> Option<u32> {
        (self.0.len() >= ENOUGH).then(|| self.0.iter().copied().max()).flatten().map(|longest| longest.max(SHORTEST_S))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_habit_outlasts_bursts_and_losses() {
        let mut rhythm = Rhythm::default();
        rhythm.take(600_000, 0);
        rhythm.take(601_000, 0);
        assert_eq!(rhythm.usual_s(), None, "too few");
        rhythm.take(1_800_000, 2);
        assert_eq!(rhythm.usual_s(), Some(601), "three intervals in one, two of them lost");
        (0..7).for_each(|_| rhythm.take(2_000, 0));
        assert_eq!(rhythm.usual_s(), Some(600));
        (0..8).for_each(|_| rhythm.take(2_000, 0));
        assert_eq!(rhythm.usual_s(), Some(60));
        rhythm.take(-5, 0);
        assert_eq!(rhythm.usual_s(), Some(60), "a clock that went back teaches nothing");
    }
}
