//! The history file: SQLite under SQLCipher (AES-256), one writer, any number of readers.
//!
//! Why SQLite and not files of our own: crash safety, atomic sealing and encryption come with it, and a row per chunk or
//! per batch (never per sample) makes its overhead small. Durability: the log is synced at each commit
//! (`synchronous = FULL`), so what [`Store::append`] acknowledged survives a crash and a power cut.
//!
//! Two samples of a series with the same time are one: what came first counts. Samples may come late and in any order.
//!
//! All calls block. The writer belongs to one thread; HTTP handlers use a [`Reader`].

mod check;
mod error;
mod read;
mod reader;
mod schema;
mod seal;
mod types;
mod view;

pub use error::StoreError;
pub use reader::Reader;
pub use types::{Backlog, ChunkRow, Key, RetentionPolicy, Retired, SealPolicy, Sealed, SeriesInfo, Stats};

use crate::{Sample, SeriesSpec, batch};
use error::During;
use haubert_model::{RecordKind, SeriesId, Timestamp};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Most samples in a journal row.
const ROW_SAMPLES: usize = 50_000;

/// The years 0001 to 9998, which every calendar computation survives.
const YEARS_MS: std::ops::Range<i64> = -62_135_596_800_000..253_370_764_800_000;

/// What the journal holds of a series.
#[derive(Debug, Clone, Copy)]
struct OpenSeries {
    count: usize,
    oldest: Timestamp,
}

/// The writer of a history file. There must be only one per file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    declared: BTreeMap<SeriesId, SeriesSpec>,
    ids: HashMap<SeriesSpec, SeriesId>,
    open: BTreeMap<SeriesId, OpenSeries>,
}

impl Store {
    /// Opens the file, or creates it. Its folder must exist.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when the key does not open it, [`StoreError::TooNew`] when a later version wrote it.
    pub fn open(path: impl Into<PathBuf>, key: &Key) -> Result<Self, StoreError> {
        let path = path.into();
        let connection = schema::open_writer(&path, key)?;
        let mut store = Self { connection, path, declared: BTreeMap::new(), ids: HashMap::new(), open: BTreeMap::new() };
        for info in store.series()? {
            store.note_declared(info.id, info.spec);
        }
        store.recount()?;
        Ok(store)
    }

