//! Deleting: what is older than its kind is kept, and what a disk budget has no room for.
//!
//! The rule of the budget: of what the hub has acknowledged, the oldest segments go first, all trends before any load curve,
//! load curves before states, states before indexes. Trends are many and soon forgotten; indexes are few and are what bills
//! are made of. A segment (some hundred KiB: hours to weeks of some series) goes whole or stays.

use super::error::{During, StoreError};
use super::overview;
use super::read::signed;
use super::types::{RetentionPolicy, Retired};
use haubert_model::{RecordKind, Timestamp};
use rusqlite::{Connection, params};

/// In which order kinds give way.
pub(super) const ORDER: [RecordKind; 4] = [RecordKind::Trend, RecordKind::LoadCurve, RecordKind::State, RecordKind::Index];

/// Deletes what is too old.
pub(super) fn by_age(
    connection: &Connection,
    policy: &RetentionPolicy,
    now: Timestamp,
    keep_from_cursor: Option<u64>,
) -> Result<Retired, StoreError> {
    const OLD: &str = "FROM segment WHERE high IN (SELECT high FROM segment INDEXED BY segment_by_part
        WHERE kind = ?3 AND last < ?1 AND high < ?2)";
    let below = keep_from_cursor.map_or(i64::MAX, signed);
    let mut retired = Retired::default();
    for kind in RecordKind::ALL {
        let Some(limit) = policy.limit(*kind, now) else { continue };
        let values = params![limit.0, below, kind.code()];
        let (chunks, samples): (i64, i64) = connection
            .query_row(&format!("SELECT coalesce(sum(chunks), 0), coalesce(sum(samples), 0) {OLD}"), values, |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .during("written")?;
        if chunks > 0 {
            connection.execute(&format!("DELETE {OLD}"), values).during("written")?;
        }
        retired.chunks += chunks.unsigned_abs();
        retired.samples += samples.unsigned_abs();
    }
    Ok(retired)
}

/// Deletes segments in the order of the rule until `bytes` of pages are free that were not, or none is left that may go.
pub(super) fn by_size(connection: &Connection, bytes: u64, keep_from_cursor: Option<u64>) -> Result<Retired, StoreError> {
    const OLDEST: &str = "SELECT high, chunks, samples FROM segment INDEXED BY segment_by_part
        WHERE kind = ?1 AND high < ?2 ORDER BY last LIMIT 16";
    let below = keep_from_cursor.map_or(i64::MAX, signed);
    let aim = overview::used_bytes(connection)?.saturating_sub(bytes);
    let mut retired = Retired::default();
    for kind in ORDER {
        let mut statement = connection.prepare_cached(OLDEST).during("written")?;
        loop {
            if overview::used_bytes(connection)? <= aim {
                return Ok(retired);
            }
            let oldest: Vec<(i64, i64, i64)> = statement
                .query_map(params![kind.code(), below], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .during("written")?
                .collect::<Result<_, _>>()
                .during("written")?;
            if oldest.is_empty() {
                break;
            }
            for (row, chunks, samples) in oldest {
                if overview::used_bytes(connection)? <= aim {
                    return Ok(retired);
                }
                connection
                    .prepare_cached("DELETE FROM segment WHERE high = ?1")
                    .during("written")?
                    .execute(params![row])
                    .during("written")?;
                retired.evicted_chunks += chunks.unsigned_abs();
                retired.evicted_samples += samples.unsigned_abs();
            }
        }
    }
    Ok(retired)
}
