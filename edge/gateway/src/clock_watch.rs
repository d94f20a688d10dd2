//! The gateway's time: the system's clock, watched against one that cannot jump.
//!
//! A gateway may have no clock of its own (1970 at boot), no time server, or one that errs. So:
//! - While the system shows a year that cannot be, time goes on from the last one known, at the pace of the monotonic clock,
//!   and samples are marked *clock not set*. They keep their order across boots and are never dated 1970.
//! - A jump is an event. Samples that were recorded before it stay as they are: history is appended to, never rewritten, and
//!   the hub may already have them. The event tells by how much they are off.
//! - Wall time that was already used before the clock was set back is used a second time some milliseconds later, so that
//!   both passes are kept and neither passes for a repetition of the other. After a step that is more than a correction of
//!   a second or so (a leap second), the second pass is marked *clock not set*: nobody can tell which of the two was right.
//! - Retention waits after a large jump forward, since a clock a year ahead makes a year of history old.
//!
//! `docs/adr/0011-time.md` tells what was rejected.

mod stretches;
#[cfg(test)]
mod tests;

use crate::store::{StoreError, settings};
use haubert_model::{Clock, Timestamp};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use stretches::{Stretch, Stretches};

/// Difference between the clocks that counts as a jump, milliseconds. Slewing by a time service stays far below, and a leap
/// second too.
const JUMP_MS: i64 = 2_000;
/// Before this time (2024-01-01) the clock has plainly never been set; after [`PLAUSIBLE_TO`] its battery has failed.
const PLAUSIBLE_FROM: Timestamp = Timestamp(1_704_067_200_000);
/// 2100-01-01.
const PLAUSIBLE_TO: Timestamp = Timestamp(4_102_444_800_000);
/// A jump forward by more than this makes retention wait, milliseconds.
const LARGE_JUMP_MS: i64 = 3_600_000;
/// The same for the time between two runs, in which a gateway may well have been switched off.
const LONG_ABSENCE_MS: i64 = 31 * 86_400_000;
/// How long retention waits: time enough for somebody to read of the jump.
const SETTLE_MS: u64 = 86_400_000;
/// Samples younger than the memory by at most this are believed to be of the same run, milliseconds.
const LOST_WITH_POWER_MS: i64 = 600_000;
/// Two looks at the clocks this far apart must not show the same wall time, milliseconds.
const STANDSTILL_MS: u64 = 100;
/// Jumps that wait to be told; more are merged into the last.
const UNTOLD: usize = 64;
/// Name in the store.
const NAME: &str = "clock";

/// A step of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump {
    /// Time after the step.
    pub at: Timestamp,
    /// Size, milliseconds; negative is back.
    pub by_ms: i64,
    /// Since when the time had only been guessed, when this step brought the first time that can be right: samples since
    /// then are dated too early by `by_ms`.
    pub guessed_since: Option<Timestamp>,
}

/// How to date a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The time to store.
    pub at: Timestamp,
    /// What was added to the measurement's own time, milliseconds: 0 but in stretches of time that come again.
    pub shift_ms: i64,
    /// The time is not known to be right.
    pub doubted: bool,
}

/// What is remembered from one run to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The last time, guessed or not.
    last: Option<Timestamp>,
    /// Wall time that was used so far.
    used: Stretches,
}

impl Memory {
    /// What the run before left.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn load(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        Ok(settings::get(tx, NAME)?.unwrap_or_default())
    }

    /// With what history shows beyond it: the memory is written now and then, and the power may be cut in between.
    #[must_use]
    pub fn with_newest_sample(mut self, newest: Option<Timestamp>) -> Self {
        let Some(newest) = newest.filter(|newest| is_plausible(*newest)) else { return self };
        // Without a memory, which is first written when the clock is first looked at, history is all there is to go by.
        let last = self.last.unwrap_or(newest);
        if (0..=LOST_WITH_POWER_MS).contains(&newest.ms_since(last)) {
            self.used.push(Stretch::between(last, newest));
            self.last = Some(newest);
        }
        self
    }

    /// Keeps it for the next run.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        settings::set(tx, NAME, self)
    }
}

struct State {
    /// Wall less monotonic time when the clock last jumped, or when it was first seen.
    offset_ms: i64,
    /// The wall time used since it last went back or jumped.
    present: Stretch,
    past: Stretches,
    /// Monotonic time of the last look.
    looked_ms: u64,
    guessed_since: Option<Timestamp>,
    /// Monotonic time until which retention waits.
    unsettled_until_ms: u64,
    last_jump: Option<Jump>,
    untold: VecDeque<Jump>,
}

/// Watches one clock, and is the clock that everything else uses.
pub struct ClockWatch {
    system: Arc<dyn Clock>,
    /// From where time goes on while the system's is impossible.
    floor: Timestamp,
    started_ms: u64,
    state: Mutex<State>,
}

impl Clock for ClockWatch {
    fn now(&self) -> Timestamp {
        let shown = self.system.now();
        if is_plausible(shown) { shown } else { self.guess(self.system.monotonic_ms()) }
    }

    fn monotonic_ms(&self) -> u64 {
        self.system.monotonic_ms()
    }
}

