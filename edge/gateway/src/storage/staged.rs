//! Changes that are prepared aside and take effect all together or not at all, wherever a crash or power cut falls.
//!
//! New files are made in the folder `staged`. Writing the list of them to `staged/commit` is the moment of truth: without it a
//! start throws the folder away, with it a start puts the files in their places, as often as it takes. A key that is replaced is
//! overwritten before its name is given away.

use super::{COMPANIONS, Doing, StorageError, destroy};
use crate::store::spare::{beside, copy_of};
use haubert_service::files::{read_bounded, sync_folder_of, write_atomic};
use haubert_trust::private_dir;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Longest list that is read.
const LIST_MAX: u64 = 64 * 1024;

/// What a change is for; said in an event once it has taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Another storage key.
    Rotation,
    /// A backup takes the place of what was there.
    Restore,
}

#[derive(Debug, Serialize, Deserialize)]
struct Commit {
    purpose: Purpose,
    files: Vec<String>,
}

/// Files under preparation.
pub struct Staged {
    data_dir: PathBuf,
    files: Vec<String>,
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("staged")
}

impl Staged {
    /// Begins; what an earlier attempt left is thrown away. Not while a committed change waits ([`settle`] first).
    ///
    /// # Errors
    /// What the disk says.
    pub fn begin(data_dir: &Path) -> Result<Self, StorageError> {
        let folder = folder(data_dir);
        if folder.join("commit").exists() {
            return Err(StorageError::Refused("another change takes effect at the next start".to_owned()));
        }
        throw_away(&folder)?;
        private_dir(&folder)?;
        Ok(Self { data_dir: data_dir.to_owned(), files: Vec::new() })
    }

    /// Where new files are made.
    pub fn folder(&self) -> PathBuf {
        folder(&self.data_dir)
    }

    /// Names a file of the folder that shall take the place of that of the same name.
    pub fn add(&mut self, name: &str) {
        self.files.push(name.to_owned());
    }

    /// From here on the change happens, at once with [`settle`] or at the next start.
    ///
    /// # Errors
    /// What the disk says; then it does not happen.
    pub fn commit(self, purpose: Purpose) -> Result<(), StorageError> {
        for name in &self.files {
            let file = self.folder().join(name);
            std::fs::File::open(&file).and_then(|file| file.sync_all()).doing("make the new files durable")?;
        }
        sync_folder_of(&self.folder().join("commit")).doing("make the new files durable")?;
        let commit = Commit { purpose, files: self.files };
        let text = serde_json::to_vec(&commit).map_err(|error| StorageError::Refused(error.to_string()))?;
        write_atomic(&folder(&self.data_dir).join("commit"), &text).doing("commit the change")
    }

    /// Throws away what was prepared.
    ///
    /// # Errors
    /// What the disk says.
    pub fn abandon(self) -> Result<(), StorageError> {
        throw_away(&self.folder())
    }
}

/// Carries on what was committed, throws away what was not. Nobody may have the files open. Tells what took effect.
///
/// # Errors
/// What the disk says; the next start goes on.
pub fn settle(data_dir: &Path) -> Result<Option<Purpose>, StorageError> {
    let folder = folder(data_dir);
    if !folder.exists() {
        return Ok(None);
    }
    let commit = folder.join("commit");
    if !commit.exists() {
        throw_away(&folder)?;
        return Ok(None);
    }
    let text = read_bounded(&commit, LIST_MAX).doing("read what was committed")?;
    let commit: Commit = serde_json::from_slice(&text).map_err(|error| StorageError::Refused(error.to_string()))?;
    // Keys last: as long as a new database is not in its place, both keys are needed by nobody but this.
    let (keys, others): (Vec<&String>, Vec<&String>) = commit.files.iter().partition(|name| name.starts_with("storage.key"));
    for name in others.into_iter().chain(keys) {
        put_in_place(&folder.join(name), &data_dir.join(name))?;
    }
    if commit.purpose == Purpose::Rotation {
        remove_what_only_the_old_key_opened(data_dir)?;
    }
    throw_away(&folder)?;
    Ok(Some(commit.purpose))
}

fn put_in_place(new: &Path, place: &Path) -> Result<(), StorageError> {
    if !new.exists() {
        return Ok(());
    }
    let is_key = place.file_name().is_some_and(|name| name.to_string_lossy().starts_with("storage.key"));
    if is_key {
        destroy(place).doing("destroy the old key")?;
        destroy(&copy_of(place)).doing("destroy the old key")?;
    } else {
        for companion in COMPANIONS {
            crate::store::opening::remove(&beside(place, companion))?;
        }
    }
    std::fs::rename(new, place).doing("put a new file in its place")?;
    sync_folder_of(place).doing("put a new file in its place")
}

/// Damaged files that were kept aside cannot be read any more once their key is gone.
fn remove_what_only_the_old_key_opened(data_dir: &Path) -> Result<(), StorageError> {
    for entry in std::fs::read_dir(data_dir).doing("look at the folder")? {
        let path = entry.doing("look at the folder")?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.contains(".damaged") && path.is_file() {
            destroy(&path).doing("remove a damaged file")?;
        }
    }
    Ok(())
}

/// Keys first, then the rest; the list of a committed change last.
fn throw_away(folder: &Path) -> Result<(), StorageError> {
    if !folder.exists() {
        return Ok(());
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .doing("look at what was prepared")?;
    let rank = |path: &PathBuf| match path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default() {
        name if name.starts_with("storage.key") => 0,
        name if name == "commit" => 2,
        _ => 1,
    };
    files.sort_by_key(rank);
    for file in files {
        match rank(&file) {
            0 => destroy(&file).doing("throw away a key")?,
            _ => std::fs::remove_file(&file).doing("throw away what was prepared")?,
        }
    }
    std::fs::remove_dir(folder).doing("throw away what was prepared")?;
    sync_folder_of(folder).doing("throw away what was prepared")
}
