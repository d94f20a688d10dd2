//! A study by EBIOS Risk Manager's five workshops, over the objects that are there already: measures are the security baseline,
//! feared scenarios the operational ones, the register the treatment. For those who need the full method.
//!
//! 1 scope and baseline; 2 sources of risk and what they are after; 3 strategic scenarios through the ecosystem; 4 operational
//! scenarios; 5 treatment. Grids are those of [`crate::grid`]. A study may be kept unfinished: what is missing is told by workshop.

use crate::grid::{Level, Stakeholder, Zone, level, pertinence};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most objects of one kind.
pub const MAX_OBJECTS: usize = 100;
/// Longest text, in characters.
pub const MAX_WORDS: usize = 2_000;

/// What the organisation is there for, or works with: a service, a process, information.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StudyValue)]
pub struct BusinessValue {
    /// Unique within the study.
    pub id: String,
    /// What it is.
    pub name: String,
    /// Who answers for it.
    #[serde(default)]
    #[schema(required)]
    pub owner: String,
    /// What it rests on: machines, programs, people, in words.
    #[serde(default)]
    #[schema(required)]
    pub rests_on: String,
}

/// What must not happen to a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StudyEvent)]
pub struct FearedEvent {
    /// Unique within the study.
    pub id: String,
    /// What happens.
    pub name: String,
    /// To which value.
    pub value: String,
    /// What it brings about.
    #[serde(default)]
    #[schema(required)]
    pub impacts: String,
    /// G1 to G4.
    pub gravity: u8,
}

/// A source of risk and what it is after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StudyPair)]
pub struct Pair {
    /// Unique within the study.
    pub id: String,
    /// Who.
    pub source: String,
    /// What for.
    pub objective: String,
    /// 1 to 4.
    pub motivation: u8,
    /// 1 to 4.
    pub resources: u8,
    /// Whether the study goes on with it.
    #[serde(default)]
    #[schema(required)]
    pub is_kept: bool,
}

/// Somebody of the ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StudyParty)]
pub struct Party {
    /// Unique within the study.
    pub id: String,
    /// Who.
    pub name: String,
    /// As what: client, provider, authority.
    #[serde(default)]
    #[schema(required)]
    pub role: String,
    /// How it stands.
    pub exposure: Stakeholder,
}

/// A way from a source of risk to a feared event, through the ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StudyStrategic)]
pub struct Strategic {
    /// Unique within the study.
    pub id: String,
    /// What it tells.
    pub name: String,
    /// The pair that it begins with.
    pub pair: String,
    /// The event that it ends with.
    pub event: String,
    /// Those whom it goes through; nobody: directly.
    #[serde(default)]
    #[schema(required)]
    pub through: Vec<String>,
}

/// How a strategic scenario is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StudyOperational)]
pub struct Operational {
    /// The strategic scenario.
    pub strategic: String,
    /// The feared scenario that tells it stage by stage, `FS-01`.
    #[serde(default)]
    #[schema(required)]
    pub scenario: Option<String>,
    /// What is particular here.
    #[serde(default)]
    #[schema(required)]
    pub words: String,
    /// V1 to V4.
    pub likelihood: u8,
    /// The risk of the register in which it is treated.
    #[serde(default)]
    #[schema(required)]
    pub risk: Option<String>,
}

/// A study.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Study {
    /// What is studied, for whom, until when.
    #[schema(required)]
    pub scope: String,
    /// Workshop 1.
    #[schema(required)]
    pub values: Vec<BusinessValue>,
    /// Workshop 1.
    #[schema(required)]
    pub events: Vec<FearedEvent>,
    /// Workshop 2.
    #[schema(required)]
    pub pairs: Vec<Pair>,
    /// Workshop 3.
    #[schema(required)]
    pub parties: Vec<Party>,
    /// Workshop 3.
    #[schema(required)]
    pub strategic: Vec<Strategic>,
    /// Workshop 4, and by its risks 5.
    #[schema(required)]
    pub operational: Vec<Operational>,
}

