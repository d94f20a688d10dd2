//! Where files of evidence are kept: a folder for each organisation, each file under the SHA-256 of its content, so that the same
//! file is kept once and a name says what must be in it.
//!
//! Neither engine of the store is encrypted, and these files say where a company is weak. So they are sealed
//! (`haubert_trust::SealedWriter`) for a key that lies in the hub's folder and not in this one: a copy of the files alone says
//! nothing. A file is there under its name only whole and synced; what was broken off is swept away at the next start.

use super::{Kind, MAX_FILE, Refusal, clean_name, recognise};
use crate::digest::sha256_hex;
use axum::body::Bytes;
use haubert_model::OrganisationId;
use haubert_service::files::sync_folder_of;
use haubert_trust::{RecoveryKey, SealedFor, SealedReader, SealedWriter, Unlock, private_dir, read_private, write_private};
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Files that may come or go at a time.
const PLACES: usize = 16;
const INCOMING: &str = "incoming";

/// Why a file is not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    /// It is not one that is taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It is longer than [`MAX_FILE`].
    #[error("at most {} MiB a file", MAX_FILE / 1024 / 1024)]
    TooLarge,
    /// It did not come whole.
    #[error("the file broke off")]
    BrokenOff,
    /// The disk, or what lies there.
    #[error("{0}")]
    Disk(#[from] io::Error),
}

/// The folder; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    dir: PathBuf,
    key: RecoveryKey,
    /// Most bytes of one organisation.
    limit: u64,
    /// One file is held in memory at a time, to be looked at.
    looking: Arc<Mutex<()>>,
    /// Held over a change of the folder and of the rows that belong to it.
    pub(crate) changing: Arc<tokio::sync::Mutex<()>>,
    /// Files that may come or go at a time: each holds a thread.
    pub(crate) places: Arc<Semaphore>,
}

/// A file that has come whole and is not yet anybody's; gone when dropped.
#[derive(Debug)]
pub(crate) struct Incoming {
    path: PathBuf,
    pub(crate) kind: Kind,
    /// Its name, made harmless.
    pub(crate) name: String,
    pub(crate) sha256: String,
    /// Bytes of its content.
    pub(crate) bytes: u64,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // It is not there any more once it was placed.
        let _gone = std::fs::remove_file(&self.path);
    }
}

/// The key in a file beside the folder, made when there is none.
fn key(path: &Path) -> io::Result<RecoveryKey> {
    if !path.exists() {
        let new = RecoveryKey::random().map_err(io::Error::other)?;
        write_private(path, new.text().expose().as_bytes()).map_err(io::Error::other)?;
    }
    let text = String::from_utf8(read_private(path, 100).map_err(io::Error::other)?).map_err(io::Error::other)?;
    RecoveryKey::parse(&text).map_err(io::Error::other)
}

