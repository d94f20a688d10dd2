//! Opening the file: cipher, durability, and the tables with their migrations.

use super::error::{During, StoreError};
use super::known::MAX_SERIES;
use super::types::Key;
use crate::SeriesSpec;
use crate::chunk::ChunkError;
use haubert_model::SeriesId;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// One script per version; the file's `user_version` says how many have been applied. A script is never changed. After the
/// second, [`super::upgrade`] moves what version 1 wrote.
const MIGRATIONS: [&str; 3] = [
    // `cursor` is AUTOINCREMENT so that a number is never given twice, even after the newest chunk is deleted.
    // The index covers what overviews need, so that they do not touch the pages with the bytes.
    "CREATE TABLE series(
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, quantity TEXT NOT NULL, exponent INTEGER NOT NULL,
        period_ms INTEGER NOT NULL, load TEXT NOT NULL, rollover INTEGER,
        UNIQUE(kind, quantity, exponent, period_ms, load)) STRICT;
     CREATE TABLE chunk(
        cursor INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL REFERENCES series(id),
        first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, size INTEGER NOT NULL,
        bytes BLOB NOT NULL) STRICT;
     CREATE INDEX chunk_by_series ON chunk(series, first, last, count, size);
     CREATE TABLE journal(
        id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL,
        bytes BLOB NOT NULL) STRICT;
     CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
     INSERT INTO meta VALUES('identity', lower(hex(randomblob(16))));",
    // Chunks live in segments; see `segment.rs` and `archive.rs`. The index covers what overviews need, so that they do not
    // touch the pages with the bytes. Table `chunk` stays, empty.
    "CREATE TABLE segment(
        high INTEGER PRIMARY KEY, low INTEGER NOT NULL, tier INTEGER NOT NULL, part INTEGER NOT NULL, kind TEXT NOT NULL,
        first INTEGER NOT NULL, last INTEGER NOT NULL, chunks INTEGER NOT NULL, samples INTEGER NOT NULL,
        size INTEGER NOT NULL, directory BLOB NOT NULL, body BLOB NOT NULL) STRICT;
     CREATE INDEX segment_by_part ON segment(tier, part, first, last, kind, low, chunks, samples, size);
     CREATE TABLE damaged(id INTEGER PRIMARY KEY, what TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
     INSERT OR REPLACE INTO meta(key, value)
        SELECT 'highest_cursor', coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunk';",
    // Segments, columns and journal rows may be coded in ways that programs of version 2 would take for damage, so these must
    // refuse. And each series costs half as much: its quantity is a number, its load 16 bytes. The index stays, for a repair.
    "CREATE TABLE quantity(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE) STRICT;
     INSERT INTO quantity(code) SELECT DISTINCT quantity FROM series;
     CREATE TABLE new_series(
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, quantity INTEGER NOT NULL, exponent INTEGER NOT NULL,
        period_ms INTEGER NOT NULL, load BLOB NOT NULL, rollover INTEGER,
        UNIQUE(load, quantity, kind, exponent, period_ms)) STRICT;
     INSERT INTO new_series SELECT id, kind, (SELECT id FROM quantity WHERE code = series.quantity), exponent, period_ms,
        coalesce(unhex(replace(load, '-', '')), CAST(load AS BLOB)), rollover FROM series ORDER BY id;
     DROP TABLE series;
     ALTER TABLE new_series RENAME TO series;",
];

/// Bytes of a page, of which the cipher takes 80. Fixed when a file is created. Each append writes whole pages, which wears
/// flash out; pages of 8 and 16 KiB were tried and made the file hardly smaller.
pub(super) const PAGE_BYTES: u64 = 4096;

/// How long to wait for another connection's lock.
const BUSY: Duration = Duration::from_secs(5);

/// Opens for writing; creates the file (readable by its owner only) if there is none.
pub(super) fn open_writer(path: &Path, key: &Key) -> Result<Connection, StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(StoreError::Open(error)),
    }
    let mut connection = open(path, key)?;
    // Set before the first table: pages that sealing frees can then be given back to the disk.
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL;").during("opened")?;
    // The log keeps its size between checkpoints: a file that shrinks and grows again costs more than its space.
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 8388608;")
        .during("opened")?;
    // A table to which others refer is made anew.
    connection.execute_batch("PRAGMA foreign_keys = OFF;").during("opened")?;
    migrate(&mut connection)?;
    connection.execute_batch("PRAGMA foreign_keys = ON;").during("opened")?;
    // After a crash SQLite shows what was in its log, synced or not: from here on all of it must be durable.
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).during("opened")?;
    // SQLite takes no notice when its log's name cannot be made durable; after a power cut the log would be gone.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::Open)?;
    Ok(connection)
}

