//! Records as lines: writing the next of a chain, reading one back.

use super::head::Signature;
use super::{ClockState, Entry, Hash, Head, LogId, PublicKey, Record, Signer};
use haubert_model::Timestamp;

/// Longest line, in bytes. What is longer is shortened where it is made.
pub const MAX_LINE: usize = 64 * 1024;

/// `,"hash":"` … `","sig":"` … `"}`: always of this length.
const TAIL: usize = 9 + 64 + 9 + 88 + 2;

/// Why a line is not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Longer than [`MAX_LINE`], or shorter than any.
    #[error("the line does not have the length of a record")]
    Length,
    /// Its end is not a hash and a signature.
    #[error("the line does not end with hash and signature")]
    Tail,
    /// It is not a record.
    #[error("the line is not a record: {0}")]
    Record(String),
}

/// A record with what proves it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it says.
    pub record: Record,
    /// The hash it claims.
    pub hash: Hash,
    /// The hash of what it says.
    pub(super) actual: Hash,
    pub(super) sig: Signature,
}

impl Line {
    /// Whether it says what `key` signed, in `log`.
    pub fn is_signed_by(&self, log: LogId, key: &PublicKey) -> bool {
        self.actual == self.hash && self.head(log).is_signed_by(key)
    }

    /// The record as a head of `log`.
    pub const fn head(&self, log: LogId) -> Head {
        Head { log, seq: self.record.seq, hash: self.hash, sig: self.sig }
    }
}

/// Reads a line, without checking what it proves.
///
/// # Errors
/// [`LineError`].
pub fn read_line(line: &[u8]) -> Result<Line, LineError> {
    let said = line.len().checked_sub(TAIL).filter(|_| line.len() <= MAX_LINE).ok_or(LineError::Length)?;
    let (said, tail) = line.split_at_checked(said).ok_or(LineError::Length)?;
    let tail = std::str::from_utf8(tail).map_err(|_| LineError::Tail)?;
    let parts = tail.strip_prefix(",\"hash\":\"").and_then(|rest| rest.strip_suffix("\"}"));
    let (hash, sig) = parts.and_then(|parts| parts.split_once("\",\"sig\":\"")).ok_or(LineError::Tail)?;
    let (hash, sig) = (hash.parse().map_err(|_| LineError::Tail)?, sig.parse().map_err(|_| LineError::Tail)?);
    let canonical = [said, b"}"].concat();
    let record = serde_json::from_slice(&canonical).map_err(|error| LineError::Record(error.to_string()))?;
    Ok(Line { record, hash, actual: Hash::of(&canonical), sig })
}

/// The end of a chain, where the next record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// Sequence number of the newest record; 0 when there is none.
    pub seq: u64,
    /// Its hash; zeros when there is none.
    pub hash: Hash,
}

impl Chain {
    /// A chain without records.
    pub const EMPTY: Self = Self { seq: 0, hash: Hash([0; 32]) };

    /// The line of the next record, and the head it is; the chain then ends with it. What is too long for a line loses its
    /// before and after, and says so.
    ///
    /// # Errors
    /// When the entry cannot be written as JSON.
    pub fn next(
        &mut self,
        entry: Entry,
        at: Timestamp,
        clock: ClockState,
        signer: &Signer,
    ) -> Result<(Vec<u8>, Head), serde_json::Error> {
        let Entry { actor, category, action, target, outcome, before, after, details } = entry;
        let mut record = Record {
            seq: self.seq + 1,
            at,
            clock,
            actor,
            category,
            action,
            target,
            outcome,
            before,
            after,
            details,
            prev: self.hash,
        };
        let mut canonical = serde_json::to_vec(&record)?;
        if canonical.len() + TAIL > MAX_LINE {
            let (before, after) = (record.before.take(), record.after.take());
            for (name, value) in [("before", before), ("after", after)] {
                if let Some(value) = value {
                    record.details.insert(format!("{name}_sha256"), Hash::of(&serde_json::to_vec(&value)?).to_string());
                }
            }
            canonical = serde_json::to_vec(&record)?;
        }
        if canonical.len() + TAIL > MAX_LINE {
            record.details = [("too_long".to_owned(), canonical.len().to_string())].into();
            record.target = None;
            canonical = serde_json::to_vec(&record)?;
        }
        let hash = Hash::of(&canonical);
        let head = signer.sign(record.seq, hash);
        let _brace = canonical.pop();
        canonical.extend_from_slice(format!(",\"hash\":\"{hash}\",\"sig\":\"{}\"}}", head.sig).as_bytes());
        *self = Self { seq: record.seq, hash };
        Ok((canonical, head))
    }
}
