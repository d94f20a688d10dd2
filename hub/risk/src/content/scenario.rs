//! A feared scenario: what it is, how it comes about, what cuts it, what to do when it happens.

use haubert_model::Words;
use serde::{Deserialize, Serialize};

/// What an attack goes through (EBIOS Risk Manager, workshop 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// Preparation from outside.
    Know,
    /// The first foothold.
    Enter,
    /// Spreading inside.
    Discover,
    /// The harm.
    Exploit,
}

/// A stage of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Which one.
    #[serde(rename = "stage")]
    pub name: StageName,
    /// What happens.
    pub text: Words,
    /// Techniques of MITRE ATT&CK (ICS and Enterprise), by id.
    pub attack: Vec<String>,
    /// Measures that cut it, the strongest first.
    pub measures: Vec<String>,
}

/// How far each criterion is touched, from 0 (not) to 4.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Criteria {
    /// Nobody sees it who should not.
    pub confidentiality: u8,
    /// It is what it should be.
    pub integrity: u8,
    /// It is there when needed.
    pub availability: u8,
    /// One can tell who did what and when.
    pub traceability: u8,
}

impl Criteria {
    /// The most touched.
    pub fn highest(self) -> u8 {
        self.confidentiality.max(self.integrity).max(self.availability).max(self.traceability)
    }
}

/// What shows that it happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// Unique within the scenario.
    pub id: String,
    /// What is seen.
    pub text: Words,
    /// Where one looks.
    pub sees: String,
    /// The measure that makes it visible.
    #[serde(default)]
    #[schema(required)]
    pub measure: Option<String>,
}

/// When a reflex is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// At once.
    #[serde(rename = "15-minutes")]
    FifteenMinutes,
    /// Within the hour.
    FirstHour,
    /// Within the day.
    FirstDay,
    /// On the way back to normal.
    Return,
}

/// A line of the reflex sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reflex {
    /// When.
    pub phase: Phase,
    /// Who.
    pub who: Words,
    /// What.
    pub text: Words,
}

/// What trains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// How long it takes.
    pub minutes: u32,
    /// Who plays.
    pub players: Words,
    /// What it is for.
    pub goal: Words,
}

/// Something that players are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Inject {
    /// When, from the beginning.
    pub minute: u32,
    /// To whom.
    pub to: Words,
    /// What.
    pub text: Words,
    /// What they should do.
    pub expected: Words,
}

/// Something of the kind that has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicEvent {
    /// What.
    pub title: Words,
    /// Where that stands.
    pub source: String,
    /// Whether the source was read.
    pub verified: bool,
}

/// A feared scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioContent)]
pub struct Scenario {
    /// `FS-01`.
    pub id: String,
    /// Its title.
    pub title: Words,
    /// What happens, as a story.
    pub summary: Words,
    /// Business values that it hurts.
    pub services: Vec<String>,
    /// Classes of assets that it goes through.
    pub assets: Vec<String>,
    /// Items of those classes.
    #[serde(default)]
    #[schema(required)]
    pub asset_items: Vec<String>,
    /// Families of threats.
    pub threats: Vec<String>,
    /// Who or what causes it.
    pub sources: Vec<String>,
    /// What follows.
    pub impacts: Vec<String>,
    /// Gravity to start with, 1 to 4.
    pub gravity: u8,
    /// Likelihood to start with, 1 to 4.
    pub likelihood: u8,
    /// What is touched.
    pub criteria: Criteria,
    /// Who is concerned first.
    pub actors: Vec<String>,
    /// Duties to report that it starts.
    pub clocks: Vec<String>,
    /// Under which condition.
    #[serde(default)]
    #[schema(required)]
    pub clocks_if: Option<Words>,
    /// What trains it.
    pub exercise: Exercise,
    /// How it comes about, in order.
    #[serde(rename = "stage")]
    pub stages: Vec<Stage>,
    /// What shows it.
    #[serde(rename = "detection")]
    pub detections: Vec<Detection>,
    /// What to do, in order.
    #[serde(rename = "reflex")]
    pub reflexes: Vec<Reflex>,
    /// What players are told, in order.
    #[serde(rename = "inject")]
    pub injects: Vec<Inject>,
    /// Where it has happened.
    #[serde(rename = "public_event", default)]
    #[schema(required)]
    pub public_events: Vec<PublicEvent>,
}
