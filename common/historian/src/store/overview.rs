//! Counts and sizes, from the index alone where it covers them.

use super::archive::{self, LAST_TIER};
use super::error::{During, StoreError};
use super::read::signed;
use super::schema::PAGE_BYTES;
use super::types::{Backlog, KindStats, Preview, RetentionPolicy, Stats};
use haubert_model::{RecordKind, Timestamp};
use rusqlite::{Connection, Row, params};

/// What waits after `cursor`.
pub(super) fn backlog(connection: &Connection, cursor: u64) -> Result<Backlog, StoreError> {
    let mut backlog = Backlog::default();
    let mut add = |chunks: u64, samples: u64, bytes: u64, first: Option<Timestamp>| {
        backlog.chunks += chunks;
        backlog.samples += samples;
        backlog.bytes += bytes;
        backlog.oldest = [backlog.oldest, first].into_iter().flatten().min();
    };
    const WHOLE: &str = "SELECT coalesce(sum(chunks), 0), coalesce(sum(samples), 0), coalesce(sum(size), 0), min(first)
        FROM segment NOT INDEXED WHERE high > ?1 AND low > ?1";
    let (chunks, samples, bytes, first) = connection
        .prepare_cached(WHOLE)
        .during("read")?
        .query_row(params![signed(cursor)], |row| {
            Ok((number(row, 0)?, number(row, 1)?, number(row, 2)?, row.get::<_, Option<i64>>(3)?))
        })
        .during("read")?;
    add(chunks, samples, bytes, first.map(Timestamp));
    // The one segment that the cursor stands in.
    archive::each_segment(connection, signed(cursor), |_, entries| {
        if entries.first().is_some_and(|entry| entry.cursor <= cursor) {
            for entry in entries.iter().filter(|entry| entry.cursor > cursor) {
                add(1, u64::from(entry.frame.count), entry.joined_len() as u64, Some(entry.frame.first));
            }
        }
        Ok(false)
    })?;
    Ok(backlog)
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// Bytes of pages in use.
pub(super) fn used_bytes(connection: &Connection) -> Result<u64, StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).during("read");
    Ok(pragma("page_count")?.saturating_sub(pragma("freelist_count")?).unsigned_abs() * PAGE_BYTES)
}

/// The size of the history, without the disk's part of it.
pub(super) fn stats(connection: &Connection) -> Result<Stats, StoreError> {
    let mut stats = Stats::default();
    for kind in stats_by_kind(connection)? {
        stats.series += kind.series;
        stats.chunks += kind.chunks;
        stats.chunk_bytes += kind.bytes;
        stats.samples += kind.samples;
        stats.oldest = [stats.oldest, kind.oldest].into_iter().flatten().min();
        stats.newest = stats.newest.max(kind.newest);
    }
    let (open, first, last) = connection
        .query_row("SELECT coalesce(sum(count), 0), min(first), max(last) FROM journal", [], |row| {
            Ok((number(row, 0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, Option<i64>>(2)?))
        })
        .during("read")?;
    stats.uncompacted_chunks = connection
        .query_row("SELECT coalesce(sum(chunks), 0) FROM segment WHERE tier < ?1", params![LAST_TIER as u32], |row| {
            number(row, 0)
        })
        .during("read")?;
    stats.samples += open;
    stats.open_samples = open;
    stats.oldest = [stats.oldest, first.map(Timestamp)].into_iter().flatten().min();
    stats.newest = stats.newest.max(last.map(Timestamp));
    Ok(stats)
}

/// What is sealed of each kind.
pub(super) fn stats_by_kind(connection: &Connection) -> Result<Vec<KindStats>, StoreError> {
    const SEALED: &str =
        "SELECT coalesce(sum(chunks), 0), coalesce(sum(samples), 0), coalesce(sum(size), 0), min(first), max(last)
        FROM segment INDEXED BY segment_by_part WHERE kind = ?1";
    let of_kind = |kind: &RecordKind| {
        let series = connection
            .query_row("SELECT count(*) FROM series WHERE kind = ?1", params![kind.code()], |row| number(row, 0))
            .during("read")?;
        connection
            .query_row(SEALED, params![kind.code()], |row| {
                Ok(KindStats {
                    kind: *kind,
                    series,
                    chunks: number(row, 0)?,
                    samples: number(row, 1)?,
                    bytes: number(row, 2)?,
                    oldest: row.get::<_, Option<i64>>(3)?.map(Timestamp),
                    newest: row.get::<_, Option<i64>>(4)?.map(Timestamp),
                })
            })
            .during("read")
    };
    RecordKind::ALL.iter().map(of_kind).collect()
}

/// What [`Store::enforce`](super::Store::enforce) would remove now.
pub(super) fn preview(
    connection: &Connection,
    policy: &RetentionPolicy,
    now: Timestamp,
    keep_from_cursor: Option<u64>,
    disk_bytes: u64,
) -> Result<Vec<Preview>, StoreError> {
    const OLD: &str = "SELECT coalesce(sum(chunks), 0), coalesce(sum(samples), 0), coalesce(sum(size), 0), min(first), max(last)
        FROM segment INDEXED BY segment_by_part WHERE kind = ?1 AND last < ?2 AND high < ?3";
    const YOUNG: &str = "SELECT coalesce(sum(size), 0) FROM segment INDEXED BY segment_by_part
        WHERE kind = ?1 AND last >= ?2 AND high < ?3";
    let below = keep_from_cursor.map_or(i64::MAX, signed);
    let mut previews = Vec::new();
    let mut aged = 0;
    for kind in RecordKind::ALL {
        let limit = policy.limit(*kind, now).unwrap_or(Timestamp(i64::MIN));
        let preview = connection
            .query_row(OLD, params![kind.code(), limit.0, below], |row| {
                Ok(Preview {
                    kind: *kind,
                    chunks: number(row, 0)?,
                    samples: number(row, 1)?,
                    bytes: number(row, 2)?,
                    oldest: row.get::<_, Option<i64>>(3)?.map(Timestamp),
                    newest: row.get::<_, Option<i64>>(4)?.map(Timestamp),
                    evicted_bytes: 0,
                })
            })
            .during("read")?;
        aged += preview.bytes;
        previews.push(preview);
    }
    let mut excess = policy.budget_bytes.map_or(0, |budget| disk_bytes.saturating_sub(aged).saturating_sub(budget));
    for kind in super::evict::ORDER {
        let Some(preview) = previews.iter_mut().find(|preview| preview.kind == kind) else { continue };
        let limit = policy.limit(kind, now).unwrap_or(Timestamp(i64::MIN));
        let left = connection.query_row(YOUNG, params![kind.code(), limit.0, below], |row| number(row, 0)).during("read")?;
        preview.evicted_bytes = left.min(excess);
        excess -= preview.evicted_bytes;
    }
    Ok(previews)
}
