//! Coding many chunks one after another: room is used again, and columns that neighbours share are coded once.

use super::column::{self, Raw};
use super::reasons::{self, Run};
use super::{ChunkError, MAX_SAMPLES, Parts};
use crate::Sample;
use haubert_model::Timestamp;

/// Writes chunks.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    room: column::Room,
    numbers: Vec<i64>,
    /// Times that `times_column` stands for.
    times: Vec<i64>,
    times_column: Vec<u8>,
    values_column: Vec<u8>,
    runs: Vec<u8>,
    reasons_column: Vec<u8>,
}

impl Encoder {
    /// The columns of samples, which stay in the order given. Values of missing samples are not kept.
    ///
    /// # Errors
    /// [`ChunkError::TooLarge`] for more than [`MAX_SAMPLES`].
    pub(crate) fn columns(&mut self, samples: &[Sample]) -> Result<Parts<'_>, ChunkError> {
        self.frame(samples)?;
        self.numbers.clear();
        self.numbers.extend(present(samples));
        self.values_column.clear();
        self.room.encode(&self.numbers, &mut self.values_column);
        let (times, values, reasons) = (&self.times_column, &self.values_column, &self.reasons_column);
        Ok(Parts { count: samples.len(), times, values, reasons })
    }

    /// The columns of times and of reasons alone.
    ///
    /// # Errors
    /// As [`Encoder::columns`].
    pub(crate) fn frame(&mut self, samples: &[Sample]) -> Result<(&[u8], &[u8]), ChunkError> {
        if samples.len() > MAX_SAMPLES {
            return Err(ChunkError::TooLarge);
        }
        if self.times_column.is_empty() || !samples.iter().map(|sample| sample.at.0).eq(self.times.iter().copied()) {
            self.times.clear();
            self.times.extend(samples.iter().map(|sample| sample.at.0));
            self.times_column.clear();
            self.room.encode(&self.times, &mut self.times_column);
        }
        self.reasons_column.clear();
        reasons::encode(samples, &mut self.runs, &mut self.reasons_column);
        Ok((&self.times_column, &self.reasons_column))
    }

    /// Appends a column of values alone.
    pub(crate) fn values(&mut self, values: &[i64], out: &mut Vec<u8>) {
        self.room.encode(values, out);
    }
}

/// The values of samples that are not missing.
pub(crate) fn present(samples: &[Sample]) -> impl Iterator<Item = i64> + '_ {
    samples.iter().filter(|sample| !sample.missing).map(|sample| sample.raw)
}

/// Reads chunks.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    room: column::Room,
    /// What the columns of times and of reasons below were read from.
    frame: Option<(usize, Vec<u8>, Vec<u8>)>,
    times: Vec<i64>,
    runs: Vec<Run>,
    values: Vec<i64>,
}

impl Decoder {
    /// The samples of a chunk, in the order in which they were encoded.
    ///
    /// # Errors
    /// [`ChunkError`] for anything that [`Encoder`] did not write.
    pub(crate) fn samples(&mut self, parts: &Parts<'_>) -> Result<impl Iterator<Item = Sample> + '_, ChunkError> {
        let count = self.count_present(parts)?;
        self.values.clear();
        self.room.decode(&raw(parts.values, "values")?, count, &mut self.values)?;
        Ok(together(&self.times, &self.runs, &self.values))
    }

    /// How many values a chunk has with these times and reasons; its column of values is not looked at.
    ///
    /// # Errors
    /// As [`Decoder::samples`].
    pub(crate) fn count_present(&mut self, parts: &Parts<'_>) -> Result<usize, ChunkError> {
        self.read_frame(parts)?;
        Ok(self.runs.iter().filter(|run| !run.missing).map(|run| run.count).sum())
    }

    /// Appends the `count` values of a column that stands by itself; `count` is [`Decoder::count_present`].
    ///
    /// # Errors
    /// As [`Decoder::samples`].
    pub(crate) fn values(&mut self, column: &[u8], count: usize, values: &mut Vec<i64>) -> Result<(), ChunkError> {
        self.room.decode(&raw(column, "values")?, count, values)
    }

    /// The samples that these values make with the times and reasons of which [`Decoder::count_present`] was asked last.
    pub(crate) fn with_values<'a>(&'a self, values: &'a [i64]) -> impl Iterator<Item = Sample> + 'a {
        together(&self.times, &self.runs, values)
    }

    fn read_frame(&mut self, parts: &Parts<'_>) -> Result<(), ChunkError> {
        let same = |(count, times, reasons): &(usize, Vec<u8>, Vec<u8>)| {
            (*count, times.as_slice(), reasons.as_slice()) == (parts.count, parts.times, parts.reasons)
        };
        if self.frame.as_ref().is_some_and(same) {
            return Ok(());
        }
        let (_, mut times, mut reasons) = self.frame.take().unwrap_or_default();
        self.times.clear();
        self.runs.clear();
        reasons::decode(&raw(parts.reasons, "reasons")?, parts.count, &mut self.runs)?;
        self.room.decode(&raw(parts.times, "times")?, parts.count, &mut self.times)?;
        times.clear();
        times.extend_from_slice(parts.times);
        reasons.clear();
        reasons.extend_from_slice(parts.reasons);
        self.frame = Some((parts.count, times, reasons));
        Ok(())
    }
}

fn together<'a>(times: &'a [i64], runs: &'a [Run], values: &'a [i64]) -> impl Iterator<Item = Sample> + 'a {
    let mut values = values.iter();
    let remarks = runs.iter().flat_map(|run| std::iter::repeat_n((run.reason, run.missing), run.count));
    times.iter().zip(remarks).map(move |(at, (reason, missing))| {
        // There are as many values as samples that are not missing.
        let raw = if missing { 0 } else { values.next().copied().unwrap_or(0) };
        Sample { at: Timestamp(*at), raw, reason, missing }
    })
}

fn raw<'a>(mut column: &'a [u8], name: &'static str) -> Result<Raw<'a>, ChunkError> {
    Raw::take(&mut column, name)
}
