//! What is kept of the measurements, how finely and how long: edited in the WEBVIEW, followed by recorder and writer.
//!
//! Counters, load curves and states are always kept; trends are chosen, for the whole site and with exceptions per load. The
//! configuration file gives the values of a first start; from the first change on, the store's are in force.

use crate::config::{Config, Retention as FirstRetention};
use crate::store::{StoreError, settings};
use haubert_historian::RetentionPolicy;
use haubert_model::{Decimal, LoadId, Nature, Quantity};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// Name in the store.
const NAME: &str = "history";
/// Most exceptions per load.
const MAX_LOAD_TRENDS: usize = 20_000;
/// Least disk budget, bytes: below it the file could not hold a day of a small site.
pub const MIN_BUDGET: u64 = 16 << 20;

/// The quantities that people plot, kept as trends from the first start on.
const USUAL_TRENDS: &[Quantity] = &[
    Quantity::ActivePowerTotal,
    Quantity::ReactivePowerTotal,
    Quantity::ApparentPowerTotal,
    Quantity::PowerFactorTotal,
    Quantity::VoltageL1,
    Quantity::VoltageL2,
    Quantity::VoltageL3,
    Quantity::VoltageL1L2,
    Quantity::VoltageL2L3,
    Quantity::VoltageL3L1,
    Quantity::CurrentL1,
    Quantity::CurrentL2,
    Quantity::CurrentL3,
    Quantity::CurrentNeutral,
    Quantity::Frequency,
    Quantity::ThdVoltageL1,
    Quantity::ThdCurrentL1,
    Quantity::VolumeFlow,
    Quantity::Temperature,
    Quantity::RelativeHumidity,
];

/// What is kept, how finely and how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistorySettings {
    /// How long, per kind.
    pub retention: Retention,
    /// Most bytes of the whole history folder; `None` is no limit.
    pub budget_bytes: Option<u64>,
    /// Instantaneous quantities kept as trends of every load.
    pub trends: Vec<TrendChoice>,
    /// Exceptions per load.
    pub load_trends: Vec<LoadTrend>,
}

/// Days of history kept, per kind of series; `None` is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Counters.
    #[schema(required)]
    pub index_days: Option<u32>,
    /// Load curves.
    #[schema(required)]
    pub load_curve_days: Option<u32>,
    /// Trends.
    #[schema(required)]
    pub trend_days: Option<u32>,
    /// States.
    #[schema(required)]
    pub state_days: Option<u32>,
}

impl From<FirstRetention> for Retention {
    fn from(first: FirstRetention) -> Self {
        Self {
            index_days: Some(first.index_days),
            load_curve_days: Some(first.load_curve_days),
            trend_days: Some(first.trend_days),
            state_days: Some(first.state_days),
        }
    }
}

/// A quantity kept as a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendChoice {
    /// Which.
    pub quantity: Quantity,
    /// Changes up to this much, in the quantity's unit, are not kept; `None` keeps every sample.
    pub dead_band: Option<Decimal>,
}

/// An exception for one load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadTrend {
    /// Whose.
    pub load: LoadId,
    /// Which.
    pub quantity: Quantity,
    /// Kept or not.
    pub record: bool,
    /// As in [`TrendChoice`].
    pub dead_band: Option<Decimal>,
}

impl HistorySettings {
    /// What the configuration file says, for a first start.
    pub fn initial(config: &Config) -> Self {
        let more = config.recording.more_trends.iter().filter(|quantity| !USUAL_TRENDS.contains(quantity));
        let trends = USUAL_TRENDS
            .iter()
            .chain(more)
            .filter(|quantity| quantity.nature() == Nature::Instant)
            .map(|quantity| TrendChoice { quantity: *quantity, dead_band: None })
            .collect();
        Self { retention: config.retention.into(), budget_bytes: None, trends, load_trends: Vec::new() }
    }

