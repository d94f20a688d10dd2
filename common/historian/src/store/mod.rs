//! The history file: SQLite under SQLCipher (AES-256), one writer, any number of readers.
//!
//! Why SQLite and not files of our own: crash safety, atomic sealing and encryption come with it, and a row per segment of
//! many chunks or per batch (never per sample) makes its overhead small. Durability: the log is synced at each commit
//! (`synchronous = FULL`), so what [`Store::append`] acknowledged survives a crash and a power cut.
//!
//! Two samples of a series with the same time are one: the one of higher [`Sample::rank`] counts, else what came first.
//! Samples may come late and in any order.
//!
//! All calls block. The writer belongs to one thread; HTTP handlers use a [`Reader`].

mod archive;
mod bodies;
mod carry;
mod check;
mod columns;
mod compact;
mod error;
mod evict;
mod journal;
mod known;
mod lock;
mod many;
mod merge;
mod overview;
mod pack;
mod read;
mod reader;
mod relate;
mod repair;
mod rewrite;
mod schema;
mod seal;
mod segment;
mod specs;
mod types;
mod upgrade;
mod view;

pub use error::StoreError;
pub use reader::Reader;
pub use repair::{RepairReport, repair};
pub use types::{
    Backlog, ChunkRow, Compacted, Key, KindStats, Preview, RetentionPolicy, Retired, SealPolicy, Sealed, SeriesInfo, Stats,
};

use crate::{Sample, SeriesSpec};
use error::During;
use haubert_model::{SeriesId, Timestamp};
use known::Known;
use rusqlite::Connection;
use seal::Counters;
use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The years 0001 to 9998, which every calendar computation survives.
const YEARS_MS: std::ops::Range<i64> = -62_135_596_800_000..253_370_764_800_000;

/// The writer of a history file. There is only one per file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    known: Known,
    counters: Counters,
    salvaged: Vec<String>,
    /// Groups of segments that cannot be compacted because one is damaged.
    unmergeable: HashSet<compact::Group>,
    /// Dropped last, after the connection.
    _lock: File,
}

impl Store {
    /// Opens the file, or creates it. Its folder must exist. A file of an earlier version is brought up to date. Damage that is
    /// met while opening does not keep it from being opened: what can be read is saved, see [`Store::salvaged`].
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when the key does not open it, [`StoreError::TooNew`] when a later version wrote it,
    /// [`StoreError::Locked`] when another writer has it.
    pub fn open(path: impl Into<PathBuf>, key: &Key) -> Result<Self, StoreError> {
        let path = path.into();
        let lock = lock::acquire(&path)?;
        let salvaged = match Self::load(&path, key) {
            Ok(loaded) => return Ok(Self::assemble(path, lock, loaded)),
            Err(StoreError::Damaged(_) | StoreError::DamagedRow { .. }) => repair::locked(&path, key)?,
            Err(other) => return Err(other),
        };
        let mut loaded = Self::load(&path, key)?;
        loaded.3.insert(0, format!("the history file was damaged; it is kept as {}", salvaged.kept.display()));
        loaded.3.extend(salvaged.lost);
        Ok(Self::assemble(path, lock, loaded))
    }

    fn assemble(path: PathBuf, lock: File, loaded: Loaded) -> Self {
        let (connection, known, counters, salvaged) = loaded;
        Self { connection, path, known, counters, salvaged, unmergeable: HashSet::new(), _lock: lock }
    }

    fn load(path: &Path, key: &Key) -> Result<Loaded, StoreError> {
        let mut connection = schema::open_writer(path, key)?;
        let mut salvaged = upgrade::run(&mut connection)?;
        let mut known = Known::default();
        for (id, spec) in specs::specs(&connection)? {
            schema::plausible(id)?;
            known.declare(id, spec);
        }
        for (series, (_, last)) in read::sealed_spans(&connection)? {
            known.sealed(series, last);
        }
        salvaged.extend(journal::salvage(&connection, &journal::ALL_ROWS, |series, sample| known.opened(series, &sample))?);
        let counters = Counters { cursor: archive::highest_cursor(&connection)?, sequence: journal::next_sequence(&connection)? };
        Ok((connection, known, counters, salvaged))
    }

