//! Whose request a busy line carries next. Pure, so that order and fairness can be proven without a line.
//!
//! The more urgent goes first: what a person waits for, then what writes, then the rounds, then
//! searches and looks at devices that nobody waits for, then logs read back. But nobody waits for ever: whoever is passed
//! over saves up the time that others had meanwhile, and is owed a turn once that is so many times what its own last turn
//! took. A person waits for one turn of others at most, whatever they are owed.

use std::time::Duration;

/// How urgent a request is, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// A person waits for it.
    Person,
    /// It writes: the window of a log, or what a master may write.
    Write,
    /// It belongs to a round of the bus itself.
    Poll,
    /// It looks for a device, or at one that nobody waits for.
    Probe,
    /// It reads a log back.
    Backfill,
}

/// All of them.
pub(crate) const ALL: [Urgency; 5] = [Urgency::Person, Urgency::Write, Urgency::Poll, Urgency::Probe, Urgency::Backfill];

impl Urgency {
    /// How many times its own turn the more urgent may take before it has one: on a line that is never free, rounds have at
    /// least half of the time, searches a fifth, logs a tenth.
    const fn patience(self) -> u32 {
        match self {
            Self::Person => 0,
            Self::Write | Self::Poll => 1,
            Self::Probe => 4,
            Self::Backfill => 9,
        }
    }
}

/// What a turn is taken to cost before one was had.
const NOMINAL: Duration = Duration::from_millis(100);

/// What one of them has waited.
#[derive(Debug, Clone, Copy)]
struct Wait {
    /// It waited when the choice was made.
    waits: bool,
    /// Time that the more urgent took while it did.
    passed_over: Duration,
    /// What its own last turn took.
    own: Duration,
}

/// Keeps count of who was passed over.
#[derive(Debug)]
pub(crate) struct Turns {
    waits: [Wait; ALL.len()],
    last: Option<Urgency>,
}

impl Default for Turns {
    fn default() -> Self {
        let nothing = Wait { waits: false, passed_over: Duration::ZERO, own: NOMINAL };
        Self { waits: [nothing; ALL.len()], last: None }
    }
}

impl Wait {
    /// How much more has been saved up than makes for a turn.
    fn excess(&self, urgency: Urgency) -> Option<Duration> {
        let enough = self.own.saturating_mul(urgency.patience());
        self.passed_over.checked_sub(enough).filter(|_| !enough.is_zero())
    }
}

impl Turns {
    /// Who is next among those that `waits` says wait.
    pub(crate) fn next(&mut self, waits: impl Fn(Urgency) -> bool) -> Option<Urgency> {
        for (urgency, wait) in ALL.into_iter().zip(&mut self.waits) {
            wait.waits = waits(urgency);
            if !wait.waits {
                wait.passed_over = Duration::ZERO;
            }
        }
        let waiting = || ALL.into_iter().zip(&self.waits).filter(|(_, wait)| wait.waits);
        let first = waiting().next().map(|(urgency, _)| urgency)?;
        if first == Urgency::Person && self.last != Some(Urgency::Person) {
            return Some(first);
        }
        let owed = waiting().filter_map(|(urgency, wait)| Some((wait.excess(urgency)?, urgency)));
        Some(owed.max().map_or(first, |(_, urgency)| urgency))
    }

    /// Notes what a turn took of the line.
    pub(crate) fn taken(&mut self, urgency: Urgency, took: Duration) {
        self.last = Some(urgency);
        for (other, wait) in ALL.into_iter().zip(&mut self.waits) {
            if other == urgency {
                *wait = Wait { waits: wait.waits, passed_over: Duration::ZERO, own: took };
            } else if other > urgency && wait.waits {
                wait.passed_over = wait.passed_over.saturating_add(took);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_more_urgent_goes_first() {
        for (at, first) in ALL.into_iter().enumerate() {
            assert_eq!(Turns::default().next(|urgency| ALL[at..].contains(&urgency)), Some(first));
        }
        assert_eq!(Turns::default().next(|_| false), None);
    }

    #[test]
    fn a_search_takes_a_fifth_of_a_busy_line_and_a_log_a_tenth() {
        for (other, took, share) in [(Urgency::Probe, 250, 0.2), (Urgency::Backfill, 50, 0.1), (Urgency::Person, 50, 0.5)] {
            let (mut turns, mut theirs, mut all) = (Turns::default(), Duration::ZERO, Duration::ZERO);
            for _ in 0..2000 {
                let next = turns.next(|urgency| urgency == Urgency::Poll || urgency == other).unwrap();
                let took = MS * if next == other { took } else { 50 };
                turns.taken(next, took);
                all += took;
                theirs += if next == other { took } else { Duration::ZERO };
            }
            let found = theirs.as_secs_f64() / all.as_secs_f64();
            assert!((found - share).abs() < 0.01, "{other:?}: {found}");
        }
    }

    #[test]
    fn who_did_not_wait_has_nothing_saved_up() {
        let mut turns = Turns::default();
        let both = |urgency| matches!(urgency, Urgency::Poll | Urgency::Backfill);
        assert_eq!(turns.next(both), Some(Urgency::Poll));
        turns.taken(Urgency::Poll, 100 * MS);
        assert_eq!(turns.next(|urgency| urgency == Urgency::Poll), Some(Urgency::Poll));
        assert_eq!(turns.next(both), Some(Urgency::Poll));
    }

    proptest! {
        #[test]
        fn nobody_waits_for_ever(costs in prop::array::uniform5(1u32..1000)) {
            let (mut turns, mut since) = (Turns::default(), [Duration::ZERO; ALL.len()]);
            let mut person = true;
            let cost = |urgency: Urgency| MS * costs[urgency as usize];
            for _ in 0..3000 {
                let next = turns.next(|_| true).unwrap();
                turns.taken(next, cost(next));
                prop_assert!(person || next == Urgency::Person, "a person waits for one turn of others at most");
                person = next == Urgency::Person;
                for urgency in ALL {
                    let waited = &mut since[urgency as usize];
                    *waited = if urgency == next { Duration::ZERO } else { *waited + cost(next) };
                    // What it must let pass, and a turn of each other that was owed one at the same moment.
                    let bound = cost(urgency) * urgency.patience() * 20 + 40 * (NOMINAL + ALL.map(cost).into_iter().sum::<Duration>());
                    prop_assert!(*waited <= bound, "{urgency:?} waited {waited:?}");
                }
            }
        }
    }
}
