//! Samples of one series from several sources, put into one order, each time once.

use crate::Sample;
use haubert_model::Timestamp;
use std::cmp::Reverse;

/// Samples that wait for their turn, each with its place in the order of arrival.
#[derive(Debug, Default)]
pub(super) struct Merge {
    waiting: Vec<(u64, Sample)>,
}

/// Journal rows come after every chunk in the order of arrival.
pub(super) const JOURNAL_LAST: u64 = 1 << 63;

impl Merge {
    /// Takes a sample that arrived as the `arrival`th; those of one arrival come in order.
    pub(super) fn push(&mut self, arrival: u64, sample: Sample) {
        self.waiting.push((arrival, sample));
    }

    /// Gives the samples before `limit`, when no more of these can come; stops when `sink` returns false. Of several with one
    /// time the highest [`Sample::rank`] counts, and among equals the first.
    pub(super) fn emit(&mut self, limit: Timestamp, sink: &mut dyn FnMut(Sample) -> bool) -> bool {
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
}
