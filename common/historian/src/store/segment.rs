//! The segment: one row of the file that holds many chunks of one kind, so that neither rows nor pages cost much per chunk.
//!
//! ```text
//! directory: version(1 byte)
//!   frames: count(varint), each: first time(signed varint, difference to the frame before) span(varint) samples(varint)
//!           length of the times column, of the reasons column (varints)
//!   chunks: count(varint), each: series(signed varint, difference) cursor(varint, difference) frame(varint)
//!           length of the values column (varint)
//!           version 2: frame × 4 + number of others (varint), and after the length, of each other, how many chunks before (varint)
//!   CRC-32 of the body, CRC-32 of all the above (4 bytes each, little endian)
//! body: times and reasons columns of each frame, then the values column of each chunk
//! ```
//! A *frame* is what the chunks of one poll share: their times and reasons, kept once. From it and its values a chunk is put
//! together again to the byte as it was sealed, which is how it travels to the hub. Chunks stand in the order of their cursors.
//!
//! In version 2 a values column may be given up to three *others* of the same frame, that stand before it in the segment: then it
//! is read with these ([`super::columns`]). A chain of others has at most [`DEPTH_MAX`] steps.

use crate::chunk::{self, ChunkError, OTHERS_MAX, Parts};
use crate::varint;
use haubert_model::{SeriesId, Timestamp};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Each chunk stands by itself.
const ALONE: u8 = 1;
/// Some are given others.
const RELATED: u8 = 2;
/// Steps of a chain of others, at most: who reads a column reads all of it.
const DEPTH_MAX: u8 = 2;
const BAD: ChunkError = ChunkError::Malformed("directories");

/// Times and reasons that chunks share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) count: u32,
    at: usize,
    times: usize,
    reasons: usize,
}

/// A column of values in a segment where columns are given others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    at: usize,
    len: usize,
    others: [u32; OTHERS_MAX],
    count: u8,
    depth: u8,
    /// Others are given this one.
    pub(super) shared: bool,
}

impl Column {
    pub(super) fn range(&self) -> Range<usize> {
        self.at..self.at + self.len
    }

    /// Those it is given, by their places in the segment.
    pub(super) fn others(&self) -> &[u32] {
        self.others.get(..usize::from(self.count)).unwrap_or_default()
    }
}

/// Where a chunk stands among others of its segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) number: u32,
    /// Of all chunks, in their order.
    pub(super) columns: Arc<[Column]>,
}

impl Place {
    pub(super) fn column(&self, number: u32) -> Option<&Column> {
        self.columns.get(number as usize)
    }
}

/// A chunk in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) series: SeriesId,
    pub(super) cursor: u64,
    pub(super) frame: Frame,
    at: usize,
    len: usize,
    /// If it is given others, or given to others.
    pub(super) place: Option<Place>,
}

impl Entry {
    /// Where in the body the columns of its frame stand.
    pub(super) fn frame_range(&self) -> Range<usize> {
        self.frame.at..self.frame.at + self.frame.times + self.frame.reasons
    }

    /// Where in the body its values stand, together with all that they are given.
    pub(super) fn values_range(&self) -> Range<usize> {
        let mut range = self.own_range();
        if let Some(place) = &self.place {
            widen(place, place.number, &mut range);
        }
        range
    }

    /// Whether its values cannot be read without others.
    pub(super) fn is_given_others(&self) -> bool {
        self.place.as_ref().and_then(|place| place.column(place.number)).is_some_and(|column| column.count > 0)
    }

    /// The chunk's parts, from the bytes of its frame and those of its own values.
    pub(super) fn parts<'a>(&self, frame: &'a [u8], values: &'a [u8]) -> Result<Parts<'a>, ChunkError> {
        let (times, reasons) = frame.split_at_checked(self.frame.times).ok_or(BAD)?;
        Ok(Parts { count: self.frame.count as usize, times, values, reasons })
    }

    /// Where in the body its own values stand.
    pub(super) fn own_range(&self) -> Range<usize> {
        self.at..self.at + self.len
    }

