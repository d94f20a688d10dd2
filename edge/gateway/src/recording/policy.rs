//! What is kept of a site's measurements: the settings, made quick to ask for each point.

use crate::history_settings::HistorySettings;
use haubert_model::{Decimal, LoadId, Nature, Quantity};
use std::collections::HashMap;

/// Whether and how an instantaneous quantity is kept as a trend: `Some(dead band)` when it is.
pub type Choice = Option<Option<Decimal>>;

/// The choices of trends. Counters, states and load curves of total power are always kept.
#[derive(Debug, Default)]
pub struct Choices {
    everywhere: HashMap<Quantity, Option<Decimal>>,
    exceptions: HashMap<(LoadId, Quantity), Choice>,
}

impl Choices {
    /// Those of the settings.
    pub fn new(settings: &HistorySettings) -> Self {
        let exceptions = settings.load_trends.iter();
        Self {
            everywhere: settings.trends.iter().map(|choice| (choice.quantity, choice.dead_band)).collect(),
            exceptions: exceptions.map(|own| ((own.load, own.quantity), own.record.then_some(own.dead_band))).collect(),
        }
    }

    /// The choice for a load's quantity.
    pub fn trend(&self, load: LoadId, quantity: Quantity) -> Choice {
        if quantity.nature() != Nature::Instant {
            return None;
        }
        let own = self.exceptions.get(&(load, quantity)).copied();
        own.unwrap_or_else(|| self.everywhere.get(&quantity).copied())
    }
}

/// Whether a quantity is also kept as a load curve: the mean power of each period.
pub const fn has_load_curve(quantity: Quantity) -> bool {
    matches!(quantity, Quantity::ActivePowerTotal)
}