    /// What was damaged when the file was opened, in words, and could not be saved; empty when all was well.
    pub fn salvaged(&self) -> &[String] {
        &self.salvaged
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
        if let Some(id) = self.known.id(spec) {
            return Ok(id);
        }
        let id = schema::declare(&self.connection, spec)?;
        self.known.declare(id, *spec);
        Ok(id)
    }

    /// As [`Store::declare`] for many at once, in the order given: one wait for the disk instead of one each.
    ///
    /// # Errors
    /// When the file cannot be written; none is then declared.
    pub fn declare_all(&mut self, specs: &[SeriesSpec]) -> Result<Vec<SeriesId>, StoreError> {
        if let Some(ids) = specs.iter().map(|spec| self.known.id(spec)).collect() {
            return Ok(ids);
        }
        let transaction = self.connection.transaction().during("written")?;
        let ids = specs.iter().map(|spec| schema::declare(&transaction, spec)).collect::<Result<Vec<_>, _>>()?;
        transaction.commit().during("written")?;
        for (id, spec) in ids.iter().zip(specs) {
            self.known.declare(*id, *spec);
        }
        Ok(ids)
    }

    /// What a declared series records.
    pub fn spec(&self, series: SeriesId) -> Option<&SeriesSpec> {
        self.known.spec(series)
    }

    /// Stores samples. When this returns `Ok`, all of them survive a crash; on error, none was stored.
    ///
    /// # Errors
    /// [`StoreError::UnknownSeries`] and [`StoreError::TimeOutOfRange`] before anything is stored;
    /// [`StoreError::DiskFull`] and others from the disk.
    pub fn append(&mut self, samples: &[(SeriesId, Sample)]) -> Result<(), StoreError> {
        self.append_each(samples.len(), |number| samples.get(number).copied())
    }

