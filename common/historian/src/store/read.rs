//! Reading, for the writer and for readers alike. Each answer comes from one snapshot, so that a sealing in between
//! neither hides nor doubles a sample.

use super::error::{During, StoreError};
use super::types::{Backlog, ChunkRow, SeriesInfo, Stats};
use crate::chunk::{self, ChunkError};
use crate::{Sample, SeriesSpec, batch};
use haubert_model::{LoadId, Quantity, RecordKind, SeriesId, Timestamp};
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

/// A sample and its place in the order of arrival: where two have the same time, the one that came first counts.
type Arrived = (Timestamp, u64, Sample);

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

/// Gives the samples with `from <= at < to` in order of time, each time once, holding little more than a chunk in memory.
pub(super) fn visit(
    connection: &Connection,
    series: SeriesId,
    from: Timestamp,
    to: Timestamp,
    sink: &mut dyn FnMut(Sample),
) -> Result<(), StoreError> {
    let mut pending: Vec<Arrived> = Vec::new();
    journal(
        connection,
        from,
        to,
        |id| id == series,
        |row, _, sample| {
            if sample.at >= from && sample.at < to {
                pending.push((sample.at, row | JOURNAL_LAST, sample));
            }
        },
    )?;
    merge(connection, series, from, to, pending, sink)
}

/// As [`visit`], without the journal.
pub(super) fn visit_chunks(
    connection: &Connection,
    series: SeriesId,
    from: Timestamp,
    to: Timestamp,
    sink: &mut dyn FnMut(Sample),
) -> Result<(), StoreError> {
    merge(connection, series, from, to, Vec::new(), sink)
}

fn merge(
    connection: &Connection,
    series: SeriesId,
    from: Timestamp,
    to: Timestamp,
    mut pending: Vec<Arrived>,
    sink: &mut dyn FnMut(Sample),
) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT cursor, first, bytes FROM chunk WHERE series = ?1 AND first < ?2 AND last >= ?3 ORDER BY first")
        .during("read")?;
    let mut rows = statement.query(params![series.0, to.0, from.0]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        let cursor = cursor_of(row, 0)?;
        let first = Timestamp(row.get(1).during("read")?);
        emit_before(&mut pending, first, sink);
        let samples = decoded(cursor, row, 2)?;
        let within = samples.into_iter().filter(|sample| sample.at >= from && sample.at < to);
        pending.extend(within.map(|sample| (sample.at, cursor, sample)));
    }
    emit_before(&mut pending, to, sink);
    Ok(())
}

/// Journal rows come after every chunk in the order of arrival.
const JOURNAL_LAST: u64 = 1 << 63;

fn emit_before(pending: &mut Vec<Arrived>, limit: Timestamp, sink: &mut dyn FnMut(Sample)) {
    // The sort is stable: within one chunk or journal row the order of arrival is kept.
    pending.sort_by_key(|(at, arrival, _)| (*at, *arrival));
    let ready = pending.partition_point(|(at, _, _)| *at < limit);
    let mut last = None;
    for (at, _, sample) in pending.drain(..ready) {
        if last != Some(at) {
            sink(sample);
            last = Some(at);
        }
    }
}

/// Gives the wanted journal samples of rows that touch `from..to`, with the row's number, in order of arrival.
pub(super) fn journal(
    connection: &Connection,
    from: Timestamp,
    to: Timestamp,
    wanted: impl Fn(SeriesId) -> bool,
    mut sink: impl FnMut(u64, SeriesId, Sample),
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id, bytes FROM journal WHERE first < ?1 AND last >= ?2 ORDER BY id").during("read")?;
    let mut rows = statement.query(params![to.0, from.0]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        let id = cursor_of(row, 0)?;
        let bytes =
            row.get_ref(1).during("read")?.as_blob().map_err(|_| damaged_row(id, ChunkError::Malformed("journal rows")))?;
        batch::decode(bytes, &wanted, |series, sample| sink(id, series, sample)).map_err(|source| damaged_row(id, source))?;
    }
    Ok(())
}

fn damaged_row(id: u64, source: ChunkError) -> StoreError {
    StoreError::DamagedRow { place: format!("journal row {id}"), source }
}

