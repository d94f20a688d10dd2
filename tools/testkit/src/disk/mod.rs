//! A disk under the test's control: it can lose what was not synced, lie about syncing, and fail.
//!
//! `tests/peers/disk.c`, preloaded into a program, notes what the program writes and when it syncs. After the program was
//! killed, [`Disk::cut_power`] leaves the files as a power cut could have left them.

mod cut;
mod faults;

pub use cut::Cut;
pub use faults::{Fault, Faults, Kind};

use crate::Dice;
use crate::program::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Time of an fsync, about that of a flash card.
const SYNC_US: u64 = 5_000;

/// How the disk treats what a program wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// What is synced is kept.
    Honest,
    /// It says that it synced, and did not: the negative control.
    Lying,
    /// Nothing is ever lost; only faults are made.
    Kept,
}

/// A folder watched on behalf of one program.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    side: PathBuf,
    library: PathBuf,
}

impl Disk {
    /// A disk in the folder `dir`, which is made when absent.
    ///
    /// # Errors
    /// When folders cannot be made or the C compiler (`cc`) refuses.
    pub fn new(dir: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Io { what: format!("prepare a disk in {}", dir.display()), source };
        for part in ["root", "side"] {
            std::fs::create_dir_all(dir.join(part)).map_err(failed)?;
        }
        let dir = dir.canonicalize().map_err(failed)?;
        let this = Self { root: dir.join("root"), side: dir.join("side"), library: library()? };
        Faults::create(&this.side).map_err(failed)?;
        Ok(this)
    }

    /// Where the program's files go.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What the program's environment must hold.
    pub fn environment(&self, manner: Manner) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut environment = vec![
            ("LD_PRELOAD".to_owned(), text(&self.library)),
            ("DISK_ROOT".to_owned(), text(&self.root)),
            ("DISK_SIDE".to_owned(), text(&self.side)),
            ("DISK_SYNC_US".to_owned(), SYNC_US.to_string()),
        ];
        match manner {
            Manner::Honest => {}
            Manner::Lying => environment.push(("DISK_LIES".to_owned(), "1".to_owned())),
            Manner::Kept => environment.push(("DISK_NO_LOG".to_owned(), "1".to_owned())),
        }
        environment
    }

    /// Puts the files of a program that was killed into a state that a power cut could have left.
    ///
    /// # Errors
    /// When the log cannot be read or a file cannot be changed.
    pub fn cut_power(&self, dice: &mut Dice) -> Result<Cut, Error> {
        let what = || format!("cut the power of {}", self.root.display());
        cut::cut_power(&self.root, &self.side, dice).map_err(|source| Error::Io { what: what(), source })
    }

    /// The switch for failing calls.
    pub fn faults(&self) -> Faults {
        Faults::new(&self.side)
    }
}

/// The preloaded library, compiled when it is absent or older than its source.
fn library() -> Result<PathBuf, Error> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/disk.c");
    let target = crate::tools_dir().join("libdisk.so");
    let failed = |source| Error::Io { what: "compile tests/peers/disk.c".to_owned(), source };
    let modified = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified());
    let wanted = modified(&source).map_err(failed)?;
    if modified(&target).is_ok_and(|built| built >= wanted) {
        return Ok(target);
    }
    std::fs::create_dir_all(crate::tools_dir()).map_err(failed)?;
    // Tests that start together each make one and put it in place whole.
    let own = target.with_extension(format!("{}", std::process::id()));
    let output = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-fPIC", "-shared", "-pthread", "-o"])
        .args([&own, &source])
        .arg("-ldl")
        .output()
        .map_err(failed)?;
    if !output.status.success() {
        return Err(Error::Late(format!("cc refuses tests/peers/disk.c: {}", String::from_utf8_lossy(&output.stderr))));
    }
    std::fs::rename(&own, &target).map_err(failed)?;
    Ok(target)
}