    /// Length of the chunk as it travels; of one that is given others about the half of that.
    pub(super) const fn joined_len(&self) -> usize {
        chunk::joined_len(self.frame.count as usize, self.frame.times + self.len + self.frame.reasons)
    }
}

/// Widens `range` by the columns that one is given. A directory names none but earlier ones, in short chains.
fn widen(place: &Place, number: u32, range: &mut Range<usize>) {
    for other in place.column(number).map(Column::others).unwrap_or_default() {
        if let Some(column) = place.column(*other) {
            *range = range.start.min(column.at)..range.end.max(column.at + column.len);
            widen(place, *other, range);
        }
    }
}

/// Reads a directory: the chunks that are `wanted`, in order of cursors, and the checksum of the body.
pub(super) fn parse(bytes: &[u8], wanted: impl Fn(&Entry) -> bool) -> Result<(Vec<Entry>, u32), ChunkError> {
    let (head, crc) = bytes.split_last_chunk::<4>().ok_or(BAD)?;
    if crc32fast::hash(head) != u32::from_le_bytes(*crc) {
        return Err(ChunkError::Checksum);
    }
    let (head, body_crc) = head.split_last_chunk::<4>().ok_or(BAD)?;
    let (&version, mut rest) = head.split_first().ok_or(BAD)?;
    if version != ALONE && version != RELATED {
        return Err(ChunkError::UnknownVersion(version));
    }
    let (mut at, mut first) = (0usize, 0i64);
    let mut frames = Vec::new();
    for _ in 0..number(&mut rest)? {
        first = first.wrapping_add(varint::take_signed(&mut rest).ok_or(BAD)?);
        let span = varint::take(&mut rest).ok_or(BAD)?;
        let count = u32::try_from(number(&mut rest)?).ok().filter(|count| *count as usize <= chunk::MAX_SAMPLES).ok_or(BAD)?;
        let (times, reasons) = (number(&mut rest)?, number(&mut rest)?);
        let last = Timestamp(first.wrapping_add_unsigned(span));
        frames.push(Frame { first: Timestamp(first), last, count, at, times, reasons });
        at = at.checked_add(times).and_then(|at| at.checked_add(reasons)).ok_or(BAD)?;
    }
    let (mut series, mut cursor) = (0i64, 0u64);
    let (mut entries, mut places) = (Vec::new(), Vec::new());
    let (mut columns, mut column_frames): (Vec<Column>, Vec<usize>) = (Vec::new(), Vec::new());
    for place in 0..number(&mut rest)? {
        series = series.wrapping_add(varint::take_signed(&mut rest).ok_or(BAD)?);
        cursor = cursor.wrapping_add(varint::take(&mut rest).ok_or(BAD)?);
        let frame_and_others = number(&mut rest)?;
        let (frame_number, others) =
            if version == RELATED { (frame_and_others / 4, frame_and_others % 4) } else { (frame_and_others, 0) };
        let frame = *frames.get(frame_number).ok_or(BAD)?;
        let len = number(&mut rest)?;
        if version == RELATED {
            let mut column = Column { at, len, others: [0; OTHERS_MAX], count: others as u8, depth: 0, shared: false };
            for other in column.others.iter_mut().take(others) {
                let earlier = number(&mut rest)?;
                let earlier = place.checked_sub(earlier).filter(|earlier| *earlier < place).ok_or(BAD)?;
                // Columns of one frame have as many values, at the same times.
                let given = columns.get_mut(earlier).filter(|_| column_frames.get(earlier) == Some(&frame_number)).ok_or(BAD)?;
                given.shared = true;
                column.depth = column.depth.max(given.depth + 1);
                *other = u32::try_from(earlier).map_err(|_| BAD)?;
            }
            if column.depth > DEPTH_MAX {
                return Err(BAD);
            }
            columns.push(column);
            column_frames.push(frame_number);
        }
        let id = SeriesId(u32::try_from(series).map_err(|_| BAD)?);
        let entry = Entry { series: id, cursor, frame, at, len, place: None };
        if wanted(&entry) {
            entries.push(entry);
            places.push(place);
        }
        at = at.checked_add(len).ok_or(BAD)?;
    }
    if !rest.is_empty() || at > chunk::MAX_BYTES * 64 {
        return Err(BAD);
    }
    let columns: Arc<[Column]> = columns.into();
    for (entry, place) in entries.iter_mut().zip(places) {
        if columns.get(place).is_some_and(|column| column.count > 0 || column.shared) {
            entry.place = Some(Place { number: u32::try_from(place).map_err(|_| BAD)?, columns: columns.clone() });
        }
    }
    Ok((entries, u32::from_le_bytes(*body_crc)))
}

