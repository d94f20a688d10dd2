//! The gateway's encrypted configuration store: one SQLCipher file, opened with a raw 256-bit key.
//!
//! One connection behind a mutex: configuration changes are rare and short, and one writer keeps them in order. Calls run
//! on the blocking pool so that a slow disk never holds up the field buses. A second copy lies beside it ([`spare`]), from which
//! [`opening`] takes what damage has made unreadable.

pub mod accounts;
pub mod alarm_rules;
pub mod alarms;
pub mod documents;
pub mod events;
pub mod first_page;
mod keys;
pub mod lorawan;
pub mod opening;
pub mod own_profiles;
pub mod pictures;
pub mod refusals;
mod schema;
pub mod second_factors;
mod sessions;
pub mod settings;
pub mod spare;
pub mod topology;

use crate::audit::{self, Audit, capture};
use haubert_trust::Key;
use rusqlite::{Connection, ErrorCode};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::watch;

/// Why the store refuses.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened with this key: another key, or damage.
    #[error("{path} cannot be opened: the key does not fit or the file is damaged")]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// There is a file but no key that could open it.
    #[error("{path} is missing, and without it the configuration cannot be read: put it back from a backup")]
    KeyMissing {
        /// The key file.
        path: PathBuf,
    },
    /// The key is sealed, and nothing is at hand that opens it.
    #[error(
        "{path} is sealed ({note}) and the credential that opens it was not given: start the gateway through its systemd unit, or \
         use `haubert-gateway storage recover` with the recovery key"
    )]
    Sealed {
        /// The file of the sealed key.
        path: PathBuf,
        /// What it is bound to.
        note: String,
    },
    /// The key file cannot be used.
    #[error(transparent)]
    Key(#[from] haubert_trust::KeyFileError),
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
    /// What would change could not be recorded, so nothing changes.
    #[error("{0}")]
    Audit(#[from] audit::Unavailable),
    /// The worker that held the request ended.
    #[error("configuration store is stopping")]
    Stopping,
}

/// How much has been written since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Changes {
    /// Rows of any kind.
    rows: u64,
    /// Transactions that changed what a person or the hub was told is kept.
    settings: u64,
}

/// What a transaction writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Setting,
    Note,
}

/// Bytes of a page, below which a file holds nothing that SQLite would not write over.
const PAGE_BYTES: u64 = 4096;

/// Handle to the store; clones share the connection.
#[derive(Clone)]
pub struct Db {
    connection: Arc<Mutex<Connection>>,
    changes: watch::Sender<Changes>,
    audit: Arc<OnceLock<Audit>>,
}

impl Db {
    /// Opens or creates the file, looks at every byte of it, and brings it to the current format.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] for a wrong key or damage, [`StoreError::TooNew`] after a downgrade; what the disk says.
    pub fn open(path: &Path, key: &Key) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Unreadable { path: path.to_owned() };
        // SQLite takes a file cut to less than a page for a new one and would write over what is left of it.
        if std::fs::metadata(path).is_ok_and(|file| (1..PAGE_BYTES).contains(&file.len())) {
            return Err(unreadable());
        }
        let mut connection = connect(path, key)?;
        whole(&connection)
            .map_err(|error| if is_damage(&error) { unreadable() } else { error.into() })?
            .ok_or_else(unreadable)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", false)?;
        schema::migrate(&mut connection)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // After a crash SQLite shows what was in its log, synced or not: from here on all of it must be durable.
        connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))?;
        haubert_service::files::sync_folder_of(path)?;
        capture::install(&connection)?;
        let changes = watch::Sender::new(Changes::default());
        Ok(Self { connection: Arc::new(Mutex::new(connection)), changes, audit: Arc::default() })
    }

    /// From now on nothing that is configured changes without its record in `audit`.
    pub fn watched_by(&self, audit: Audit) {
        let _only_once = self.audit.set(audit);
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
        self.run(Weight::Setting, work).await
    }

    /// As [`Db::call`], for what is noted all the time (events, sessions, marks): the second copy takes it along, and is not
    /// made anew for it.
    ///
    /// # Errors
    /// As [`Db::call`].
    pub async fn note<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.run(Weight::Note, work).await
    }

    /// As [`Db::call`], for threads that may block.
    ///
    /// # Errors
    /// As [`Db::call`].
    pub fn call_blocking<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transact(Weight::Setting, audit::actor::request(), work)
    }

    async fn run<T, F>(&self, weight: Weight, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        // Whoever asks is known here, and not on the thread that does it.
        let (db, request) = (self.clone(), audit::actor::request());
        tokio::task::spawn_blocking(move || db.transact(weight, request, work)).await.map_err(|_| StoreError::Stopping)?
    }

    fn transact<T>(
        &self,
        weight: Weight,
        request: Option<audit::actor::Request>,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        let outcome = work(&transaction)?;
        audit::capture::commit(transaction, self.audit.get(), request.as_ref())?;
        let rows = connection.total_changes();
        self.changes.send_if_modified(|changes| {
            let is_new = changes.rows != rows;
            changes.rows = rows;
            changes.settings += u64::from(is_new && weight == Weight::Setting);
            is_new
        });
        Ok(outcome)
    }
}

/// A connection with the key set, which is tried at the first read.
pub(crate) fn connect(path: &Path, key: &Key) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // SQLCipher would write to standard error about each page that it cannot decrypt; the caller gets an error instead.
    connection.execute_batch("pragma cipher_log_level = none")?;
    let literal = zeroize::Zeroizing::new(format!("x'{}'", &*crate::storage::keyring::hex(key)));
    connection.pragma_update(None, "key", literal.as_str())?;
    Ok(connection)
}

/// Looks at every byte of the file: each page against its authentication code, and how pages and rows hang together. `None`:
/// something is not as it was written.
fn whole(connection: &Connection) -> rusqlite::Result<Option<()>> {
    // A wrong key shows only at the first page that is read.
    connection.query_row("select count(*) from sqlite_master", [], |row| row.get::<_, i64>(0))?;
    // What the log holds replaces what the file has, which is thus no longer of interest.
    connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))?;
    if connection.prepare("pragma cipher_integrity_check")?.query([])?.next()?.is_some() {
        return Ok(None);
    }
    let said: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    Ok((said == "ok").then_some(()))
}

/// Whether an error speaks of the file's bytes, not of the disk.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => true,
        // What SQLCipher reports when a page fails its authentication in the middle of a statement.
        Some(ErrorCode::Unknown) => error.sqlite_error().is_some_and(|error| error.extended_code == 1),
        _ => false,
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