/// Opens for reading beside a writer.
pub(super) fn open_reader(path: &Path, key: &Key) -> Result<Connection, StoreError> {
    let connection = open(path, key)?;
    connection.execute_batch("PRAGMA query_only = ON;").during("opened")?;
    Ok(connection)
}

fn open(path: &Path, key: &Key) -> Result<Connection, StoreError> {
    // SQLite takes a file cut to less than a page for a new one and would write over what is left of it.
    let length = std::fs::metadata(path).map_err(StoreError::Open)?.len();
    if (1..PAGE_BYTES).contains(&length) {
        return Err(StoreError::WrongKey);
    }
    // Without CREATE a reader cannot leave an empty, unencrypted file behind.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).during("opened")?;
    connection.busy_timeout(BUSY).during("opened")?;
    // SQLCipher would write to standard error about each page that it cannot decrypt; the caller gets an error instead.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;").during("opened")?;
    connection.pragma_update(None, "key", key.literal().as_str()).during("opened")?;
    connection.execute_batch(&format!("PRAGMA cipher_page_size = {PAGE_BYTES};")).during("opened")?;
    // A wrong key shows only at the first page that is read.
    match connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())) {
        Ok(()) => Ok(connection),
        Err(error) => Err(match StoreError::from_database("opened", error) {
            StoreError::Damaged(_) => StoreError::WrongKey,
            other => other,
        }),
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as u32;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).during("opened")?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for (version, script) in (1u32..).zip(MIGRATIONS).skip(found as usize) {
        let transaction = connection.transaction().during("migrated")?;
        transaction.execute_batch(script).during("migrated")?;
        transaction.pragma_update(None, "user_version", version).during("migrated")?;
        transaction.commit().during("migrated")?;
    }
    Ok(())
}

/// Refuses series numbers that no file has: numbers are given one after the other.
pub(super) fn plausible(series: SeriesId) -> Result<(), StoreError> {
    if series.0 < MAX_SERIES {
        return Ok(());
    }
    Err(StoreError::DamagedRow { place: format!("series {series}"), source: ChunkError::TooLarge })
}

/// Makes the series' row, or brings it up to date.
pub(super) fn declare(connection: &Connection, spec: &SeriesSpec) -> Result<SeriesId, StoreError> {
    const UPSERT: &str = "INSERT INTO series(kind, quantity, exponent, period_ms, load, rollover) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT(load, quantity, kind, exponent, period_ms) DO UPDATE SET rollover = excluded.rollover RETURNING id";
    let (kind, quantity, load) = (spec.kind.code(), number_of(connection, spec)?, spec.load.0.as_bytes());
    let values = params![kind, quantity, spec.exponent, spec.period_ms.unwrap_or(0), load, spec.rollover];
    let mut statement = connection.prepare_cached(UPSERT).during("written")?;
    let series = SeriesId(statement.query_row(values, |row| row.get(0)).during("written")?);
    plausible(series)?;
    Ok(series)
}

/// Makes a row for a series that has this number in another file, unless there is one.
pub(super) fn restore(connection: &Connection, series: SeriesId, spec: &SeriesSpec) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT OR IGNORE INTO series(id, kind, quantity, exponent, period_ms, load, rollover)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (kind, quantity, load) = (spec.kind.code(), number_of(connection, spec)?, spec.load.0.as_bytes());
    let values = params![series.0, kind, quantity, spec.exponent, spec.period_ms.unwrap_or(0), load, spec.rollover];
    connection.prepare_cached(INSERT).during("written")?.execute(values).during("written")?;
    Ok(())
}

/// The number that stands for the spec's quantity in this file, which is given if there is none.
fn number_of(connection: &Connection, spec: &SeriesSpec) -> Result<i64, StoreError> {
    let code = spec.quantity.code();
    let mut known = connection.prepare_cached("SELECT id FROM quantity WHERE code = ?1").during("written")?;
    if let Some(number) = known.query_row(params![code], |row| row.get(0)).optional().during("written")? {
        return Ok(number);
    }
    let mut insert = connection.prepare_cached("INSERT INTO quantity(code) VALUES(?1) RETURNING id").during("written")?;
    insert.query_row(params![code], |row| row.get(0)).during("written")
}
