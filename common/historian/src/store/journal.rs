//! The journal: what was appended and is not yet sealed.
//!
//! Its rows are split by slices of 1,024 series numbers. A slice is sealed on its own, so that sealing needs little memory
//! and holds up appends for little time however many series there are, and a reader of one series unpacks one slice only.
//! A row's number is its slice and its place in the order of arrival.

use super::error::{During, StoreError};
use crate::chunk::ChunkError;
use crate::{Sample, batch};
use haubert_model::{SeriesId, Timestamp};
use rusqlite::{Connection, params};
use std::ops::RangeInclusive;

/// A slice is this many bits of series numbers.
pub(super) const SLICE_BITS: u32 = 10;
/// Rows of a slice are numbered from `(slice + 1) << 40`; what is below was written by version 1.
const SEQUENCE_BITS: u32 = 40;
/// Most samples in a row.
const ROW_SAMPLES: usize = 50_000;

/// Row numbers of version 1, which mix all series.
pub(super) const OLD_ROWS: RangeInclusive<i64> = 0..=(1 << SEQUENCE_BITS) - 1;
/// All row numbers.
pub(super) const ALL_ROWS: RangeInclusive<i64> = 0..=i64::MAX;

pub(super) const fn slice_of(series: SeriesId) -> u32 {
    series.0 >> SLICE_BITS
}

/// The row numbers of a slice.
pub(super) const fn rows_of(slice: u32) -> RangeInclusive<i64> {
    let first = (slice as i64 + 1) << SEQUENCE_BITS;
    first..=first + (1 << SEQUENCE_BITS) - 1
}

/// Writes samples as rows of their slices; within a series they keep their order. `sequence` is the store's count of rows.
pub(super) fn insert(connection: &Connection, sequence: &mut i64, samples: &[(SeriesId, Sample)]) -> Result<(), StoreError> {
    let Some((first, _)) = samples.first() else { return Ok(()) };
    let slice = slice_of(*first);
    if samples.iter().all(|(series, _)| slice_of(*series) == slice) {
        return insert_slice(connection, sequence, slice, samples);
    }
    let mut groups = Groups::default();
    samples.iter().zip(0..).for_each(|((series, _), number)| groups.add(*series, number));
    groups.insert(connection, sequence, |number| samples.get(number as usize).copied())
}

/// Samples by slice, each by a number under which somebody has it: a flush of a large site need not be held twice.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<Vec<u32>>);

impl Groups {
    /// Adds the sample with this number, of a declared series.
    pub(super) fn add(&mut self, series: SeriesId, number: u32) {
        let slice = slice_of(series) as usize;
        if self.0.len() <= slice {
            self.0.resize_with(slice + 1, Vec::new);
        }
        if let Some(group) = self.0.get_mut(slice) {
            group.push(number);
        }
    }

    /// Writes all of them, slice by slice.
    pub(super) fn insert(
        &self,
        connection: &Connection,
        sequence: &mut i64,
        sample: impl Fn(u32) -> Option<(SeriesId, Sample)>,
    ) -> Result<(), StoreError> {
        let mut samples = Vec::new();
        for (group, slice) in self.0.iter().zip(0..) {
            samples.clear();
            samples.extend(group.iter().filter_map(|number| sample(*number)));
            insert_slice(connection, sequence, slice, &samples)?;
        }
        Ok(())
    }
}

fn insert_slice(
    connection: &Connection,
    sequence: &mut i64,
    slice: u32,
    samples: &[(SeriesId, Sample)],
) -> Result<(), StoreError> {
    if samples.is_empty() {
        return Ok(());
    }
    let mut statement = connection
        .prepare_cached("INSERT INTO journal(id, first, last, count, bytes) VALUES(?1, ?2, ?3, ?4, ?5)")
        .during("written")?;
    for part in samples.chunks(ROW_SAMPLES) {
        let times = || part.iter().map(|(_, sample)| sample.at.0);
        let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        let id = rows_of(slice).start() | *sequence;
        *sequence += 1;
        statement.execute(params![id, first, last, part.len() as u32, batch::encode(part)]).during("written")?;
    }
    Ok(())
}

/// The next place in the order of arrival.
pub(super) fn next_sequence(connection: &Connection) -> Result<i64, StoreError> {
    let mask = (1i64 << SEQUENCE_BITS) - 1;
    connection.query_row("SELECT coalesce(max(id & ?1), 0) + 1 FROM journal", params![mask], |row| row.get(0)).during("read")
}

/// Gives the wanted samples of those of `rows` that touch `from..to`, with the row's number, in order of arrival within a
/// series.
pub(super) fn visit(
    connection: &Connection,
    rows: &RangeInclusive<i64>,
    (from, to): (Timestamp, Timestamp),
    wanted: impl Fn(SeriesId) -> bool,
    mut sink: impl FnMut(u64, SeriesId, Sample),
) -> Result<(), StoreError> {
    each_row(connection, rows, (from, to), |id, bytes| {
        batch::decode(bytes, &wanted, |series, sample| sink(id, series, sample)).map_err(|source| damaged_row(id, source))
    })
}

/// Gives each of `rows` that touch `from..to`, packed.
pub(super) fn each_row(
    connection: &Connection,
    rows: &RangeInclusive<i64>,
    (from, to): (Timestamp, Timestamp),
    mut sink: impl FnMut(u64, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    const SELECT: &str = "SELECT id, bytes FROM journal WHERE id BETWEEN ?1 AND ?2 AND first < ?3 AND last >= ?4 ORDER BY id";
    let mut statement = connection.prepare_cached(SELECT).during("read")?;
    let mut found = statement.query(params![rows.start(), rows.end(), to.0, from.0]).during("read")?;
    while let Some(row) = found.next().during("read")? {
        let id: i64 = row.get(0).during("read")?;
        let id = id.unsigned_abs();
        let bytes =
            row.get_ref(1).during("read")?.as_blob().map_err(|_| damaged_row(id, ChunkError::Malformed("journal rows")))?;
        sink(id, bytes)?;
    }
    Ok(())
}

fn damaged_row(id: u64, source: ChunkError) -> StoreError {
    StoreError::DamagedRow { place: format!("journal row {id}"), source }
}

/// Gives every sample. Rows that cannot be unpacked are moved to the table of damaged ones, so that they no longer stand in
/// the way; returns which.
pub(super) fn salvage(
    connection: &Connection,
    rows: &RangeInclusive<i64>,
    mut sink: impl FnMut(SeriesId, Sample),
) -> Result<Vec<String>, StoreError> {
    let mut damaged: Vec<(i64, String)> = Vec::new();
    let mut samples = Vec::new();
    each_row(connection, rows, (Timestamp(i64::MIN), Timestamp(i64::MAX)), |id, bytes| {
        samples.clear();
        match batch::decode(bytes, |_| true, |series, sample| samples.push((series, sample))) {
            Ok(()) => samples.iter().for_each(|(series, sample)| sink(*series, *sample)),
            Err(error) => damaged.push((id.cast_signed(), format!("journal row {id}: {error}"))),
        }
        Ok(())
    })?;
    for (id, what) in &damaged {
        connection
            .execute("INSERT INTO damaged(what, bytes) SELECT ?2, bytes FROM journal WHERE id = ?1", params![id, what])
            .during("written")?;
        connection.execute("DELETE FROM journal WHERE id = ?1", params![id]).during("written")?;
    }
    Ok(damaged.into_iter().map(|(_, what)| what).collect())
}