fn number(rest: &mut &[u8]) -> Result<usize, ChunkError> {
    varint::take(rest).and_then(|number| usize::try_from(number).ok()).ok_or(BAD)
}

struct NewFrame {
    first: Timestamp,
    last: Timestamp,
    count: usize,
    times: usize,
    reasons: usize,
}

struct NewEntry {
    series: SeriesId,
    frame: usize,
    len: usize,
    /// How many chunks before it those stand that it is given.
    others: Vec<usize>,
}

/// Chunks on their way into a segment.
#[derive(Default)]
pub(super) struct Builder {
    known: HashMap<Vec<u8>, usize>,
    frames: Vec<NewFrame>,
    frame_bytes: Vec<u8>,
    entries: Vec<NewEntry>,
    values: Vec<u8>,
    /// Samples in it.
    pub(super) samples: u64,
    /// Bytes of its chunks as they travel; of those that are given others fewer.
    pub(super) size: u64,
}

/// A segment to be stored.
pub(super) struct Segment {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) low: u64,
    pub(super) high: u64,
    pub(super) chunks: usize,
    pub(super) samples: u64,
    pub(super) size: u64,
    pub(super) directory: Vec<u8>,
    pub(super) body: Vec<u8>,
}

impl Builder {
    /// How many chunks it has.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes that it will take, nearly.
    pub(super) fn bytes(&self) -> usize {
        self.frame_bytes.len() + self.values.len()
    }

    /// Adds a chunk that stands by itself, whose samples lie between `first` and `last`.
    pub(super) fn push(&mut self, series: SeriesId, first: Timestamp, last: Timestamp, parts: &Parts<'_>) {
        self.push_given(series, (first, last), parts, Vec::new());
    }

    /// Adds a chunk whose column of values is given others of the same times and reasons, which stand so many chunks before it.
    pub(super) fn push_given(
        &mut self,
        series: SeriesId,
        (first, last): (Timestamp, Timestamp),
        parts: &Parts<'_>,
        others: Vec<usize>,
    ) {
        let mut key = Vec::with_capacity(parts.times.len() + parts.reasons.len() + 4);
        // The count is part of it: two numbers stand for any length of regular times.
        key.extend_from_slice(&(parts.count as u32).to_le_bytes());
        key.extend_from_slice(parts.times);
        key.extend_from_slice(parts.reasons);
        let frame = *self.known.entry(key).or_insert_with(|| {
            self.frame_bytes.extend_from_slice(parts.times);
            self.frame_bytes.extend_from_slice(parts.reasons);
            let (times, reasons) = (parts.times.len(), parts.reasons.len());
            self.frames.push(NewFrame { first, last, count: parts.count, times, reasons });
            self.frames.len() - 1
        });
        self.entries.push(NewEntry { series, frame, len: parts.values.len(), others });
        self.values.extend_from_slice(parts.values);
        self.samples += parts.count as u64;
        self.size += parts.joined_len() as u64;
    }

