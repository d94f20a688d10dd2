//! What a unit of a fluid emits, as whoever entered it found it.

use super::{Fault, Rate, date_fault, text_fault};
use haubert_model::Fluid;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest account of a source, characters.
const MAX_SOURCE: usize = 200;

/// Emissions of a fluid from a date on. None is built in: a factor is somebody's, and says whose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmissionFactor {
    /// Of what.
    pub fluid: Fluid,
    /// First local day.
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// Grams of CO₂ equivalent per kWh or m³.
    pub grams: Rate,
    /// Where the number is from, in words; at most 200 characters.
    pub source: String,
}

impl EmissionFactor {
    /// What is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        date_fault(self.valid_from).into_iter().chain(text_fault("source", &self.source, MAX_SOURCE)).collect()
    }
}
