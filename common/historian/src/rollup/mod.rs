//! Consumption per hour, day, month and year in local time.
//!
//! Both sources become *segments*, a quantity spread evenly over a stretch of time, and buckets take their shares of them.
//! Shares are cut at the borders so that nothing is lost or counted twice: the buckets' sum is the total. Days of 23 and 25
//! hours come out right because buckets are stretches of absolute time; only their borders are found in local time.
//!
//! A bucket is honest about what it knows: no value when nothing is known, a coverage below 1 when part is, and
//! [`Quality::Uncertain`] when readings were too far apart to say when in between the consumption took place.
//!
//! To get borders right, give samples from a little before the first bucket to a little after the last (`max_gap_ms`).

mod bounds;
mod segments;

pub use bounds::{Bounds, MAX_BUCKETS, RollupError, Step, bucket_bounds};

use crate::Sample;
use crate::counter::CounterRules;
use haubert_model::{Decimal, Quality, Timestamp};
use segments::Segment;

/// Parts of a bucket smaller than this (1/n) may be unknown without making it uncertain.
const TOLERATED_PART: i64 = 100;

/// What was consumed in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Its start.
    pub start: Timestamp,
    /// Its end, not included.
    pub end: Timestamp,
    /// The consumption, never negative; `None` when nothing is known of it.
    pub value: Option<Decimal>,
    /// How far to trust it: bad without a value, uncertain when partly covered, estimated, or made of uncertain readings.
    pub quality: Quality,
    /// Part of the bucket that close readings cover, 0 to 1.
    pub coverage: f64,
}

/// Consumption from index samples in order of time, at the series' `exponent`.
///
/// Readings further apart than `max_gap_ms` still tell how much was consumed between them, but not when: the buckets in
/// between share it evenly and are uncertain and not covered.
pub fn from_index(samples: &[Sample], exponent: i8, rules: &CounterRules, bounds: &[Bounds], max_gap_ms: i64) -> Vec<Bucket> {
    distribute(&segments::of_index(samples, rules, max_gap_ms), exponent, bounds)
}

/// Consumption from load-curve samples in order of time: power × time, at three decimals more than the series' `exponent`.
/// Power given back (negative) consumes nothing.
pub fn from_load_curve(samples: &[Sample], exponent: i8, period_ms: i64, bounds: &[Bounds]) -> Vec<Bucket> {
    let exponent = exponent.saturating_sub(segments::CURVE_DECIMALS);
    distribute(&segments::of_load_curve(samples, period_ms), exponent, bounds)
}

fn distribute(segments: &[Segment], exponent: i8, bounds: &[Bounds]) -> Vec<Bucket> {
    bounds
        .iter()
        .map(|bucket| {
            let first = segments.partition_point(|segment| segment.to <= bucket.start);
            let within = segments.iter().skip(first).take_while(|segment| segment.from < bucket.end);
            fill(bucket, within, exponent)
        })
        .collect()
}

fn fill<'a>(bounds: &Bounds, segments: impl Iterator<Item = &'a Segment>, exponent: i8) -> Bucket {
    let (mut sum, mut known) = (0i128, false);
    let mut covered_ms = 0i64;
    let mut quality = Quality::Good;
    for segment in segments {
        let (from, to) = (segment.from.max(bounds.start), segment.to.min(bounds.end));
        sum += segment.until(to) - segment.until(from);
        known = true;
        quality = quality.max(segment.quality);
        if segment.close {
            covered_ms += to.ms_since(from);
        }
    }
    let length = bounds.end.ms_since(bounds.start).max(1);
    if length - covered_ms > length / TOLERATED_PART {
        quality = quality.max(Quality::Uncertain);
    }
    let value = i64::try_from(sum).ok().filter(|_| known).map(|sum| Decimal::new(sum, exponent));
    Bucket {
        start: bounds.start,
        end: bounds.end,
        value,
        quality: if value.is_some() { quality } else { Quality::Bad },
        coverage: covered_ms as f64 / length as f64,
    }
}

/// The sum of several loads over the same buckets: see [`accumulate`].
pub fn total(loads: &[Vec<Bucket>]) -> Vec<Bucket> {
    let Some((first, others)) = loads.split_first() else { return Vec::new() };
    let mut sums = first.clone();
    others.iter().for_each(|load| accumulate(&mut sums, load));
    sums
}

/// Adds a load's buckets to the sum of others over the same stretches: a load that is not known makes the sum uncertain, and
/// all unknown make it unknown. Coverage is the least of the loads'. Sums are kept at the finest exponent among them.
pub fn accumulate(sums: &mut [Bucket], load: &[Bucket]) {
    for (sum, bucket) in sums.iter_mut().zip(load) {
        sum.coverage = sum.coverage.min(bucket.coverage);
        sum.quality = match (sum.value, bucket.value) {
            (None, None) => Quality::Bad,
            (Some(_), Some(_)) => sum.quality.max(bucket.quality),
            _ => Quality::Uncertain,
        };
        sum.value = match (sum.value, bucket.value) {
            (Some(a), Some(b)) => add(a, b),
            (a, b) => a.or(b),
        };
    }
}

fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    let exponent = a.exponent.min(b.exponent);
    let mantissa = a.rescaled(exponent).ok()?.mantissa.checked_add(b.rescaled(exponent).ok()?.mantissa)?;
    Some(Decimal::new(mantissa, exponent))
}

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod tests;
