//! Repair: every row that can be read is copied to a new file; the damaged one is kept beside it.
//!
//! Pages that fail their authentication are stepped around: rows are read from both ends of a table towards the damage, and
//! from the middle of what is left. After each failure the file is opened anew, because the cipher remembers it.

use super::archive::{self, Located};
use super::bodies::Bodies;
use super::error::{During, StoreError};
use super::lock::{self, beside};
use super::segment::{self, Builder};
use super::specs::{self, Quantities};
use super::types::Key;
use super::{schema, upgrade};
use crate::batch;
use crate::chunk;
use haubert_model::RecordKind;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Attempts to find readable rows between damaged ones, per table.
const ATTEMPTS: usize = 200;

/// What a repair saved and what it could not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RepairReport {
    /// Chunks in the new file.
    pub chunks: u64,
    /// Samples in them.
    pub samples: u64,
    /// Samples that were not yet sealed.
    pub open_samples: u64,
    /// What is lost, in words; empty when nothing is.
    pub lost: Vec<String>,
    /// Where the file as it was is kept.
    pub kept: PathBuf,
}

/// Copies whatever can be read of a history file into a new one in its place, with the same identity and cursors, and keeps
/// the old one beside it (`….damaged-1`).
///
/// # Errors
/// [`StoreError::WrongKey`] when not even its first page can be read; [`StoreError::Locked`] when a program has it open; that
/// the new file cannot be written. The old one is then untouched.
pub fn repair(path: &Path, key: &Key) -> Result<RepairReport, StoreError> {
    let _lock = lock::acquire(path)?;
    locked(path, key)
}

/// As [`repair`], by whoever holds the lock.
pub(super) fn locked(path: &Path, key: &Key) -> Result<RepairReport, StoreError> {
    let source = Source { path, key };
    let new = beside(path, ".repaired");
    for suffix in ["", "-wal", "-shm"] {
        remove(&beside(&new, suffix))?;
    }
    let mut report = RepairReport::default();
    let mut target = schema::open_writer(&new, key)?;
    let transaction = target.transaction().during("repaired")?;
    source.copy(&transaction, &mut report)?;
    transaction.commit().during("repaired")?;
    report.lost.extend(upgrade::run(&mut target)?);
    target.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).during("repaired")?;
    let count = |sql| target.query_row(sql, [], |row| row.get::<_, i64>(0)).during("repaired");
    report.chunks = count("SELECT coalesce(sum(chunks), 0) FROM segment")?.unsigned_abs();
    report.samples = count("SELECT coalesce(sum(samples), 0) FROM segment")?.unsigned_abs();
    report.open_samples = count("SELECT coalesce(sum(count), 0) FROM journal")?.unsigned_abs();
    drop(target);
    report.kept = replace(path, &new)?;
    Ok(report)
}

/// Puts the new file in the old one's place.
fn replace(path: &Path, new: &Path) -> Result<PathBuf, StoreError> {
    let free = |n: &u32| !beside(path, &format!(".damaged-{n}")).exists();
    let kept = beside(path, &format!(".damaged-{}", (1..).find(free).unwrap_or(1)));
    // The old log must not be taken for the new file's. There is none when the old file could be closed in order.
    for suffix in ["-wal", "-shm"] {
        let log = beside(path, suffix);
        if log.exists() {
            std::fs::rename(&log, beside(&kept, suffix)).map_err(StoreError::Open)?;
        }
    }
    std::fs::hard_link(path, &kept).map_err(StoreError::Open)?;
    std::fs::rename(new, path).map_err(StoreError::Open)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::Open)?;
    }
    Ok(kept)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::Open(error)),
        _ => Ok(()),
    }
}

/// The damaged file.
struct Source<'a> {
    path: &'a Path,
    key: &'a Key,
}

