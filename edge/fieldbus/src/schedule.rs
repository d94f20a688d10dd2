//! Whose turn it is. Pure, so that fairness can be proven without a bus.
//!
//! Devices that answer go by their due time. A device that failed waits for its back-off, and even then gets one attempt only
//! when nobody else is due, or when every answering device has had its turn since the last such attempt: however many
//! devices are dead, at most one time-out lies between two rounds of the living. Where the line lies idle for longer than an
//! attempt can take, the dead are asked sooner than their back-off says: that costs nobody anything.

use haubert_model::Timestamp;

/// What the choice depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it wants its turn, monotonic milliseconds.
    pub due_ms: u64,
    /// For one that fails: when it may be asked if the line lies idle.
    pub idle_due_ms: u64,
    /// Its last turn failed.
    pub failing: bool,
    /// Takes part at all.
    pub enabled: bool,
}

/// The choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// This one, now.
    Now(usize),
    /// Nobody before this time.
    At(u64),
    /// Nobody at all.
    Never,
}

/// Keeps count of turns between two attempts at failing devices.
#[derive(Debug, Default)]
pub struct Scheduler {
    turns_since_attempt: usize,
}

impl Scheduler {
    /// Whose turn it is at `now_ms`, when an attempt that fails takes `attempt_ms`.
    pub fn next(&self, slots: impl Iterator<Item = Slot>, now_ms: u64, attempt_ms: u64) -> Turn {
        let (mut healthy, mut failing, mut idle): (Choice, Choice, Choice) = (None, None, None);
        let mut living = 0;
        for (at, slot) in slots.enumerate().filter(|(_, slot)| slot.enabled) {
            if slot.failing {
                earlier(&mut failing, at, slot.due_ms);
                earlier(&mut idle, at, slot.idle_due_ms);
            } else {
                living += 1;
                earlier(&mut healthy, at, slot.due_ms);
            }
        }
        let due = |choice: Choice| choice.filter(|(_, due_ms)| *due_ms <= now_ms).map(|(at, _)| at);
        match (due(healthy), due(failing)) {
            (Some(_), Some(attempt)) if self.turns_since_attempt >= living => return Turn::Now(attempt),
            (Some(turn), _) | (None, Some(turn)) => return Turn::Now(turn),
            (None, None) => {}
        }
        let idle = idle.filter(|(_, idle_ms)| {
            let ends_ms = now_ms.max(*idle_ms).saturating_add(attempt_ms);
            healthy.is_none_or(|(_, due_ms)| ends_ms <= due_ms)
        });
        match due(idle) {
            Some(attempt) => Turn::Now(attempt),
            None => healthy.into_iter().chain(failing).chain(idle).map(|(_, due_ms)| due_ms).min().map_or(Turn::Never, Turn::At),
        }
    }

    /// Notes that a turn was taken.
    pub fn taken(&mut self, slot: &Slot) {
        self.turns_since_attempt = if slot.failing { 0 } else { self.turns_since_attempt.saturating_add(1) };
    }
}

/// A device and its due time.
type Choice = Option<(usize, u64)>;

fn earlier(choice: &mut Choice, at: usize, due_ms: u64) {
    if choice.is_none_or(|(_, known)| due_ms < known) {
        *choice = Some((at, due_ms));
    }
}

/// The first instant of the grid of `period_ms` (counted from the epoch) after `now`, and after `last`, the one just served.
/// Instants that were missed are left out, never caught up in a burst; after the clock was set back, `last` counts no more.
pub fn next_on_grid(last: Option<Timestamp>, now: Timestamp, period_ms: i64) -> Timestamp {
    let period_ms = period_ms.max(1);
    // A turn may begin a moment before its instant, as clocks are read in whole milliseconds.
    let after = last.filter(|last| (0..period_ms).contains(&last.ms_since(now))).unwrap_or(now);
    after.floor_to(period_ms).plus_ms(period_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(last: Option<i64>, now: i64, period_ms: i64) -> i64 {
        next_on_grid(last.map(Timestamp), Timestamp(now), period_ms).0
    }

    #[test]
    fn turns_are_on_the_grid_and_missed_ones_are_left_out() {
        assert_eq!(grid(None, 1000, 500), 1500);
        assert_eq!(grid(Some(1000), 1499, 500), 1500);
        assert_eq!(grid(Some(1000), 2700, 500), 3000);
        assert_eq!(grid(None, 5, 0), 6);
        // Begun a millisecond early: the same instant is not served twice.
        assert_eq!(grid(Some(1000), 999, 500), 1500);
        // The clock was set back an hour.
        assert_eq!(grid(Some(3_600_000), 100, 500), 500);
    }

    const OFF: Slot = Slot { due_ms: 0, idle_due_ms: 0, failing: false, enabled: false };

    #[test]
    fn nobody_is_never() {
        assert_eq!(Scheduler::default().next([OFF].into_iter(), 10, 100), Turn::Never);
        let slot = Slot { enabled: true, due_ms: 20, ..OFF };
        assert_eq!(Scheduler::default().next([slot].into_iter(), 10, 100), Turn::At(20));
    }

    #[test]
    fn the_dead_are_asked_in_idle_slots_only_when_there_is_room() {
        let living = Slot { enabled: true, due_ms: 1000, ..OFF };
        let dead = Slot { enabled: true, failing: true, due_ms: 60_000, idle_due_ms: 300 };
        let next = |now_ms, attempt_ms| Scheduler::default().next([living, dead].into_iter(), now_ms, attempt_ms);
        assert_eq!(next(100, 500), Turn::At(300));
        assert_eq!(next(400, 500), Turn::Now(1));
        assert_eq!(next(600, 500), Turn::At(1000), "the attempt would not end before the living is due");
        assert_eq!(next(1000, 500), Turn::Now(0));
        assert_eq!(Scheduler::default().next([dead].into_iter(), 400, 500), Turn::Now(0));
    }

    proptest! {
        /// Time runs in steps of one turn: 10 ms for a living device, 1000 ms for a dead one.
        #[test]
        fn the_dead_never_starve_the_living(living in 1usize..12, dead in 0usize..12, period in 20u64..2000) {
            let slot = |failing| Slot { failing, enabled: true, ..OFF };
            let mut slots: Vec<Slot> = (0..living).map(|_| slot(false)).chain((0..dead).map(|_| slot(true))).collect();
            let (mut scheduler, mut now, mut last) = (Scheduler::default(), 0u64, vec![0u64; living + dead]);
            let mut attempts = vec![0u32; dead];
            for _ in 0..2000 {
                match scheduler.next(slots.iter().copied(), now, 1000) {
                    Turn::Now(at) => {
                        scheduler.taken(&slots[at]);
                        now += if at < living { 10 } else { 1000 };
                        if at < living {
                            // At most one time-out, one turn of each other, and the period lie between two turns.
                            prop_assert!(now - last[at] <= 2 * (1000 + 10 * living as u64) + 2 * period);
                            last[at] = now;
                        } else {
                            attempts[at - living] += 1;
                        }
                        slots[at].due_ms = if at < living { (now / period + 1) * period } else { now + 4 * period };
                        slots[at].idle_due_ms = now + 2 * period;
                    }
                    Turn::At(then) => {
                        prop_assert!(then > now);
                        now = then;
                    }
                    Turn::Never => prop_assert!(false),
                }
            }
            // The dead get their attempts too, none many times as many as another.
            if let (Some(most), Some(fewest)) = (attempts.iter().max(), attempts.iter().min()) {
                prop_assert!(*fewest > 0 && *most <= 2 * fewest + 2, "{attempts:?}");
            }
        }
    }
}
