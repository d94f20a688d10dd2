//! From version 1 of the file, which had a row per chunk and a journal that mixed all series. Nothing that a reader or the
//! hub sees changes: chunks keep their bytes and cursors.

use super::archive::{self, FULL_BYTES};
use super::error::{During, StoreError};
use super::journal;
use super::segment::Builder;
use crate::{Sample, chunk};
use haubert_model::{RecordKind, SeriesId, Timestamp};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// Chunks moved in one transaction.
const STEP: u32 = 2_000;

/// A chunk of version 1: cursor, series, first, last, bytes.
type OldChunk = (u64, SeriesId, Timestamp, Timestamp, Vec<u8>);

/// Moves what version 1 wrote, if anything is left; may be interrupted at any time. Returns what could not be read, in words.
pub(super) fn run(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let mut damaged = Vec::new();
    let mut moved = false;
    while step(connection, &mut damaged)? {
        moved = true;
    }
    move_journal(connection, &mut damaged)?;
    if moved {
        // The log has grown by the whole history.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).during("migrated")?;
    }
    Ok(damaged)
}

/// Moves the first chunks that are left; false if there are none.
fn step(connection: &mut Connection, damaged: &mut Vec<String>) -> Result<bool, StoreError> {
    let transaction = connection.transaction().during("migrated")?;
    let chunks = oldest(&transaction)?;
    let Some((last, ..)) = chunks.last() else { return Ok(false) };
    let last = last.cast_signed();
    let kinds = kinds(&transaction)?;
    // A segment holds one kind of one slice, and cursors of segments must not overlap: each run of such chunks becomes one.
    let place = |series: SeriesId| (kinds.get(&series).copied(), journal::slice_of(series));
    for run in chunks.chunk_by(|a, b| place(a.1) == place(b.1)) {
        let Some((Some(kind), slice)) = run.first().map(|(_, series, ..)| place(*series)) else { continue };
        let (mut builder, mut cursors) = (Builder::default(), Vec::new());
        for (cursor, series, first, last, bytes) in run {
            match chunk::split(bytes) {
                Ok(parts) => {
                    builder.push(*series, *first, *last, &parts);
                    cursors.push(*cursor);
                }
                Err(error) => {
                    let what = format!("chunk {cursor}: {error}");
                    set_aside(&transaction, &what, bytes)?;
                    damaged.push(what);
                }
            }
            if builder.bytes() >= FULL_BYTES {
                store(&transaction, kind, slice, std::mem::take(&mut builder), &std::mem::take(&mut cursors))?;
            }
        }
        store(&transaction, kind, slice, builder, &cursors)?;
    }
    transaction.execute("DELETE FROM chunk WHERE cursor <= ?1", params![last]).during("migrated")?;
    transaction.commit().during("migrated")?;
    Ok(true)
}

fn store(connection: &Connection, kind: RecordKind, slice: u32, builder: Builder, cursors: &[u64]) -> Result<(), StoreError> {
    match builder.finish(cursors) {
        Some(segment) => archive::insert(connection, kind, 0, slice, &segment),
        None => Ok(()),
    }
}

fn oldest(connection: &Connection) -> Result<Vec<OldChunk>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT cursor, series, first, last, bytes FROM chunk ORDER BY cursor LIMIT ?1")
        .during("migrated")?;
    let rows = statement
        .query_map(params![STEP], |row| {
            let cursor: i64 = row.get(0)?;
            let (first, last) = (Timestamp(row.get(2)?), Timestamp(row.get(3)?));
            Ok((cursor.unsigned_abs(), SeriesId(row.get(1)?), first, last, row.get(4)?))
        })
        .during("migrated")?;
    rows.collect::<Result<_, _>>().during("migrated")
}

fn kinds(connection: &Connection) -> Result<BTreeMap<SeriesId, RecordKind>, StoreError> {
    Ok(super::specs::specs(connection)?.into_iter().map(|(id, spec)| (id, spec.kind)).collect())
}

fn set_aside(connection: &Connection, what: &str, bytes: &[u8]) -> Result<(), StoreError> {
    connection.execute("INSERT INTO damaged(what, bytes) VALUES(?1, ?2)", params![what, bytes]).during("migrated")?;
    Ok(())
}

fn move_journal(connection: &mut Connection, damaged: &mut Vec<String>) -> Result<(), StoreError> {
    let transaction = connection.transaction().during("migrated")?;
    let mut samples: Vec<(SeriesId, Sample)> = Vec::new();
    damaged.extend(journal::salvage(&transaction, &journal::OLD_ROWS, |series, sample| samples.push((series, sample)))?);
    if !samples.is_empty() {
        let mut sequence = journal::next_sequence(&transaction)?;
        let (from, to) = journal::OLD_ROWS.into_inner();
        transaction.execute("DELETE FROM journal WHERE id BETWEEN ?1 AND ?2", params![from, to]).during("migrated")?;
        journal::insert(&transaction, &mut sequence, &samples)?;
    }
    transaction.commit().during("migrated")
}
