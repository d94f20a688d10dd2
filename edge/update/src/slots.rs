//! The slots on disk.
//!
//! ```text
//! <slots>/state.json      which slot runs (state)
//! <slots>/a/, <slots>/b/  a release each: its files, and metadata/ with the proof that they are the supplier's
//! <slots>/known/          what is known of the supplier's repository (haubert_bundle::Known)
//! ```

use crate::state::{Slot, State};
use haubert_bundle::known::write_durably;
use haubert_bundle::seal::{self, Broken};
use haubert_bundle::{Refusal, Verified};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Longest state read, in bytes.
const MAX_STATE: u64 = 256 * 1024;

/// Why a release could not be put into its slot.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The bundle changed under our hands.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A release is on trial.
    #[error("another release is on trial")]
    OnTrial,
    /// What was written is not what was signed.
    #[error("what was written is not what was signed: {0}")]
    NotWhole(String),
    /// The disk.
    #[error("the slot cannot be written: {0}")]
    Disk(#[from] io::Error),
}

/// The folder of slots.
#[derive(Debug, Clone)]
pub struct Slots {
    dir: PathBuf,
}

impl Slots {
    /// The slots in `dir`.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Folder of a slot.
    pub fn folder(&self, slot: Slot) -> PathBuf {
        self.dir.join(slot.name())
    }

    /// Folder of what is known of the supplier.
    pub fn known(&self) -> PathBuf {
        self.dir.join("known")
    }

    /// The state; `NotFound` before the first release.
    ///
    /// # Errors
    /// What the system said; `InvalidData` when it cannot be understood.
    pub fn load(&self) -> io::Result<State> {
        let mut bytes = Vec::new();
        File::open(self.dir.join("state.json"))?.take(MAX_STATE).read_to_end(&mut bytes)?;
        serde_json::from_slice(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Replaces the state, durably.
    ///
    /// # Errors
    /// What the system said.
    pub fn save(&self, state: &State) -> io::Result<()> {
        write_durably(&self.dir.join("state.json"), &serde_json::to_vec_pretty(state)?)
    }

    /// Loads, changes and saves; saves nothing when `change` says no. One after the other, whoever it is: the program's own tasks
    /// and its launcher.
    ///
    /// # Errors
    /// What the system said.
    pub fn update(&self, change: impl FnOnce(&mut State) -> bool) -> io::Result<bool> {
        let turn = OpenOptions::new().write(true).create(true).truncate(false).open(self.dir.join("state.lock"))?;
        // Let go when it is closed, however this ends.
        turn.lock()?;
        let mut state = self.load()?;
        let changed = change(&mut state);
        if changed {
            self.save(&state)?;
        }
        Ok(changed)
    }

    /// What is wrong with a slot; nothing when it is as it was signed.
    pub fn faults(&self, slot: Slot, supplier_root: &[u8]) -> Vec<String> {
        match seal::check(&self.folder(slot), supplier_root) {
            Ok(_) => Vec::new(),
            Err(Broken::Unsigned) => vec!["metadata: missing".to_owned()],
            Err(Broken::Tampered(files)) => files,
        }
    }

    /// Puts the first release into slot A.
    ///
    /// # Errors
    /// [`InstallError`].
    pub fn found(&self, verified: &Verified, supplier_root: &[u8]) -> Result<(), InstallError> {
        fs::create_dir_all(&self.dir)?;
        self.fill(Slot::A, verified, supplier_root)?;
        Ok(self.save(&State::first(verified.release.version.to_string()))?)
    }

    /// Puts a release into the slot that does not run, and proves it from what was written.
    ///
    /// # Errors
    /// [`InstallError`]; the running slot is as it was.
    pub fn install(&self, verified: &Verified, supplier_root: &[u8]) -> Result<(), InstallError> {
        if !self.update(State::begin_filling)? {
            return Err(InstallError::OnTrial);
        }
        let slot = self.load()?.active.other();
        self.fill(slot, verified, supplier_root)?;
        self.update(|state| {
            state.filled(verified.release.version.to_string());
            true
        })?;
        Ok(())
    }

    fn fill(&self, slot: Slot, verified: &Verified, supplier_root: &[u8]) -> Result<(), InstallError> {
        let folder = self.folder(slot);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let metadata = folder.join(seal::METADATA);
        fs::create_dir_all(&metadata)?;
        for (name, bytes) in &verified.evidence {
            let file = metadata.join(name);
            fs::write(&file, bytes)?;
            File::open(&file)?.sync_all()?;
        }
        for name in verified.files.keys() {
            let path = folder.join(name);
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            verified.archive().copy(&format!("targets/{name}"), &mut file)?;
            let mode = if *name == verified.release.product { 0o755 } else { 0o644 };
            file.set_permissions(Permissions::from_mode(mode))?;
            file.sync_all()?;
        }
        for dir in [&metadata, &folder, &self.dir] {
            File::open(dir)?.sync_all()?;
        }
        match self.faults(slot, supplier_root).as_slice() {
            [] => Ok(()),
            faults => Err(InstallError::NotWhole(faults.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program notes what has ended while a person asks for the way back: neither may undo the other.
    #[test]
    fn changes_at_once_are_made_one_after_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let slots = Slots::new(dir.path());
        slots.save(&State::first("0".to_owned())).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let count = |state: &mut State| {
                            state.version = (state.version.parse::<u32>().unwrap() + 1).to_string();
                            true
                        };
                        assert!(slots.update(count).unwrap());
                    }
                });
            }
        });
        assert_eq!(slots.load().unwrap().version, "100");
    }
}
