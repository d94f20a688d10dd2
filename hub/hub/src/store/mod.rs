//! What the hub keeps: one set of entities, queries and migrations for SQLite (default, no server) and PostgreSQL (one setting).
//!
//! SQLite gets one writing connection and several reading ones (write-ahead log, full sync: what is acknowledged survives a power
//! cut); PostgreSQL gets one pool. Everything that must hold together is one transaction on `write`.

mod accounts;
mod advisories;
mod assessments;
mod audit_trails;
mod campaigns;
mod check;
mod closings;
mod directory;
mod enrolment;
pub mod entity;
mod evidence;
mod findings;
mod former;
mod gateways;
mod history;
mod identities;
mod inventory;
mod keys;
mod migration;
mod people;
mod plan;
mod postures;
mod register;
mod respondents;
mod second_factors;
mod segmentation;
mod standings;
mod upload;

pub use accounts::{AddedAccount, Kept};
pub use advisories::AdvisoryRow;
pub use assessments::Changed;
pub use audit_trails::Contradiction;
pub use campaigns::Begun;
pub use check::{Look, Trouble};
pub use closings::{AuditRecord, Closing};
pub use enrolment::{Caller, TokenState};
pub use evidence::{Added, Evidence, Removed};
pub use gateways::{GatewayRow, GatewayState};
pub use history::{EventRow, LoadRow, SeriesRow, split_series, wide_series};
pub use identities::{Linked, Unlinked};
pub use postures::KeptPosture;
pub use upload::{ChunkFault, Greeting};

use sea_orm::sqlx::Connection as _;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait as _;
use std::path::Path;
use std::time::Duration;

/// The store failed, and what it was doing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("cannot {operation}: {source}")]
    Database {
        /// What was being done.
        operation: &'static str,
        /// What the database said.
        source: DbErr,
    },
    /// The database file's name could not be made durable.
    #[error("cannot make the database file durable: {0}")]
    Folder(std::io::Error),
    /// A row holds something that was never written by this program.
    #[error("the store holds something it should not: {0}")]
    Damaged(String),
}

impl From<StoreError> for haubert_service::StoreError {
    fn from(error: StoreError) -> Self {
        Self::new(error)
    }
}

impl From<StoreError> for haubert_service::problem::Problem {
    fn from(error: StoreError) -> Self {
        Self::internal("use the store", &error)
    }
}

trait During<T> {
    /// Names what was being done.
    fn during(self, operation: &'static str) -> Result<T, StoreError>;
}

impl<T> During<T> for Result<T, DbErr> {
    fn during(self, operation: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Database { operation, source })
    }
}

/// Reads an id or code that this program wrote.
fn stored<T: std::str::FromStr>(what: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged(format!("{what} {text:?}")))
}

/// The hub's store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    write: DatabaseConnection,
    read: DatabaseConnection,
}

impl Store {
    /// SQLite in the file `path`, made when absent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_sqlite(path: &Path) -> Result<Self, StoreError> {
        let url = format!("sqlite://{}?mode=rwc", path.display());
        let options = |connections: u32| {
            let mut options = ConnectOptions::new(&url);
            options.max_connections(connections).sqlx_logging(false).map_sqlx_sqlite_opts(|sqlite| {
                use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
                sqlite
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(10))
            });
            // When the disk fails, SQLite rolls a transaction back by itself; the driver's own attempt then fails, and it counts one
            // that is not there. From then on it would nest all that follows in it, and nothing more would be committed, though it
            // says so. Such a connection is closed.
            options.map_sqlx_sqlite_pool_opts(|pool| {
                pool.after_release(|connection, _| {
                    Box::pin(async move {
                        // Its rollback is queued: this comes after it.
                        connection.ping().await?;
                        Ok(!connection.is_in_transaction())
                    })
                })
            });
            options
        };
        let write = Database::connect(options(1)).await.during("open the database")?;
        let read = Database::connect(options(4)).await.during("open the database")?;
        let store = Self { write, read }.migrated().await?;
        // After a crash SQLite shows what was in its log, synced or not: from here on all of it must be durable.
        store.write.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await.during("open the database")?;
        haubert_service::files::sync_folder_of(path).map_err(StoreError::Folder)?;
        Ok(store)
    }

    /// PostgreSQL at `url` (`postgres://user:password@host/database`).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(8).connect_timeout(Duration::from_secs(10)).sqlx_logging(false);
        let pool = Database::connect(options).await.during("connect to PostgreSQL")?;
        Self { write: pool.clone(), read: pool }.migrated().await
    }

    async fn migrated(self) -> Result<Self, StoreError> {
        migration::Migrator::up(&self.write, None).await.during("bring the schema up to date")?;
        Ok(self)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read.execute_unprepared("SELECT 1").await.during("ask the database").map(|_| ())
    }

    /// Closes the connections.
    pub async fn close(self) {
        for connection in [self.write, self.read] {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "closing the database");
            }
        }
    }
}
