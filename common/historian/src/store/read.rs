//! Reading, for the writer and for readers alike. Each answer comes from one snapshot, so that a sealing in between
//! neither hides nor doubles a sample.

use super::archive::{self, Located};
use super::bodies::Bodies;
use super::error::{During, StoreError};
use super::journal;
use super::merge::{JOURNAL_LAST, Merge, in_order};
use super::specs::specs;
use super::types::{ChunkRow, SeriesInfo};
use crate::Sample;
use haubert_model::{SeriesId, Timestamp};
use rusqlite::Connection;
use std::collections::BTreeMap;

pub(super) const EVER: (Timestamp, Timestamp) = (Timestamp(i64::MIN), Timestamp(i64::MAX));

/// Runs `read` on one snapshot.
pub(super) fn snapshot<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.unchecked_transaction().during("read")?;
    let answer = read(&transaction)?;
    transaction.finish().during("read")?;
    Ok(answer)
}

/// Gives the samples with `from <= at < to` in order of time, each time once, until `sink` returns false. Holds little more
/// than a chunk in memory.
pub(super) fn visit(
    connection: &Connection,
    series: SeriesId,
    (from, to): (Timestamp, Timestamp),
    sink: &mut dyn FnMut(Sample) -> bool,
) -> Result<(), StoreError> {
    let mut open = Merge::default();
    journal::visit(
        connection,
        &journal::rows_of(journal::slice_of(series)),
        (from, to),
        |id| id == series,
        |row, _, sample| {
            if sample.at >= from && sample.at < to {
                open.push(row | JOURNAL_LAST, sample);
            }
        },
    )?;
    visit_chunks(connection, series, (from, to), open, sink)
}

/// As [`visit`], with the journal's samples given.
pub(super) fn visit_chunks(
    connection: &Connection,
    series: SeriesId,
    (from, to): (Timestamp, Timestamp),
    open: Merge,
    sink: &mut dyn FnMut(Sample) -> bool,
) -> Result<(), StoreError> {
    let mut found = archive::locate(connection, &(series..=series), &|id| id == series, (from, to))?;
    in_turn(&mut found);
    let mut bodies = Bodies::new(connection);
    let mut samples = Vec::new();
    merge(&found, (from, to), open, &mut samples, &mut |located, samples| bodies.samples(located, samples), sink)
}

/// Puts chunks in the order in which [`merge`] takes them, series after series.
pub(super) fn in_turn(found: &mut [Located]) {
    found.sort_by_key(|located| (located.entry.series, located.entry.frame.first, located.entry.cursor));
}

/// Puts a chunk's samples in place of those that are there.
pub(super) type Unpack<'r> = dyn FnMut(&Located, &mut Vec<Sample>) -> Result<(), StoreError> + 'r;

/// Gives the samples of a series, whose chunks are [`in_turn`] and are read by `read` into the room `samples`, and the `open`
/// ones, in order of time, until `sink` returns false.
pub(super) fn merge(
    found: &[Located],
    (from, to): (Timestamp, Timestamp),
    mut open: Merge,
    samples: &mut Vec<Sample>,
    read: &mut Unpack<'_>,
    sink: &mut dyn FnMut(Sample) -> bool,
) -> Result<(), StoreError> {
    let mut found = found.iter().peekable();
    while let Some(located) = found.next() {
        let frame = located.entry.frame;
        if !open.emit(frame.first, sink) {
            return Ok(());
        }
        read(located, samples)?;
        let mut wanted = samples.iter().filter(|sample| sample.at >= from && sample.at < to);
        // Nearly always nothing else covers the chunk's time.
        let alone = open.begins_after(frame.last) && found.peek().is_none_or(|next| next.entry.frame.first > frame.last);
        if alone && in_order(samples) {
            if !wanted.all(|sample| sink(*sample)) {
                return Ok(());
            }
        } else {
            wanted.for_each(|sample| open.push(located.entry.cursor, *sample));
        }
    }
    open.emit(to, sink);
    Ok(())
}

/// The newest sample of a series.
pub(super) fn latest(connection: &Connection, series: SeriesId) -> Result<Option<Sample>, StoreError> {
    Ok(latest_of(connection, Some(series))?.remove(&series))
}

