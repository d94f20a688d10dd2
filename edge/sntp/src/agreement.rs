//! What several servers agree on.
//!
//! Each sample is an interval in which the true offset lies, if its server is right. Where most of the intervals overlap, it is;
//! a server whose interval lies elsewhere errs or lies (a *falseticker*, RFC 5905, 11.2.1, after Marzullo). Two servers that
//! contradict each other cannot be told apart: then nothing is agreed on.

use crate::sample::Sample;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// There is no sample.
    Silence,
    /// No offset is shared by more than half of them.
    Disputed,
    /// More than half share one.
    Agreed {
        /// The offset of the one of them that can be wrong by the least, µs.
        offset_us: i64,
        /// Places of those that contradict them, in ascending order.
        falsetickers: Vec<usize>,
    },
}

fn ends(sample: &Sample) -> (i128, i128) {
    let (middle, half) = (i128::from(sample.offset_us), i128::from(sample.distance_us));
    (middle - half, middle + half)
}

/// What `samples`, one of each server, agree on.
pub fn agree(samples: &[Sample]) -> Agreement {
    if samples.is_empty() {
        return Agreement::Silence;
    }
    let covering = |at: i128| samples.iter().filter(|sample| (ends(sample).0..=ends(sample).1).contains(&at)).count();
    // The greatest overlap begins where some interval begins and ends where some interval ends.
    let most = samples.iter().map(|sample| covering(ends(sample).0)).max().unwrap_or_default();
    if most * 2 <= samples.len() {
        return Agreement::Disputed;
    }
    let low = samples.iter().map(|sample| ends(sample).0).filter(|at| covering(*at) == most).min().unwrap_or_default();
    let high = samples.iter().map(|sample| ends(sample).1).filter(|at| covering(*at) == most).max().unwrap_or_default();
    let is_true = |sample: &Sample| ends(sample).0 <= high && low <= ends(sample).1;
    let best = samples.iter().filter(|sample| is_true(sample)).min_by_key(|sample| (sample.distance_us, sample.offset_us));
    let falsetickers = samples.iter().enumerate().filter(|(_, sample)| !is_true(sample)).map(|(at, _)| at).collect();
    best.map_or(Agreement::Silence, |best| Agreement::Agreed { offset_us: best.offset_us, falsetickers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(offset_us: i64, distance_us: u64) -> Sample {
        Sample { stratum: 2, offset_us, round_trip_us: distance_us, distance_us }
    }

    #[test]
    fn one_is_believed_two_that_differ_are_not_three_name_the_odd_one() {
        let (a, b, c) = (sample(100, 50), sample(120, 10), sample(9_000, 50));
        assert_eq!(agree(&[]), Agreement::Silence);
        assert_eq!(agree(&[a]), Agreement::Agreed { offset_us: 100, falsetickers: vec![] });
        assert_eq!(agree(&[a, b]), Agreement::Agreed { offset_us: 120, falsetickers: vec![] });
        assert_eq!(agree(&[a, c]), Agreement::Disputed);
        assert_eq!(agree(&[a, c, b]), Agreement::Agreed { offset_us: 120, falsetickers: vec![1] });
        assert_eq!(agree(&[a, b, c, c]), Agreement::Disputed, "two against two");
    }

    proptest! {
        /// Liars that are fewer than half and far away are named, all of them and nobody else; the offset is one of the honest.
        #[test]
        fn a_minority_of_liars_is_named(
            truth in -1_000_000_000i64..1_000_000_000,
            honest in proptest::collection::vec((-1_000i64..1_000, 1_000u64..50_000), 1..6),
            lies in proptest::collection::vec((1_000_000i64..9_000_000, 0u64..50_000), 0..5),
            turn in 0usize..10,
        ) {
            prop_assume!(lies.len() < honest.len());
            let mut all: Vec<(bool, Sample)> = honest.iter().map(|(error, distance)| (true, sample(truth + error, *distance))).collect();
            all.extend(lies.iter().map(|(error, distance)| (false, sample(truth + error, *distance))));
            let places = all.len();
            all.rotate_left(turn % places);
            let samples: Vec<Sample> = all.iter().map(|(_, sample)| *sample).collect();
            let expected: Vec<usize> = all.iter().enumerate().filter(|(_, (honest, _))| !honest).map(|(at, _)| at).collect();
            match agree(&samples) {
                Agreement::Agreed { offset_us, falsetickers } => {
                    prop_assert_eq!(falsetickers, expected);
                    prop_assert!((offset_us - truth).abs() <= 1_000);
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }

        /// Servers that all contradict each other agree on nothing, unless there is but one.
        #[test]
        fn without_a_majority_nothing_is_agreed_on(count in 2i64..8) {
            let samples: Vec<Sample> = (0..count).map(|at| sample(at * 1_000_000, 1_000)).collect();
            prop_assert_eq!(agree(&samples), Agreement::Disputed);
        }
    }
}