impl ClockWatch {
    /// Starts from the clocks' present difference and from what the run before knew.
    pub fn new(system: Arc<dyn Clock>, memory: Memory) -> Self {
        let started_ms = system.monotonic_ms();
        let shown = system.now();
        let floor = memory.last.filter(|last| is_plausible(*last)).unwrap_or(PLAUSIBLE_FROM);
        let now = if is_plausible(shown) { shown } else { floor };
        let mut state = State {
            offset_ms: now.ms_since(Timestamp(signed(started_ms))),
            present: Stretch::at(now),
            past: memory.used,
            looked_ms: started_ms,
            guessed_since: (!is_plausible(shown)).then_some(now),
            unsettled_until_ms: 0,
            last_jump: None,
            untold: VecDeque::new(),
        };
        if let Some(last) = memory.last.filter(|_| state.guessed_since.is_none()) {
            let away_ms = now.ms_since(last);
            if away_ms <= -JUMP_MS {
                state.past.doubt();
                state.tell(Jump { at: now, by_ms: away_ms, guessed_since: None });
            }
            if away_ms > LONG_ABSENCE_MS {
                state.unsettled_until_ms = started_ms.saturating_add(SETTLE_MS);
            }
        }
        Self { system, floor, started_ms, state: Mutex::new(state) }
    }

    /// Compares the clocks; returns a jump that was not yet told. Call it until there is none.
    pub fn check(&self) -> Option<Jump> {
        let mut state = self.look();
        state.untold.pop_front()
    }

    /// How to date what was measured at `at`, by the clock as it is now.
    pub fn stamp(&self, at: Timestamp) -> Stamp {
        let state = self.look();
        let before = state.past.uses(at);
        let shift_ms = i64::try_from(before.times).unwrap_or(0);
        Stamp { at: at.plus_ms(shift_ms), shift_ms, doubted: state.guessed_since.is_some() || before.doubted }
    }

    /// The last jump seen.
    pub fn last_jump(&self) -> Option<Jump> {
        self.look().last_jump
    }

    /// Whether the system shows a time that can be right.
    pub fn is_set(&self) -> bool {
        is_plausible(self.system.now())
    }

    /// Whether history may be deleted by age: the time can be right, and has not leapt forward of late.
    pub fn retention_allowed(&self) -> bool {
        let state = self.look();
        state.guessed_since.is_none() && self.system.monotonic_ms() >= state.unsettled_until_ms
    }

    /// What the next run must know.
    pub fn memory(&self) -> Memory {
        let state = self.look();
        let mut used = state.past.clone();
        used.push(state.present);
        Memory { last: Some(state.present.to), used }
    }

    fn guess(&self, monotonic_ms: u64) -> Timestamp {
        self.floor.plus_ms(signed(monotonic_ms.saturating_sub(self.started_ms)))
    }

    /// Brings the state up to date with the clocks.
    fn look(&self) -> std::sync::MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Read within the lock: two threads that read before it could enter in the other order and see time go back.
        let (shown, monotonic_ms) = (self.system.now(), self.system.monotonic_ms());
        let set = is_plausible(shown);
        let now = if set { shown } else { self.guess(monotonic_ms) };
        state.follow(now, monotonic_ms, set);
        state
    }
}

impl State {
    fn follow(&mut self, now: Timestamp, monotonic_ms: u64, set: bool) {
        let offset_ms = now.ms_since(Timestamp(signed(monotonic_ms)));
        let by_ms = offset_ms.saturating_sub(self.offset_ms);
        let jumped = by_ms.abs() >= JUMP_MS;
        let stood_still = now == self.present.to && monotonic_ms.saturating_sub(self.looked_ms) >= STANDSTILL_MS;
        self.looked_ms = monotonic_ms;
        if now < self.present.to || stood_still || jumped {
            self.past.push(self.present);
            if jumped && by_ms < 0 {
                self.past.doubt();
            }
            self.present = Stretch::at(now);
        }
        self.present.to = self.present.to.max(now);
        let guessed_since = if set { self.guessed_since.take() } else { self.guessed_since.or(Some(now)) };
        if !set {
            self.guessed_since = guessed_since;
        }
        // Drift below the threshold is kept against the old origin, so that many small steps still add up to a jump.
        if jumped {
            self.offset_ms = offset_ms;
            if by_ms > LARGE_JUMP_MS && set && guessed_since.is_none() {
                self.unsettled_until_ms = monotonic_ms.saturating_add(SETTLE_MS);
            }
            self.tell(Jump { at: now, by_ms, guessed_since: guessed_since.filter(|_| set) });
        }
    }

    fn tell(&mut self, jump: Jump) {
        self.last_jump = Some(jump);
        let full = self.untold.len() >= UNTOLD;
        match self.untold.back_mut().filter(|_| full) {
            Some(last) => *last = Jump { at: jump.at, by_ms: last.by_ms.saturating_add(jump.by_ms), ..*last },
            None => self.untold.push_back(jump),
        }
    }
}

const fn is_plausible(shown: Timestamp) -> bool {
    shown.0 >= PLAUSIBLE_FROM.0 && shown.0 < PLAUSIBLE_TO.0
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