/// What is wrong with a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyFault {
    /// Where, such as `events.2.gravity`.
    pub at: String,
    /// `not_valid`, `not_found`, `twice`, `required`, `too_long` or `too_many`.
    pub code: &'static str,
}

/// What a workshop still lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StudyGap {
    /// Nobody has said what is studied.
    Scope,
    /// There is no value.
    Values,
    /// A value of which nobody fears anything.
    ValueWithoutEvent,
    /// No pair of source and objective is kept.
    Pairs,
    /// Nobody of the ecosystem is rated.
    Parties,
    /// A pair that is kept, from which no scenario begins.
    PairWithoutScenario,
    /// A strategic scenario that nobody has told in stages.
    ScenarioNotOperational,
    /// A scenario whose risk is not in the register.
    RiskNotTreated,
}

/// A pair, rated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PairView {
    /// Its id.
    pub pair: String,
    /// 1 to 4.
    pub pertinence: u8,
}

/// Somebody of the ecosystem, rated.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PartyView {
    /// Its id.
    pub party: String,
    /// 0 to 16.
    pub criticality: f64,
    /// Its zone.
    pub zone: Zone,
}

/// A scenario, rated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StudyScenarioView {
    /// Id of the strategic scenario.
    pub strategic: String,
    /// That of the event that it ends with.
    pub gravity: u8,
    /// Nothing as long as nobody has told it in stages.
    #[schema(required)]
    pub likelihood: Option<u8>,
    /// Nothing as long as nobody has told it in stages.
    #[schema(required)]
    pub level: Option<Level>,
}

/// A workshop, and what it lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WorkshopView {
    /// 1 to 5.
    pub number: u8,
    /// What it lacks; nothing when it is done.
    pub gaps: Vec<StudyGap>,
}

/// What follows from a study.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct StudyView {
    /// All five.
    pub workshops: Vec<WorkshopView>,
    /// Pairs, as the study has them.
    pub pairs: Vec<PairView>,
    /// The ecosystem.
    pub parties: Vec<PartyView>,
    /// Scenarios.
    pub scenarios: Vec<StudyScenarioView>,
}

fn fault(at: String, code: &'static str) -> Result<(), StudyFault> {
    Err(StudyFault { at, code })
}

fn words(at: &str, text: &str, needed: bool) -> Result<(), StudyFault> {
    match text.chars().count() {
        0 if needed => fault(at.to_owned(), "required"),
        length if length > MAX_WORDS => fault(at.to_owned(), "too_long"),
        _ => Ok(()),
    }
}

fn grade(at: String, grade: u8) -> Result<(), StudyFault> {
    if (1..=4).contains(&grade) { Ok(()) } else { fault(at, "not_valid") }
}

/// Ids of a list; each is given once.
fn ids<'a>(list: &str, ids: impl Iterator<Item = &'a String>) -> Result<BTreeSet<&'a str>, StudyFault> {
    let mut seen = BTreeSet::new();
    for (position, id) in ids.enumerate() {
        let at = format!("{list}.{position}.id");
        if position >= MAX_OBJECTS {
            fault(list.to_owned(), "too_many")?;
        }
        if id.is_empty() || id.len() > 64 {
            fault(at, "not_valid")?;
        } else if !seen.insert(id.as_str()) {
            fault(at, "twice")?;
        }
    }
    Ok(seen)
}

fn known(at: String, id: &str, ids: &BTreeSet<&str>) -> Result<(), StudyFault> {
    if ids.contains(id) { Ok(()) } else { fault(at, "not_found") }
}