    /// What is stored, or `first` when nothing is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn stored(tx: &Transaction<'_>, first: &Self) -> Result<Self, StoreError> {
        Ok(settings::get(tx, NAME)?.unwrap_or_else(|| first.clone()))
    }

    /// Changes a part of what is stored, or of `first` when nothing is, and stores the whole: whoever changes another part at
    /// the same time keeps it.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn change(tx: &Transaction<'_>, first: &Self, part: impl FnOnce(&mut Self)) -> Result<Self, StoreError> {
        let mut settings = Self::stored(tx, first)?;
        part(&mut settings);
        settings::set(tx, NAME, &settings)?;
        Ok(settings)
    }

    /// Whether and how a quantity of a load is kept as a trend: `Some(dead band)` when it is.
    pub fn trend(&self, load: LoadId, quantity: Quantity) -> Option<Option<Decimal>> {
        let own = self.load_trends.iter().find(|own| own.load == load && own.quantity == quantity);
        match own {
            Some(own) => own.record.then_some(own.dead_band),
            None => self.trends.iter().find(|choice| choice.quantity == quantity).map(|choice| choice.dead_band),
        }
    }

    /// The limits as the historian takes them.
    pub const fn policy(&self) -> RetentionPolicy {
        let Retention { index_days, load_curve_days, trend_days, state_days } = self.retention;
        RetentionPolicy { index_days, load_curve_days, trend_days, state_days, budget_bytes: self.budget_bytes }
    }

    /// What types cannot say.
    ///
    /// # Errors
    /// The field, a stable code and the reason.
    pub fn check(&self) -> Result<(), (String, &'static str, &'static str)> {
        let days = [
            ("retention.index_days", self.retention.index_days),
            ("retention.load_curve_days", self.retention.load_curve_days),
            ("retention.trend_days", self.retention.trend_days),
            ("retention.state_days", self.retention.state_days),
        ];
        for (field, value) in days {
            if value.is_some_and(|days| !(1..=36_500).contains(&days)) {
                return Err((field.to_owned(), "out_of_range", "between 1 and 36500 days"));
            }
        }
        if self.budget_bytes.is_some_and(|bytes| bytes < MIN_BUDGET) {
            return Err(("budget_bytes".to_owned(), "out_of_range", "at least 16 MiB"));
        }
        if self.load_trends.len() > MAX_LOAD_TRENDS {
            return Err(("load_trends".to_owned(), "too_many", "at most 20000 exceptions"));
        }
        let mut seen = HashSet::new();
        for (at, choice) in self.trends.iter().enumerate() {
            check_choice(&format!("trends[{at}]"), choice.quantity, choice.dead_band)?;
            if !seen.insert((None, choice.quantity)) {
                return Err((format!("trends[{at}].quantity"), "duplicate", "named twice"));
            }
        }
        for (at, own) in self.load_trends.iter().enumerate() {
            check_choice(&format!("load_trends[{at}]"), own.quantity, own.dead_band)?;
            if !seen.insert((Some(own.load), own.quantity)) {
                return Err((format!("load_trends[{at}].quantity"), "duplicate", "named twice for this load"));
            }
        }
        Ok(())
    }
}

fn check_choice(field: &str, quantity: Quantity, dead_band: Option<Decimal>) -> Result<(), (String, &'static str, &'static str)> {
    if quantity.nature() != Nature::Instant {
        return Err((format!("{field}.quantity"), "not_valid", "counters and states are always kept, never as trends"));
    }
    match dead_band {
        Some(band) if band.mantissa <= 0 => Err((format!("{field}.dead_band"), "out_of_range", "more than 0, or none")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn settings() -> HistorySettings {
        HistorySettings::initial(&Config::default())
    }

    #[test]
    fn a_first_start_takes_the_file_and_keeps_only_instants_as_trends() {
        let mut config = Config::default();
        config.recording.more_trends = vec![Quantity::PowerFactorL2, Quantity::Frequency, Quantity::Volume];
        let first = HistorySettings::initial(&config);
        assert!(first.check().is_ok());
        assert_eq!(first.retention.trend_days, Some(config.retention.trend_days));
        assert_eq!(first.trends.iter().filter(|choice| choice.quantity == Quantity::Frequency).count(), 1);
        assert!(first.trends.iter().any(|choice| choice.quantity == Quantity::PowerFactorL2));
        assert!(first.trends.iter().all(|choice| choice.quantity != Quantity::Volume));
    }

    #[test]
    fn a_load_may_differ_both_ways() {
        let (one, other) = (LoadId(Uuid::from_u128(1)), LoadId(Uuid::from_u128(2)));
        let band = Some(Decimal::new(5, -1));
        let mut settings = settings();
        settings.load_trends = vec![
            LoadTrend { load: one, quantity: Quantity::Frequency, record: false, dead_band: None },
            LoadTrend { load: one, quantity: Quantity::VoltageSystem, record: true, dead_band: band },
        ];
        assert!(settings.check().is_ok());
        assert_eq!(settings.trend(one, Quantity::Frequency), None);
        assert_eq!(settings.trend(other, Quantity::Frequency), Some(None));
        assert_eq!(settings.trend(one, Quantity::VoltageSystem), Some(band));
        assert_eq!(settings.trend(other, Quantity::VoltageSystem), None);
    }

    #[test]
    fn what_makes_no_sense_names_its_field() {
        let field = |settings: HistorySettings| settings.check().unwrap_err().0;
        let mut none = settings();
        none.retention.state_days = Some(0);
        assert_eq!(field(none), "retention.state_days");
        assert_eq!(field(HistorySettings { budget_bytes: Some(1), ..settings() }), "budget_bytes");
        let twice = TrendChoice { quantity: Quantity::Frequency, dead_band: None };
        assert_eq!(field(HistorySettings { trends: vec![twice, twice], ..settings() }), "trends[1].quantity");
        let counter = TrendChoice { quantity: Quantity::Volume, dead_band: None };
        assert_eq!(field(HistorySettings { trends: vec![counter], ..settings() }), "trends[0].quantity");
        let negative = TrendChoice { quantity: Quantity::Frequency, dead_band: Some(Decimal::new(-1, 0)) };
        assert_eq!(field(HistorySettings { trends: vec![negative], ..settings() }), "trends[0].dead_band");
    }
}
