//! From what was found to how each requirement stands. Pure.

use super::requirements::{Requirement, Stance};
use haubert_model::Words;
use haubert_service::wire::Time;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How a check of the running gateway ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PostureVerdict)]
pub enum Verdict {
    /// As it should be.
    Holds,
    /// Set, but weaker than it could be.
    Weak,
    /// It could not be found out.
    Unknown,
    /// Not as it should be.
    Fails,
}

/// What a check found, with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PostureFinding)]
pub struct Finding {
    /// Which check, such as `firewall.on`.
    pub check: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// Values for the sentence that the screen makes.
    pub proof: BTreeMap<&'static str, String>,
    /// Since when it has been so, or when it was last proven.
    #[schema(required)]
    pub since: Option<Time>,
}

impl Finding {
    /// A finding with its proof.
    pub fn new<const N: usize>(check: &'static str, verdict: Verdict, proof: [(&'static str, String); N]) -> Self {
        Self { check, verdict, proof: proof.into_iter().collect(), since: None }
    }

    /// Says when.
    #[must_use]
    pub fn since(mut self, at: Option<Time>) -> Self {
        self.since = at;
        self
    }
}

/// How a requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PostureStanding)]
pub enum Standing {
    /// Met, and what can be seen of it holds.
    Met,
    /// Met by another measure.
    Compensated,
    /// Nothing to meet.
    NotApplicable,
    /// Met, but something that bears on it is weaker than it could be.
    Weak,
    /// What bears on it could not be found out.
    Unknown,
    /// Not met: by the product, or as it is set now.
    NotMet,
}

/// A requirement and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PostureAnswer)]
pub struct Answer {
    /// As the standard numbers it.
    pub id: String,
    /// First security level that asks for it.
    pub level: u8,
    /// `all`, `network`, `embedded` or `core`.
    pub part: String,
    /// What it asks.
    pub title: Words,
    /// How it stands.
    pub standing: Standing,
    /// How the product answers.
    pub stance: Stance,
    /// What a reader must know.
    #[schema(required)]
    pub note: Option<Words>,
    /// The checks that bear on it.
    pub evidence: Vec<String>,
}

/// How each of `requirements` stands, after `findings`.
pub fn assess(requirements: &[Requirement], findings: &[Finding]) -> Vec<Answer> {
    let verdict_of = |check: &String| {
        findings.iter().find(|finding| finding.check == check).map_or(Verdict::Unknown, |finding| finding.verdict)
    };
    let answer = |requirement: &Requirement| {
        let worst = requirement.evidence.iter().map(verdict_of).max();
        Answer {
            id: requirement.id.clone(),
            level: requirement.level,
            part: requirement.part.clone(),
            title: requirement.title.clone(),
            standing: standing(requirement.stance, worst),
            stance: requirement.stance,
            note: requirement.note.clone(),
            evidence: requirement.evidence.clone(),
        }
    };
    requirements.iter().map(answer).collect()
}

/// A product that cannot meet a requirement does not meet it however it is set; one that can does, unless something found now
/// speaks against it.
const fn standing(stance: Stance, worst: Option<Verdict>) -> Standing {
    match (stance, worst) {
        (Stance::NotApplicable, _) => Standing::NotApplicable,
        (Stance::NotMet, _) | (_, Some(Verdict::Fails)) => Standing::NotMet,
        (_, Some(Verdict::Unknown)) => Standing::Unknown,
        (_, Some(Verdict::Weak)) => Standing::Weak,
        (Stance::Compensated, _) => Standing::Compensated,
        (Stance::Met | Stance::MetByConfiguration, _) => Standing::Met,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_can_only_take_away() {
        use Standing as S;
        let cases = [
            (Stance::Met, None, S::Met),
            (Stance::Met, Some(Verdict::Holds), S::Met),
            (Stance::Met, Some(Verdict::Weak), S::Weak),
            (Stance::Compensated, Some(Verdict::Weak), S::Weak),
            (Stance::Met, Some(Verdict::Unknown), S::Unknown),
            (Stance::Met, Some(Verdict::Fails), S::NotMet),
            (Stance::MetByConfiguration, Some(Verdict::Fails), S::NotMet),
            (Stance::Compensated, Some(Verdict::Holds), S::Compensated),
            (Stance::Compensated, Some(Verdict::Fails), S::NotMet),
            (Stance::NotMet, Some(Verdict::Holds), S::NotMet),
            (Stance::NotApplicable, Some(Verdict::Fails), S::NotApplicable),
        ];
        for (stance, worst, wanted) in cases {
            assert_eq!(standing(stance, worst), wanted, "{stance:?} {worst:?}");
        }
    }

    #[test]
    fn a_check_that_nobody_made_is_unknown_and_the_worst_counts() {
        let words = || Words { en: String::new(), fr: String::new() };
        let requirement = |evidence: &[&str]| Requirement {
            id: "CR 0".to_owned(),
            level: 1,
            part: "all".to_owned(),
            title: words(),
            stance: Stance::Met,
            place: None,
            tests: Vec::new(),
            evidence: evidence.iter().map(|check| (*check).to_owned()).collect(),
            note: None,
        };
        let findings = [Finding::new("a", Verdict::Holds, []), Finding::new("b", Verdict::Fails, [])];
        let asked = [requirement(&["a"]), requirement(&["a", "c"]), requirement(&["a", "b", "c"])];
        let standings: Vec<Standing> = assess(&asked, &findings).into_iter().map(|answer| answer.standing).collect();
        assert_eq!(standings, [Standing::Met, Standing::Unknown, Standing::NotMet]);
    }
}