impl Study {
    /// Whether it hangs together. What it names elsewhere (scenarios, risks) is looked at by whoever has them.
    ///
    /// # Errors
    /// The first [`StudyFault`].
    pub fn check(&self) -> Result<(), StudyFault> {
        words("scope", &self.scope, false)?;
        let values = ids("values", self.values.iter().map(|one| &one.id))?;
        let events = ids("events", self.events.iter().map(|one| &one.id))?;
        let pairs = ids("pairs", self.pairs.iter().map(|one| &one.id))?;
        let parties = ids("parties", self.parties.iter().map(|one| &one.id))?;
        let strategic = ids("strategic", self.strategic.iter().map(|one| &one.id))?;
        ids("operational", self.operational.iter().map(|one| &one.strategic))?;
        for (at, one) in self.values.iter().enumerate() {
            words(&format!("values.{at}.name"), &one.name, true)?;
            words(&format!("values.{at}.owner"), &one.owner, false)?;
            words(&format!("values.{at}.rests_on"), &one.rests_on, false)?;
        }
        for (at, one) in self.events.iter().enumerate() {
            words(&format!("events.{at}.name"), &one.name, true)?;
            words(&format!("events.{at}.impacts"), &one.impacts, false)?;
            known(format!("events.{at}.value"), &one.value, &values)?;
            grade(format!("events.{at}.gravity"), one.gravity)?;
        }
        for (at, one) in self.pairs.iter().enumerate() {
            words(&format!("pairs.{at}.source"), &one.source, true)?;
            words(&format!("pairs.{at}.objective"), &one.objective, true)?;
            grade(format!("pairs.{at}.motivation"), one.motivation)?;
            grade(format!("pairs.{at}.resources"), one.resources)?;
        }
        for (at, one) in self.parties.iter().enumerate() {
            words(&format!("parties.{at}.name"), &one.name, true)?;
            words(&format!("parties.{at}.role"), &one.role, false)?;
            if one.exposure.criticality().is_none() {
                fault(format!("parties.{at}.exposure"), "not_valid")?;
            }
        }
        for (at, one) in self.strategic.iter().enumerate() {
            words(&format!("strategic.{at}.name"), &one.name, true)?;
            known(format!("strategic.{at}.pair"), &one.pair, &pairs)?;
            known(format!("strategic.{at}.event"), &one.event, &events)?;
            for party in &one.through {
                known(format!("strategic.{at}.through"), party, &parties)?;
            }
        }
        for (at, one) in self.operational.iter().enumerate() {
            words(&format!("operational.{at}.words"), &one.words, false)?;
            known(format!("operational.{at}.strategic"), &one.strategic, &strategic)?;
            grade(format!("operational.{at}.likelihood"), one.likelihood)?;
        }
        Ok(())
    }

    fn gaps(&self) -> Vec<WorkshopView> {
        let gap = |is: bool, gap: StudyGap| is.then_some(gap);
        let told = |strategic: &Strategic| self.operational.iter().any(|one| one.strategic == strategic.id);
        let first = [
            gap(self.scope.trim().is_empty(), StudyGap::Scope),
            gap(self.values.is_empty(), StudyGap::Values),
            gap(
                self.values.iter().any(|value| !self.events.iter().any(|event| event.value == value.id)),
                StudyGap::ValueWithoutEvent,
            ),
        ];
        let begins = |pair: &Pair| self.strategic.iter().any(|one| one.pair == pair.id);
        let kept = || self.pairs.iter().filter(|pair| pair.is_kept);
        let second = [gap(kept().next().is_none(), StudyGap::Pairs)];
        let third = [
            gap(self.parties.is_empty(), StudyGap::Parties),
            gap(self.strategic.is_empty() || kept().any(|pair| !begins(pair)), StudyGap::PairWithoutScenario),
        ];
        let fourth = [gap(self.strategic.is_empty() || !self.strategic.iter().all(told), StudyGap::ScenarioNotOperational)];
        let treated = |one: &Operational| one.risk.is_some();
        let fifth = [gap(self.operational.is_empty() || !self.operational.iter().all(treated), StudyGap::RiskNotTreated)];
        let workshop =
            |number, gaps: &[Option<StudyGap>]| WorkshopView { number, gaps: gaps.iter().flatten().copied().collect() };
        vec![workshop(1, &first), workshop(2, &second), workshop(3, &third), workshop(4, &fourth), workshop(5, &fifth)]
    }

