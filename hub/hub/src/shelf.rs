//! Releases for the gateways of the fleet: kept, listed, handed out.
//!
//! The hub has none of the supplier's keys and believes nothing: it reads what a bundle says it is, to know to whom to offer it.
//! Whether it is genuine is decided by each gateway, with the supplier's root; a hub in wrong hands can hold back a release (until
//! the metadata expire and the gateways say so), and nothing more.

use haubert_bundle::archive::{MAX_BUNDLE, is_plain};
use haubert_bundle::{Archive, Refusal, Release, label};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Most releases kept.
const MAX_RELEASES: usize = 100;

/// A release on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// What it says of itself.
    pub(crate) release: Release,
    /// Bytes of its bundle.
    pub(crate) bytes: u64,
}

/// Why a bundle is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShelfError {
    /// It is no bundle.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The shelf is full.
    #[error("there are {MAX_RELEASES} releases already")]
    Full,
    /// The disk.
    #[error("{0}")]
    Disk(#[from] io::Error),
}

/// The shelf; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    dir: PathBuf,
    kept: Arc<Mutex<BTreeMap<String, Kept>>>,
}

impl Shelf {
    /// The shelf in a folder, with what lies there. What cannot be read is left alone.
    pub(crate) fn open(dir: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&dir)?;
        let mut kept = BTreeMap::new();
        for entry in std::fs::read_dir(&dir)?.flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "bundle")
                && let Ok((id, one)) = read(&entry.path())
            {
                kept.insert(id, one);
            }
        }
        Ok(Self { dir, kept: Arc::new(Mutex::new(kept)) })
    }

    /// Where a bundle that is coming in is written to.
    pub(crate) fn incoming(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.incoming"))
    }

    /// Everything, by name.
    pub(crate) fn list(&self) -> Vec<(String, Kept)> {
        self.lock().iter().map(|(id, kept)| (id.clone(), kept.clone())).collect()
    }

    /// Takes a bundle that has come whole. Blocks.
    pub(crate) fn take(&self, incoming: &Path) -> Result<(String, Kept), ShelfError> {
        let (id, kept) = read(incoming)?;
        let mut all = self.lock();
        if all.len() >= MAX_RELEASES && !all.contains_key(&id) {
            return Err(ShelfError::Full);
        }
        std::fs::rename(incoming, self.file(&id))?;
        all.insert(id.clone(), kept.clone());
        Ok((id, kept))
    }

    /// Removes a release; `false` when there is none.
    pub(crate) fn remove(&self, id: &str) -> io::Result<bool> {
        let mut all = self.lock();
        if !all.contains_key(id) {
            return Ok(false);
        }
        std::fs::remove_file(self.file(id))?;
        Ok(all.remove(id).is_some())
    }

    /// The newest release of a product for a processor.
    pub(crate) fn newest(&self, product: &str, architecture: &str) -> Option<(String, Kept)> {
        let fits = |kept: &Kept| kept.release.product == product && kept.release.architecture == architecture;
        let all = self.lock();
        all.iter()
            .filter(|(_, kept)| fits(kept))
            .max_by_key(|(_, kept)| kept.release.version)
            .map(|(id, kept)| (id.clone(), kept.clone()))
    }

    /// A piece of a bundle, at most `limit` bytes; `None` when there is none of that name. Blocks.
    pub(crate) fn piece(&self, id: &str, offset: u64, limit: usize) -> io::Result<Option<Vec<u8>>> {
        if !self.lock().contains_key(id) {
            return Ok(None);
        }
        let mut file = File::open(self.file(id))?;
        file.seek(SeekFrom::Start(offset.min(MAX_BUNDLE)))?;
        let mut bytes = Vec::with_capacity(limit);
        file.take(limit as u64).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn file(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.bundle"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a bundle says it is, and the name that makes of it.
fn read(file: &Path) -> Result<(String, Kept), Refusal> {
    let release = label(&Archive::open(file)?)?;
    let id = format!("{}-{}-{}", release.product, release.version, release.architecture);
    if !is_plain(&id) {
        return Err(Refusal::UnsafeName(id.chars().take(100).collect()));
    }
    Ok((id, Kept { release, bytes: std::fs::metadata(file)?.len() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_bundle::archive::Writer;

    fn bundle(dir: &Path, product: &str, version: &str) -> PathBuf {
        let text =
            format!(r#"{{"product":"{product}","version":"{version}","architecture":"x86_64","released_on":"2026-11-22"}}"#);
        let mut writer = Writer::new(Vec::new()).unwrap();
        writer.add("targets/release.json", text.as_bytes()).unwrap();
        let file = dir.join("incoming");
        std::fs::write(&file, writer.finish().unwrap()).unwrap();
        file
    }

    #[test]
    fn the_newest_is_offered_and_handed_out_in_pieces() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(dir.path().join("shelf")).unwrap();
        for version in ["0.9.0", "0.10.0"] {
            shelf.take(&bundle(dir.path(), "haubert-gateway", version)).unwrap();
        }
        let (id, kept) = shelf.newest("haubert-gateway", "x86_64").unwrap();
        assert_eq!(id, "haubert-gateway-0.10.0-x86_64");
        assert!(shelf.newest("haubert-gateway", "aarch64").is_none());
        let mut whole = Vec::new();
        loop {
            let piece = shelf.piece(&id, whole.len() as u64, 1000).unwrap().unwrap();
            if piece.is_empty() {
                break;
            }
            whole.extend(piece);
        }
        assert_eq!(whole.len() as u64, kept.bytes);
        // It is there after a start, and gone when removed.
        let shelf = Shelf::open(dir.path().join("shelf")).unwrap();
        assert_eq!(shelf.list().len(), 2);
        assert!(shelf.remove(&id).unwrap() && !shelf.remove(&id).unwrap());
        assert!(shelf.piece(&id, 0, 10).unwrap().is_none() && shelf.piece("../hub", 0, 10).unwrap().is_none());
    }

    #[test]
    fn what_is_no_bundle_or_has_an_odd_name_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(dir.path().join("shelf")).unwrap();
        assert!(shelf.take(&bundle(dir.path(), "../../etc", "1.0.0")).is_err());
        std::fs::write(dir.path().join("x"), [0; 4096]).unwrap();
        assert!(shelf.take(&dir.path().join("x")).is_err());
        assert!(shelf.list().is_empty());
    }
}