    /// As [`Store::append`], of samples that are not held in one list: `sample` gives each by its number, below `count`, and
    /// `None` where there is nothing to store. It is asked several times, and must always say the same.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn append_each(&mut self, count: usize, sample: impl Fn(usize) -> Option<(SeriesId, Sample)>) -> Result<(), StoreError> {
        let mut groups = journal::Groups::default();
        for (number, place) in (0..count).zip(0u32..) {
            let Some((series, sample)) = sample(number) else { continue };
            if !self.known.is_declared(series) {
                return Err(StoreError::UnknownSeries(series));
            }
            if !YEARS_MS.contains(&sample.at.0) {
                return Err(StoreError::TimeOutOfRange(sample.at));
            }
            groups.add(series, place);
        }
        let mut sequence = self.counters.sequence;
        let transaction = self.connection.transaction().during("written")?;
        groups.insert(&transaction, &mut sequence, |place| sample(place as usize))?;
        transaction.commit().during("written")?;
        self.counters.sequence = sequence;
        for (series, sample) in (0..count).filter_map(&sample) {
            self.known.opened(series, &sample);
        }
        Ok(())
    }

    /// Makes chunks of all open samples that are due, with those half way there; does nothing when none is due.
    ///
    /// # Errors
    /// As [`Store::seal_some`].
    pub fn seal(&mut self, now: Timestamp, policy: &SealPolicy) -> Result<Sealed, StoreError> {
        self.seal_some(now, policy, usize::MAX)
    }

    /// As [`Store::seal`], but stops after about `max_samples`, so that appends do not wait long. Call it every now and then,
    /// and again soon when [`Sealed::more`]. Each slice of series is sealed whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written; the samples are then still in the journal.
    pub fn seal_some(&mut self, now: Timestamp, policy: &SealPolicy, max_samples: usize) -> Result<Sealed, StoreError> {
        let mut sealed = Sealed::default();
        let (mut from, mut taken) = (0, 0usize);
        while let Some(selection) = seal::select(&self.known, from, now, policy) {
            if taken > 0 && taken + selection.samples > max_samples {
                sealed.more = true;
                break;
            }
            let (mut counters, mut done) = (self.counters, sealed);
            let transaction = self.connection.transaction().during("sealed")?;
            let reached = seal::seal(&transaction, &self.known, &selection, policy, &mut counters, &mut done)?;
            transaction.commit().during("sealed")?;
            (self.counters, sealed) = (counters, done);
            selection.series.iter().for_each(|series| self.known.sealed(*series, Timestamp(i64::MIN)));
            reached.into_iter().for_each(|(series, last)| self.known.sealed(series, last));
            taken += selection.samples;
            from = selection.slice + 1;
        }
        sealed.open = self.known.open_samples();
        Ok(sealed)
    }

    /// Merges small chunks into large ones, a bounded step at a time (at most some seconds' work, mostly far less); call it
    /// when nothing else is due, and again soon when [`Compacted::more`]. Readers see the same samples before and after.
    ///
    /// `keep_from_cursor` tells the first cursor that the hub has not acknowledged (`None` when there is no hub); chunks from
    /// there on stay as they are. It is asked once more before the change is made, and the step is given up if a hub has come
    /// in the meantime.
    ///
    /// # Errors
    /// When the file cannot be written; nothing is then changed.
    pub fn compact(&mut self, keep_from_cursor: &dyn Fn() -> Option<u64>) -> Result<Compacted, StoreError> {
        let below = keep_from_cursor().unwrap_or(u64::MAX);
        let Some(plan) = compact::plan(&self.connection, below, &self.unmergeable)? else { return Ok(Compacted::default()) };
        let transaction = self.connection.transaction().during("compacted")?;
        match compact::run(&transaction, &plan, &self.known) {
            Ok(_) if keep_from_cursor().unwrap_or(u64::MAX) < below => Ok(Compacted::default()),
            Ok(done) => {
                transaction.commit().during("compacted")?;
                Ok(Compacted { more: true, ..done })
            }
            // Left as it is, for the check to name it.
            Err(StoreError::Damaged(_) | StoreError::DamagedRow { .. }) => {
                self.unmergeable.insert(plan.group().clone());
                Ok(Compacted { more: true, ..Compacted::default() })
            }
            Err(other) => Err(other),
        }
    }

    /// Deletes segments all of whose samples are older than the policy keeps their kind; then, if the file is beyond the
    /// policy's budget, the oldest segments, trends first, then load curves, states and indexes. With `keep_from_cursor`,
    /// chunks from that cursor on stay in any case: the hub does not have them yet.
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
        let transaction = self.connection.transaction().during("written")?;
        let mut retired = evict::by_age(&transaction, policy, now, keep_from_cursor)?;
        let Some(budget) = policy.budget_bytes else {
            transaction.commit().during("written")?;
            return Ok(retired);
        };
        let beside = disk_bytes(&self.path).saturating_sub(file_bytes(&self.path));
        let excess = |used: u64| (used + beside).saturating_sub(budget);
        let over = excess(overview::used_bytes(&transaction)?);
        if over > 0 {
            let evicted = evict::by_size(&transaction, over, keep_from_cursor)?;
            retired = Retired { chunks: retired.chunks, samples: retired.samples, ..evicted };
            retired.over_budget = excess(overview::used_bytes(&transaction)?) > 0;
        }
        transaction.commit().during("written")?;
        // Freed pages are used again; they are given back only when the file itself is too large, as after a smaller budget.
        if disk_bytes(&self.path) > budget && (retired.chunks > 0 || retired.evicted_chunks > 0) {
            self.shrink()?;
        }
        Ok(retired)
    }

    /// Deletes oldest segments, in the order of kinds that [`Store::enforce`] has for the budget, until `bytes` of the file are
    /// free that were not. For a full disk, where `keep_from_cursor` may be `None` although there is a hub: then history is
    /// lost that the hub does not have, which must be told.
    ///
    /// # Errors
    /// When the file cannot be written; nothing is then deleted.
    pub fn evict(&mut self, bytes: u64, keep_from_cursor: Option<u64>) -> Result<Retired, StoreError> {
        let transaction = self.connection.transaction().during("written")?;
        let retired = evict::by_size(&transaction, bytes, keep_from_cursor)?;
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
}

/// An opened file: its connection, what is known of its series, its counters, and what was lost.
type Loaded = (Connection, Known, Counters, Vec<String>);

/// The file, its log and the log's index.
fn disk_bytes(path: &Path) -> u64 {
    ["", "-wal", "-shm"].into_iter().map(|suffix| file_bytes(&lock::beside(path, suffix))).sum()
}

fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}
