//! What the writer itself can read: the same as a [`Reader`](super::Reader), on the writer's own connection.

use super::{Backlog, ChunkRow, SeriesInfo, Stats, Store, StoreError, check, disk_bytes, overview, read};
use crate::{Sample, SeriesSpec};
use haubert_model::{SeriesId, Timestamp};
use std::collections::BTreeMap;

impl Store {
    /// The samples with `from <= at < to` in order of time, each time once.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged there.
    pub fn range(&self, series: SeriesId, from: Timestamp, to: Timestamp) -> Result<Vec<Sample>, StoreError> {
        let mut samples = Vec::new();
        read::snapshot(&self.connection, |connection| {
            read::visit(connection, series, (from, to), &mut |sample| {
                samples.push(sample);
                true
            })
        })?;
        Ok(samples)
    }

    /// The newest sample.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn latest(&self, series: SeriesId) -> Result<Option<Sample>, StoreError> {
        read::snapshot(&self.connection, |connection| read::latest(connection, series))
    }

    /// The newest sample of each series that has one: much less work than asking for each.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn latest_all(&self) -> Result<BTreeMap<SeriesId, Sample>, StoreError> {
        read::snapshot(&self.connection, |connection| read::latest_of(connection, None))
    }

    /// Every series and how far it reaches.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn series(&self) -> Result<Vec<SeriesInfo>, StoreError> {
        read::snapshot(&self.connection, read::series)
    }

    /// Every series and what it records, without asking the file.
    pub fn specs(&self) -> impl Iterator<Item = (SeriesId, &SeriesSpec)> {
        self.known.specs()
    }

    /// Chunks after `cursor` in order: as many as fit in `limit_bytes`, but at least one if there is one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn chunks_after(&self, cursor: u64, limit_bytes: usize) -> Result<Vec<ChunkRow>, StoreError> {
        read::snapshot(&self.connection, |connection| read::chunks_after(connection, cursor, limit_bytes))
    }

    /// What waits after `cursor`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn backlog(&self, cursor: u64) -> Result<Backlog, StoreError> {
        read::snapshot(&self.connection, |connection| overview::backlog(connection, cursor))
    }

    /// The size of the history.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let stats = read::snapshot(&self.connection, overview::stats)?;
        Ok(Stats { disk_bytes: disk_bytes(&self.path), ..stats })
    }

    /// Looks at every byte of the file and lists what is damaged; empty when all is well. Takes as long as reading it whole.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        read::snapshot(&self.connection, |connection| check::check(connection, &mut |_, _| true))
    }
}
