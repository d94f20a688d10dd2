//! Why the store could not do what it was asked.

use crate::chunk::ChunkError;
use haubert_model::{SeriesId, Timestamp};
use rusqlite::ErrorCode;

/// A failure of the history file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The key does not open the file, or the file's first page is damaged: the cipher cannot tell these apart.
    #[error("the key does not open the history file, or it is not a history file")]
    WrongKey,
    /// The file cannot be opened or created.
    #[error("the history file cannot be opened")]
    Open(#[source] std::io::Error),
    /// Another program, or another part of this one, is writing the file.
    #[error("the history file is in use by another program")]
    Locked,
    /// The file was written by a later version.
    #[error("the history file has version {found}, this program knows up to {known}")]
    TooNew {
        /// Version of the file.
        found: u32,
        /// Newest version known here.
        known: u32,
    },
    /// No space left, on the disk or within the size limit. What was stored stays stored.
    #[error("no space left for history")]
    DiskFull,
    /// The file's bytes are not those that were written.
    #[error("the history file is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// One chunk or journal row is damaged; the others can be read.
    #[error("{place} of the history file is damaged")]
    DamagedRow {
        /// `chunk 12` or `journal row 7`.
        place: String,
        /// What is wrong with it.
        #[source]
        source: ChunkError,
    },
    /// A series that was never declared.
    #[error("series {0} is not declared")]
    UnknownSeries(SeriesId),
    /// A time outside the years 0001 to 9998.
    #[error("time {0:?} is out of range")]
    TimeOutOfRange(Timestamp),
    /// Samples could not be made a chunk.
    #[error("samples could not be sealed")]
    Seal(#[source] ChunkError),
    /// Anything else that the database or the disk reports.
    #[error("the history file could not be {operation}")]
    Database {
        /// What was being done: `read`, `written`, …
        operation: &'static str,
        /// What the database says.
        #[source]
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Sorts a database error met while doing `operation`.
    pub(super) fn from_database(operation: &'static str, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(source),
            // What SQLCipher reports when a page fails its authentication in the middle of a statement. The statements here
            // are fixed and tested, so that "SQL logic error" means nothing else.
            Some(ErrorCode::Unknown) if source.sqlite_error().is_some_and(|error| error.extended_code == 1) => {
                Self::Damaged(source)
            }
            _ => Self::Database { operation, source },
        }
    }
}

/// Turns a database error into a [`StoreError`] in passing.
pub(super) trait During<T> {
    fn during(self, operation: &'static str) -> Result<T, StoreError>;
}

impl<T> During<T> for rusqlite::Result<T> {
    fn during(self, operation: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::from_database(operation, source))
    }
}
