//! Samples of one series from several sources, put into one order, each time once.

use crate::Sample;
use haubert_model::Timestamp;
use std::cmp::Reverse;

/// Samples that wait for their turn, each with its place in the order of arrival.
#[derive(Debug, Clone, Default)]
pub(super) struct Merge {
    waiting: Vec<(u64, Sample)>,
}

/// Journal rows come after every chunk in the order of arrival.
pub(super) const JOURNAL_LAST: u64 = 1 << 63;

/// Whether each sample is later than the one before it: there is nothing to merge.
pub(super) fn in_order(samples: &[Sample]) -> bool {
    samples.is_sorted_by(|a, b| a.at < b.at)
}

impl Merge {
    /// With room for so many samples.
    pub(super) fn with_capacity(samples: usize) -> Self {
        Self { waiting: Vec::with_capacity(samples) }
    }

    /// Whether all that waits is later than `at`.
    pub(super) fn begins_after(&self, at: Timestamp) -> bool {
        self.waiting.iter().all(|(_, sample)| sample.at > at)
    }

    /// Takes a sample that arrived as the `arrival`th; those of one arrival come in order.
    pub(super) fn push(&mut self, arrival: u64, sample: Sample) {
        self.waiting.push((arrival, sample));
    }

    /// Gives the samples before `limit`, when no more of these can come; stops when `sink` returns false. Of several with one
    /// time the highest [`Sample::rank`] counts, and among equals the first.
    pub(super) fn emit(&mut self, limit: Timestamp, sink: &mut dyn FnMut(Sample) -> bool) -> bool {
        if self.waiting.is_empty() {
            return true;
        }
        // The sort is stable, so within one arrival the order is kept.
        self.waiting.sort_by_key(|(arrival, sample)| (sample.at, Reverse(sample.rank()), *arrival));
        let ready = self.waiting.partition_point(|(_, sample)| sample.at < limit);
        let mut last = None;
        for (_, sample) in self.waiting.drain(..ready) {
            if last != Some(sample.at) {
                if !sink(sample) {
                    return false;
                }
                last = Some(sample.at);
            }
        }
        true
    }

    /// All samples, in order.
    pub(super) fn all(mut self) -> Vec<Sample> {
        if self.waiting.is_sorted_by(|(_, a), (_, b)| a.at < b.at) {
            return self.waiting.into_iter().map(|(_, sample)| sample).collect();
        }
        let mut samples = Vec::with_capacity(self.waiting.len());
        self.emit(Timestamp(i64::MAX), &mut |sample| {
            samples.push(sample);
            true
        });
        samples
    }
}
