//! Reading beside the writer, so that a slow query never holds up an append.

use super::error::{During, StoreError};
use super::types::{Backlog, ChunkRow, Key, KindStats, Preview, RetentionPolicy, SeriesInfo, Stats};
use super::{archive, check, disk_bytes, many, overview, read, schema, specs};
use crate::{Sample, SeriesSpec};
use haubert_model::{SeriesId, Timestamp};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Connections kept open between reads.
const KEEP: usize = 4;

/// A handle that reads a history file from any thread; clones share their connections. Every call blocks on the disk.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    key: Key,
    idle: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader of a file that a [`Store`](super::Store) has created. The key is tried at once.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], or that the file cannot be opened.
    pub fn open(path: impl Into<PathBuf>, key: &Key) -> Result<Self, StoreError> {
        let path = path.into();
        let connection = schema::open_reader(&path, key)?;
        Ok(Self { shared: Arc::new(Shared { path, key: key.clone(), idle: Mutex::new(vec![connection]) }) })
    }

    pub(super) fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = || self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => schema::open_reader(&self.shared.path, &self.shared.key)?,
        };
        let answer = read::snapshot(&connection, read)?;
        let mut idle = idle();
        if idle.len() < KEEP {
            idle.push(connection);
        }
        Ok(answer)
    }

    /// The samples with `from <= at < to` in order of time, each time once.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged there.
    pub fn range(&self, series: SeriesId, from: Timestamp, to: Timestamp) -> Result<Vec<Sample>, StoreError> {
        let mut samples = Vec::new();
        self.visit(series, from, to, &mut |sample| samples.push(sample))?;
        Ok(samples)
    }

    /// As [`Reader::range`], without holding more than a chunk in memory.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged there; `sink` may have been given samples before that.
    pub fn visit(
        &self,
        series: SeriesId,
        from: Timestamp,
        to: Timestamp,
        sink: &mut dyn FnMut(Sample),
    ) -> Result<(), StoreError> {
        self.visit_while(series, from, to, &mut |sample| {
            sink(sample);
            true
        })
    }

    /// As [`Reader::visit`], until `sink` returns false.
    ///
    /// # Errors
    /// As [`Reader::visit`].
    pub fn visit_while(
        &self,
        series: SeriesId,
        from: Timestamp,
        to: Timestamp,
        sink: &mut dyn FnMut(Sample) -> bool,
    ) -> Result<(), StoreError> {
        self.with(|connection| read::visit(connection, series, (from, to), sink))
    }

    /// The first `limit` samples with `from <= at < to`, in order of time. The next page begins 1 ms after the last of them.
    ///
    /// # Errors
    /// As [`Reader::visit`].
    pub fn page(&self, series: SeriesId, from: Timestamp, to: Timestamp, limit: usize) -> Result<Vec<Sample>, StoreError> {
        let mut samples = Vec::new();
        if limit > 0 {
            self.visit_while(series, from, to, &mut |sample| {
                samples.push(sample);
                samples.len() < limit
            })?;
        }
        Ok(samples)
    }

    /// The samples with `from <= at < to` of each series that is `wanted`, one series after the other by number, each in order
    /// of time and each time once: much less work than visiting each. Holds the unsealed part of up to 1,024 series in memory,
    /// and some MiB of what is sealed.
    ///
    /// # Errors
    /// As [`Reader::visit`].
    pub fn visit_many(
        &self,
        wanted: &dyn Fn(SeriesId) -> bool,
        from: Timestamp,
        to: Timestamp,
        sink: &mut dyn FnMut(SeriesId, Sample),
    ) -> Result<(), StoreError> {
        self.with(|connection| many::visit(connection, wanted, (from, to), sink))
    }

    /// Every series' number and spec: less work than [`Reader::series`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn specs(&self) -> Result<Vec<(SeriesId, SeriesSpec)>, StoreError> {
        self.with(specs::specs)
    }

    /// What is sealed of each kind.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn stats_by_kind(&self) -> Result<Vec<KindStats>, StoreError> {
        self.with(overview::stats_by_kind)
    }

    /// What [`Store::enforce`](super::Store::enforce) would remove now, by kind.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn preview(
        &self,
        policy: &RetentionPolicy,
        now: Timestamp,
        keep_from_cursor: Option<u64>,
    ) -> Result<Vec<Preview>, StoreError> {
        let bytes = disk_bytes(&self.shared.path);
        self.with(|connection| overview::preview(connection, policy, now, keep_from_cursor, bytes))
    }

    /// The newest sample.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn latest(&self, series: SeriesId) -> Result<Option<Sample>, StoreError> {
        self.with(|connection| read::latest(connection, series))
    }

    /// The newest sample of each series that has one: much less work than asking for each.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn latest_all(&self) -> Result<BTreeMap<SeriesId, Sample>, StoreError> {
        self.with(|connection| read::latest_of(connection, None))
    }

    /// Every series and how far it reaches.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn series(&self) -> Result<Vec<SeriesInfo>, StoreError> {
        self.with(read::series)
    }

    /// Chunks after `cursor` in order: as many as fit in `limit_bytes`, but at least one if there is one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn chunks_after(&self, cursor: u64, limit_bytes: usize) -> Result<Vec<ChunkRow>, StoreError> {
        self.with(|connection| read::chunks_after(connection, cursor, limit_bytes))
    }

    /// What waits after `cursor`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn backlog(&self, cursor: u64) -> Result<Backlog, StoreError> {
        self.with(|connection| overview::backlog(connection, cursor))
    }

    /// The random name given to the file when it was created, see [`Store::identity`](super::Store::identity).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn identity(&self) -> Result<String, StoreError> {
        self.with(|connection| {
            connection.query_row("SELECT value FROM meta WHERE key = 'identity'", [], |row| row.get(0)).during("read")
        })
    }

    /// The highest cursor ever given to a chunk, deleted ones included; 0 if none was.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn highest_cursor(&self) -> Result<u64, StoreError> {
        self.with(archive::highest_cursor)
    }

    /// The size of the history.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let stats = self.with(overview::stats)?;
        Ok(Stats { disk_bytes: disk_bytes(&self.shared.path), ..stats })
    }

    /// Looks at every byte of the file and lists what is damaged; empty when all is well. Takes as long as reading it whole.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        self.check_with(&mut |_, _| true)
    }

    /// As [`Reader::check`]; `progress` is told how many of how many rows have been looked at, and ends the check early, with what
    /// was found until then, by returning false.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn check_with(&self, progress: &mut dyn FnMut(u64, u64) -> bool) -> Result<Vec<String>, StoreError> {
        self.with(|connection| check::check(connection, progress))
    }
}
