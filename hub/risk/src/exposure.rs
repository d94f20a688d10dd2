//! How a feared scenario stands for an organisation: which of its stages are cut, and what likelihood is left.
//!
//! One measure that holds cuts its stage: an attack needs all of its stages, a defence any measure of one. Each stage that is cut
//! lowers the likelihood by one grade, down to V1; gravity is not touched, because what keeps it low (continuity, reflexes) is
//! rated by people. Worked example: V4, with "enter" and "exploit" cut and the others not, leaves V2.

use crate::content::{Scenario, StageName};
use crate::ring::{Known, Ring};
use serde::Serialize;

/// A stage, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StageView {
    /// Which one.
    pub stage: StageName,
    /// Its strongest measure's state.
    pub ring: Ring,
    /// That measure.
    #[schema(required)]
    pub by: Option<String>,
}

/// How a scenario stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Exposure {
    /// Its stages, in order.
    pub stages: Vec<StageView>,
    /// Likelihood that is left, 1 to 4.
    pub likelihood: u8,
}

/// How `scenario` stands when it starts from `likelihood`. `known` says what is known of a measure.
pub fn exposure(scenario: &Scenario, likelihood: u8, known: impl Fn(&str) -> Known) -> Exposure {
    let stages: Vec<StageView> = scenario
        .stages
        .iter()
        .map(|stage| {
            let rings = stage.measures.iter().filter_map(|measure| Some((known(measure).ring()?, measure)));
            // The first of several that are as strong: content names the strongest measure first.
            let strongest = rings.reduce(|best, other| if other.0 > best.0 { other } else { best });
            StageView {
                stage: stage.name,
                ring: strongest.map_or(Ring::Unknown, |(ring, _)| ring),
                by: strongest.map(|(_, measure)| measure.clone()),
            }
        })
        .collect();
    let cut = stages.iter().filter(|stage| stage.ring >= Ring::Declared).count();
    let likelihood = likelihood.clamp(1, 4).saturating_sub(u8::try_from(cut).unwrap_or(4)).max(1);
    Exposure { stages, likelihood }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;
    use crate::content::Content;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn scenario() -> &'static Scenario {
        &Content::shipped().unwrap().scenarios[0]
    }

    fn declared(done: &BTreeMap<String, f64>) -> impl Fn(&str) -> Known {
        |measure| Known {
            declared: done.get(measure).map_or(Answer::Unknown, |done| Answer::Done(*done)),
            proven: Answer::Unknown,
        }
    }

    #[test]
    fn the_worked_example() {
        let [know, enter, discover, exploit] = &scenario().stages[..] else { panic!("four stages") };
        let only = |stage: &crate::content::Stage, others: &[&crate::content::Stage]| {
            let mine = stage.measures.iter().find(|measure| others.iter().all(|other| !other.measures.contains(measure)));
            (mine.unwrap().clone(), 1.0)
        };
        let done = BTreeMap::from([only(enter, &[know, discover, exploit]), only(exploit, &[know, enter, discover])]);
        let found = exposure(scenario(), 4, declared(&done));
        let rings: Vec<Ring> = found.stages.iter().map(|stage| stage.ring).collect();
        assert_eq!(rings, [Ring::Unknown, Ring::Declared, Ring::Unknown, Ring::Declared]);
        assert_eq!(found.likelihood, 2);
    }

    proptest! {
        #[test]
        fn doing_more_never_makes_a_scenario_likelier(at in 0usize..30, to in 0u32..=6, seed in proptest::collection::vec(0u32..=7, 30), start in 1u8..=4) {
            let mut names: Vec<String> = scenario().stages.iter().flat_map(|stage| stage.measures.clone()).collect();
            names.sort_unstable();
            names.dedup();
            let mut done: BTreeMap<String, f64> =
                names.iter().zip(&seed).filter(|(_, done)| **done < 7).map(|(name, done)| (name.clone(), f64::from(*done) / 6.0)).collect();
            let before = exposure(scenario(), start, declared(&done));
            let name = names[at % names.len()].clone();
            let to = f64::from(to) / 6.0;
            prop_assume!(done.get(&name).is_none_or(|is| *is <= to));
            done.insert(name, to);
            let after = exposure(scenario(), start, declared(&done));
            prop_assert!(after.likelihood <= before.likelihood && (1..=4).contains(&after.likelihood));
        }
    }
}
