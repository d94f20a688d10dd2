//! Makes chosen calls of a running program fail. The layout is that of `enum slot` in `tests/peers/disk.c`.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Kind {
    /// `write`, `pwrite`, `writev`.
    Write = 1,
    /// `fsync`, `fdatasync`.
    Sync = 2,
    /// `open`.
    Open = 3,
    /// `rename`, `unlink`, `link`, `mkdir`.
    Name = 4,
    /// `ftruncate`.
    Truncate = 5,
    /// `read`, `pread`.
    Read = 6,
}

impl Kind {
    /// Those that change what is on the disk.
    pub const CHANGES: [Self; 4] = [Self::Write, Self::Sync, Self::Name, Self::Truncate];
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `ENOSPC`.
    Full,
    /// `EIO`.
    Broken,
    /// `EINTR`.
    Interrupted,
    /// Half is written, and so said.
    Short,
    /// The program is killed instead.
    End,
}

impl Fault {
    const fn code(self) -> u64 {
        match self {
            Self::Full => 28,
            Self::Broken => 5,
            Self::Interrupted => 4,
            Self::Short => 0,
            Self::End => 1000,
        }
    }
}

const SLOTS: u64 = 64;
const MASK: u64 = 0;
const COUNTDOWN: u64 = 1;
const ERROR: u64 = 2;
const REPEAT: u64 = 3;
const FIRED: u64 = 4;
const CALLS: u64 = 8;

/// The switch.
#[derive(Debug)]
pub struct Faults {
    path: PathBuf,
}

impl Faults {
    pub(super) fn create(side: &Path) -> io::Result<()> {
        File::create(side.join("faults"))?.set_len(SLOTS * 8)
    }

    pub(super) fn new(side: &Path) -> Self {
        Self { path: side.join("faults") }
    }

    /// From now on, the `nth` call (from 1) of one of these kinds fails, and so do those after it until `times` have failed.
    ///
    /// # Errors
    /// When the switch cannot be written.
    pub fn arm(&self, kinds: &[Kind], nth: u64, fault: Fault, times: u64) -> io::Result<()> {
        self.put(MASK, 0)?;
        for (slot, value) in [(COUNTDOWN, nth), (ERROR, fault.code()), (REPEAT, times), (FIRED, 0)] {
            self.put(slot, value)?;
        }
        self.put(MASK, kinds.iter().fold(0, |mask, kind| mask | 1 << (*kind as u64)))
    }

    /// No call fails any more.
    ///
    /// # Errors
    /// When the switch cannot be written.
    pub fn disarm(&self) -> io::Result<()> {
        self.put(MASK, 0)
    }

    /// How many have failed since armed.
    ///
    /// # Errors
    /// When the switch cannot be read.
    pub fn fired(&self) -> io::Result<u64> {
        self.get(FIRED)
    }

    /// How many calls of a kind there were.
    ///
    /// # Errors
    /// When the switch cannot be read.
    pub fn calls(&self, kind: Kind) -> io::Result<u64> {
        self.get(CALLS + kind as u64)
    }

    fn put(&self, slot: u64, value: u64) -> io::Result<()> {
        OpenOptions::new().write(true).open(&self.path)?.write_all_at(&value.to_le_bytes(), slot * 8)
    }

    fn get(&self, slot: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        File::open(&self.path)?.read_exact_at(&mut bytes, slot * 8)?;
        Ok(u64::from_le_bytes(bytes))
    }
}
