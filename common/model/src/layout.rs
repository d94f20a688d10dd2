//! Which of several register layouts a device has, where its documents contradict each other.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The layout taken for each question that a profile leaves open: question → option. The profile's first option where nothing
/// is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Layout(pub BTreeMap<String, String>);

impl Layout {
    /// The option taken for a question.
    pub fn option(&self, question: &str) -> Option<&str> {
        self.0.get(question).map(String::as_str)
    }
}

/// What the values at one place showed while they were watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Grew as the power says.
    Fits,
    /// Stood still while too little flowed to tell.
    Still,
    /// Grew faster than the power allows.
    TooFast,
    /// Grew more slowly than the power says.
    TooSlow,
    /// Went backwards.
    Falls,
    /// No usable value there: refused, absent or not plausible.
    Unreadable,
}

/// One place that was watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Candidate {
    /// The option that puts the counter there.
    pub option: String,
    /// First register.
    pub address: u16,
    /// Value when the watch began, rounded, in the counter's unit.
    #[schema(required)]
    pub first: Option<i64>,
    /// How much it grew, in thousandths of the counter's unit.
    #[schema(required)]
    pub grew_milli: Option<i64>,
    /// What follows.
    pub verdict: Verdict,
}

/// The answer to one question of a profile, and what told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Choice {
    /// Name of the question in the profile.
    pub question: String,
    /// The option taken.
    pub option: String,
    /// Whether the values decided; else the option is the profile's first and is looked at again.
    pub settled: bool,
    /// Load that was watched, from 1.
    pub channel: u8,
    /// How long, in milliseconds.
    pub watched_ms: u64,
    /// What the counter should have grown by then, in thousandths of its unit, from the power.
    pub expected_milli: i64,
    /// The places.
    pub candidates: Vec<Candidate>,
}
