//! What is known of the supplier's repository: the newest root, the newest metadata, the latest time.
//!
//! A folder of small files, each replaced durably, so that a power cut never makes an old bundle new again. `tough` works on a
//! copy of it; what it has found is kept only when everything else was good too, except a newer root: keys that were replaced
//! must be forgotten at once, whatever else the bundle holds.

use crate::Refusal;
use crate::archive::MAX_METADATA;
use haubert_model::Timestamp;
use serde::Deserialize;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tough::schema::{Root, Signed};

/// Metadata that `tough` keeps, besides the root.
const KEPT: [&str; 3] = ["timestamp.json", "snapshot.json", "targets.json"];
const ROOT: &str = "root.json";
const TIME: &str = "latest-time";

/// The folder.
#[derive(Debug, Clone)]
pub struct Known {
    dir: PathBuf,
    /// The trusted root's bytes.
    root: Vec<u8>,
}

impl Known {
    /// Opens the folder, making it when needed. `pinned` is the root that came with the program or was configured; the newer of
    /// it and the stored one is trusted.
    ///
    /// # Errors
    /// [`Refusal::NoSupplierKey`] when `pinned` is empty or no root; what the disk says.
    pub fn open(dir: &Path, pinned: &[u8]) -> Result<Self, Refusal> {
        let pinned_version = self_signed_version(pinned).ok_or(Refusal::NoSupplierKey)?;
        fs::create_dir_all(dir)?;
        let stored = read_if_there(&dir.join(ROOT))?;
        let root = match stored {
            Some(stored) if self_signed_version(&stored).is_some_and(|version| version > pinned_version) => stored,
            _ => pinned.to_owned(),
        };
        Ok(Self { dir: dir.to_owned(), root })
    }

    /// The trusted root.
    pub(crate) fn root(&self) -> &[u8] {
        &self.root
    }

    /// Metadata as last trusted.
    pub(crate) fn stored(&self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        Ok(read_if_there(&self.dir.join(name))?)
    }

    /// The later of `now` and every time seen before: a clock that was set back does not bring back what has expired.
    ///
    /// # Errors
    /// What the disk says.
    pub fn latest_time(&self, now: Timestamp) -> Result<Timestamp, Refusal> {
        let seen = read_if_there(&self.dir.join(TIME))?.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok());
        let latest = seen.map_or(now, |seen| now.max(Timestamp(seen)));
        if seen != Some(latest.as_millis()) {
            write_durably(&self.dir.join(TIME), format!("{}\n", latest.as_millis()).as_bytes())?;
        }
        Ok(latest)
    }

    /// A folder for `tough` with a copy of what is known.
    pub(crate) fn stage(&self) -> Result<Stage, Refusal> {
        let dir = self.dir.join("stage");
        let stage = Stage { dir };
        stage.clear()?;
        fs::create_dir_all(&stage.dir)?;
        for name in KEPT {
            if let Some(bytes) = self.stored(name)? {
                fs::write(stage.dir.join(name), bytes)?;
            }
        }
        Ok(stage)
    }

    /// Keeps the stage's root when it is newer.
    pub(crate) fn keep_root(&mut self, stage: &Stage) -> Result<(), Refusal> {
        let newer = stage.read(ROOT)?.filter(|found| self_signed_version(found) > self_signed_version(&self.root));
        if let Some(root) = newer {
            write_durably(&self.dir.join(ROOT), &root)?;
            // As the specification says (5.3.11): a thief's metadata with high numbers must not outlive the thief's key.
            for name in KEPT {
                if stage.read(name)?.is_none() {
                    remove_if_there(&self.dir.join(name))?;
                }
            }
            self.root = root;
        }
        Ok(())
    }

    /// Keeps all of the stage.
    pub(crate) fn keep(&mut self, stage: &Stage) -> Result<(), Refusal> {
        self.keep_root(stage)?;
        for name in KEPT {
            if let Some(bytes) = stage.read(name)? {
                write_durably(&self.dir.join(name), &bytes)?;
            }
        }
        Ok(())
    }
}

/// The copy that `tough` works on; gone with this value.
pub(crate) struct Stage {
    pub(crate) dir: PathBuf,
}

impl Stage {
    fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        read_if_there(&self.dir.join(name))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What stays is removed at the next start.
        let _stays = self.clear();
    }
}

/// A root's version, when it is signed by its own keys.
pub fn self_signed_version(bytes: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Any {}
    // An empty file is the usual way to have no key.
    let _any: Any = serde_json::from_slice(bytes).ok()?;
    let root: Signed<Root> = serde_json::from_slice(bytes).ok()?;
    root.signed.verify_role(&root).ok()?;
    Some(root.signed.version.get())
}

fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_METADATA * 2).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Replaces a small file: readers see the old or the new content, and after this returns the new even after a power cut.
///
/// # Errors
/// What the system said.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
