//! Samples as a chart draws them: as they are when they fit, else minimum, mean and maximum per bucket. A gap is a point without
//! a value.

use crate::store::SeriesRow;
use haubert_historian::Sample;
use haubert_historian::downsample::{Thinning, thin};
use haubert_model::{Quality, Reason, RecordKind, Timestamp, Unit};
use serde::Serialize;

/// A point of a chart.
#[derive(Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct SamplePoint {
    /// Milliseconds since 1970, UTC.
    t: i64,
    /// Value, or mean of the bucket; null is a gap.
    #[schema(required)]
    v: Option<f64>,
    /// Lowest of the bucket.
    #[schema(required)]
    min: Option<f64>,
    /// Highest of the bucket.
    #[schema(required)]
    max: Option<f64>,
    /// Quality, the worst of a bucket.
    q: Quality,
    /// Why; null for a bucket.
    #[schema(required)]
    r: Option<Reason>,
    /// Read back later from the meter's own log, at least in part.
    back: bool,
}

/// Samples of a series.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Samples)]
pub(crate) struct SamplesView {
    id: i64,
    unit: Unit,
    kind: RecordKind,
    /// Width of the buckets in s; null when the points are the samples themselves.
    #[schema(required)]
    step_s: Option<f64>,
    points: Vec<SamplePoint>,
}

/// Longest time between two samples that is not a gap: two periods and a half; a state holds until the next.
fn max_gap_ms(row: &SeriesRow) -> Option<i64> {
    if row.kind == RecordKind::State {
        return None;
    }
    row.period_ms.map(|period| period.saturating_mul(5) / 2)
}

pub(super) fn view(row: &SeriesRow, samples: &[Sample], (from, to): (Timestamp, Timestamp), max_points: usize) -> SamplesView {
    let plain = plain(row, samples);
    let (step_s, points) = if plain.len() <= max_points {
        (None, plain)
    } else {
        // Buckets over what there is: ten years asked for, one day present, still show the day.
        let first = samples.first().map_or(from, |sample| sample.at);
        let last = samples.last().map_or(to, |sample| sample.at.plus_ms(1));
        let thinning = Thinning { from: first, to: last, max_points, exponent: row.exponent, max_gap_ms: max_gap_ms(row) };
        let points = thin(samples, thinning).into_iter().map(|point| SamplePoint {
            t: point.at.as_millis(),
            v: point.band.map(|band| band.mean),
            min: point.band.map(|band| band.min),
            max: point.band.map(|band| band.max),
            q: point.quality,
            r: None,
            back: point.recovered,
        });
        (Some(thinning.width_ms() as f64 / 1000.0), points.collect())
    };
    SamplesView { id: row.id, unit: row.quantity.unit(), kind: row.kind, step_s, points }
}

fn plain(row: &SeriesRow, samples: &[Sample]) -> Vec<SamplePoint> {
    let mut points = Vec::with_capacity(samples.len());
    let mut last: Option<Timestamp> = None;
    for sample in samples {
        if let (Some(last), Some(limit)) = (last, max_gap_ms(row))
            && sample.at.ms_since(last) > limit
        {
            let t = last.plus_ms(row.period_ms.unwrap_or(1)).as_millis();
            points.push(SamplePoint { t, v: None, min: None, max: None, q: Quality::Bad, r: None, back: false });
        }
        last = Some(sample.at);
        let value = sample.value(row.exponent).filter(|_| sample.is_usable()).map(haubert_model::Decimal::to_f64);
        points.push(SamplePoint {
            t: sample.at.as_millis(),
            v: value,
            min: value,
            max: value,
            q: sample.quality(),
            r: Some(sample.reason),
            back: sample.reason.is_recovered(),
        });
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::{LoadId, Quantity};

    fn row() -> SeriesRow {
        SeriesRow {
            id: 1,
            load_id: LoadId(uuid::Uuid::nil()),
            kind: RecordKind::Trend,
            quantity: Quantity::VoltageL1,
            exponent: -1,
            period_ms: Some(1000),
            first_at: None,
            last_at: None,
        }
    }

    #[test]
    fn few_samples_stay_what_they_are_and_silence_is_a_gap() {
        let samples = [
            Sample::measured(Timestamp(0), 2301, Reason::Measured),
            Sample::measured(Timestamp(1000), 2302, Reason::ClockNotSet),
            Sample::measured(Timestamp(9000), 2303, Reason::Measured),
            Sample::missing(Timestamp(10_000), Reason::NoAnswer),
        ];
        let view = view(&row(), &samples, (Timestamp(0), Timestamp(20_000)), 800);
        let values: Vec<_> = view.points.iter().map(|point| (point.t, point.v)).collect();
        assert_eq!(values, [(0, Some(230.1)), (1000, Some(230.2)), (2000, None), (9000, Some(230.3)), (10_000, None)]);
        assert_eq!(view.step_s, None);
        assert_eq!(view.points[4].r, Some(Reason::NoAnswer));
    }

    #[test]
    fn many_samples_keep_their_peak() {
        let samples: Vec<Sample> = (0..5000)
            .map(|n| Sample::measured(Timestamp(n * 1000), if n == 1234 { 4000 } else { 2300 }, Reason::Measured))
            .collect();
        let view = view(&row(), &samples, (Timestamp(0), Timestamp(5_000_000)), 100);
        assert!(view.points.len() <= 101 && view.step_s.is_some());
        assert!(view.points.iter().any(|point| point.max == Some(400.0)));
    }
}
