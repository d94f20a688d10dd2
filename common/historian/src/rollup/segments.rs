//! Consumption as stretches of time, each with an amount spread evenly over it.

use crate::Sample;
use crate::counter::{self, CounterRules, consumed};
use crate::load_curve::div_round;
use haubert_model::{Quality, Timestamp};

/// Decimals that power × time gains over power.
pub(super) const CURVE_DECIMALS: i8 = 3;

const HOUR_MS: i128 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Segments are in order of time and do not overlap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    amount: i128,
    pub(super) quality: Quality,
    /// The readings at its ends are close enough to say when the amount was consumed.
    pub(super) close: bool,
}

impl Segment {
    /// What has been consumed from its start until `at`, which lies within it. Rounded down, and whole at the end, so that
    /// the differences of successive borders add up to the amount.
    pub(super) fn until(&self, at: Timestamp) -> i128 {
        let length = i128::from(self.to.ms_since(self.from)).max(1);
        self.amount * i128::from(at.ms_since(self.from)) / length
    }
}

pub(super) fn of_index(samples: &[Sample], rules: &CounterRules, max_gap_ms: i64) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut before: Option<&Sample> = None;
    for sample in samples.iter().filter(|sample| counter::counts(sample)) {
        if let Some(before) = before {
            let length = sample.at.ms_since(before.at);
            if length <= 0 {
                continue;
            }
            let consumed = consumed(before, sample, rules);
            if let Some(steps) = consumed.steps {
                let close = length <= max_gap_ms;
                let quality = if close { consumed.quality } else { consumed.quality.max(Quality::Uncertain) };
                segments.push(Segment { from: before.at, to: sample.at, amount: i128::from(steps), quality, close });
            }
        }
        before = Some(sample);
    }
    segments
}

/// Periods of more than a day are no load curve and give nothing.
pub(super) fn of_load_curve(samples: &[Sample], period_ms: i64) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    if !(1..=DAY_MS).contains(&period_ms) {
        return segments;
    }
    let scale = 10i128.pow(CURVE_DECIMALS.unsigned_abs().into());
    for sample in samples.iter().filter(|sample| sample.is_usable()) {
        if segments.last().is_some_and(|last| sample.at < last.to) {
            continue;
        }
        let amount = div_round(i128::from(sample.raw.max(0)) * i128::from(period_ms) * scale, HOUR_MS);
        let (from, to) = (sample.at, sample.at.plus_ms(period_ms));
        segments.push(Segment { from, to, amount, quality: sample.quality(), close: true });
    }
    segments
}
