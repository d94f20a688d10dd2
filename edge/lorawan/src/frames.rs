//! A sensor numbers its frames: from the numbers follows which uplink came once more, and how many never came.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Receptions that are remembered: a broker repeats what it has just sent.
const REMEMBERED: usize = 16;
/// A leap by more is no loss: the sensor began anew (LoRaWAN 1.0.x, MAX_FCNT_GAP).
const MAX_GAP: u32 = 16_384;

/// What the number of a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It was not there before; so many before it never came.
    New {
        /// Uplinks that never came.
        lost: u32,
    },
    /// It has been taken already.
    Repeated,
}

/// The frames of one sensor, as far as they must be remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frames {
    /// Number and deduplication id of the last ones, the newest at the end.
    recent: VecDeque<(u32, String)>,
    /// The number that counts go on from; `None` before the first and after a join.
    last: Option<u32>,
}

impl Frames {
    /// Takes a frame.
    pub fn take(&mut self, f_cnt: u32, deduplication_id: &str) -> Seen {
        if self.recent.iter().any(|(number, id)| *number == f_cnt && id == deduplication_id) {
            return Seen::Repeated;
        }
        if self.recent.len() >= REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((f_cnt, deduplication_id.to_owned()));
        let ahead = self.last.and_then(|last| f_cnt.checked_sub(last)).filter(|ahead| *ahead <= MAX_GAP);
        self.last = Some(f_cnt);
        // A number that is lower, or the same with another id: the sensor began anew, and what it sent meanwhile nobody knows.
        Seen::New { lost: ahead.map_or(0, |ahead| ahead.saturating_sub(1)) }
    }

    /// The sensor joined: it counts from the beginning.
    pub fn joined(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repetitions_are_known_and_gaps_counted() {
        let mut frames = Frames::default();
        assert_eq!(frames.take(10, "a"), Seen::New { lost: 0 }, "nothing is known of what came before the first");
        assert_eq!(frames.take(11, "b"), Seen::New { lost: 0 });
        assert_eq!(frames.take(11, "b"), Seen::Repeated);
        assert_eq!(frames.take(15, "c"), Seen::New { lost: 3 });
        assert_eq!(frames.take(10, "a"), Seen::Repeated, "an old one too");
        assert_eq!(frames.take(0, "d"), Seen::New { lost: 0 }, "it began anew");
        assert_eq!(frames.take(60_000, "e"), Seen::New { lost: 0 }, "no loss that anybody could believe");
        frames.joined();
        assert_eq!(frames.take(60_009, "f"), Seen::New { lost: 0 });
    }

    proptest! {
        #[test]
        fn what_came_and_what_is_lost_make_the_count(gaps in proptest::collection::vec(0u32..20, 1..200)) {
            let (mut frames, mut at, mut lost) = (Frames::default(), 0u32, 0u32);
            for (n, gap) in gaps.iter().enumerate() {
                at += gap + 1;
                match frames.take(at, &n.to_string()) {
                    Seen::New { lost: here } => lost += here,
                    Seen::Repeated => prop_assert!(false, "never given before"),
                }
                prop_assert_eq!(frames.take(at, &n.to_string()), Seen::Repeated);
            }
            prop_assert_eq!(lost, gaps.iter().skip(1).sum::<u32>());
        }
    }
}
