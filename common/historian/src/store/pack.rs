//! Packing samples into chunks, on two cores where there is enough to do.

use super::error::StoreError;
use super::segment::Builder;
use crate::Sample;
use crate::chunk::{Decoder, Encoder, Parts};
use haubert_model::{SeriesId, Timestamp};
use std::panic::resume_unwind;
use std::thread;

/// Below so many samples a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 16_384;

/// What a thread uses again from chunk to chunk.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) decoder: Decoder,
    pub(super) samples: Vec<Sample>,
    encoder: Encoder,
}

/// A chunk that is ready for a segment.
pub(super) struct Packed {
    pub(super) series: SeriesId,
    pub(super) samples: usize,
    first: Timestamp,
    last: Timestamp,
    /// Columns of times, reasons and values.
    columns: Vec<u8>,
    times: usize,
    reasons: usize,
}

/// Does `work`, about `samples` samples of it, on each of `items`; the results are in their order.
pub(super) fn on_two_cores<T: Sync, R: Send>(
    items: &[T],
    samples: usize,
    work: impl Fn(&mut Worker, &T) -> Result<R, StoreError> + Sync,
) -> Result<Vec<R>, StoreError> {
    let each = |items: &[T]| {
        let mut worker = Worker::default();
        items.iter().map(|item| work(&mut worker, item)).collect::<Result<Vec<R>, StoreError>>()
    };
    if samples < WORTH_A_THREAD || thread::available_parallelism().is_ok_and(|cores| cores.get() == 1) {
        return each(items);
    }
    let (mine, others) = items.split_at_checked(items.len() / 2).unwrap_or((items, &[]));
    let (mine, others) = thread::scope(|scope| {
        let others = scope.spawn(|| each(others));
        (each(mine), others.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let mut done = mine?;
    done.extend(others?);
    Ok(done)
}

impl Worker {
    /// Packs samples, which are in order of time; nothing when there are none.
    pub(super) fn pack(&mut self, series: SeriesId, samples: &[Sample]) -> Result<Option<Packed>, StoreError> {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Ok(None) };
        let parts = self.encoder.columns(samples).map_err(StoreError::Seal)?;
        let columns = [parts.times, parts.reasons, parts.values].concat();
        let (times, reasons) = (parts.times.len(), parts.reasons.len());
        Ok(Some(Packed { series, samples: samples.len(), first: first.at, last: last.at, columns, times, reasons }))
    }
}

impl Packed {
    /// Puts it into a segment.
    pub(super) fn put(&self, builder: &mut Builder) {
        let (times, rest) = self.columns.split_at_checked(self.times).unwrap_or_default();
        let (reasons, values) = rest.split_at_checked(self.reasons).unwrap_or_default();
        builder.push(self.series, self.first, self.last, &Parts { count: self.samples, times, values, reasons });
    }
}
