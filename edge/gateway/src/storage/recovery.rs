//! The way back when the seal is lost: the recovery key on paper opens the storage on any machine.

use super::StorageError;
use super::keyring::Keyring;
use crate::store::Db;
use haubert_trust::{Key, RecoveryKey};
use std::path::Path;

/// Makes a recovery key; the one before opens nothing any more (but backups that were made for it).
///
/// # Errors
/// What the disk or the random source says.
pub fn renew(ring: &Keyring, key: &Key) -> Result<RecoveryKey, StorageError> {
    let recovery = RecoveryKey::random()?;
    ring.keep_for_recovery(key, &recovery.public()?)?;
    Ok(recovery)
}

/// Opens the storage of `data_dir` with the recovery key and keeps its key in a file from then on; seal it anew afterwards.
///
/// # Errors
/// [`StorageError::Refused`] when there is none for a recovery key, or what comes out does not open the configuration.
pub fn recover(data_dir: &Path, ring: &Keyring, recovery: &RecoveryKey) -> Result<(), StorageError> {
    let missing = || StorageError::Refused("no recovery key was ever made here".to_owned());
    let key = ring.for_recovery()?.ok_or_else(missing)?.recover(recovery)?;
    drop(Db::open(&data_dir.join("config.db"), &key)?);
    ring.keep_open(&key)
}