    /// What follows from it.
    pub fn view(&self) -> StudyView {
        let pairs = self.pairs.iter().filter_map(|pair| {
            Some(PairView { pair: pair.id.clone(), pertinence: pertinence(pair.motivation, pair.resources)? })
        });
        let parties = self.parties.iter().filter_map(|party| {
            let (criticality, zone) = (party.exposure.criticality()?, party.exposure.zone()?);
            Some(PartyView { party: party.id.clone(), criticality, zone })
        });
        let scenarios = self.strategic.iter().filter_map(|strategic| {
            let gravity = self.events.iter().find(|event| event.id == strategic.event)?.gravity;
            let likelihood = self.operational.iter().find(|one| one.strategic == strategic.id).map(|one| one.likelihood);
            let level = likelihood.and_then(|likelihood| level(gravity, likelihood));
            Some(StudyScenarioView { strategic: strategic.id.clone(), gravity, likelihood, level })
        });
        StudyView { pairs: pairs.collect(), parties: parties.collect(), scenarios: scenarios.collect(), workshops: self.gaps() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Study {
        let text = r#"{
            "scope": "Unloading at the quay",
            "values": [{"id": "v", "name": "Unloading", "owner": "Operations", "rests_on": "Cranes"}],
            "events": [{"id": "e", "name": "The cranes stop for two days", "value": "v", "gravity": 4}],
            "pairs": [{"id": "p", "source": "Criminals", "objective": "Ransom", "motivation": 4, "resources": 3, "is_kept": true}],
            "parties": [{"id": "m", "name": "Maintainer", "exposure": {"dependency": 4, "penetration": 4, "maturity": 2, "trust": 2}}],
            "strategic": [{"id": "s", "name": "By the maintainer's access", "pair": "p", "event": "e", "through": ["m"]}],
            "operational": [{"strategic": "s", "scenario": "FS-01", "likelihood": 3, "risk": "r"}]
        }"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn five_workshops_end_in_a_level_and_a_risk() {
        let study = whole();
        study.check().unwrap();
        let view = study.view();
        assert!(view.workshops.iter().all(|workshop| workshop.gaps.is_empty()), "{:?}", view.workshops);
        assert_eq!((view.pairs[0].pertinence, view.parties[0].zone), (4, Zone::Danger), "4 × 4 ÷ (2 × 2) = 4");
        assert_eq!((view.scenarios[0].gravity, view.scenarios[0].level), (4, Some(Level::High)));
    }

    #[test]
    fn an_empty_study_is_kept_and_says_what_each_workshop_lacks() {
        let study = Study::default();
        study.check().unwrap();
        let gaps: Vec<usize> = study.view().workshops.iter().map(|workshop| workshop.gaps.len()).collect();
        assert_eq!(gaps, [2, 1, 2, 1, 1]);
    }

    #[test]
    fn what_names_something_that_is_not_there_is_refused_with_its_place() {
        let refused = |change: &dyn Fn(&mut Study)| {
            let mut study = whole();
            change(&mut study);
            let fault = study.check().unwrap_err();
            (fault.at, fault.code)
        };
        assert_eq!(refused(&|study| study.events[0].value = "x".to_owned()), ("events.0.value".to_owned(), "not_found"));
        assert_eq!(
            refused(&|study| study.strategic[0].through.push("x".to_owned())),
            ("strategic.0.through".to_owned(), "not_found")
        );
        assert_eq!(refused(&|study| study.pairs[0].motivation = 5), ("pairs.0.motivation".to_owned(), "not_valid"));
        assert_eq!(refused(&|study| study.parties[0].exposure.trust = 0), ("parties.0.exposure".to_owned(), "not_valid"));
        assert_eq!(refused(&|study| study.values.push(study.values[0].clone())), ("values.1.id".to_owned(), "twice"));
        assert_eq!(refused(&|study| study.values[0].name.clear()), ("values.0.name".to_owned(), "required"));
        assert_eq!(refused(&|study| study.scope = "x".repeat(2_001)), ("scope".to_owned(), "too_long"));
    }
}
