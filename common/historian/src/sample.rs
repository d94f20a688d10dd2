//! One recorded value, and what a series of them is.

use haubert_model::{Decimal, LoadId, Quality, Quantity, Reason, RecordKind, Timestamp};
use serde::{Deserialize, Serialize};

/// One value of a series at one time, or the remark that there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sample {
    /// When it was measured. For a load curve: when the period began.
    pub at: Timestamp,
    /// The value is `raw × 10^exponent` of its series. Zero when `missing`.
    pub raw: i64,
    /// Why it is as good as it is.
    pub reason: Reason,
    /// There is no value: a gap that was noticed, and why.
    pub missing: bool,
}

impl Sample {
    /// A value; the reason may reserve its quality.
    pub const fn measured(at: Timestamp, raw: i64, reason: Reason) -> Self {
        Self { at, raw, reason, missing: false }
    }

    /// A gap marker: no value, because of `reason`.
    pub const fn missing(at: Timestamp, reason: Reason) -> Self {
        Self { at, raw: 0, reason, missing: true }
    }

    /// How far to trust it.
    pub const fn quality(&self) -> Quality {
        if self.missing { Quality::Bad } else { self.reason.quality() }
    }

    /// Which of several samples of one series with the same time counts: the highest, and among equals the one that came
    /// first. A half-covered period gives way to the meter's own whole one, read back later.
    pub fn rank(&self) -> u8 {
        match self.reason {
            _ if !self.is_usable() => 0,
            Reason::Incomplete | Reason::IncompleteClockNotSet => 1,
            Reason::RecoveredIncomplete | Reason::RecoveredClockNotSet => 2,
            _ => 3,
        }
    }

    /// There is a value that may be used: not missing, and not of bad quality.
    pub fn is_usable(&self) -> bool {
        self.quality() != Quality::Bad
    }

    /// The value at the exponent of its series; `None` for a gap marker.
    pub const fn value(&self, exponent: i8) -> Option<Decimal> {
        if self.missing { None } else { Some(Decimal::new(self.raw, exponent)) }
    }
}

/// What a series records. Two specs that differ in anything but `rollover` are two series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeriesSpec {
    /// How it is recorded.
    pub kind: RecordKind,
    /// What is measured, in the quantity's canonical unit.
    pub quantity: Quantity,
    /// Power of ten of the raw integers.
    pub exponent: i8,
    /// Nominal time between samples, in milliseconds; the averaging period for a load curve. `None` if irregular.
    pub period_ms: Option<i64>,
    /// Whose quantity it is.
    pub load: LoadId,
    /// For a counter that overflows: how many raw steps it has (the first value that it never shows).
    pub rollover: Option<i64>,
}
