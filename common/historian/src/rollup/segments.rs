//! Consumption as stretches of time, each with an amount spread evenly over it.

use crate::Sample;
use crate::counter::{self, CounterRules, consumed};
use crate::load_curve::div_round;
use haubert_model::{Quality, Reason, Timestamp};

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
    for sample in consistent(samples) {
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

/// The samples that count, without those that others contradict.
///
/// A counter only grows, and a reading that fell for a reason says so. What falls or stands out without a reason was dated by a
/// wrong clock: an hour that came twice, or an excursion into another year. Of two that contradict each other, the one whose
/// clock was not set goes; else the one that lies below both its neighbours in time. Taken for a reset, it would add the
/// whole register to the day.
fn consistent(samples: &[Sample]) -> Vec<&Sample> {
    let counted: Vec<&Sample> = samples.iter().filter(|sample| counter::counts(sample)).collect();
    // For each sample, of the trusted ones after it and before the counter starts anew: the first, and the highest.
    let mut after: Vec<Option<(i64, i64)>> = Vec::with_capacity(counted.len());
    let mut later: Option<(i64, i64)> = None;
    for sample in counted.iter().rev() {
        after.push(later);
        if starts_anew(sample) {
            later = None;
        } else if !is_doubted(sample) {
            later = Some((sample.raw, later.map_or(sample.raw, |(_, highest)| highest.max(sample.raw))));
        }
    }
    let mut kept: Vec<&Sample> = Vec::with_capacity(counted.len());
    for (sample, later) in counted.into_iter().zip(after.into_iter().rev()) {
        let before = kept.last().filter(|_| !starts_anew(sample)).map(|before| before.raw);
        let falls = before.is_some_and(|before| sample.raw < before);
        let contradicted = if is_doubted(sample) {
            falls || later.is_some_and(|(next, _)| sample.raw > next)
        } else {
            falls && later.zip(before).is_some_and(|((_, highest), before)| highest >= before)
        };
        if !contradicted {
            kept.push(sample);
        }
    }
    kept
}

const fn starts_anew(sample: &Sample) -> bool {
    matches!(sample.reason, Reason::CounterReset | Reason::RolledOver | Reason::MeterExchanged)
}

const fn is_doubted(sample: &Sample) -> bool {
    matches!(sample.reason, Reason::ClockNotSet)
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
