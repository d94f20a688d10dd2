//! Dead band: leaving out samples that say nothing new.
//!
//! A sample is left out while both hold: it differs from the last one kept by no more than the band, and a straight line from
//! the last one kept to it passes all those left out in between within the band (a swinging door). So a chart that joins the
//! kept samples, whether by lines or by steps, is nowhere off by more than the band. The last sample before a change is kept
//! too, with its own time: else a step after a long calm would become a slope.
//!
//! Always kept: the first sample, changes of reason, gap markers and what follows them, and one sample at least per
//! `max_gap_ms`, so that silence is never taken for a steady value. Samples that come late pass untouched.

use crate::Sample;

/// Rise over time from the last kept sample, as a fraction.
#[derive(Debug, Clone, Copy)]
struct Slope {
    rise: i128,
    over_ms: i64,
}

impl Slope {
    fn is_above(self, other: Self) -> bool {
        self.rise * i128::from(other.over_ms) > other.rise * i128::from(self.over_ms)
    }
}

/// What was left out since the last kept sample.
#[derive(Debug, Clone, Copy)]
struct Held {
    last: Sample,
    /// Slopes between which a line passes all of them within the band.
    low: Slope,
    high: Slope,
}

/// Decides for one series what to keep.
#[derive(Debug, Clone)]
pub struct Filter {
    band: i64,
    max_gap_ms: i64,
    kept: Option<Sample>,
    held: Option<Held>,
}

impl Filter {
    /// A filter with this band, in raw steps of the series (negative counts as zero: only repetitions are left out), that keeps
    /// one sample at least per `max_gap_ms`.
    pub const fn new(dead_band: i64, max_gap_ms: i64) -> Self {
        Self { band: if dead_band < 0 { 0 } else { dead_band }, max_gap_ms, kept: None, held: None }
    }

    /// Takes the next sample and gives to `keep` what is to be stored, in order of time: nothing, this sample, or first the one
    /// before it.
    pub fn take(&mut self, sample: Sample, keep: &mut impl FnMut(Sample)) {
        let Some(kept) = self.kept else { return self.keep(sample, keep) };
        let newest = self.held.map_or(kept, |held| held.last);
        if sample.at <= newest.at {
            return keep(sample);
        }
        if sample.missing || kept.missing || sample.reason != newest.reason {
            self.flush(keep);
            return self.keep(sample, keep);
        }
        let near = |kept: Sample| i128::from(sample.raw) - i128::from(kept.raw);
        if near(kept).abs() > i128::from(self.band) {
            self.flush(keep);
            return self.keep(sample, keep);
        }
        if !self.door_open(kept, &sample) {
            self.flush(keep);
        }
        let kept = self.kept.unwrap_or(kept);
        // The flushed sample may be further from this one than the one kept before it.
        if near(kept).abs() > i128::from(self.band) || sample.at.ms_since(kept.at) >= self.max_gap_ms {
            return self.keep(sample, keep);
        }
        self.hold(kept, sample);
    }

    /// Gives the sample that is held back, if there is one: call it before the filter is dropped.
    pub fn flush(&mut self, keep: &mut impl FnMut(Sample)) {
        if let Some(held) = self.held.take() {
            self.kept = Some(held.last);
            keep(held.last);
        }
    }

    fn keep(&mut self, sample: Sample, keep: &mut impl FnMut(Sample)) {
        (self.kept, self.held) = (Some(sample), None);
        keep(sample);
    }

    fn slope(kept: Sample, sample: &Sample, offset: i64) -> Slope {
        let rise = i128::from(sample.raw) - i128::from(kept.raw) + i128::from(offset);
        Slope { rise, over_ms: sample.at.ms_since(kept.at).max(1) }
    }

    fn door_open(&self, kept: Sample, sample: &Sample) -> bool {
        let slope = Self::slope(kept, sample, 0);
        self.held.is_none_or(|held| !held.low.is_above(slope) && !slope.is_above(held.high))
    }

