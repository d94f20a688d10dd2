//! What a receiver does not have yet: a place in the order of the historian's chunks.
//!
//! The data is in the history already, encrypted and durable; keeping it twice would cost the disk twice and could disagree. What
//! is behind the place is acknowledged; what is before it is kept by the historian's retention, as it is for the hub.

use crate::store::{Db, StoreError, settings};
use haubert_historian::{Backlog, ChunkRow, Reader, Sample, SeriesSpec, chunk};
use haubert_model::SeriesId;
use haubert_mqtt::{Recorded, RecordedSample};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// Encoded bytes read at once.
const BATCH: usize = 64 * 1024;

/// How far a receiver has what was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// The history that the place is one in.
    history: String,
    /// Chunks up to this cursor are acknowledged.
    cursor: u64,
    /// Whether what comes after the cursor is wanted.
    wanted: bool,
}

/// A part of what waits.
pub(super) struct Batch {
    /// The place that is reached with it.
    pub(super) upto: u64,
    /// What was recorded.
    pub(super) recorded: Vec<Recorded>,
}

/// What was recorded and is not yet acknowledged; clones share it.
#[derive(Clone)]
pub struct Outbox {
    /// The setting that holds the place.
    name: &'static str,
    db: Db,
    history: Reader,
    progress: watch::Sender<Progress>,
    /// One change at a time, so that none undoes another.
    changing: Arc<Mutex<()>>,
}

fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("history: {error}"))
}

impl Outbox {
    /// With the place as it was kept in the setting `name`. In another history than it was kept for, there is no such place: it begins at the end.
    ///
    /// # Errors
    /// When the store or the history cannot be read.
    pub async fn open(name: &'static str, db: Db, history: Reader, identity: &str) -> Result<Self, StoreError> {
        let stored: Option<Progress> = db.call(move |tx| settings::get(tx, name)).await?;
        let mut progress = stored.unwrap_or_default();
        if progress.history != identity {
            let cursor = history.highest_cursor().map_err(unreadable)?;
            progress = Progress { history: identity.to_owned(), cursor, ..progress };
        }
        Ok(Self { name, db, history, progress: watch::Sender::new(progress), changing: Arc::default() })
    }

    /// Chunks from this cursor on must be kept for the receiver; `None` when it is to have none.
    pub fn keep_from(&self) -> Option<u64> {
        let progress = self.progress.borrow();
        progress.wanted.then(|| progress.cursor.saturating_add(1))
    }

    /// What waits.
    ///
    /// # Errors
    /// When history cannot be read.
    pub fn backlog(&self) -> Result<Backlog, haubert_historian::StoreError> {
        match self.keep_from() {
            Some(_) => self.history.backlog(self.progress.borrow().cursor),
            None => Ok(Backlog::default()),
        }
    }

    /// Says whether recorded values are wanted. From the moment that they are, nothing is left out; what came before is not sent.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub(super) async fn want(&self, wanted: bool) -> Result<(), StoreError> {
        if self.progress.borrow().wanted == wanted {
            return Ok(());
        }
        let history = self.history.clone();
        let highest = tokio::task::spawn_blocking(move || history.highest_cursor()).await;
        let cursor = highest.map_err(unreadable)?.map_err(unreadable)?;
        self.keep(|progress| (progress.wanted, progress.cursor) = (wanted, cursor)).await
    }

    /// The next part of what waits; `None` when nothing does.
    ///
    /// # Errors
    /// When history cannot be read.
    pub(super) async fn next(&self) -> Result<Option<Batch>, StoreError> {
        let (history, cursor) = (self.history.clone(), self.progress.borrow().cursor);
        let read = move || -> Result<Option<Batch>, StoreError> {
            let rows = history.chunks_after(cursor, BATCH).map_err(unreadable)?;
            let Some(last) = rows.last() else { return Ok(None) };
            let specs: BTreeMap<SeriesId, SeriesSpec> = history.specs().map_err(unreadable)?.into_iter().collect();
            let upto = last.cursor;
            let recorded: Result<Vec<_>, _> = rows.iter().map(|row| opened(row, &specs)).collect();
            Ok(Some(Batch { upto, recorded: recorded? }))
        };
        tokio::task::spawn_blocking(read).await.map_err(unreadable)?
    }

    /// Notes that the receiver has everything up to here.
    ///
    /// # Errors
    /// When it cannot be kept; then it comes once more.
    pub(super) async fn acknowledged(&self, upto: u64) -> Result<(), StoreError> {
        self.keep(|progress| progress.cursor = upto).await
    }

    async fn keep(&self, change: impl FnOnce(&mut Progress)) -> Result<(), StoreError> {
        let _alone = self.changing.lock().await;
        let mut progress = self.progress.borrow().clone();
        change(&mut progress);
        let (name, kept) = (self.name, progress.clone());
        self.db.note(move |tx| settings::set(tx, name, &kept)).await?;
        self.progress.send_replace(progress);
        Ok(())
    }
}

fn opened(row: &ChunkRow, specs: &BTreeMap<SeriesId, SeriesSpec>) -> Result<Recorded, StoreError> {
    let spec = specs.get(&row.series).ok_or_else(|| unreadable(format_args!("series {} is unknown", row.series)))?;
    let samples = chunk::decode(&row.bytes).map_err(unreadable)?;
    let sample = |sample: Sample| RecordedSample { at: sample.at, value: sample.value(spec.exponent), reason: sample.reason };
    Ok(Recorded {
        load: spec.load,
        quantity: spec.quantity,
        kind: spec.kind,
        period_ms: spec.period_ms,
        samples: samples.into_iter().map(sample).collect(),
    })
}
