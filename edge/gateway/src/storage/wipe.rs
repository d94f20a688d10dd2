//! The end: keys first, so that all the rest is noise from then on, then the files.

use super::{Doing, StorageError, destroy};
use haubert_service::files::{sync_folder_of, write_atomic};
use std::path::{Path, PathBuf};

/// Name of the file that asks for it; a start goes on where one was interrupted.
const MARKER: &str = "wipe";

/// Asks for everything in `data_dir` to be destroyed at the next start, which happens whatever comes between.
///
/// # Errors
/// What the disk says; then nothing happens.
pub fn request(data_dir: &Path) -> Result<(), StorageError> {
    write_atomic(&data_dir.join(MARKER), b"").doing("ask for the reset")
}

/// Destroys everything when that was asked for. Tells whether it was.
///
/// # Errors
/// What the disk says; the next start goes on.
pub fn settle(data_dir: &Path) -> Result<bool, StorageError> {
    if !data_dir.join(MARKER).exists() {
        return Ok(false);
    }
    wipe(data_dir)?;
    Ok(true)
}

/// Destroys everything in `data_dir` but the folder itself: each file that holds a key is overwritten, synced and removed before
/// any other file is touched; the salt of each database, without which no key would open it, is overwritten too. Returns how
/// many files there were.
///
/// # Errors
/// What the disk says.
pub fn wipe(data_dir: &Path) -> Result<usize, StorageError> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    walk(data_dir, &mut files, &mut folders)?;
    // The request goes last, so that the next start finishes what was begun.
    let marker = data_dir.join(MARKER);
    files.retain(|file| *file != marker && *file != data_dir.join("config.db.lock"));
    let (keys, others): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(|file| holds_key(file));
    let count = keys.len() + others.len();
    for key in keys {
        destroy(&key).doing("destroy a key")?;
    }
    for other in others {
        match std::fs::symlink_metadata(&other) {
            // Whole: what is small may be something that was never encrypted.
            Ok(file) if file.is_file() && file.len() <= WHOLE => destroy(&other).doing("destroy a file")?,
            Ok(file) if file.is_file() => {
                destroy_head(&other).doing("destroy a file")?;
            }
            _ => std::fs::remove_file(&other).doing("remove a file")?,
        }
    }
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
    for folder in folders {
        std::fs::remove_dir(&folder).doing("remove a folder")?;
    }
    sync_folder_of(&marker).doing("make the removal durable")?;
    crate::store::opening::remove(&marker)?;
    sync_folder_of(&marker).doing("make the removal durable")?;
    Ok(count)
}

/// Files up to this size are overwritten as a whole.
const WHOLE: u64 = 8 << 20;

fn destroy_head(path: &Path) -> std::io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
    file.write_all(&[0; 64 * 1024])?;
    file.sync_all()?;
    std::fs::remove_file(path)
}

fn holds_key(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.contains("key") || name.starts_with(".new-")
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) -> Result<(), StorageError> {
    for entry in std::fs::read_dir(folder).doing("look at the folder")? {
        let entry = entry.doing("look at the folder")?;
        let path = entry.path();
        // Links are not followed.
        if entry.file_type().doing("look at the folder")?.is_dir() {
            walk(&path, files, folders)?;
            folders.push(path);
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_and_a_reset_that_was_interrupted_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("kept"), "kept").unwrap();
        std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
        for name in ["storage.key", "storage.key.last-good", "config.db", "a/b/deep", "a/keys"] {
            std::fs::write(dir.path().join(name), "canary").unwrap();
        }
        std::fs::write(dir.path().join("history.db"), vec![1; WHOLE as usize + 1]).unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("a/link")).unwrap();
        assert!(!settle(dir.path()).unwrap());
        request(dir.path()).unwrap();
        // As if it had been interrupted after the keys.
        std::fs::remove_file(dir.path().join("storage.key")).unwrap();
        assert!(settle(dir.path()).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(outside.path().join("kept").exists());
        assert!(!settle(dir.path()).unwrap());
    }
}
