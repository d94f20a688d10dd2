//! The storage key and what is encrypted with it: where the key lives, its change, and the end of everything.
//!
//! Files of the data folder that hold it, each with a second copy (`….last-good`):
//!
//! | file | what |
//! |---|---|
//! | `storage.key` | the key itself, readable by the owner of the folder only |
//! | `storage.key.sealed` | the key wrapped by a credential that systemd unseals (TPM 2.0, the host's key, or both); then there is no `storage.key` |
//! | `storage.key.recovery` | the key wrapped for the recovery key, which is on paper |
//!
//! Changes of key and content are prepared in the folder `staged`, take effect by one file (`staged/commit`), and are carried on
//! at the next start wherever they were interrupted.

pub mod cli;
pub mod desk;
pub mod keyring;
pub mod recovery;
pub mod reencrypt;
pub mod rotate;
pub mod seal;
pub mod staged;
pub mod wipe;

use crate::store::StoreError;
use haubert_service::files::sync_folder_of;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Why the storage cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A database of the gateway refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The history refuses.
    #[error("history: {0}")]
    History(#[from] haubert_historian::StoreError),
    /// A key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] haubert_trust::KeyFileError),
    /// A sealed key does not open.
    #[error(transparent)]
    Sealed(#[from] haubert_trust::SealedKeyError),
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] haubert_trust::RandomError),
    /// The disk refuses.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// There is not room enough on the disk.
    #[error("not enough room on the disk: {needed} bytes are needed, {free} are free")]
    Room {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// It cannot be done in this state, and why.
    #[error("{0}")]
    Refused(String),
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Says what was being done when the system refused.
pub(crate) trait Doing<T> {
    /// Names the deed.
    fn doing(self, what: &'static str) -> Result<T, StorageError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: &'static str) -> Result<T, StorageError> {
        self.map_err(|source| StorageError::Io { what, source })
    }
}

/// Files of the data folder that hold the gateway's memory under the storage key.
pub const DATABASES: [&str; 2] = ["config.db", "history.db"];

/// Copies and logs of a database that mean nothing beside another file of its name.
pub(crate) const COMPANIONS: [&str; 7] = ["-wal", "-shm", ".last-good", ".first-page", ".copying", ".restoring", ".repaired"];

/// The name of the storage key's file in a data folder.
pub fn key_file(data_dir: &Path) -> PathBuf {
    data_dir.join("storage.key")
}

/// Makes a file unreadable and removes it: overwritten, synced, unlinked. Flash may keep the old cells for a while; that is
/// why what matters is encrypted, and a key that is destroyed ends all that it opened. Nothing there is no error.
///
/// # Errors
/// What the system says.
pub fn destroy(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.flush()?;
    file.sync_all()?;
    drop(file);
    std::fs::remove_file(path)?;
    sync_folder_of(path)
}

/// Copies a small file durably, with the mode of its owner only.
pub(crate) fn copy_private(from: &Path, to: &Path, limit: u64) -> Result<(), StorageError> {
    let bytes = haubert_trust::read_private(from, limit)?;
    Ok(haubert_trust::write_private(to, &bytes)?)
}

/// Bytes free for this process where `path` is.
pub(crate) fn free_bytes(path: &Path) -> Result<u64, StorageError> {
    let stat = nix::sys::statvfs::statvfs(path).map_err(io::Error::from).doing("ask for free room")?;
    Ok(stat.blocks_available().saturating_mul(stat.fragment_size()))
}

/// Nobody else may touch the folder meanwhile: the lock that a running gateway holds.
pub(crate) fn lock(data_dir: &Path) -> Result<File, StorageError> {
    use std::os::unix::fs::OpenOptionsExt;
    let path = data_dir.join("config.db.lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).doing("open the lock")?;
    file.try_lock()
        .map_err(|_| StorageError::Refused(format!("a gateway uses {}: stop it first, or use its pages", data_dir.display())))?;
    Ok(file)
}
