//! Backups: everything that makes this gateway what it is, in one encrypted file that outlives the machine.
//!
//! The file is a sealed stream ([`haubert_trust::SealedWriter`]: passphrase or recovery key, AES-256-GCM in chunks) of records
//! ([`format`]). It is written as it is sent and read as it is verified; neither holds it in memory. A restore reads it twice:
//! wholly before anything is prepared, then to prepare; what is prepared takes effect all at once
//! ([`crate::storage::staged`]).

pub mod cli;
pub mod desk;
pub mod format;
pub mod make;
pub mod read;
pub mod restore;
pub mod summary;

use crate::storage::StorageError;
use haubert_trust::SealedFault;
use std::io;

/// Why a backup cannot be made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The seal is not as it was made, or another key is needed.
    #[error("{0}")]
    Sealed(SealedFault),
    /// The records in it are not what a program of ours writes.
    #[error("the backup is not valid: {0}")]
    Invalid(String),
    /// A later program made it.
    #[error("the backup has format {found}, this program knows up to {known}: restore it with a newer version")]
    TooNew {
        /// Format of the file.
        found: u32,
        /// Newest known.
        known: u32,
    },
    /// The storage here refuses.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The disk, or whoever receives it.
    #[error("{0}")]
    Io(io::Error),
    /// Somebody wants it to end.
    #[error("stopped")]
    Stopped,
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<SealedFault>()) {
            Some(fault) => Self::Sealed(*fault),
            None => Self::Io(error),
        }
    }
}

impl From<crate::store::StoreError> for BackupError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Storage(error.into())
    }
}

impl From<haubert_historian::StoreError> for BackupError {
    fn from(error: haubert_historian::StoreError) -> Self {
        Self::Storage(error.into())
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.into())
    }
}
