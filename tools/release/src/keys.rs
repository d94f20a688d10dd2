//! Signing keys: Ed25519, each in a file of its own that only its owner can read.

use crate::Outcome;
use aws_lc_rs::signature::Ed25519KeyPair;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tough::key_source::{KeySource, LocalKeySource};

/// Where the keys of a supplier are. The root keys belong offline, each with another person.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Sign the root; a threshold of them is needed.
    pub root: Vec<PathBuf>,
    /// Signs the list of files.
    pub targets: PathBuf,
    /// Signs the state of the repository.
    pub snapshot: PathBuf,
    /// Signs that this is the newest state, for a short time.
    pub timestamp: PathBuf,
}

impl Keys {
    /// The keys in a folder as [`Keys::make`] names them.
    pub fn in_folder(dir: &Path, roots: u32) -> Self {
        Self {
            root: (1..=roots).map(|number| dir.join(format!("root-{number}.key"))).collect(),
            targets: dir.join("targets.key"),
            snapshot: dir.join("snapshot.key"),
            timestamp: dir.join("timestamp.key"),
        }
    }

    /// Makes new keys in a folder that has none.
    ///
    /// # Errors
    /// When a key is there already; what the system said.
    pub fn make(dir: &Path, roots: u32) -> Outcome<Self> {
        std::fs::create_dir_all(dir)?;
        let keys = Self::in_folder(dir, roots);
        for file in keys.root.iter().chain([&keys.targets, &keys.snapshot, &keys.timestamp]) {
            make(file)?;
        }
        Ok(keys)
    }
}

/// Makes one key.
///
/// # Errors
/// When the file is there already; what the system said.
pub fn make(file: &Path) -> Outcome<()> {
    let pair = Ed25519KeyPair::generate().map_err(|_| "cannot draw a key")?;
    let bytes = pair.to_pkcs8v1().map_err(|_| "cannot write a key")?;
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    out.write_all(bytes.as_ref())?;
    Ok(out.sync_all()?)
}

pub(crate) fn sources<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Vec<Box<dyn KeySource>> {
    files.into_iter().map(|path| Box::new(LocalKeySource { path: path.clone() }) as Box<dyn KeySource>).collect()
}
