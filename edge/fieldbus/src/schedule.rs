//! Whose turn it is. Pure, so that fairness can be proven without a bus.
//!
//! Devices that answer go by their due time. A device that failed waits for its back-off, and even then gets one attempt only
//! when nobody else is due, or when every answering device has had its turn since the last such attempt: however many
//! devices are dead, at most one time-out lies between two rounds of the living.

/// What the choice depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it wants its turn, monotonic milliseconds.
    pub due_ms: u64,
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
    /// Whose turn it is at `now_ms`.
    pub fn next(&self, slots: &[Slot], now_ms: u64) -> Turn {
        let earliest = |failing: bool| {
            let wanted = slots.iter().enumerate().filter(|(_, slot)| slot.enabled && slot.failing == failing);
            wanted.min_by_key(|(_, slot)| slot.due_ms).map(|(at, slot)| (at, slot.due_ms))
        };
        let living = slots.iter().filter(|slot| slot.enabled && !slot.failing).count();
        let (healthy, failing) = (earliest(false), earliest(true));
        let due = |choice: Option<(usize, u64)>| choice.filter(|(_, due_ms)| *due_ms <= now_ms).map(|(at, _)| at);
        match (due(healthy), due(failing)) {
            (Some(_), Some(attempt)) if self.turns_since_attempt >= living => Turn::Now(attempt),
            (Some(turn), _) | (None, Some(turn)) => Turn::Now(turn),
            (None, None) => healthy.into_iter().chain(failing).map(|(_, due_ms)| due_ms).min().map_or(Turn::Never, Turn::At),
        }
    }

    /// Notes that a turn was taken.
    pub fn taken(&mut self, slot: &Slot) {
        self.turns_since_attempt = if slot.failing { 0 } else { self.turns_since_attempt.saturating_add(1) };
    }
}

/// The next due time at a fixed period: turns that were missed are left out, never caught up in a burst.
pub const fn next_due(due_ms: u64, period_ms: u64, now_ms: u64) -> u64 {
    let period_ms = if period_ms == 0 { 1 } else { period_ms };
    if now_ms < due_ms {
        return due_ms + period_ms;
    }
    due_ms + ((now_ms - due_ms) / period_ms + 1) * period_ms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn missed_turns_are_left_out() {
        assert_eq!(next_due(1000, 500, 1000), 1500);
        assert_eq!(next_due(1000, 500, 1499), 1500);
        assert_eq!(next_due(1000, 500, 2700), 3000);
        assert_eq!(next_due(0, 0, 5), 6);
    }

    #[test]
    fn nobody_is_never() {
        let off = Slot { due_ms: 0, failing: false, enabled: false };
        assert_eq!(Scheduler::default().next(&[off], 10), Turn::Never);
        assert_eq!(Scheduler::default().next(&[Slot { enabled: true, due_ms: 20, ..off }], 10), Turn::At(20));
    }

    proptest! {
        /// Time runs in steps of one turn: 10 ms for a living device, 1000 ms for a dead one.
        #[test]
        fn the_dead_never_starve_the_living(living in 1usize..12, dead in 0usize..12, period in 20u64..2000) {
            let slot = |failing| Slot { due_ms: 0, failing, enabled: true };
            let mut slots: Vec<Slot> = (0..living).map(|_| slot(false)).chain((0..dead).map(|_| slot(true))).collect();
            let (mut scheduler, mut now, mut last) = (Scheduler::default(), 0u64, vec![0u64; living + dead]);
            let mut attempts = vec![0u32; dead];
            for _ in 0..2000 {
                match scheduler.next(&slots, now) {
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
                        slots[at].due_ms = if at < living { next_due(slots[at].due_ms, period, now) } else { now + 4 * period };
                    }
                    Turn::At(then) => now = then,
                    Turn::Never => prop_assert!(false),
                }
            }
            // The dead get their attempts too, none many times as many as another.
            if let (Some(most), Some(fewest)) = (attempts.iter().max(), attempts.iter().min()) {
                prop_assert!(*fewest > 0 && *most <= 2 * fewest + 1, "{attempts:?}");
            }
        }
    }
}
