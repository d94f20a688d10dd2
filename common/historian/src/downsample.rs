//! Fewer points for a chart: minimum, mean and maximum per bucket, so that a peak of a second is still seen over a year.

use crate::Sample;
use haubert_model::{Decimal, Quality, Timestamp};

/// What a bucket's samples reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Lowest.
    pub min: f64,
    /// Mean of the samples, each counting the same.
    pub mean: f64,
    /// Highest.
    pub max: f64,
}

/// A point of a chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The start of the bucket.
    pub at: Timestamp,
    /// The values, in the series' unit; `None` is a gap.
    pub band: Option<Band>,
    /// The worst quality in the bucket; beside values, a gap marker counts as [`Quality::Uncertain`].
    pub quality: Quality,
    /// Samples with a value in the bucket.
    pub count: u32,
    /// Some of them were read back from the device's own log.
    pub recovered: bool,
}

/// How to thin out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thinning {
    /// Start of the chart.
    pub from: Timestamp,
    /// End of the chart, not included.
    pub to: Timestamp,
    /// Most points wanted.
    pub max_points: usize,
    /// Power of ten of the raw integers.
    pub exponent: i8,
    /// Longest time between two samples that is not a gap; `None` where a value holds until the next (states).
    pub max_gap_ms: Option<i64>,
}

/// Round widths, in milliseconds: buckets begin at round times and stay the same when a chart is moved.
const WIDTHS: [i64; 25] = [
    1,
    10,
    100,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    10_800_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
    604_800_000,
    2_592_000_000,
];

impl Thinning {
    /// The width of a bucket in milliseconds.
    pub fn width_ms(&self) -> i64 {
        let span = self.to.ms_since(self.from).max(1);
        // A bucket may be cut by the start of the chart, and a gap takes a point of its own between two others.
        let buckets = i64::try_from(self.max_points).unwrap_or(i64::MAX).saturating_sub(1).max(1);
        let least = span / buckets + i64::from(span % buckets != 0);
        WIDTHS.into_iter().find(|width| *width >= least).unwrap_or(least)
    }
}

/// Thins out samples that come in order of time; each may be given as it is read.
#[derive(Debug)]
pub struct Thinner {
    thinning: Thinning,
    width_ms: i64,
    points: Vec<Point>,
    bucket: Option<Bucket>,
    last: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    start: Timestamp,
    min: i64,
    max: i64,
    sum: i128,
    count: u32,
    worst: Quality,
    missing: bool,
    recovered: bool,
}

impl Thinner {
    /// Begins with no sample.
    pub fn new(thinning: Thinning) -> Self {
        let width_ms = thinning.width_ms();
        Self { thinning, width_ms, points: Vec::new(), bucket: None, last: thinning.from }
    }

    /// Takes the next sample; samples outside the chart are passed over.
    pub fn push(&mut self, sample: &Sample) {
        if sample.at < self.thinning.from || sample.at >= self.thinning.to {
            return;
        }
        let start = sample.at.floor_to(self.width_ms);
        if self.bucket.is_none_or(|bucket| bucket.start != start) {
            self.close();
            self.gap_before(sample.at, start);
        }
        let bucket = self.bucket.get_or_insert(Bucket {
            start,
            min: i64::MAX,
            max: i64::MIN,
            sum: 0,
            count: 0,
            worst: Quality::Good,
            missing: false,
            recovered: false,
        });
        if sample.missing {
            bucket.missing = true;
        } else {
            bucket.min = bucket.min.min(sample.raw);
            bucket.max = bucket.max.max(sample.raw);
            bucket.sum += i128::from(sample.raw);
            bucket.count += 1;
            bucket.worst = bucket.worst.max(sample.quality());
            bucket.recovered |= sample.reason.is_recovered();
        }
        self.last = sample.at;
    }

    /// The points, in order of time. A run of buckets without samples is one gap point, at the first of them.
    pub fn finish(mut self) -> Vec<Point> {
        self.close();
        self.gap_before(self.thinning.to, self.thinning.to.floor_to(self.width_ms));
        self.points
    }

    fn close(&mut self) {
        let Some(bucket) = self.bucket.take() else { return };
        let float = |raw: i64| Decimal::new(raw, self.thinning.exponent).to_f64();
        let one = Decimal::new(1, self.thinning.exponent).to_f64();
        let band = (bucket.count > 0).then(|| {
            let (min, max) = (float(bucket.min), float(bucket.max));
            Band { min, max, mean: (bucket.sum as f64 / f64::from(bucket.count) * one).clamp(min, max) }
        });
        let quality = match (band, bucket.missing) {
            (None, _) => Quality::Bad,
            (Some(_), true) => bucket.worst.max(Quality::Uncertain),
            (Some(_), false) => bucket.worst,
        };
        self.points.push(Point { at: bucket.start, band, quality, count: bucket.count, recovered: bucket.recovered });
    }

    /// Notes a gap between the last sample and `at` if there is one and a whole bucket lies empty before `next`.
    fn gap_before(&mut self, at: Timestamp, next: Timestamp) {
        let is_gap = self.thinning.max_gap_ms.is_some_and(|max_gap_ms| at.ms_since(self.last) > max_gap_ms);
        let empty = match self.points.last() {
            Some(point) => point.at.plus_ms(self.width_ms),
            None => self.thinning.from.floor_to(self.width_ms),
        };
        if is_gap && empty < next {
            self.points.push(Point { at: empty, band: None, quality: Quality::Bad, count: 0, recovered: false });
        }
    }
}

/// Thins out samples that are at hand.
pub fn thin(samples: &[Sample], thinning: Thinning) -> Vec<Point> {
    let mut thinner = Thinner::new(thinning);
    for sample in samples {
        thinner.push(sample);
    }
    thinner.finish()
}

#[cfg(test)]
mod tests;
