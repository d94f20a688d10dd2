//! Findings of an audit: how much they weigh, how far they are, and what they block.

use serde::{Deserialize, Serialize};

/// How far what was found conforms, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conformity {
    /// Others may learn from it.
    GoodPractice,
    /// It conforms, and could be better.
    Observation,
    /// It does not conform, and what is protected still holds.
    Minor,
    /// It does not conform, so that what is protected does not hold.
    Major,
}

/// How far a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    /// The organisation has not answered.
    Open,
    /// The organisation says what it has done.
    Corrected,
    /// The auditor has seen that it is done.
    Verified,
}

impl FindingState {
    /// After the organisation's answer; nothing when there is nothing to answer.
    pub fn after_correction(self, grade: Conformity) -> Option<Self> {
        (grade != Conformity::GoodPractice && self != Self::Verified).then_some(Self::Corrected)
    }

    /// After the auditor has looked.
    pub const fn after_look(accepted: bool) -> Self {
        if accepted { Self::Verified } else { Self::Open }
    }
}

/// What audits say beside their answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Audit {
    /// Whether there was one.
    pub is_done: bool,
    /// Major non-conformities of which no auditor has seen that they are corrected.
    pub open_majors: u32,
}

impl Audit {
    /// What findings make of it. That an organisation says that it has corrected something is no reason to count it as done.
    pub fn of(is_done: bool, findings: impl IntoIterator<Item = (Conformity, FindingState)>) -> Self {
        let is_open =
            |(grade, state): &(Conformity, FindingState)| *grade == Conformity::Major && *state != FindingState::Verified;
        let open = findings.into_iter().filter(is_open).count();
        Self { is_done, open_majors: u32::try_from(open).unwrap_or(u32::MAX) }
    }

    /// Whether what needs an audit has one, and nothing of it stands in the way.
    pub const fn carries(self) -> bool {
        self.is_done && self.open_majors == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GRADES: [Conformity; 4] = [Conformity::GoodPractice, Conformity::Observation, Conformity::Minor, Conformity::Major];
    const STATES: [FindingState; 3] = [FindingState::Open, FindingState::Corrected, FindingState::Verified];

    #[test]
    fn only_the_auditor_ends_a_finding() {
        for grade in GRADES {
            for state in STATES {
                let after = state.after_correction(grade);
                assert_ne!(after, Some(FindingState::Verified));
                assert_eq!(after.is_none(), grade == Conformity::GoodPractice || state == FindingState::Verified);
            }
        }
        assert_eq!(FindingState::after_look(true), FindingState::Verified);
        assert_eq!(FindingState::after_look(false), FindingState::Open, "back to the organisation");
    }

    proptest! {
        #[test]
        fn a_major_stands_in_the_way_until_it_is_verified(picked in proptest::collection::vec((0usize..4, 0usize..3), 0..8)) {
            let findings: Vec<_> = picked.iter().map(|(grade, state)| (GRADES[*grade], STATES[*state])).collect();
            let audit = Audit::of(true, findings.clone());
            let open = findings.iter().any(|(grade, state)| *grade == Conformity::Major && *state != FindingState::Verified);
            prop_assert_eq!(audit.carries(), !open);
            prop_assert!(!Audit::of(false, findings).carries());
        }
    }
}
