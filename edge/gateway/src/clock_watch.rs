//! Notices when the wall clock jumps: it is compared with a clock that cannot.
//!
//! A jump is an event and is shown with the diagnostics; samples after it carry the new time, and the historian orders
//! and flags them. Until the clock has once been plausible, samples are marked *clock not set*.

use haubert_model::{Clock, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// Difference between the clocks that counts as a jump, milliseconds. Slewing by a time service stays far below.
const JUMP_MS: i64 = 2_000;
/// Before this time (2024-01-01) the clock has plainly never been set.
const PLAUSIBLE_FROM: Timestamp = Timestamp(1_704_067_200_000);

/// A step of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump {
    /// Time after the step.
    pub at: Timestamp,
    /// Size, milliseconds; negative is back.
    pub by_ms: i64,
}

#[derive(Default)]
struct State {
    offset_ms: Option<i64>,
    last_jump: Option<Jump>,
}

/// Watches one clock.
pub struct ClockWatch {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl ClockWatch {
    /// Starts from the clocks' present difference.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new(State::default()) }
    }

    /// Compares the clocks; returns a jump when there was one since the last call.
    pub fn check(&self) -> Option<Jump> {
        let now = self.clock.now();
        let offset = now.0.saturating_sub(i64::try_from(self.clock.monotonic_ms()).unwrap_or(i64::MAX));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.offset_ms.replace(offset)?;
        let by_ms = offset.saturating_sub(before);
        if by_ms.abs() < JUMP_MS {
            // Drift below the threshold is kept against the old origin, so that many small steps still add up to a jump.
            state.offset_ms = Some(before);
            return None;
        }
        let jump = Jump { at: now, by_ms };
        state.last_jump = Some(jump);
        Some(jump)
    }

    /// The last jump seen.
    pub fn last_jump(&self) -> Option<Jump> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).last_jump
    }

    /// Whether the clock shows a plausible time.
    pub fn is_set(&self) -> bool {
        self.clock.now() >= PLAUSIBLE_FROM
    }

    /// The clock itself.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    #[derive(Default)]
    struct Hands {
        wall: AtomicI64,
        steady: AtomicU64,
    }

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp(self.wall.load(Ordering::Relaxed))
        }
        fn monotonic_ms(&self) -> u64 {
            self.steady.load(Ordering::Relaxed)
        }
    }

    impl Hands {
        fn pass(&self, wall: i64, steady: u64) {
            self.wall.fetch_add(wall, Ordering::Relaxed);
            self.steady.fetch_add(steady, Ordering::Relaxed);
        }
    }

    #[test]
    fn jumps_are_seen_once_in_both_directions() {
        let hands = Arc::new(Hands::default());
        let watch = ClockWatch::new(Arc::<Hands>::clone(&hands));
        assert!(!watch.is_set());
        assert_eq!(watch.check(), None);
        hands.pass(10_000, 10_000);
        assert_eq!(watch.check(), None);
        hands.pass(-3_600_000, 1_000);
        assert_eq!(watch.check().map(|jump| jump.by_ms), Some(-3_601_000));
        assert_eq!(watch.check(), None);
        hands.pass(31_536_000_000, 0);
        assert_eq!(watch.check().map(|jump| jump.by_ms), Some(31_536_000_000));
    }

    #[test]
    fn many_small_steps_add_up() {
        let hands = Arc::new(Hands::default());
        let watch = ClockWatch::new(Arc::<Hands>::clone(&hands));
        watch.check();
        let seen = (0..5).filter_map(|_| {
            hands.pass(600, 100);
            watch.check()
        });
        assert_eq!(seen.count(), 1);
    }
}
