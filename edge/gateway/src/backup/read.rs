//! Reading a backup wholly: every byte authenticated, every chunk unpacked, the configuration opened.

use super::BackupError;
use super::format::{About, End, Record, RecordReader, Series};
use super::summary::{Content, content};
use crate::storage::keyring::parse_credential;
use crate::store::Db;
use haubert_historian::chunk;
use haubert_model::{SeriesId, Timestamp};
use haubert_trust::{Key, SealedReader, Unlock};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Told how many bytes of the file have been read; false ends it.
pub type Progress<'a> = &'a mut dyn FnMut(u64) -> bool;

/// What a backup holds, known to be whole.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What it says of itself.
    pub about: About,
    /// What it holds.
    pub end: End,
    /// First and last time of its samples.
    pub span: Option<(Timestamp, Timestamp)>,
    /// What its configuration holds.
    pub content: Content,
}

/// Opens the file in `path`.
///
/// # Errors
/// [`BackupError`].
pub fn open(path: &Path, unlock: &Unlock) -> Result<RecordReader<SealedReader<Counted>>, BackupError> {
    RecordReader::begin(SealedReader::new(Counted::open(path)?, unlock)?)
}

/// Reads all of it. The configuration in it is put into a file in `folder` under its one-time key, looked at, and removed.
///
/// # Errors
/// [`BackupError`], at the first thing that is not as it was made.
pub fn verify(path: &Path, unlock: &Unlock, folder: &Path, progress: Progress<'_>) -> Result<Verified, BackupError> {
    let config = Config::in_folder(folder)?;
    let (mut about, mut end, mut span) = (None, None, None::<(Timestamp, Timestamp)>);
    let mut known: HashSet<SeriesId> = HashSet::new();
    let mut file = config.create()?;
    each(path, unlock, progress, &mut |record| {
        match record {
            Record::About(found) => about = Some(found),
            Record::Config(piece) => file.write_all(&piece)?,
            Record::Series(series) => known.extend(series.iter().map(|Series { id, .. }| *id)),
            Record::Chunk(series, bytes) => {
                if !known.contains(&series) {
                    return Err(BackupError::Invalid(format!("it has samples of the unknown series {series}")));
                }
                let samples = chunk::decode(&bytes)
                    .map_err(|error| BackupError::Invalid(format!("samples of series {series}: {error}")))?;
                for sample in samples {
                    let (first, last) = span.unwrap_or((sample.at, sample.at));
                    span = Some((first.min(sample.at), last.max(sample.at)));
                }
            }
            Record::End(found) => end = Some(found),
        }
        Ok(())
    })?;
    file.sync_all()?;
    drop(file);
    let (Some(about), Some(end)) = (about, end) else { return Err(BackupError::Invalid("it is empty".to_owned())) };
    let content = content(&config.open(&about)?)?;
    Ok(Verified { about, end, span, content })
}

/// Gives every record to `take`, to the checked end.
///
/// # Errors
/// [`BackupError`], also what `take` says.
pub fn each(
    path: &Path,
    unlock: &Unlock,
    progress: Progress<'_>,
    take: &mut dyn FnMut(Record) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let counted = Counted::open(path)?;
    let read = std::rc::Rc::clone(&counted.read);
    let mut records = RecordReader::begin(SealedReader::new(counted, unlock)?)?;
    while let Some(record) = records.next_record()? {
        take(record)?;
        if !progress(read.get()) {
            return Err(BackupError::Stopped);
        }
    }
    Ok(())
}

/// The key of the configuration in a backup.
///
/// # Errors
/// [`BackupError::Invalid`].
pub fn config_key(about: &About) -> Result<Key, BackupError> {
    parse_credential(about.config_key.as_bytes())
        .ok_or_else(|| BackupError::Invalid("it has no key of its configuration".to_owned()))
}

/// Where the configuration of a backup is looked at; removed when dropped.
pub struct Config(PathBuf);

impl Config {
    /// In `folder`.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn in_folder(folder: &Path) -> Result<Self, BackupError> {
        let unique = Key::random().map_err(crate::storage::StorageError::from)?.mark();
        Ok(Self(folder.join(format!("config-{unique}.db"))))
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file, new.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(&self) -> Result<File, BackupError> {
        Ok(OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0)?)
    }

    /// Opens it, and brings it to the format of this program.
    ///
    /// # Errors
    /// That it is damaged, or of a later program.
    pub fn open(&self, about: &About) -> Result<Db, BackupError> {
        Ok(Db::open(&self.0, &config_key(about)?)?)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _gone = std::fs::remove_file(crate::store::spare::beside(&self.0, suffix));
        }
    }
}

/// A file that counts what has been read of it.
pub struct Counted {
    file: BufReader<File>,
    read: std::rc::Rc<std::cell::Cell<u64>>,
}

impl Counted {
    fn open(path: &Path) -> Result<Self, BackupError> {
        Ok(Self { file: BufReader::with_capacity(1 << 17, File::open(path)?), read: std::rc::Rc::default() })
    }
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(into)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}
