//! Secrets at rest: files that only their owner reads, written whole or not at all.
//!
//! A key is written to a temporary file of mode 0600 in a directory of mode 0700, synced, then linked to its name. `link`
//! fails when the name exists, so two processes that start together end up with one key, not with the last one's.

use crate::{RandomError, random_bytes};
use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroize;

/// A 256-bit symmetric key. It does not print and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// Wraps key bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new random key.
    ///
    /// # Errors
    /// [`RandomError`] when the system's source fails.
    pub fn random() -> Result<Self, RandomError> {
        random_bytes().map(Self)
    }

    /// A few signs that differ from key to key and tell nothing of it, for screens and logs.
    pub fn mark(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &[b"haubert key mark".as_slice(), &self.0].concat());
        digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The bytes. Each use is a place to review.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Why a private file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The random source failed.
    #[error("cannot draw a key")]
    Random(#[from] RandomError),
    /// The directory could not be created or restricted.
    #[error("cannot prepare the private directory {path}: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not have the length of a key, or is too long to be what is looked for.
    #[error("{path} does not have the right length")]
    Length {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner may read the file.
    #[error("{path} can be read by others than its owner (mode {mode:03o}); set it to 600")]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// A file that holds one key.
pub struct KeyFile;

impl KeyFile {
    /// The key in `path`; when there is no file, a new random key is written there first.
    ///
    /// # Errors
    /// [`KeyFileError`]: unreadable, of another length, or readable by others.
    pub fn open_or_create(path: &Path) -> Result<Key, KeyFileError> {
        if !path.exists() {
            let key = Key::random()?;
            match create_new(path, key.expose()) {
                Ok(()) => return Ok(key),
                Err(KeyFileError::Write { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        let mut bytes = read_private(path, 33)?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map(Key);
        bytes.zeroize();
        key.map_err(|_| KeyFileError::Length { path: path.to_owned() })
    }
}

/// Creates `dir` (and its parents) with mode 0700, or restricts it when it exists. It is there after a power cut, too.
///
/// # Errors
/// [`KeyFileError::Directory`].
pub fn private_dir(dir: &Path) -> Result<(), KeyFileError> {
    let failed = |source| KeyFileError::Directory { path: dir.to_owned(), source };
    let absent: Vec<&Path> =
        dir.ancestors().take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    std::fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(failed)?;
    absent.into_iter().try_for_each(sync_parent).map_err(failed)
}

/// Reads at most `limit` bytes of a file that only its owner may read.
///
/// # Errors
/// [`KeyFileError`]: absent, too long, or readable by others.
pub fn read_private(path: &Path, limit: u64) -> Result<Vec<u8>, KeyFileError> {
    let failed = |source| KeyFileError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::TooOpen { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(KeyFileError::Length { path: path.to_owned() });
    }
    Ok(bytes)
}

/// Replaces `path` by `bytes` with mode 0600, atomically and durably; its directory is made private.
///
/// # Errors
/// [`KeyFileError`].
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    let temporary = write_temporary(path, bytes)?;
    let failed = |source| KeyFileError::Write { path: path.to_owned(), source };
    std::fs::rename(&temporary, path).map_err(failed)?;
    sync_parent(path).map_err(failed)
}

fn create_new(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    let temporary = write_temporary(path, bytes)?;
    let failed = |source| KeyFileError::Write { path: path.to_owned(), source };
    let linked = std::fs::hard_link(&temporary, path);
    let _left_behind = std::fs::remove_file(&temporary);
    linked.map_err(failed)?;
    sync_parent(path).map_err(failed)
}

fn write_temporary(path: &Path, bytes: &[u8]) -> Result<PathBuf, KeyFileError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_dir(directory)?;
    let unique = u64::from_le_bytes(random_bytes::<8>()?);
    let temporary = directory.join(format!(".new-{unique:016x}"));
    let failed = |source| KeyFileError::Write { path: path.to_owned(), source };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(temporary)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_created_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys/history.key");
        let key = KeyFile::open_or_create(&path).unwrap();
        assert_eq!(KeyFile::open_or_create(&path).unwrap(), key);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file left");
    }

    #[test]
    fn an_open_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.key");
        KeyFile::open_or_create(&path).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(KeyFile::open_or_create(&path), Err(KeyFileError::TooOpen { mode: 0o644, .. })));
    }

    #[test]
    fn a_truncated_key_is_refused_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.key");
        write_private(&path, &[7; 31]).unwrap();
        assert!(matches!(KeyFile::open_or_create(&path), Err(KeyFileError::Length { .. })));
        assert_eq!(read_private(&path, 64).unwrap().len(), 31);
    }

    #[test]
    fn starters_that_race_share_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("k/history.key");
        let keys: Vec<Key> = std::thread::scope(|scope| {
            let starters: Vec<_> = (0..8).map(|_| scope.spawn(|| KeyFile::open_or_create(&path).unwrap())).collect();
            starters.into_iter().map(|starter| starter.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_key_does_not_print() {
        assert_eq!(format!("{:?}", Key::new([65; 32])), "Key(…)");
    }
}
