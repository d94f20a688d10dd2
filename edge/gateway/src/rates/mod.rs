//! What consumption costs and what it emits: rates per unit from dates on, with prices by season, day and hour of the site's own
//! clock. Pure: tariffs, zone and time come in as arguments.
//!
//! Money and masses are exact: a [`Rate`] has millionths, a product with a counter's reading loses nothing, and an [`Amount`] is rounded
//! once, when it is told. Time is cut where a rate changes ([`pieces`]), so the cost of a stretch is the sum of the costs of its parts.

mod factor;
mod number;
mod pieces;
mod standing;
mod tariff;

pub use factor::EmissionFactor;
pub use number::{Amount, Rate};
pub use pieces::{Book, Piece, Plan, pieces};
pub use standing::standing;
pub use tariff::{Band, Currency, DayTime, Tariff};

use haubert_model::Fluid;
use jiff::civil::{Date, date};

/// Most tariffs, and most emission factors, that are kept.
pub const MAX_ENTRIES: usize = 200;
/// Nothing is valid from before: bounds what has to be looked through.
const EARLIEST: Date = date(2000, 1, 1);
/// The latest date that anything can be valid from.
const LATEST: Date = date(2100, 1, 1);

/// What is wrong with something entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: `bands.0.name`.
    pub field: String,
    /// Stable name of what is wrong.
    pub code: &'static str,
    /// What would be right.
    pub detail: &'static str,
}

impl Fault {
    pub(crate) fn new(field: impl Into<String>, code: &'static str, detail: &'static str) -> Self {
        Self { field: field.into(), code, detail }
    }
}

/// Whether a rate of this fluid is per kilowatt-hour; else it is per cubic metre.
pub const fn is_per_kwh(fluid: Fluid) -> bool {
    match fluid {
        Fluid::Electricity | Fluid::Heat => true,
        Fluid::Water | Fluid::Gas | Fluid::Air => false,
    }
}

/// A date from which something can be valid.
pub(crate) fn date_fault(valid_from: Date) -> Option<Fault> {
    let fits = (EARLIEST..=LATEST).contains(&valid_from);
    (!fits).then(|| Fault::new("valid_from", "out_of_range", "from 2000-01-01 to 2100-01-01"))
}

/// A text of at most `longest` characters, none of them a control character.
pub(crate) fn text_fault(field: &str, text: &str, longest: usize) -> Option<Fault> {
    match text.trim().chars().count() {
        0 => Some(Fault::new(field, "required", "say something")),
        count if count > longest || text.chars().any(char::is_control) => {
            Some(Fault::new(field, "not_valid", "shorter, and without control characters"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
