//! The sealed part of the file: finding, reading and writing segments.
//!
//! A segment covers the series of one *part* of one kind. Parts are stretches of series numbers, the narrower the more
//! samples a chunk has ([`WIDTHS`]): what has just been sealed covers a whole slice of the journal, what has been compacted to
//! the end covers 128 series. So a segment is always some hundred KiB at most, and a series is looked for in one part of each
//! width; of the last tier also in the part before, where it may stand with the rest of its load.

use super::error::{During, StoreError};
use super::segment::{self, Builder, Entry, Segment};
use crate::chunk::ChunkError;
use haubert_model::{RecordKind, SeriesId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::RangeInclusive;

/// Per tier, how many series a part covers, as a power of two. Files of version 2 have segments of all these tiers; none of the
/// last two has been made since.
pub(super) const WIDTHS: [u32; 5] = [10, 9, 7, 6, 5];

/// The tier of segments that need no more compaction, and those above it.
pub(super) const LAST_TIER: usize = 2;

/// A segment is closed when it has this many bytes: some hundred pages, of which the last is half empty.
pub(super) const FULL_BYTES: usize = 384 * 1024;

/// The part of a tier that covers a series.
pub(super) fn part_of(tier: usize, series: SeriesId) -> u32 {
    WIDTHS.get(tier).map_or(0, |width| series.0 >> width)
}

/// A chunk and the segment it is in.
#[derive(Debug, Clone)]
pub(super) struct Located {
    /// Row of the segment.
    pub(super) row: i64,
    pub(super) entry: Entry,
}

/// The chunks of series in `among` that are `wanted` and touch `from..to`, in no order.
pub(super) fn locate(
    connection: &Connection,
    among: &RangeInclusive<SeriesId>,
    wanted: &dyn Fn(SeriesId) -> bool,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Located>, StoreError> {
    const SELECT: &str =
        "SELECT high, directory FROM segment WHERE tier = ?1 AND part BETWEEN ?2 AND ?3 AND first < ?4 AND last >= ?5";
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(SELECT).during("read")?;
    for tier in 0..WIDTHS.len() {
        let (low, high) = (part_of(tier, *among.start()), part_of(tier, *among.end()));
        // The series of a load may stand together in the part of its first one.
        let low = if tier == LAST_TIER { low.saturating_sub(1) } else { low };
        let mut rows = statement.query(params![tier as u32, low, high, to.0, from.0]).during("read")?;
        while let Some(row) = rows.next().during("read")? {
            let high: i64 = row.get(0).during("read")?;
            let directory = row.get_ref(1).during("read")?.as_blob().unwrap_or_default();
            let touches = |entry: &Entry| entry.frame.first < to && entry.frame.last >= from;
            let entries = parse(high, directory, |entry| wanted(entry.series) && touches(entry))?;
            found.extend(entries.into_iter().map(|entry| Located { row: high, entry }));
        }
    }
    Ok(found)
}

fn parse(row: i64, directory: &[u8], wanted: impl Fn(&Entry) -> bool) -> Result<Vec<Entry>, StoreError> {
    Ok(segment::parse(directory, wanted).map_err(|source| damaged(row, source))?.0)
}

pub(super) fn damaged(row: i64, source: ChunkError) -> StoreError {
    StoreError::DamagedRow { place: format!("segment {row}"), source }
}

/// Gives each segment after `cursor` with its chunks, in order; stops when `sink` returns false.
pub(super) fn each_segment(
    connection: &Connection,
    cursor: i64,
    mut sink: impl FnMut(i64, Vec<Entry>) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT high, directory FROM segment WHERE high > ?1 ORDER BY high").during("read")?;
    let mut rows = statement.query(params![cursor]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        let high: i64 = row.get(0).during("read")?;
        let entries = parse(high, row.get_ref(1).during("read")?.as_blob().unwrap_or_default(), |_| true)?;
        if !sink(high, entries)? {
            break;
        }
    }
    Ok(())
}

/// The chunks of one segment.
pub(super) fn entries_of(connection: &Connection, row: i64) -> Result<Vec<Entry>, StoreError> {
    let directory: Option<Vec<u8>> = connection
        .prepare_cached("SELECT directory FROM segment WHERE high = ?1")
        .during("read")?
        .query_row(params![row], |row| row.get(0))
        .optional()
        .during("read")?;
    parse(row, &directory.unwrap_or_default(), |_| true)
}

pub(super) fn damaged_chunk(entry: &Entry, source: ChunkError) -> StoreError {
    StoreError::DamagedRow { place: format!("chunk {}", entry.cursor), source }
}

/// A segment as a whole: its chunks and its body.
pub(super) struct Whole {
    pub(super) entries: Vec<Entry>,
    pub(super) body: Vec<u8>,
}

/// Reads a segment whole.
pub(super) fn whole(connection: &Connection, row: i64) -> Result<Whole, StoreError> {
    let mut statement = connection.prepare_cached("SELECT directory, body FROM segment WHERE high = ?1").during("read")?;
    let mut rows = statement.query(params![row]).during("read")?;
    let found = rows.next().during("read")?.ok_or_else(|| damaged(row, ChunkError::Malformed("directories")))?;
    let entries = parse(row, found.get_ref(0).during("read")?.as_blob().unwrap_or_default(), |_| true)?;
    Ok(Whole { entries, body: found.get(1).during("read")? })
}

/// Stores a segment.
pub(super) fn insert(
    connection: &Connection,
    kind: RecordKind,
    tier: usize,
    part: u32,
    segment: &Segment,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO segment(high, low, tier, part, kind, first, last, chunks, samples, size, directory, body)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    connection
        .prepare_cached(INSERT)
        .during("written")?
        .execute(params![
            segment.high.cast_signed(),
            segment.low.cast_signed(),
            tier as u32,
            part,
            kind.code(),
            segment.first.0,
            segment.last.0,
            segment.chunks as i64,
            segment.samples.cast_signed(),
            segment.size.cast_signed(),
            segment.directory,
            segment.body
        ])
        .during("written")?;
    Ok(())
}

/// The highest cursor ever given out.
pub(super) fn highest_cursor(connection: &Connection) -> Result<u64, StoreError> {
    let text: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = 'highest_cursor'", [], |row| row.get(0))
        .optional()
        .during("read")?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Notes the highest cursor given out.
pub(super) fn set_highest_cursor(connection: &Connection, cursor: u64) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta(key, value) VALUES('highest_cursor', ?1)")
        .during("written")?
        .execute(params![cursor.to_string()])
        .during("written")?;
    Ok(())
}

/// Stores what was just sealed of one slice, numbering its chunks from the cursor after `cursor`.
pub(super) fn insert_sealed(
    connection: &Connection,
    kind: RecordKind,
    part: u32,
    builder: Builder,
    cursor: &mut u64,
) -> Result<(), StoreError> {
    let cursors: Vec<u64> = (1..=builder.len() as u64).map(|n| *cursor + n).collect();
    let Some(segment) = builder.finish(&cursors) else { return Ok(()) };
    *cursor = segment.high;
    insert(connection, kind, 0, part, &segment)
}