    /// A random name given to the file when it was created. Cursors mean something only together with it: after the file
    /// was lost and made anew they start again from 1.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn identity(&self) -> Result<String, StoreError> {
        self.connection.query_row("SELECT value FROM meta WHERE key = 'identity'", [], |row| row.get(0)).during("read")
    }

    /// The id of the series with this spec, which is made if there is none. A changed `rollover` is noted.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn declare(&mut self, spec: &SeriesSpec) -> Result<SeriesId, StoreError> {
        if let Some(id) = self.known(spec) {
            return Ok(id);
        }
        let id = schema::declare(&self.connection, spec)?;
        self.note_declared(id, *spec);
        Ok(id)
    }

    /// As [`Store::declare`] for many at once, in the order given: one wait for the disk instead of one each.
    ///
    /// # Errors
    /// When the file cannot be written; none is then declared.
    pub fn declare_all(&mut self, specs: &[SeriesSpec]) -> Result<Vec<SeriesId>, StoreError> {
        if let Some(ids) = specs.iter().map(|spec| self.known(spec)).collect() {
            return Ok(ids);
        }
        let transaction = self.connection.transaction().during("written")?;
        let ids = specs.iter().map(|spec| schema::declare(&transaction, spec)).collect::<Result<Vec<_>, _>>()?;
        transaction.commit().during("written")?;
        for (id, spec) in ids.iter().zip(specs) {
            self.note_declared(*id, *spec);
        }
        Ok(ids)
    }

    /// What a declared series records.
    pub fn spec(&self, series: SeriesId) -> Option<&SeriesSpec> {
        self.declared.get(&series)
    }

    /// Stores samples. When this returns `Ok`, all of them survive a crash; on error, none was stored.
    ///
    /// # Errors
    /// [`StoreError::UnknownSeries`] and [`StoreError::TimeOutOfRange`] before anything is stored;
    /// [`StoreError::DiskFull`] and others from the disk.
    pub fn append(&mut self, samples: &[(SeriesId, Sample)]) -> Result<(), StoreError> {
        if let Some((series, _)) = samples.iter().find(|(series, _)| !self.declared.contains_key(series)) {
            return Err(StoreError::UnknownSeries(*series));
        }
        if let Some((_, sample)) = samples.iter().find(|(_, sample)| !YEARS_MS.contains(&sample.at.0)) {
            return Err(StoreError::TimeOutOfRange(sample.at));
        }
        let transaction = self.connection.transaction().during("written")?;
        for part in samples.chunks(ROW_SAMPLES) {
            insert_batch(&transaction, part)?;
        }
        transaction.commit().during("written")?;
        for (series, sample) in samples {
            note_open(&mut self.open, *series, sample);
        }
        Ok(())
    }

    /// Makes chunks of the open samples that are due, with those half way there; does nothing when none is due. Call it
    /// every now and then. It happens whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written; the samples are then still in the journal.
    pub fn seal(&mut self, now: Timestamp, policy: &SealPolicy) -> Result<Sealed, StoreError> {
        let selected = seal::select(&self.open, now, policy);
        if selected.is_empty() {
            let open = self.open.values().map(|series| series.count as u64).sum();
            return Ok(Sealed { open, ..Sealed::default() });
        }
        let transaction = self.connection.transaction().during("sealed")?;
        let sealed = seal::seal(&transaction, &self.open, &selected, policy)?;
        transaction.commit().during("sealed")?;
        self.open.retain(|series, _| !selected.contains(series));
        Ok(sealed)
    }

    /// Deletes chunks all of whose samples are older than the policy keeps their kind. With `keep_from_cursor`, chunks
    /// from that cursor on stay whatever their age: the hub does not have them yet.
    ///
    /// Call it only while the clock is known to be right: with a clock a year ahead, a year of history is old.
    ///
    /// # Errors
    /// When the file cannot be written; nothing is then deleted.
    pub fn enforce(
        &mut self,
        policy: &RetentionPolicy,
        now: Timestamp,
        keep_from_cursor: Option<u64>,
    ) -> Result<Retired, StoreError> {
        const OLD: &str = "FROM chunk WHERE last < ?1 AND cursor < ?2 AND series IN (SELECT id FROM series WHERE kind = ?3)";
        let below = keep_from_cursor.map_or(i64::MAX, read::signed);
        let mut retired = Retired::default();
        let transaction = self.connection.transaction().during("written")?;
        for kind in RecordKind::ALL {
            let Some(limit) = policy.limit(*kind, now) else { continue };
            let values = params![limit.0, below, kind.code()];
            let (chunks, samples): (i64, i64) = transaction
                .query_row(&format!("SELECT count(*), coalesce(sum(count), 0) {OLD}"), values, |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .during("written")?;
            if chunks > 0 {
                transaction.execute(&format!("DELETE {OLD}"), values).during("written")?;
            }
            retired.chunks += chunks.unsigned_abs();
            retired.samples += samples.unsigned_abs();
        }
        transaction.commit().during("written")?;
        Ok(retired)
    }

    /// Gives pages that nothing uses back to the disk. Not needed in daily use, where they are soon used again; worth it after
    /// much was deleted.
    ///
    /// # Errors
    /// When the file cannot be written; it is then as large as before.
    pub fn shrink(&mut self) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare("PRAGMA incremental_vacuum").during("written")?;
        let mut rows = statement.query([]).during("written")?;
        while rows.next().during("written")?.is_some() {}
        drop(rows);
        drop(statement);
        // The file itself becomes smaller when the log is written back into it.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).during("written")
    }

    /// Limits the file to `bytes` (rounded down to pages, and never below its present size); beyond it, writing fails with
    /// [`StoreError::DiskFull`]. Holds until the file is closed. Returns the limit in force.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn set_size_limit(&mut self, bytes: u64) -> Result<u64, StoreError> {
        let pages = read::signed(bytes / schema::PAGE_BYTES).clamp(1, i64::from(u32::MAX - 1));
        let pages: i64 =
            self.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0)).during("written")?;
        Ok(pages.unsigned_abs().saturating_mul(schema::PAGE_BYTES))
    }

    /// The id of exactly this spec.
    fn known(&self, spec: &SeriesSpec) -> Option<SeriesId> {
        let id = *self.ids.get(&identity_of(spec))?;
        (self.declared.get(&id) == Some(spec)).then_some(id)
    }

    fn note_declared(&mut self, id: SeriesId, spec: SeriesSpec) {
        self.declared.insert(id, spec);
        self.ids.insert(identity_of(&spec), id);
    }

    fn recount(&mut self) -> Result<(), StoreError> {
        let mut open = BTreeMap::new();
        read::journal(
            &self.connection,
            Timestamp(i64::MIN),
            Timestamp(i64::MAX),
            |_| true,
            |_, series, sample| {
                note_open(&mut open, series, &sample);
            },
        )?;
        self.open = open;
        Ok(())
    }
}

/// What makes a series the series it is: all but how far its counter counts.
const fn identity_of(spec: &SeriesSpec) -> SeriesSpec {
    SeriesSpec { rollover: None, ..*spec }
}

fn note_open(open: &mut BTreeMap<SeriesId, OpenSeries>, series: SeriesId, sample: &Sample) {
    let entry = open.entry(series).or_insert(OpenSeries { count: 0, oldest: sample.at });
    entry.count += 1;
    entry.oldest = entry.oldest.min(sample.at);
}

/// Writes one journal row; no row for no samples.
fn insert_batch(connection: &Connection, samples: &[(SeriesId, Sample)]) -> Result<(), StoreError> {
    let times = || samples.iter().map(|(_, sample)| sample.at.0);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(()) };
    connection
        .prepare_cached("INSERT INTO journal(first, last, count, bytes) VALUES(?1, ?2, ?3, ?4)")
        .during("written")?
        .execute(params![first, last, samples.len() as u32, batch::encode(samples)])
        .during("written")?;
    Ok(())
}

/// The file, its log and the log's index.
fn disk_bytes(path: &Path) -> u64 {
    ["", "-wal", "-shm"]
        .into_iter()
        .map(|suffix| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            std::fs::metadata(name).map_or(0, |file| file.len())
        })
        .sum()
}
