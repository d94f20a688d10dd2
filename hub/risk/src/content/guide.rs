//! A sheet of the good-practice guide.

use haubert_model::Words;
use serde::{Deserialize, Serialize};

/// How to do a measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Of which measure.
    pub measure: String,
    /// In a sentence.
    pub summary: Words,
    /// What happens without it.
    pub why: Words,
    /// Who carries it.
    pub who: Words,
    /// What is enough to start with.
    pub level_1: Words,
    /// What solid looks like.
    pub level_2: Words,
    /// What differs for industrial systems.
    #[serde(default)]
    #[schema(required)]
    pub plant: Option<Words>,
    /// How long it takes.
    pub time: Words,
    /// What must be bought.
    pub cost: Words,
    /// Other measures.
    pub see_also: Vec<String>,
    /// What people search for.
    pub keywords: Keywords,
    /// Steps, in order.
    pub how: Vec<Words>,
    /// What goes wrong.
    pub pitfalls: Vec<Words>,
    /// What to keep as a proof.
    pub proof: Vec<Words>,
}

/// What people search for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Keywords {
    /// In English.
    pub en: Vec<String>,
    /// In French.
    pub fr: Vec<String>,
}
