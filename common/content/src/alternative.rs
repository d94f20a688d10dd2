//! Where documents contradict each other: a profile states every layout that is known, and the values of the device decide.
//!
//! A counter of energy must grow by the integral of the power beside it. Read at a wrong place it stands still, jumps, falls
//! or runs away, so a short watch of all candidates tells the right one without anybody looking at a display. Rejected:
//! choosing by table version alone, because no document says from which version on a layout holds.

use haubert_model::{Quantity, Verdict};

/// Steps of the counter that must have flowed before its growth tells anything.
const TELLING_STEPS: f64 = 20.0;
/// A meter refreshes power and counter at its own pace, and power moves between two looks: growth within this factor fits.
const FACTOR: f64 = 2.0;
/// Steps by which a reading may be early or late.
const SLACK_STEPS: f64 = 2.0;

/// A question that the documents leave open, and its possible answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// Short name, unique in the profile.
    pub name: String,
    /// What contradicts what, for people.
    pub why: String,
    /// The points that lie elsewhere under another answer.
    pub quantities: Vec<Quantity>,
    /// The one of them that is watched.
    pub counter: Quantity,
    /// The power of which it is the integral; it lies in one place only.
    pub power: Quantity,
    /// The answers, the usual one first.
    pub options: Vec<AlternativeOption>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternativeOption {
    /// Short name, unique in the question.
    pub name: String,
    /// Registers added to the addresses that the profile states.
    pub shift: i16,
    /// Quantities that exist under this answer only.
    pub only: Vec<Quantity>,
}

impl Alternative {
    /// The option of this name, else the first.
    pub fn option(&self, name: Option<&str>) -> Option<&AlternativeOption> {
        let named = name.and_then(|name| self.options.iter().find(|option| option.name == name));
        named.or_else(|| self.options.first())
    }
}

/// A candidate as it was read while it was watched: the growth since the first look and the smallest step of its registers, in
/// the counter's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Growth {
    /// It had a plausible value at each look.
    Read {
        /// Last value less the first.
        grew: f64,
        /// Whether some look showed less than the one before.
        fell: bool,
        /// Value of its smallest step.
        step: f64,
    },
    /// Some look brought no plausible value.
    Unreadable,
}

/// Whether enough should have flowed for a counter of this step to tell.
pub fn is_telling(expected: f64, step: f64) -> bool {
    expected >= TELLING_STEPS * step
}

/// What the growth of one candidate says, when the power asks for `expected` of it.
pub fn verdict(growth: Growth, expected: f64) -> Verdict {
    let Growth::Read { grew, fell, step } = growth else { return Verdict::Unreadable };
    let slack = SLACK_STEPS * step;
    if fell || grew < 0.0 {
        Verdict::Falls
    } else if grew > expected * FACTOR + slack {
        Verdict::TooFast
    } else if !is_telling(expected, step) {
        Verdict::Still
    } else if grew < expected / FACTOR - slack {
        Verdict::TooSlow
    } else {
        Verdict::Fits
    }
}

/// The candidate that the verdicts leave: the only one that fits, or the only one not refuted while nothing flows.
pub fn decide(verdicts: &[Verdict]) -> Option<usize> {
    let only = |wanted: &dyn Fn(Verdict) -> bool| {
        let mut places = verdicts.iter().enumerate().filter(|(_, verdict)| wanted(**verdict)).map(|(at, _)| at);
        places.next().filter(|_| places.next().is_none())
    };
    match verdicts.contains(&Verdict::Fits) {
        true => only(&|verdict| verdict == Verdict::Fits),
        false => only(&|verdict| verdict == Verdict::Still),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(grew: f64) -> Growth {
        Growth::Read { grew, fell: false, step: 0.1 }
    }

    #[test]
    fn a_counter_grows_by_the_integral_of_its_power() {
        assert_eq!(verdict(read(10.0), 10.0), Verdict::Fits);
        assert_eq!(verdict(read(6.0), 10.0), Verdict::Fits);
        assert_eq!(verdict(read(0.0), 10.0), Verdict::TooSlow);
        assert_eq!(verdict(read(10_000.0), 10.0), Verdict::TooFast);
        assert_eq!(verdict(read(-0.1), 10.0), Verdict::Falls);
        assert_eq!(verdict(Growth::Read { grew: 10.0, fell: true, step: 0.1 }, 10.0), Verdict::Falls);
        assert_eq!(verdict(Growth::Unreadable, 10.0), Verdict::Unreadable);
    }

    #[test]
    fn while_nothing_flows_only_a_counter_that_runs_is_refuted() {
        assert_eq!(verdict(read(0.0), 0.0), Verdict::Still);
        assert_eq!(verdict(read(5_000.0), 0.0), Verdict::TooFast);
        assert_eq!(decide(&[Verdict::Still, Verdict::Still]), None);
        assert_eq!(decide(&[Verdict::TooFast, Verdict::Still]), Some(1));
    }

    #[test]
    fn two_that_fit_decide_nothing_and_neither_do_none() {
        assert_eq!(decide(&[Verdict::Fits, Verdict::Fits]), None);
        assert_eq!(decide(&[Verdict::TooSlow, Verdict::Unreadable]), None);
        assert_eq!(decide(&[Verdict::Still, Verdict::Fits]), Some(1));
        assert_eq!(decide(&[]), None);
    }

    proptest! {
        #[test]
        fn the_true_counter_is_never_refuted(power in 0.0f64..1e6, seconds in 5.0f64..120.0, late in 0.0f64..2.0) {
            // A meter may show its counter up to two seconds late at either end.
            let expected = power * seconds / 3600.0;
            for seen in [seconds - late, seconds + late] {
                let grew = ((power * seen / 3600.0) / 0.1).floor() * 0.1;
                let verdict = verdict(read(grew), expected);
                prop_assert!(matches!(verdict, Verdict::Fits | Verdict::Still), "{verdict:?}");
            }
        }
    }
}