    fn hold(&mut self, kept: Sample, sample: Sample) {
        let (low, high) = (Self::slope(kept, &sample, -self.band), Self::slope(kept, &sample, self.band));
        let held = self.held.map_or(Held { last: sample, low, high }, |held| Held {
            last: sample,
            low: if low.is_above(held.low) { low } else { held.low },
            high: if held.high.is_above(high) { high } else { held.high },
        });
        self.held = Some(held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::{Reason, Timestamp};
    use proptest::prelude::*;

    fn run(band: i64, max_gap_ms: i64, samples: &[Sample]) -> Vec<Sample> {
        let mut filter = Filter::new(band, max_gap_ms);
        let mut kept = Vec::new();
        for sample in samples {
            filter.take(*sample, &mut |sample| kept.push(sample));
        }
        filter.flush(&mut |sample| kept.push(sample));
        kept
    }

    fn every_second(raws: &[i64]) -> Vec<Sample> {
        (0i64..).zip(raws).map(|(n, raw)| Sample::measured(Timestamp(n * 1000), *raw, Reason::Measured)).collect()
    }

    #[test]
    fn a_calm_stretch_keeps_its_ends() {
        let samples = every_second(&[100, 101, 99, 100, 100, 200, 200, 200]);
        let kept: Vec<(i64, i64)> = run(2, 60_000, &samples).iter().map(|sample| (sample.at.0, sample.raw)).collect();
        assert_eq!(kept, [(0, 100), (4000, 100), (5000, 200), (7000, 200)]);
    }

    #[test]
    fn changes_of_reason_gaps_and_silence_are_kept() {
        let mut samples = every_second(&[5; 10]);
        samples[3].reason = Reason::Implausible;
        samples[6] = Sample::missing(samples[6].at, Reason::NoAnswer);
        let kept: Vec<i64> = run(10, 60_000, &samples).iter().map(|sample| sample.at.0 / 1000).collect();
        assert_eq!(kept, [0, 2, 3, 4, 5, 6, 7, 9]);
        let kept: Vec<i64> = run(10, 4_000, &every_second(&[5; 10])).iter().map(|sample| sample.at.0 / 1000).collect();
        assert_eq!(kept, [0, 4, 8, 9]);
    }

    #[test]
    fn late_samples_pass() {
        let mut samples = every_second(&[5, 5, 5, 5]);
        samples.push(Sample::measured(Timestamp(-1000), 5, Reason::Measured));
        assert_eq!(run(1, 60_000, &samples).iter().map(|sample| sample.at.0).collect::<Vec<_>>(), [0, -1000, 3000]);
    }

    proptest! {
        #[test]
        fn neither_lines_nor_steps_leave_the_band(
            steps in prop::collection::vec((1i64..5000, -30i64..30), 1..300), band in 0i64..50, max_gap_ms in 1000i64..100_000,
        ) {
            let (mut at, mut raw) = (0, 0);
            let samples: Vec<Sample> = steps.iter().map(|(after, by)| {
                (at, raw) = (at + after, raw + by);
                Sample::measured(Timestamp(at), raw, Reason::Measured)
            }).collect();
            let kept = run(band, max_gap_ms, &samples);
            prop_assert!(kept.windows(2).all(|pair| pair[0].at < pair[1].at));
            prop_assert_eq!(kept.first(), samples.first());
            prop_assert_eq!(kept.last(), samples.last());
            for sample in &samples {
                let after = kept.partition_point(|kept| kept.at < sample.at);
                let (b, a) = (kept[after], kept[after.saturating_sub(1)]);
                if a.at < sample.at && sample.at < b.at {
                    let (rise, over) = (i128::from(b.raw - a.raw), i128::from(b.at.0 - a.at.0));
                    let off = i128::from(sample.raw - a.raw) * over - rise * i128::from(sample.at.0 - a.at.0);
                    prop_assert!(off.abs() <= i128::from(band) * over);
                    prop_assert!((sample.raw - a.raw).abs() <= band);
                }
            }
        }
    }
}
