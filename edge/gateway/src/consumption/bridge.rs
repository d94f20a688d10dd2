//! When in an outage a load consumed: its counter says how much, the recovered load curve says when. Pure.
//!
//! Between two readings of a counter that are far apart, consumption would be spread evenly and called uncertain. Where the load
//! curve knows the power in between, readings are put in at the borders of its periods: the counter's own difference, shared
//! out as the curve says. The counter stays the truth; a curve that disagrees with it by much is not listened to.

use haubert_historian::Sample;
use haubert_historian::counter::counts;
use haubert_model::{Reason, Timestamp};

/// A load curve, as its series keeps it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curve<'a> {
    pub(super) samples: &'a [Sample],
    /// Power of ten of its watts.
    pub(super) exponent: i8,
    pub(super) period_ms: i64,
}

/// Part of a gap (1/n) that the curve may leave open.
const TOLERATED_PART: i64 = 20;
/// How far the curve's energy may be from the counter's: by this factor either way.
const FACTOR: f64 = 1.25;
const HOUR_MS: f64 = 3_600_000.0;

/// The gaps longer than `gap_ms` between samples that count, from the first to the last of them.
pub(super) fn gaps(samples: &[Sample], gap_ms: i64) -> Option<(Timestamp, Timestamp)> {
    let counted: Vec<&Sample> = samples.iter().filter(|sample| counts(sample)).collect();
    let wide = || counted.windows(2).filter(|pair| is_gap(pair, gap_ms));
    let first = wide().next().and_then(|pair| pair.first())?.at;
    let last = wide().next_back().and_then(|pair| pair.last())?.at;
    Some((first, last))
}

fn is_gap(pair: &[&Sample], gap_ms: i64) -> bool {
    matches!(pair, [before, after] if after.at.ms_since(before.at) > gap_ms && after.raw > before.raw && goes_on(after))
}

/// The counter went on from the reading before.
const fn goes_on(sample: &Sample) -> bool {
    !matches!(sample.reason, Reason::CounterReset | Reason::RolledOver | Reason::MeterExchanged)
}

/// The index samples, with readings put in where the curve knows. `exponent` is that of the index, in watt-hours.
pub(super) fn bridged(samples: &[Sample], exponent: i8, curve: Curve<'_>, gap_ms: i64) -> Vec<Sample> {
    let mut all = Vec::with_capacity(samples.len() + curve.samples.len());
    let mut before: Option<&Sample> = None;
    for sample in samples {
        if counts(sample) {
            if let Some(before) = before
                && is_gap(&[before, sample], gap_ms)
            {
                all.extend(between(before, sample, exponent, curve));
            }
            before = Some(sample);
        }
        all.push(*sample);
    }
    all
}

fn between(before: &Sample, after: &Sample, exponent: i8, curve: Curve<'_>) -> Vec<Sample> {
    let (mut shares, mut sum, mut covered_ms, mut reached) = (Vec::new(), 0.0, 0, before.at);
    for sample in curve.samples.iter().filter(|sample| sample.is_usable()) {
        let from = sample.at.max(reached);
        let to = sample.at.plus_ms(curve.period_ms).min(after.at);
        if to <= from {
            continue;
        }
        sum += sample.raw.max(0) as f64 * to.ms_since(from) as f64;
        covered_ms += to.ms_since(from);
        reached = to;
        shares.push((to, sum));
    }
    let length = after.at.ms_since(before.at);
    let counted = (after.raw - before.raw) as f64 * 10f64.powi(i32::from(exponent));
    let drawn = sum / HOUR_MS * 10f64.powi(i32::from(curve.exponent));
    let agrees = drawn > 0.0 && (drawn / counted).max(counted / drawn) <= FACTOR;
    if length - covered_ms > length / TOLERATED_PART || !agrees {
        return Vec::new();
    }
    let delta = (after.raw - before.raw) as f64;
    shares
        .into_iter()
        .filter(|(at, _)| *at < after.at)
        .map(|(at, part)| Sample::measured(at, before.raw + (delta * part / sum) as i64, Reason::Recovered))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_historian::counter::CounterRules;
    use haubert_historian::rollup::{Bounds, from_index};
    use haubert_model::{Quality, Quantity};

    const TEN: i64 = 600_000;
    const HOUR: i64 = 6 * TEN;

    /// A load that draws 6 kW in even hours and nothing in odd ones.
    fn watts(period: i64) -> i64 {
        if period.div_euclid(6) % 2 == 0 { 6_000 } else { 0 }
    }

    fn index(period: i64) -> Sample {
        let wh: i64 = (0..period).map(|period| watts(period) / 6).sum();
        Sample::measured(Timestamp(period * TEN), 1_000_000 + wh, Reason::Measured)
    }

    fn curve(from: i64, to: i64) -> Vec<Sample> {
        (from..to).map(|period| Sample::measured(Timestamp(period * TEN), watts(period), Reason::Recovered)).collect()
    }

    fn hours(samples: &[Sample]) -> Vec<(i64, Quality)> {
        let bounds: Vec<Bounds> =
            (0..8).map(|hour| Bounds { start: Timestamp(hour * HOUR), end: Timestamp((hour + 1) * HOUR) }).collect();
        let rules = CounterRules::new(Quantity::ActiveEnergyImport, 0, None);
        let buckets = from_index(samples, 0, &rules, &bounds, 3 * TEN);
        buckets.iter().map(|bucket| (bucket.value.unwrap().mantissa, bucket.quality)).collect()
    }

    /// Readings each ten minutes but for the hours 2 to 6.
    fn with_gap() -> Vec<Sample> {
        (0..=48).filter(|period| !(12 < *period && *period < 36)).map(index).collect()
    }

    #[test]
    fn the_hours_of_an_outage_get_what_the_curve_says_and_the_counter_stays_the_truth() {
        let samples = with_gap();
        assert_eq!(gaps(&samples, 3 * TEN), Some((Timestamp(12 * TEN), Timestamp(36 * TEN))));
        let spread = hours(&samples);
        assert_eq!(spread[3], (3_000, Quality::Uncertain), "without the curve: evenly, and so told");
        let curve = curve(12, 36);
        let found = hours(&bridged(&samples, 0, Curve { samples: &curve, exponent: 0, period_ms: TEN }, 3 * TEN));
        assert_eq!(found.iter().map(|hour| hour.0).collect::<Vec<_>>(), [6_000, 0, 6_000, 0, 6_000, 0, 6_000, 0]);
        assert!(found.iter().all(|hour| hour.1 == Quality::Good));
    }

    #[test]
    fn a_curve_with_holes_or_of_another_meter_is_not_listened_to() {
        let samples = with_gap();
        let mut holes = curve(12, 36);
        holes.drain(4..8);
        let mut other = curve(12, 36);
        other.iter_mut().for_each(|sample| sample.raw *= 2);
        for curve in [holes, other, Vec::new()] {
            let curve = Curve { samples: &curve, exponent: 0, period_ms: TEN };
            assert_eq!(bridged(&samples, 0, curve, 3 * TEN), samples);
        }
    }

    #[test]
    fn a_meter_that_was_exchanged_meanwhile_is_not_bridged() {
        let mut samples = with_gap();
        let at = samples.iter().position(|sample| sample.at == Timestamp(36 * TEN)).unwrap();
        samples[at].reason = Reason::MeterExchanged;
        assert_eq!(gaps(&samples, 3 * TEN), None);
    }
}