impl Source<'_> {
    fn open(&self) -> Result<Connection, StoreError> {
        schema::open_reader(self.path, self.key)
    }

    fn copy(&self, target: &Connection, report: &mut RepairReport) -> Result<(), StoreError> {
        let connection = self.open()?;
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).during("read")?;
        let highest = self.copy_identity(&connection, version, target)?;
        drop(connection);
        let quantities = self.quantities();
        self.rows("series", "id", &mut report.lost, |connection, id| {
            let select = format!("SELECT {} FROM series WHERE id = ?1", specs::COLUMNS);
            let mut statement = connection.prepare_cached(&select).during("read")?;
            let mut rows = statement.query(params![id]).during("read")?;
            let Some(row) = rows.next().during("read")? else { return Ok(()) };
            let (series, spec) = specs::spec(row, &quantities)?;
            schema::restore(target, series, &spec)
        })?;
        self.copy_series_from_index(&quantities, target);
        if version < 2 {
            self.rows("chunk", "cursor", &mut report.lost, |connection, id| {
                let insert = "INSERT INTO chunk VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
                copy_row(connection, "SELECT * FROM chunk WHERE cursor = ?1", id, target, insert)
            })?;
        } else {
            let mut chunks_lost = Vec::new();
            self.rows("segment", "high", &mut report.lost, |connection, id| {
                self.copy_segment(connection, id, target, &mut chunks_lost)
            })?;
            report.lost.append(&mut chunks_lost);
        }
        self.rows("journal", "id", &mut report.lost, |connection, id| {
            let select = "SELECT * FROM journal WHERE id = ?1";
            let bytes: Vec<u8> =
                connection.query_row("SELECT bytes FROM journal WHERE id = ?1", params![id], |row| row.get(0)).during("read")?;
            batch::decode(&bytes, |_| true, |_, _| {})
                .map_err(|source| StoreError::DamagedRow { place: format!("journal row {id}"), source })?;
            copy_row(connection, select, id, target, "INSERT INTO journal VALUES(?1, ?2, ?3, ?4, ?5)")
        })?;
        let copied: i64 = target
            .query_row(
                "SELECT max(coalesce((SELECT max(high) FROM segment), 0), coalesce((SELECT max(cursor) FROM chunk), 0))",
                [],
                |row| row.get(0),
            )
            .during("repaired")?;
        archive::set_highest_cursor(target, highest.max(copied.unsigned_abs()))
    }

    /// Takes over the identity, so that the hub goes on where it was. Returns the highest cursor given out.
    fn copy_identity(&self, connection: &Connection, version: u32, target: &Connection) -> Result<u64, StoreError> {
        let identity: rusqlite::Result<String> =
            connection.query_row("SELECT value FROM meta WHERE key = 'identity'", [], |row| row.get(0));
        let highest = if version < 2 {
            let select = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunk'";
            connection.query_row(select, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs).during("read")
        } else {
            archive::highest_cursor(connection)
        };
        // Without the one or the other the cursors mean nothing any more; then the new file's own identity stays.
        if let (Ok(identity), Ok(_)) = (identity, &highest) {
            target.execute("UPDATE meta SET value = ?1 WHERE key = 'identity'", params![identity]).during("repaired")?;
        }
        Ok(highest.unwrap_or(0))
    }

    /// The quantities' numbers, from their table and from its index, of which one may be damaged.
    fn quantities(&self) -> Quantities {
        let read = |by| self.open().and_then(|connection| specs::quantities(&connection, by)).unwrap_or_default();
        let mut found = read("NOT INDEXED");
        found.extend(read("INDEXED BY sqlite_autoindex_quantity_1"));
        found
    }

    /// Adds the series whose rows are damaged: all but how far their counters count stands in an index too.
    fn copy_series_from_index(&self, quantities: &Quantities, target: &Connection) {
        const SELECT: &str = "SELECT id, kind, quantity, exponent, period_ms, load, NULL
            FROM series INDEXED BY sqlite_autoindex_series_1";
        let Ok(connection) = self.open() else { return };
        let Ok(mut statement) = connection.prepare(SELECT) else { return };
        let Ok(mut rows) = statement.query([]) else { return };
        // What cannot be read here either stays lost; the rows' own copy has said so.
        while let Ok(Some(row)) = rows.next() {
            if let Ok((series, spec)) = specs::spec(row, quantities)
                && schema::restore(target, series, &spec).is_err()
            {
                return;
            }
        }
    }

    /// Copies a segment, or those of its chunks that can be read.
    fn copy_segment(
        &self,
        connection: &Connection,
        row: i64,
        target: &Connection,
        lost: &mut Vec<String>,
    ) -> Result<(), StoreError> {
        const WHOLE: &str = "SELECT directory, body FROM segment WHERE high = ?1";
        let whole = connection.query_row(WHOLE, params![row], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)));
        if let Ok((directory, body)) = whole
            && segment::parse(&directory, |_| true).is_ok_and(|(_, crc)| crc == crc32fast::hash(&body))
        {
            let insert = "INSERT INTO segment VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
            return copy_row(connection, "SELECT * FROM segment WHERE high = ?1", row, target, insert);
        }
        let mut connection = self.open()?;
        let entries = archive::entries_of(&connection, row)?;
        let (kind, tier, part) = connection
            .query_row("SELECT kind, tier, part FROM segment WHERE high = ?1", params![row], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?, row.get::<_, u32>(2)?))
            })
            .during("read")?;
        let (mut builder, mut cursors) = (Builder::default(), Vec::new());
        for entry in entries {
            let located = Located { row, entry };
            let bytes = Bodies::new(&connection).chunk(&located);
            let entry = located.entry;
            match bytes.and_then(|bytes| chunk::decode(&bytes).map(|_| bytes).map_err(|source| archive::damaged(row, source))) {
                Ok(bytes) => {
                    let parts = chunk::split(&bytes).map_err(|source| archive::damaged(row, source))?;
                    builder.push(entry.series, entry.frame.first, entry.frame.last, &parts);
                    cursors.push(entry.cursor);
                }
                Err(_) => {
                    let (count, series, from, to) = (entry.frame.count, entry.series, entry.frame.first.0, entry.frame.last.0);
                    lost.push(format!("chunk {} ({count} samples of series {series}, {from} to {to})", entry.cursor));
                    connection = self.open()?;
                }
            }
        }
        let kind = RecordKind::from_code(&kind).unwrap_or(RecordKind::Trend);
        match builder.finish(&cursors) {
            Some(segment) => archive::insert(target, kind, tier as usize, part, &segment),
            None => Ok(()),
        }
    }

    /// Does `copy` for every row that can be found; what fails is noted as lost.
    fn rows(
        &self,
        table: &str,
        id: &str,
        lost: &mut Vec<String>,
        mut copy: impl FnMut(&Connection, i64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut connection = self.open()?;
        for row in self.ids(table, id, lost)? {
            match copy(&connection, row) {
                Ok(()) => {}
                // The new file's trouble, not the old one's.
                Err(error @ StoreError::DiskFull) => return Err(error),
                Err(error) => {
                    lost.push(format!("{table} {row}: {error}"));
                    connection = self.open()?;
                }
            }
        }
        Ok(())
    }

    /// The numbers of a table's rows, in order, as far as they can be found.
    fn ids(&self, table: &str, id: &str, lost: &mut Vec<String>) -> Result<Vec<i64>, StoreError> {
        let mut found = Vec::new();
        let mut gaps = VecDeque::from([(i64::MIN, i64::MAX)]);
        let mut attempts = 0;
        while let Some((from, to)) = gaps.pop_front() {
            attempts += 1;
            let (whole, up) = self.walk(table, id, (from, to), "ASC")?;
            let low = up.last().map_or(from, |last| last.saturating_add(1));
            found.extend(up);
            if whole || low > to {
                continue;
            }
            let (_, down) = self.walk(table, id, (low, to), "DESC")?;
            let high = down.last().map_or(to, |last| last.saturating_sub(1));
            found.extend(down);
            if attempts < ATTEMPTS && low < high {
                let middle = low.midpoint(high);
                gaps.extend([(low, middle), (middle + 1, high)]);
            }
        }
        if attempts > 1 {
            lost.push(format!("{table}: some rows lie in damaged pages"));
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Row numbers within `from..=to` until the end or the first failure, and whether it was the end.
    fn walk(&self, table: &str, id: &str, (from, to): (i64, i64), order: &str) -> Result<(bool, Vec<i64>), StoreError> {
        let connection = self.open()?;
        let mut found = Vec::new();
        let select = format!("SELECT {id} FROM {table} NOT INDEXED WHERE {id} BETWEEN ?1 AND ?2 ORDER BY {id} {order}");
        let Ok(mut statement) = connection.prepare(&select) else { return Ok((false, found)) };
        let Ok(mut rows) = statement.query(params![from, to]) else { return Ok((false, found)) };
        loop {
            match rows.next() {
                Ok(Some(row)) => found.push(row.get(0).during("read")?),
                Ok(None) => return Ok((true, found)),
                Err(_) => return Ok((false, found)),
            }
        }
    }
}

/// Copies one row, column by column.
fn copy_row(source: &Connection, select: &str, id: i64, target: &Connection, insert: &str) -> Result<(), StoreError> {
    let values: Option<Vec<rusqlite::types::Value>> = source
        .prepare_cached(select)
        .during("read")?
        .query_row(params![id], |row| (0..row.as_ref().column_count()).map(|column| row.get(column)).collect())
        .optional()
        .during("read")?;
    let Some(values) = values else { return Ok(()) };
    target.prepare_cached(insert).during("repaired")?.execute(rusqlite::params_from_iter(values)).during("repaired")?;
    Ok(())
}