/// The newest sample of one series or of each, in one pass over the journal.
pub(super) fn latest_of(connection: &Connection, only: Option<SeriesId>) -> Result<BTreeMap<SeriesId, Sample>, StoreError> {
    let wanted = |series| only.is_none_or(|only| only == series);
    let among = only.map_or(SeriesId(0)..=SeriesId(u32::MAX), |series| series..=series);
    let mut last: BTreeMap<SeriesId, Located> = BTreeMap::new();
    for located in archive::locate(connection, &among, &wanted, EVER)? {
        let newer = |known: &Located| located.entry.frame.last > known.entry.frame.last;
        if last.get(&located.entry.series).is_none_or(newer) {
            last.insert(located.entry.series, located);
        }
    }
    let mut bodies = Bodies::new(connection);
    bodies.expect(last.values());
    let (mut newest, mut samples) = (BTreeMap::new(), Vec::new());
    for (series, located) in last {
        bodies.samples(&located, &mut samples)?;
        if let Some(sample) = samples.iter().max_by_key(|sample| sample.at) {
            newest.insert(series, *sample);
        }
    }
    let rows = only.map_or(journal::ALL_ROWS, |series| journal::rows_of(journal::slice_of(series)));
    journal::visit(connection, &rows, EVER, wanted, |_, series, sample| {
        let known = newest.entry(series).or_insert(sample);
        if (sample.at, sample.rank()) > (known.at, known.rank()) {
            *known = sample;
        }
    })?;
    Ok(newest)
}

/// The first and last times of each series' chunks.
pub(super) fn sealed_spans(connection: &Connection) -> Result<BTreeMap<SeriesId, (Timestamp, Timestamp)>, StoreError> {
    let mut spans = BTreeMap::new();
    archive::each_segment(connection, 0, |_, entries| {
        entries.iter().for_each(|entry| widen(&mut spans, entry.series, entry.frame.first, entry.frame.last));
        Ok(true)
    })?;
    Ok(spans)
}

fn widen(spans: &mut BTreeMap<SeriesId, (Timestamp, Timestamp)>, series: SeriesId, first: Timestamp, last: Timestamp) {
    let span = spans.entry(series).or_insert((first, last));
    *span = (span.0.min(first), span.1.max(last));
}

/// Every series with its first and last times.
pub(super) fn series(connection: &Connection) -> Result<Vec<SeriesInfo>, StoreError> {
    let mut spans = sealed_spans(connection)?;
    journal::visit(
        connection,
        &journal::ALL_ROWS,
        EVER,
        |_| true,
        |_, series, sample| {
            widen(&mut spans, series, sample.at, sample.at);
        },
    )?;
    let info = |(id, spec)| {
        let span = spans.get(&id);
        SeriesInfo { id, spec, first: span.map(|span| span.0), last: span.map(|span| span.1) }
    };
    Ok(specs(connection)?.into_iter().map(info).collect())
}

/// Chunks after `cursor` in order: as many as fit in `limit_bytes`, but at least one if there is one.
pub(super) fn chunks_after(connection: &Connection, cursor: u64, limit_bytes: usize) -> Result<Vec<ChunkRow>, StoreError> {
    let mut found: Vec<ChunkRow> = Vec::new();
    let mut total = 0usize;
    let mut bodies = Bodies::new(connection);
    archive::each_segment(connection, signed(cursor), |row, entries| {
        for entry in entries.into_iter().filter(|entry| entry.cursor > cursor) {
            let (cursor, series, frame) = (entry.cursor, entry.series, entry.frame);
            if !found.is_empty() && total.saturating_add(entry.joined_len()) > limit_bytes {
                return Ok(false);
            }
            // One that is given others is longer when it stands by itself.
            let bytes = bodies.chunk(&Located { row, entry })?;
            total = total.saturating_add(bytes.len());
            if !found.is_empty() && total > limit_bytes {
                return Ok(false);
            }
            let count = frame.count;
            found.push(ChunkRow { cursor, series, first: frame.first, last: frame.last, count, bytes });
        }
        Ok(true)
    })?;
    Ok(found)
}

/// A cursor as SQLite stores it.
pub(super) fn signed(cursor: u64) -> i64 {
    i64::try_from(cursor).unwrap_or(i64::MAX)
}
