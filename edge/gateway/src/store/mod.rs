//! The gateway's encrypted configuration store: one SQLCipher file, opened with a raw 256-bit key.
//!
//! One connection behind a mutex: configuration changes are rare and short, and one writer keeps them in order. Calls run
//! on the blocking pool so that a slow disk never holds up the field buses.

pub mod accounts;
pub mod events;
mod schema;
pub mod settings;
pub mod topology;

use haubert_trust::Key;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Why the store refuses.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened with this key: another key, or damage.
    #[error("{path} cannot be opened: the key does not fit or the file is damaged")]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error("the configuration store has format {found}, newer than {known}")]
    TooNew {
        /// Format in the file.
        found: i64,
        /// Newest format known here.
        known: i64,
    },
    /// The thing named is not there.
    #[error("not found")]
    NotFound,
    /// The change contradicts what is stored.
    #[error("{0}")]
    Conflict(&'static str),
    /// The file's name could not be made durable.
    #[error("configuration store: {0}")]
    Io(#[from] std::io::Error),
    /// SQLite failed.
    #[error("configuration store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value cannot be understood.
    #[error("configuration store holds a value that cannot be read: {0}")]
    Corrupt(String),
    /// The worker that held the request ended.
    #[error("configuration store is stopping")]
    Stopping,
}

/// Handle to the store; clones share the connection.
#[derive(Clone)]
pub struct Db {
    connection: Arc<Mutex<Connection>>,
}

impl Db {
    /// Opens or creates the file and brings it to the current format.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] for a wrong key or damage, [`StoreError::TooNew`] after a downgrade.
    pub fn open(path: &Path, key: &Key) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        let hex: String = key.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        connection.pragma_update(None, "key", format!("x'{hex}'"))?;
        // SQLCipher finds a wrong key only at the first read.
        connection
            .query_row("select count(*) from sqlite_master", [], |row| row.get::<_, i64>(0))
            .map_err(|_| StoreError::Unreadable { path: path.to_owned() })?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        schema::migrate(&mut connection)?;
        // After a crash SQLite shows what was in its log, synced or not: from here on all of it must be durable.
        connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))?;
        haubert_service::files::sync_folder_of(path)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// Runs `work` in one transaction off the async threads; an error rolls it back.
    ///
    /// # Errors
    /// What `work` returns, or what SQLite says on commit.
    pub async fn call<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let db = self.clone();
        tokio::task::spawn_blocking(move || db.call_blocking(work)).await.map_err(|_| StoreError::Stopping)?
    }

    /// As [`Db::call`], for threads that may block.
    ///
    /// # Errors
    /// As [`Db::call`].
    pub fn call_blocking<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        let outcome = work(&transaction)?;
        transaction.commit()?;
        Ok(outcome)
    }
}

/// Parses a stored JSON or id, naming what could not be read.
fn stored<T, E: std::fmt::Display>(what: &str, parsed: Result<T, E>) -> Result<T, StoreError> {
    parsed.map_err(|error| StoreError::Corrupt(format!("{what}: {error}")))
}

/// `NotFound` when a statement that should touch one row touched none.
fn one_row(changed: usize) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_is_refused_and_the_file_is_not_plain() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.db");
        let key = Key::random().unwrap();
        Db::open(&path, &key).unwrap();
        let bytes = haubert_service::files::read_bounded(&path, 1 << 20).unwrap();
        assert!(!bytes.windows(15).any(|window| window == b"SQLite format 3"));
        assert!(matches!(Db::open(&path, &Key::random().unwrap()), Err(StoreError::Unreadable { .. })));
        Db::open(&path, &key).unwrap();
    }
}
