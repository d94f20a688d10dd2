//! Another framework, seen through the measures of the port framework: what bears on each of its identifiers, and how that stands.
//!
//! Identifiers only, no official text. That measures bear on an identifier and hold is no proof of conformity with it: the other
//! framework asks for more, or for something else beside. So the weakest of them is what is shown, never a score.

use crate::answer::Answer;
use crate::content::References;
use crate::ring::{Known, Ring};
use serde::{Deserialize, Serialize};

/// A framework that measures refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MappingTarget)]
pub enum Target {
    /// Points of article 21(2) of directive (EU) 2022/2555.
    #[serde(rename = "nis2_art_21")]
    Nis2Art21,
    /// Objectives of ReCyF.
    Recyf,
    /// Measures of ANSSI's hygiene guide.
    AnssiHygiene,
    /// System requirements of IEC 62443-3-3.
    #[serde(rename = "iec_62443_3_3")]
    Iec62443,
    /// Controls of ISO/IEC 27002:2022.
    #[serde(rename = "iso_27002_2022")]
    Iso27002,
}

/// Numbers from 1 on behind each prefix.
fn numbered(chapters: &[(&str, u8)]) -> Vec<String> {
    chapters.iter().flat_map(|(prefix, last)| (1..=*last).map(move |number| format!("{prefix}{number}"))).collect()
}

impl Target {
    /// Every framework.
    pub const ALL: [Self; 5] = [Self::Nis2Art21, Self::Recyf, Self::AnssiHygiene, Self::Iec62443, Self::Iso27002];

    /// All its identifiers, in its order.
    pub fn identifiers(self) -> Vec<String> {
        match self {
            Self::Nis2Art21 => ('a'..='j').map(|point| format!("2({point})")).collect(),
            Self::Recyf => numbered(&[("", 20)]),
            Self::AnssiHygiene => numbered(&[("", 42)]),
            Self::Iec62443 => {
                numbered(&[("SR 1.", 13), ("SR 2.", 12), ("SR 3.", 9), ("SR 4.", 3), ("SR 5.", 4), ("SR 6.", 2), ("SR 7.", 8)])
            }
            Self::Iso27002 => numbered(&[("5.", 37), ("6.", 8), ("7.", 14), ("8.", 34)]),
        }
    }

    /// What a measure refers to in it.
    fn of(self, references: &References) -> Vec<String> {
        match self {
            Self::Nis2Art21 => references.nis2_art_21.clone(),
            Self::Recyf => references.recyf.clone(),
            Self::AnssiHygiene => references.anssi_hygiene.iter().map(ToString::to_string).collect(),
            Self::Iec62443 => references.iec_62443_3_3.clone(),
            Self::Iso27002 => references.iso_27002_2022.clone(),
        }
    }
}

/// A measure that bears on an identifier.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = MappedMeasure)]
pub struct Bearing {
    /// Its short name.
    pub measure: String,
    /// Whether it is asked of the organisation.
    pub is_asked: bool,
    /// Nothing when it is not asked, or does not apply.
    #[schema(required)]
    pub ring: Option<Ring>,
    /// From 0 to 1; nothing when nobody has said, or it does not apply.
    #[schema(required)]
    pub declared: Option<f64>,
    /// From 0 to 1.
    #[schema(required)]
    pub proven: Option<f64>,
}

/// An identifier of another framework.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = MappedIdentifier)]
pub struct Mapped {
    /// As that framework writes it.
    pub id: String,
    /// Measures that bear on it; with none, the port framework says nothing about it.
    pub measures: Vec<Bearing>,
    /// The weakest of those that are asked and apply.
    #[schema(required)]
    pub worst: Option<Ring>,
}

fn part(answer: Answer) -> Option<f64> {
    match answer {
        Answer::Done(value) => Some(value),
        Answer::Unknown | Answer::NotApplicable => None,
    }
}

/// How an organisation stands towards each identifier of `target`. `known` says what is known of a measure, and nothing of one that
/// is not asked.
pub fn mapping<'a>(
    references: impl IntoIterator<Item = &'a References>,
    target: Target,
    known: impl Fn(&str) -> Option<Known>,
) -> Vec<Mapped> {
    let references: Vec<(&References, Vec<String>)> =
        references.into_iter().map(|references| (references, target.of(references))).collect();
    let bearing = |references: &References| {
        let known = known(&references.id);
        Bearing {
            measure: references.id.clone(),
            is_asked: known.is_some(),
            ring: known.and_then(Known::ring),
            declared: known.and_then(|known| part(known.declared)),
            proven: known.and_then(|known| part(known.proven)),
        }
    };
    let mapped = |id: String| {
        let bears = references.iter().filter(|(_, named)| named.contains(&id));
        let measures: Vec<Bearing> = bears.map(|(references, _)| bearing(references)).collect();
        Mapped { id, worst: measures.iter().filter_map(|measure| measure.ring).min(), measures }
    };
    target.identifiers().into_iter().map(mapped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Content;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn shipped() -> impl Iterator<Item = &'static References> {
        Content::shipped().unwrap().references.values()
    }

    #[test]
    fn every_reference_that_ships_is_to_an_identifier_that_there_is() {
        for (target, count) in Target::ALL.into_iter().zip([10, 20, 42, 51, 93]) {
            let all: BTreeSet<String> = target.identifiers().into_iter().collect();
            assert_eq!(all.len(), count, "{target:?}");
            for references in shipped() {
                for id in target.of(references) {
                    assert!(all.contains(&id), "{target:?}: {} names {id}", references.id);
                }
            }
        }
    }

    #[test]
    fn the_weakest_measure_decides_and_an_identifier_without_any_is_shown() {
        let known = |declared, proven| Some(Known { declared, proven });
        let found = mapping(shipped(), Target::AnssiHygiene, |measure| match measure {
            "POL-03" => known(Answer::Done(1.0), Answer::Done(1.0)),
            "POL-04" => known(Answer::NotApplicable, Answer::Unknown),
            measure if measure.starts_with("GAT") => None,
            _ => known(Answer::Done(1.0), Answer::Unknown),
        });
        let of = |id: &str| found.iter().find(|mapped| mapped.id == id).unwrap();
        assert!(of("39").measures.iter().any(|measure| measure.measure == "POL-03" && measure.ring == Some(Ring::Holds)));
        assert!(of("17").measures.is_empty() && of("17").worst.is_none(), "a personal firewall on every workstation");
        let left_out = of("25").measures.iter().find(|measure| measure.measure == "POL-04").unwrap();
        assert!(left_out.is_asked && left_out.ring.is_none());
        assert!(found.iter().all(|mapped| mapped.worst == mapped.measures.iter().filter_map(|measure| measure.ring).min()));
    }

    proptest! {
        #[test]
        fn one_measure_that_fails_is_seen_wherever_it_bears(at in 0usize..62, target in 0usize..5) {
            let weak = &shipped().nth(at).unwrap().id;
            let found = mapping(shipped(), Target::ALL[target], |measure| {
                let done = if measure == weak { 0.0 } else { 1.0 };
                Some(Known { declared: Answer::Done(done), proven: Answer::Unknown })
            });
            for mapped in found {
                let bears = mapped.measures.iter().any(|measure| measure.measure == *weak);
                let expected = if bears { Some(Ring::Fails) } else { mapped.measures.first().map(|_| Ring::Declared) };
                prop_assert_eq!(mapped.worst, expected);
            }
        }
    }
}
