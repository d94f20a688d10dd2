//! What a power cut leaves, or sometimes only the end of a program. The layout of the log is that of `struct head` in `tests/peers/disk.c`.
//!
//! Everything the program did since it started is undone, last first; then what was synced is done again, and of the rest any
//! part: whole writes, single sectors of a write, in disregard of their order, since a disk writes in the order it likes. Changes of
//! names (creating, renaming, removing) that were not synced with their folder survive up to some point, as in a journalling
//! file system.

use crate::Dice;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

const MAGIC: u32 = 0x4B53_4944;
const HEAD: usize = 64;
/// Unit that a disk writes whole.
const SECTOR: usize = 512;

/// What a power cut did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    /// Changes that were synced, and kept.
    pub synced: usize,
    /// Changes that were not, and lost wholly or in part.
    pub lost: usize,
    /// Changes that were not, and kept all the same.
    pub spared: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Data,
    Create,
    Mkdir,
    Rename,
    Unlink,
    Link,
}

#[derive(Debug)]
struct Record {
    change: Change,
    number: u64,
    file: u64,
    offset: u64,
    old_size: u64,
    new_size: u64,
    old: Vec<u8>,
    new: Vec<u8>,
    first: PathBuf,
    second: PathBuf,
    synced: bool,
    /// A failed fsync covered it: no later one writes it.
    forgotten: bool,
}

pub(super) fn cut_power(root: &Path, side: &Path, dice: &mut Dice) -> io::Result<Cut> {
    let log = match fs::read(side.join("log")) {
        Ok(log) => log,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Cut::default()),
        Err(error) => return Err(error),
    };
    let records = parse(&log)?;
    let mut cut = Cut::default();
    // Now and then only the program died and the machine goes on; what was not synced may still be lost at the next cut.
    if dice.percent(20) {
        return Ok(cut);
    }
    restore_data(&records, root, side, dice, &mut cut)?;
    undo_names(&records, side, dice, &mut cut)?;
    spoil_indexes(root, dice)?;
    for entry in fs::read_dir(side)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "log" || name.as_bytes().starts_with(b"kept-") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(cut)
}

/// Reads the log; a record that was being written when the program was killed ends it, for the change itself had not begun.
fn parse(log: &[u8]) -> io::Result<Vec<Record>> {
    let mut records: Vec<Record> = Vec::new();
    let mut rest = log;
    while let Some((head, body)) = rest.split_at_checked(HEAD) {
        let word = |at: usize| head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
        let long = |at: usize| head.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
        if word(0) != MAGIC {
            return Err(io::Error::new(ErrorKind::InvalidData, "the disk's log is damaged"));
        }
        let mut body = body;
        let mut take = |length: u32| {
            let (taken, left) = body.split_at_checked(length as usize)?;
            body = left;
            Some(taken.to_vec())
        };
        let parts = (take(word(48)), take(word(52)), take(word(56)), take(word(60)));
        let (Some(old), Some(new), Some(first), Some(second)) = parts else { break };
        rest = body;
        let (kind, number, file, offset) = (word(4), long(8), long(16), long(24));
        let change = match kind {
            1 => Change::Data,
            3 => Change::Create,
            4 => Change::Mkdir,
            5 => Change::Rename,
            6 => Change::Unlink,
            7 => Change::Link,
            2 | 8 => {
                for record in records.iter_mut().filter(|record| record.file == file && record.number <= offset) {
                    let is_data = record.change == Change::Data;
                    record.forgotten |= kind == 8 && is_data && !record.synced;
                    record.synced |= kind == 2 && !record.forgotten;
                }
                continue;
            }
            other => return Err(io::Error::new(ErrorKind::InvalidData, format!("the disk's log has a record of kind {other}"))),
        };
        let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
        let (old_size, new_size) = (long(32), long(40));
        let (first, second) = (path(&first), path(&second));
        records.push(Record {
            change,
            number,
            file,
            offset,
            old_size,
            new_size,
            old,
            new,
            first,
            second,
            synced: false,
            forgotten: false,
        });
    }
    Ok(records)
}

