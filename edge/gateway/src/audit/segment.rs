//! A segment: a file of fixed length, filled with zeros before it is used, so that writing into it needs no space from the disk.
//!
//! It begins with 64 bytes: `HAUDIT1\0`, the log's identity, sequence number (8 bytes, least significant first) and hash of the
//! record before its first. Sealed records follow, each after its length in 4 bytes; a length of zero ends them.

use haubert_trust::audit::{Chain, Cipher, Hash, LogId, MAX_LINE};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Length of the file.
pub const BYTES: usize = 1024 * 1024;
/// Length of its beginning.
pub const HEADER: usize = 64;
const MAGIC: &[u8; 8] = b"HAUDIT1\0";
/// What a sealed record says it is.
const PURPOSE: &[u8] = b"haubert audit record v1";
/// No sealed record is longer.
const MAX_FRAME: usize = MAX_LINE + 64;

/// Where a segment belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The log.
    pub log: LogId,
    /// The end of the chain before its first record.
    pub before: Chain,
}

impl Header {
    /// As it is written.
    pub fn bytes(&self) -> Vec<u8> {
        [&MAGIC[..], &self.log.0, &self.before.seq.to_le_bytes(), &self.before.hash.0].concat()
    }

    /// Reads it back; `None` when it is not one.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let part = |range: Range<usize>| bytes.get(range);
        if part(0..8)? != MAGIC {
            return None;
        }
        let seq = u64::from_le_bytes(part(24..32)?.try_into().ok()?);
        let hash = Hash(part(32..HEADER)?.try_into().ok()?);
        Some(Self { log: LogId(part(8..24)?.try_into().ok()?), before: Chain { seq, hash } })
    }
}

/// A line sealed, with its length before it; `None` when it cannot be sealed.
pub fn frame(cipher: &Cipher, line: &[u8]) -> Option<Vec<u8>> {
    let sealed = cipher.seal(PURPOSE, line)?;
    let length = u32::try_from(sealed.len()).ok()?;
    Some([&length.to_le_bytes()[..], &sealed].concat())
}

/// A line read back; `None` when it was changed.
pub fn unseal(cipher: &Cipher, sealed: &[u8]) -> Option<Vec<u8>> {
    cipher.open(PURPOSE, sealed)
}

/// What is in a segment.
#[derive(Debug, Default)]
pub struct Frames {
    /// Where each sealed record lies.
    pub at: Vec<Range<usize>>,
    /// Where the next would go.
    pub end: usize,
    /// Whether a length makes no sense, so that what follows cannot be found.
    pub broken: bool,
}

/// Finds the records of a segment's bytes.
pub fn frames(bytes: &[u8]) -> Frames {
    let mut found = Frames { end: HEADER, ..Frames::default() };
    loop {
        let length = bytes.get(found.end..found.end + 4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
        let length = usize::try_from(length.unwrap_or(0)).unwrap_or(usize::MAX);
        if length == 0 {
            return found;
        }
        let from = found.end + 4;
        if length > MAX_FRAME || from + length > bytes.len() {
            found.broken = true;
            return found;
        }
        found.at.push(from..from + length);
        found.end = from + length;
    }
}

/// Makes a file of zeros that is all on the disk.
///
/// # Errors
/// What the system said; nothing is left behind then.
pub fn make_blank(path: &Path) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let made = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        let zeros = [0u8; 64 * 1024];
        for _ in 0..BYTES / zeros.len() {
            file.write_all(&zeros)?;
        }
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        haubert_service::files::sync_folder_of(path)
    })();
    if made.is_err() {
        // Without space, what was begun must not lie in the way of others.
        let _may_be_gone = std::fs::remove_file(&temporary);
    }
    made
}

/// Opens a segment or reserve for writing in place.
///
/// # Errors
/// What the system said.
pub fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_lengths_end_the_walk() {
        let mut bytes = vec![0; BYTES];
        assert!(frames(&bytes).at.is_empty() && !frames(&bytes).broken);
        bytes[HEADER..HEADER + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(frames(&bytes).broken);
        bytes[HEADER..HEADER + 4].copy_from_slice(&8u32.to_le_bytes());
        assert_eq!(frames(&bytes).at.first(), Some(&(HEADER + 4..HEADER + 12)));
        assert!(frames(&bytes[..HEADER + 8]).broken);
        assert!(frames(&[]).at.is_empty());
        assert!(Header::read(&bytes).is_none());
    }
}