impl Files {
    /// The files in a folder, with at most `limit_mib` of each organisation. Sweeps away what was broken off.
    pub(crate) fn open(dir: PathBuf, limit_mib: u64) -> io::Result<Self> {
        private_dir(&dir).map_err(io::Error::other)?;
        for entry in std::fs::read_dir(&dir)?.flatten() {
            if entry.path().extension().is_some_and(|extension| extension == INCOMING) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(Self {
            key: key(&dir.with_extension("key"))?,
            limit: limit_mib.saturating_mul(1024 * 1024),
            looking: Arc::default(),
            changing: Arc::default(),
            places: Arc::new(Semaphore::new(PLACES)),
            dir,
        })
    }

    /// Most bytes of one organisation.
    pub(crate) const fn limit(&self) -> u64 {
        self.limit
    }

    /// Takes in a file piece by piece and looks at it. `next` gives nothing at its end, and an error when it broke off. Blocks.
    pub(crate) fn take_in(
        &self,
        id: &str,
        name: &str,
        mut next: impl FnMut() -> Result<Option<Bytes>, FilesError>,
    ) -> Result<Incoming, FilesError> {
        let path = self.dir.join(format!("{id}.{INCOMING}"));
        let mut incoming = Incoming { path, kind: Kind::Text, name: String::new(), sha256: String::new(), bytes: 0 };
        let public = self.key.public().map_err(io::Error::other)?;
        let file = BufWriter::new(File::create_new(&incoming.path)?);
        let mut sealed = SealedWriter::new(file, &SealedFor::Recovery(public))?;
        while let Some(piece) = next()? {
            incoming.bytes = incoming.bytes.saturating_add(piece.len() as u64);
            if incoming.bytes > MAX_FILE {
                return Err(FilesError::TooLarge);
            }
            sealed.write_all(&piece)?;
        }
        sealed.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;

        let _one = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let mut plain = Vec::new();
        self.reader(&incoming.path)?.take(MAX_FILE).read_to_end(&mut plain)?;
        incoming.kind = recognise(name, &plain)?;
        incoming.name = clean_name(name, incoming.kind.endings().first().copied().unwrap_or_default());
        incoming.sha256 = sha256_hex(&plain);
        Ok(incoming)
    }

    /// Makes a file that has come in one of an organisation's. Blocks.
    pub(crate) fn place(&self, organisation: OrganisationId, incoming: &Incoming) -> io::Result<()> {
        let file = self.file(organisation, &incoming.sha256)?;
        private_dir(&self.folder(organisation)).map_err(io::Error::other)?;
        if !file.exists() {
            std::fs::rename(&incoming.path, &file)?;
            sync_folder_of(&file)?;
        }
        Ok(())
    }

    /// Opens a file. Blocks; what is read of it is as it was written, or an error.
    pub(crate) fn read(&self, organisation: OrganisationId, sha256: &str) -> io::Result<SealedReader<File>> {
        self.reader(&self.file(organisation, sha256)?)
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, organisation: OrganisationId, sha256: &str) -> io::Result<()> {
        match std::fs::remove_file(self.file(organisation, sha256)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes everything of an organisation.
    pub(crate) fn remove_all(&self, organisation: OrganisationId) -> io::Result<()> {
        match std::fs::remove_dir_all(self.folder(organisation)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn reader(&self, path: &Path) -> io::Result<SealedReader<File>> {
        SealedReader::new(File::open(path)?, &Unlock::Recovery(self.key.clone()))
    }

    fn folder(&self, organisation: OrganisationId) -> PathBuf {
        self.dir.join(organisation.to_string())
    }

    /// A digest comes from the store: one that is none could name a file elsewhere.
    fn file(&self, organisation: OrganisationId, sha256: &str) -> io::Result<PathBuf> {
        if sha256.len() == 64 && sha256.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(self.folder(organisation).join(sha256))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "not a digest"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: OrganisationId = OrganisationId(uuid::Uuid::from_u128(1));

    fn taken(files: &Files, name: &str, pieces: &[&'static [u8]]) -> Result<Incoming, FilesError> {
        let mut pieces = pieces.iter().map(|piece| Bytes::from_static(piece));
        files.take_in(name, name, || Ok(pieces.next()))
    }

    fn left(dir: &Path) -> usize {
        std::fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn a_file_comes_back_as_it_was_and_lies_sealed_under_its_digest() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path().join("evidence"), 1).unwrap();
        let incoming = taken(&files, "a.txt", &[b"where we ", b"are weak\n"]).unwrap();
        assert_eq!((incoming.kind, incoming.bytes), (Kind::Text, 18));
        assert_eq!(incoming.sha256, sha256_hex(b"where we are weak\n"));
        files.place(OWNER, &incoming).unwrap();
        let digest = incoming.sha256.clone();
        drop(incoming);
        // Opened again: the key is the same.
        let files = Files::open(dir.path().join("evidence"), 1).unwrap();
        let mut text = String::new();
        files.read(OWNER, &digest).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "where we are weak\n");
        let path = files.file(OWNER, &digest).unwrap();
        let mut kept = haubert_service::files::read_bounded(&path, 10_000).unwrap();
        assert!(!kept.windows(4).any(|window| window == b"weak"));
        let last = kept.len() - 20;
        kept[last] ^= 1;
        std::fs::write(&path, kept).unwrap();
        assert!(files.read(OWNER, &digest).unwrap().read_to_string(&mut text).is_err(), "what was changed is not given out");
        files.remove(OWNER, &digest).unwrap();
        assert!(files.read(OWNER, &digest).is_err() && files.remove(OWNER, &digest).is_ok());
        assert!(files.read(OWNER, "../../hub.sqlite3").is_err());
    }

    #[test]
    fn what_is_refused_or_breaks_off_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path().join("evidence"), 1).unwrap();
        let refused = taken(&files, "a.txt", &[b"#!/bin/sh"]).unwrap_err();
        assert!(matches!(refused, FilesError::Refused(Refusal::Script)));
        let mut pieces = 0;
        let endless = files.take_in("b", "b.txt", || {
            pieces += 1;
            Ok(Some(Bytes::from(vec![b'a'; 1024 * 1024])))
        });
        assert!(matches!(endless.unwrap_err(), FilesError::TooLarge));
        assert_eq!(pieces, 21);
        let broken = files.take_in("c", "c.txt", || Err(FilesError::BrokenOff));
        assert!(matches!(broken.unwrap_err(), FilesError::BrokenOff));
        assert_eq!(left(&dir.path().join("evidence")), 0);
        std::fs::write(dir.path().join("evidence/d.incoming"), b"a power cut").unwrap();
        let _swept = Files::open(dir.path().join("evidence"), 1).unwrap();
        assert_eq!(left(&dir.path().join("evidence")), 0);
    }
}