fn decoded(cursor: u64, row: &Row<'_>, column: usize) -> Result<Vec<Sample>, StoreError> {
    let damaged = |source| StoreError::DamagedRow { place: format!("chunk {cursor}"), source };
    let bytes = row.get_ref(column).during("read")?.as_blob().map_err(|_| damaged(ChunkError::NotAChunk))?;
    chunk::decode(bytes).map_err(damaged)
}

/// SQLite's integers are signed; cursors and counts never are.
fn cursor_of(row: &Row<'_>, column: usize) -> Result<u64, StoreError> {
    let number: i64 = row.get(column).during("read")?;
    Ok(number.unsigned_abs())
}

/// The newest sample of a series.
pub(super) fn latest(connection: &Connection, series: SeriesId) -> Result<Option<Sample>, StoreError> {
    Ok(latest_of(connection, Some(series))?.remove(&series))
}

/// The newest sample of one series or of each, in one pass over the journal.
pub(super) fn latest_of(connection: &Connection, only: Option<SeriesId>) -> Result<BTreeMap<SeriesId, Sample>, StoreError> {
    let mut newest = BTreeMap::new();
    // SQLite gives the other columns of the row that holds the maximum.
    let mut statement = connection
        .prepare_cached("SELECT series, cursor, max(last) FROM chunk WHERE ?1 IS NULL OR series = ?1 GROUP BY series")
        .during("read")?;
    let mut bytes = connection.prepare_cached("SELECT bytes FROM chunk WHERE cursor = ?1").during("read")?;
    let mut rows = statement.query(params![only.map(|series| series.0)]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        let series = SeriesId(row.get(0).during("read")?);
        let cursor: i64 = row.get(1).during("read")?;
        let mut found = bytes.query(params![cursor]).during("read")?;
        let Some(found) = found.next().during("read")? else { continue };
        if let Some(sample) = decoded(cursor.unsigned_abs(), found, 0)?.into_iter().max_by_key(|sample| sample.at) {
            newest.insert(series, sample);
        }
    }
    let wanted = |series| only.is_none_or(|only| only == series);
    journal(connection, Timestamp(i64::MIN), Timestamp(i64::MAX), wanted, |_, series, sample| {
        let known = newest.entry(series).or_insert(sample);
        if sample.at > known.at {
            *known = sample;
        }
    })?;
    Ok(newest)
}

/// Every series with its first and last times.
pub(super) fn series(connection: &Connection) -> Result<Vec<SeriesInfo>, StoreError> {
    let mut spans: BTreeMap<SeriesId, (Timestamp, Timestamp)> = BTreeMap::new();
    let mut widen = |series, first: Timestamp, last: Timestamp| {
        let span = spans.entry(series).or_insert((first, last));
        *span = (span.0.min(first), span.1.max(last));
    };
    let mut statement =
        connection.prepare_cached("SELECT series, min(first), max(last) FROM chunk GROUP BY series").during("read")?;
    let mut rows = statement.query([]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        let (first, last) = (Timestamp(row.get(1).during("read")?), Timestamp(row.get(2).during("read")?));
        widen(SeriesId(row.get(0).during("read")?), first, last);
    }
    journal(
        connection,
        Timestamp(i64::MIN),
        Timestamp(i64::MAX),
        |_| true,
        |_, series, sample| {
            widen(series, sample.at, sample.at);
        },
    )?;
    let mut statement = connection
        .prepare_cached("SELECT id, kind, quantity, exponent, period_ms, load, rollover FROM series ORDER BY id")
        .during("read")?;
    let mut rows = statement.query([]).during("read")?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().during("read")? {
        let id = SeriesId(row.get(0).during("read")?);
        let span = spans.get(&id);
        found.push(SeriesInfo { id, spec: spec(row)?, first: span.map(|span| span.0), last: span.map(|span| span.1) });
    }
    Ok(found)
}

