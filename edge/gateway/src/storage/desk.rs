//! What the running gateway knows and does about its storage; what needs all files closed is done between two rounds of the
//! program ([`crate::run`]).

use super::keyring::{Keyring, Place};
use super::{StorageError, recovery, wipe};
use crate::store::{Db, StoreError, settings};
use haubert_model::{Clock, Timestamp};
use haubert_service::clock::SystemClock;
use haubert_service::shutdown::Shutdown;
use haubert_trust::{Key, RecoveryKey, RecoveryPublic};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Name of what is noted in the store.
pub const NOTES: &str = "storage";

/// What is done between two rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The storage key is changed.
    Rotate,
    /// Only started again: what waits in the folder takes effect.
    Settle,
}

/// What is remembered of the storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Since when this key is in use.
    pub key_since: Option<Timestamp>,
    /// By which a key is told from the one before: the first bytes of its digest.
    pub key_mark: Option<String>,
    /// When the recovery key was made.
    pub recovery_since: Option<Timestamp>,
    /// The last backup that was made.
    pub last_backup: Option<BackupNote>,
    /// When a backup was last found whole.
    pub last_verified: Option<Timestamp>,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupNote {
    /// When.
    pub at: Timestamp,
    /// Bytes of the file.
    pub bytes: u64,
    /// Samples in it; none when it holds no history.
    pub samples: Option<u64>,
}

/// Handle to the storage; clones share it.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    data_dir: PathBuf,
    ring: Keyring,
    key: Key,
    db: Db,
    shutdown: Shutdown,
    again: Mutex<Option<Again>>,
    began_at: Timestamp,
}

impl Desk {
    fn new(data_dir: PathBuf, ring: Keyring, key: Key, db: Db, shutdown: Shutdown, began_at: Timestamp) -> Self {
        Self(Arc::new(Inner { data_dir, ring, key, db, shutdown, again: Mutex::new(None), began_at }))
    }

    /// Of the folder `data_dir`, opened with `key`; notes since when the key is in use if that is a new one.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open(data_dir: PathBuf, ring: Keyring, key: Key, db: Db, shutdown: Shutdown) -> Result<Self, StoreError> {
        let now = SystemClock::new().now();
        let desk = Self::new(data_dir, ring, key, db, shutdown, now);
        let mark = desk.key().mark();
        desk.note(move |notes| {
            if notes.key_mark.as_deref() != Some(&mark) {
                (notes.key_since, notes.key_mark) = (Some(now), Some(mark));
            }
        })
        .await?;
        Ok(desk)
    }

    /// The folder.
    pub fn data_dir(&self) -> &Path {
        &self.0.data_dir
    }

    /// When this round began.
    pub fn began_at(&self) -> Timestamp {
        self.0.began_at
    }

    /// The configuration.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The key that opens everything here.
    pub fn key(&self) -> &Key {
        &self.0.key
    }

    /// Where the key lives.
    pub fn place(&self) -> Place {
        self.0.ring.place()
    }

    /// For whose recovery key it is kept.
    ///
    /// # Errors
    /// What the disk says.
    pub fn recovery(&self) -> Result<Option<RecoveryPublic>, StoreError> {
        self.0.ring.recovery()
    }

    /// What is remembered.
    ///
    /// # Errors
    /// What the store says.
    pub async fn notes(&self) -> Result<Notes, StoreError> {
        self.0.db.call(|tx| Ok(settings::get(tx, NOTES)?.unwrap_or_default())).await
    }

    /// Changes what is remembered.
    ///
    /// # Errors
    /// What the store says.
    pub async fn note(&self, change: impl FnOnce(&mut Notes) + Send + 'static) -> Result<(), StoreError> {
        self.0
            .db
            .call(move |tx| {
                let mut notes: Notes = settings::get(tx, NOTES)?.unwrap_or_default();
                change(&mut notes);
                settings::set(tx, NOTES, &notes)
            })
            .await
    }

    /// Makes a recovery key; it is shown once and kept nowhere.
    ///
    /// # Errors
    /// What the disk or the random source says.
    pub async fn renew_recovery(&self, now: Timestamp) -> Result<RecoveryKey, StorageError> {
        let this = self.clone();
        let made = tokio::task::spawn_blocking(move || recovery::renew(&this.0.ring, &this.0.key)).await;
        let made = made.map_err(|_| StorageError::Store(StoreError::Stopping))??;
        self.note(move |notes| notes.recovery_since = Some(now)).await?;
        Ok(made)
    }

    /// Ends this round in order and begins another, with this in between.
    pub fn again(&self, what: Again) {
        *self.wanted_now() = Some(what);
        self.0.shutdown.trigger();
    }

    /// Destroys everything and begins anew, even when the power is cut now.
    ///
    /// # Errors
    /// What the disk says; then nothing happens.
    pub fn reset(&self) -> Result<(), StorageError> {
        wipe::request(&self.0.data_dir)?;
        self.again(Again::Settle);
        Ok(())
    }

    /// What shall be done between this round and the next, if there shall be one.
    pub fn wanted(&self) -> Option<Again> {
        *self.wanted_now()
    }

    fn wanted_now(&self) -> std::sync::MutexGuard<'_, Option<Again>> {
        self.0.again.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
