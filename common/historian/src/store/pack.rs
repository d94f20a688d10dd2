//! Packing samples into chunks, on two cores where there is enough to do.

use super::columns::Columns;
use super::error::StoreError;
use super::segment::Builder;
use crate::Sample;
use crate::chunk::{Encoder, Parts, Related};
use haubert_model::{SeriesId, Timestamp};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Below so many samples a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 16_384;

/// What a thread uses again from chunk to chunk.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) columns: Columns,
    pub(super) samples: Vec<Sample>,
    pub(super) encoder: Encoder,
    pub(super) related: Related,
}

/// A chunk that is ready for a segment.
pub(super) struct Packed {
    pub(super) series: SeriesId,
    pub(super) samples: usize,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// Columns of times, reasons and values.
    pub(super) columns: Vec<u8>,
    pub(super) times: usize,
    pub(super) reasons: usize,
    /// How many chunks before it those stand that its values are given.
    pub(super) others: Vec<usize>,
}

/// Does `work`, about `samples` samples of it, on each of `items`; the results are in their order.
pub(super) fn on_two_cores<T: Sync, R: Send>(
    items: &[T],
    samples: usize,
    work: impl Fn(&mut Worker, &T) -> Result<R, StoreError> + Sync,
) -> Result<Vec<R>, StoreError> {
    let next = AtomicUsize::new(0);
    let each = || {
        let (mut worker, mut done) = (Worker::default(), Vec::new());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(number) else { return Ok(done) };
            done.push((number, work(&mut worker, item)?));
        }
    };
    let mut done: Vec<(usize, R)> =
        if samples < WORTH_A_THREAD || thread::available_parallelism().is_ok_and(|cores| cores.get() == 1) {
            each()?
        } else {
            let (mine, others) = thread::scope(|scope| {
                let others = scope.spawn(each);
                (each(), others.join().unwrap_or_else(|panic| resume_unwind(panic)))
            });
            let mut done: Vec<(usize, R)> = mine?;
            done.extend(others?);
            done
        };
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

impl Worker {
    /// Packs samples, which are in order of time; nothing when there are none.
    pub(super) fn pack(&mut self, series: SeriesId, samples: &[Sample]) -> Result<Option<Packed>, StoreError> {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Ok(None) };
        let parts = self.encoder.columns(samples).map_err(StoreError::Seal)?;
        let columns = [parts.times, parts.reasons, parts.values].concat();
        let (times, reasons) = (parts.times.len(), parts.reasons.len());
        Ok(Some(Packed {
            series,
            samples: samples.len(),
            first: first.at,
            last: last.at,
            columns,
            times,
            reasons,
            others: Vec::new(),
        }))
    }
}

impl Packed {
    /// Puts it into a segment.
    pub(super) fn put(&self, builder: &mut Builder) {
        let (times, rest) = self.columns.split_at_checked(self.times).unwrap_or_default();
        let (reasons, values) = rest.split_at_checked(self.reasons).unwrap_or_default();
        let parts = Parts { count: self.samples, times, values, reasons };
        builder.push_given(self.series, (self.first, self.last), &parts, self.others.clone());
    }

    /// Columns of times and reasons.
    pub(super) fn frame(&self) -> &[u8] {
        self.columns.get(..self.times + self.reasons).unwrap_or_default()
    }
}