fn spec(row: &Row<'_>) -> Result<SeriesSpec, StoreError> {
    let kind: String = row.get(1).during("read")?;
    let quantity: String = row.get(2).during("read")?;
    let period_ms: i64 = row.get(4).during("read")?;
    let load: String = row.get(5).during("read")?;
    let unreadable = || StoreError::DamagedRow { place: "the list of series".to_owned(), source: ChunkError::Malformed("names") };
    Ok(SeriesSpec {
        kind: RecordKind::from_code(&kind).ok_or_else(unreadable)?,
        quantity: quantity.parse::<Quantity>().map_err(|_| unreadable())?,
        exponent: row.get(3).during("read")?,
        period_ms: (period_ms != 0).then_some(period_ms),
        load: load.parse::<LoadId>().map_err(|_| unreadable())?,
        rollover: row.get(6).during("read")?,
    })
}

/// Chunks after `cursor` in order of sealing: as many as fit in `limit_bytes`, but at least one if there is one.
pub(super) fn chunks_after(connection: &Connection, cursor: u64, limit_bytes: usize) -> Result<Vec<ChunkRow>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT cursor, series, first, last, count, bytes FROM chunk WHERE cursor > ?1 ORDER BY cursor")
        .during("read")?;
    let mut rows = statement.query(params![signed(cursor)]).during("read")?;
    let mut found: Vec<ChunkRow> = Vec::new();
    let mut total = 0usize;
    while let Some(row) = rows.next().during("read")? {
        let bytes: Vec<u8> = row.get(5).during("read")?;
        total = total.saturating_add(bytes.len());
        if !found.is_empty() && total > limit_bytes {
            break;
        }
        found.push(ChunkRow {
            cursor: cursor_of(row, 0)?,
            series: SeriesId(row.get(1).during("read")?),
            first: Timestamp(row.get(2).during("read")?),
            last: Timestamp(row.get(3).during("read")?),
            count: row.get(4).during("read")?,
            bytes,
        });
    }
    Ok(found)
}

/// What waits after `cursor`.
pub(super) fn backlog(connection: &Connection, cursor: u64) -> Result<Backlog, StoreError> {
    connection
        .query_row(
            "SELECT count(*), total(count), total(size), min(first) FROM chunk WHERE cursor > ?1",
            params![signed(cursor)],
            |row| {
                let (chunks, oldest): (i64, Option<i64>) = (row.get(0)?, row.get(3)?);
                let (samples, bytes): (f64, f64) = (row.get(1)?, row.get(2)?);
                Ok(Backlog {
                    chunks: chunks.unsigned_abs(),
                    samples: samples as u64,
                    bytes: bytes as u64,
                    oldest: oldest.map(Timestamp),
                })
            },
        )
        .during("read")
}

/// The highest cursor ever given out, as AUTOINCREMENT remembers it.
pub(super) fn highest_cursor(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunk'";
    connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs).during("read")
}

/// The size of the history, without the disk's part of it.
pub(super) fn stats(connection: &Connection) -> Result<Stats, StoreError> {
    let mut stats = Stats::default();
    let span = |row: &Row<'_>| -> rusqlite::Result<(u64, u64, Option<Timestamp>, Option<Timestamp>)> {
        let (rows, samples): (i64, f64) = (row.get(0)?, row.get(1)?);
        let (first, last): (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
        Ok((rows.unsigned_abs(), samples as u64, first.map(Timestamp), last.map(Timestamp)))
    };
    let (chunks, sealed, first, last) = connection
        .query_row("SELECT count(*), total(count), min(first), max(last) FROM chunk INDEXED BY chunk_by_series", [], span)
        .during("read")?;
    let (_, open, open_first, open_last) =
        connection.query_row("SELECT count(*), total(count), min(first), max(last) FROM journal", [], span).during("read")?;
    let series: i64 = connection.query_row("SELECT count(*) FROM series", [], |row| row.get(0)).during("read")?;
    let bytes: f64 =
        connection.query_row("SELECT total(size) FROM chunk INDEXED BY chunk_by_series", [], |row| row.get(0)).during("read")?;
    stats.series = series.unsigned_abs();
    stats.chunks = chunks;
    stats.chunk_bytes = bytes as u64;
    stats.samples = sealed + open;
    stats.open_samples = open;
    stats.oldest = [first, open_first].into_iter().flatten().min();
    stats.newest = last.max(open_last);
    Ok(stats)
}

/// A cursor as SQLite stores it.
pub(super) fn signed(cursor: u64) -> i64 {
    i64::try_from(cursor).unwrap_or(i64::MAX)
}
