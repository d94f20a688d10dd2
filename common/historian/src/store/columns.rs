//! Reading values columns, also those that are given others of the same segment.

use super::segment::{Entry, Place};
use crate::Sample;
use crate::chunk::{ChunkError, Decoder, Parts, Related};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// Most values of columns that are kept for those that are given them: some hundred columns of a day of minutes.
const ROOM: usize = 262_144;

const BAD: ChunkError = ChunkError::Malformed("directories");

/// A stretch of a segment's body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'a> {
    /// Where in the body it begins.
    pub(super) from: usize,
    pub(super) bytes: &'a [u8],
}

impl<'a> Stretch<'a> {
    /// The whole body.
    pub(super) const fn whole(bytes: &'a [u8]) -> Self {
        Self { from: 0, bytes }
    }

    fn get(&self, range: Range<usize>) -> Result<&'a [u8], ChunkError> {
        let (from, to) = (range.start.checked_sub(self.from), range.end.checked_sub(self.from));
        from.zip(to).and_then(|(from, to)| self.bytes.get(from..to)).ok_or(BAD)
    }
}

/// The bytes that a chunk is read from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// Of its times and reasons.
    pub(super) frame: Stretch<'a>,
    /// Of its values, and of those that they are given.
    pub(super) values: Stretch<'a>,
}

impl<'a> Source<'a> {
    /// All is in the whole body.
    pub(super) const fn body(body: &'a [u8]) -> Self {
        Self { frame: Stretch::whole(body), values: Stretch::whole(body) }
    }

    /// The chunk's parts as they stand in the segment.
    pub(super) fn parts(&self, entry: &Entry) -> Result<Parts<'a>, ChunkError> {
        entry.parts(self.frame.get(entry.frame_range())?, self.values.get(entry.own_range())?)
    }
}

/// Reads chunks of segments, one after the other. Of columns that are given others the latter are read first, and kept.
#[derive(Debug, Default)]
pub(super) struct Columns {
    decoder: Decoder,
    related: Related,
    /// By the rows of their segments and their places there.
    kept: HashMap<(i64, u32), Rc<Vec<i64>>>,
    kept_values: usize,
}

impl Columns {
    /// Appends the samples of a chunk of the segment in this row.
    ///
    /// # Errors
    /// [`ChunkError`] for bytes that no segment has.
    pub(super) fn samples(
        &mut self,
        row: i64,
        entry: &Entry,
        source: &Source<'_>,
        samples: &mut Vec<Sample>,
    ) -> Result<(), ChunkError> {
        let parts = source.parts(entry)?;
        match &entry.place {
            None => samples.extend(self.decoder.samples(&parts)?),
            Some(place) => {
                let count = self.decoder.count_present(&parts)?;
                let values = self.values(row, place, place.number, count, &source.values)?;
                samples.extend(self.decoder.with_values(&values));
            }
        }
        Ok(())
    }

    /// The `count` values of a column. Its others have places before its own, in short chains.
    fn values(
        &mut self,
        row: i64,
        place: &Place,
        number: u32,
        count: usize,
        bytes: &Stretch<'_>,
    ) -> Result<Rc<Vec<i64>>, ChunkError> {
        if let Some(known) = self.kept.get(&(row, number)) {
            return Ok(known.clone());
        }
        let column = place.column(number).ok_or(BAD)?;
        let mut others = Vec::with_capacity(column.others().len());
        for other in column.others() {
            let values = self.values(row, place, *other, count, bytes);
            others.push(values.map_err(|_| ChunkError::Malformed("values that others are given"))?);
        }
        let (bytes, mut values) = (bytes.get(column.range())?, Vec::with_capacity(count));
        if others.is_empty() {
            self.decoder.values(bytes, count, &mut values)?;
        } else {
            let others: Vec<&[i64]> = others.iter().map(|other| other.as_slice()).collect();
            self.related.decode(bytes, count, &others, &mut values)?;
        }
        let values = Rc::new(values);
        if column.shared {
            if self.kept_values + count > ROOM {
                self.kept.clear();
                self.kept_values = 0;
            }
            self.kept_values += count;
            self.kept.insert((row, number), values.clone());
        }
        Ok(values)
    }
}