fn restore_data(records: &[Record], root: &Path, side: &Path, dice: &mut Dice, cut: &mut Cut) -> io::Result<()> {
    let changes = || records.iter().filter(|record| record.change == Change::Data);
    let wanted: HashSet<u64> = changes().map(|record| record.file).collect();
    let mut files = HashMap::new();
    for folder in [root, side] {
        open_all(folder, &wanted, &mut files)?;
    }
    for record in records.iter().rev().filter(|record| record.change == Change::Data) {
        // A file that is gone for good needs no content.
        let Some(file) = files.get(&record.file) else { continue };
        file.set_len(record.old_size)?;
        file.write_all_at(&record.old, record.offset)?;
    }
    // One cut loses all that it can, the next little.
    let chance = [0, 50, 90][dice.between(0, 3) as usize];
    for record in changes() {
        let Some(file) = files.get(&record.file) else { continue };
        let is_cut = record.new.is_empty();
        if record.synced {
            cut.synced += 1;
        } else if !dice.percent(chance) {
            cut.lost += 1;
            continue;
        } else if !is_cut && dice.percent(50) {
            cut.lost += 1;
            for (at, sector) in (record.offset..).step_by(SECTOR).zip(record.new.chunks(SECTOR)) {
                if dice.percent(50) {
                    file.write_all_at(sector, at)?;
                }
            }
            continue;
        } else {
            cut.spared += 1;
        }
        if is_cut {
            file.set_len(record.new_size)?;
        } else {
            file.write_all_at(&record.new, record.offset)?;
        }
    }
    Ok(())
}

fn open_all(folder: &Path, wanted: &HashSet<u64>, files: &mut HashMap<u64, File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        if found.is_dir() {
            open_all(&entry.path(), wanted, files)?;
        } else if wanted.contains(&found.ino()) {
            files.insert(found.ino(), OpenOptions::new().read(true).write(true).open(entry.path())?);
        }
    }
    Ok(())
}

fn undo_names(records: &[Record], side: &Path, dice: &mut Dice, cut: &mut Cut) -> io::Result<()> {
    let loose: Vec<&Record> = records.iter().filter(|record| record.change != Change::Data && !record.synced).collect();
    let spared = dice.between(0, loose.len() as u64 + 1) as usize;
    cut.spared += spared;
    cut.lost += loose.len() - spared;
    for record in loose.get(spared..).unwrap_or_default().iter().rev() {
        let kept = side.join(format!("kept-{}", record.number));
        let undone = match record.change {
            Change::Data => Ok(()),
            Change::Create => fs::remove_file(&record.first),
            Change::Mkdir => fs::remove_dir_all(&record.first),
            Change::Link => fs::remove_file(&record.second),
            Change::Unlink => fs::hard_link(&kept, &record.first),
            Change::Rename => fs::rename(&record.second, &record.first)
                .and_then(|()| if record.offset == 0 { Ok(()) } else { fs::hard_link(&kept, &record.second) }),
        };
        match undone {
            // The kill came between the note and the change: there is nothing to undo.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => {}
            other => other?,
        }
    }
    Ok(())
}

/// SQLite's shared-memory indexes hold anything after a power cut; they must not matter.
fn spoil_indexes(folder: &Path, dice: &mut Dice) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.metadata()?.is_dir() {
            spoil_indexes(&path, dice)?;
        } else if path.as_os_str().as_bytes().ends_with(b"-shm") {
            match dice.between(0, 3) {
                0 => fs::remove_file(&path)?,
                1 => {
                    let mut bytes = fs::read(&path)?;
                    bytes.iter_mut().for_each(|byte| *byte = dice.roll() as u8);
                    fs::write(&path, bytes)?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}