    /// The segment, its chunks numbered by `cursors` (as many as chunks, growing); `None` if it has none.
    pub(super) fn finish(self, cursors: &[u64]) -> Option<Segment> {
        let first = self.frames.iter().map(|frame| frame.first).min()?;
        let last = self.frames.iter().map(|frame| frame.last).max()?;
        let (low, high) = (*cursors.first()?, *cursors.last()?);
        let related = self.entries.iter().any(|entry| !entry.others.is_empty());
        let mut directory = vec![if related { RELATED } else { ALONE }];
        varint::put(&mut directory, self.frames.len() as u64);
        let mut before = 0;
        for frame in &self.frames {
            varint::put_signed(&mut directory, frame.first.0.wrapping_sub(before));
            varint::put(&mut directory, frame.last.0.abs_diff(frame.first.0));
            for number in [frame.count, frame.times, frame.reasons] {
                varint::put(&mut directory, number as u64);
            }
            before = frame.first.0;
        }
        varint::put(&mut directory, self.entries.len() as u64);
        let (mut series, mut cursor) = (0i64, 0u64);
        for (entry, number) in self.entries.iter().zip(cursors) {
            varint::put_signed(&mut directory, i64::from(entry.series.0) - series);
            varint::put(&mut directory, number.wrapping_sub(cursor));
            let frame = if related { entry.frame * 4 + entry.others.len() } else { entry.frame };
            varint::put(&mut directory, frame as u64);
            varint::put(&mut directory, entry.len as u64);
            entry.others.iter().for_each(|before| varint::put(&mut directory, *before as u64));
            (series, cursor) = (i64::from(entry.series.0), *number);
        }
        let mut body = self.frame_bytes;
        body.extend_from_slice(&self.values);
        directory.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        let crc = crc32fast::hash(&directory);
        directory.extend_from_slice(&crc.to_le_bytes());
        let (chunks, samples, size) = (self.entries.len(), self.samples, self.size);
        Some(Segment { first, last, low, high, chunks, samples, size, directory, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sample;
    use haubert_model::Reason;

    fn samples(from: i64, count: i64) -> Vec<Sample> {
        (from..from + count).map(|n| Sample::measured(Timestamp(n * 1000), n * n % 91, Reason::Measured)).collect()
    }

    #[test]
    fn chunks_come_back_to_the_byte_and_share_their_frames() {
        let chunks: Vec<Vec<u8>> = [samples(0, 60), samples(0, 60), samples(60, 60), samples(0, 30), samples(-9, 1)]
            .iter()
            .map(|samples| chunk::encode(samples).unwrap())
            .collect();
        let mut builder = Builder::default();
        for (n, bytes) in chunks.iter().enumerate() {
            let decoded = chunk::decode(bytes).unwrap();
            let (first, last) = (decoded[0].at, decoded[decoded.len() - 1].at);
            builder.push(SeriesId(70 - n as u32), first, last, &chunk::split(bytes).unwrap());
        }
        let segment = builder.finish(&[3, 4, 9, 10, 500]).unwrap();
        assert_eq!((segment.low, segment.high, segment.chunks, segment.samples), (3, 500, 5, 211));
        assert_eq!((segment.first, segment.last), (Timestamp(-9000), Timestamp(119_000)));
        assert_eq!(segment.size, chunks.iter().map(|bytes| bytes.len() as u64).sum::<u64>());
        let (entries, crc) = parse(&segment.directory, |_| true).unwrap();
        assert_eq!(crc, crc32fast::hash(&segment.body));
        assert_eq!(entries.iter().map(|entry| entry.cursor).collect::<Vec<_>>(), [3, 4, 9, 10, 500]);
        assert_eq!(entries.iter().map(|entry| entry.series.0).collect::<Vec<_>>(), [70, 69, 68, 67, 66]);
        assert_eq!(entries[0].frame, entries[1].frame);
        for (entry, bytes) in entries.iter().zip(&chunks) {
            let (frame, values) = (&segment.body[entry.frame_range()], &segment.body[entry.values_range()]);
            assert_eq!(&entry.parts(frame, values).unwrap().join(), bytes);
            assert_eq!(entry.joined_len(), bytes.len());
        }
        let mut damaged = segment.directory.clone();
        for at in 0..damaged.len() {
            damaged[at] ^= 4;
            assert!(parse(&damaged, |_| true).is_err(), "byte {at}");
            damaged[at] ^= 4;
        }
    }
}
