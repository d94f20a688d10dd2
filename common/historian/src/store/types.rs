//! What the store is asked and answers.

use crate::SeriesSpec;
use haubert_model::{RecordKind, SeriesId, Timestamp};
use std::fmt;
use zeroize::Zeroizing;

/// The 256-bit key of the file. It does not print, and is wiped when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Wraps 32 random bytes. A passphrase is no key: there is no derivation here.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// `x'…'`, as SQLCipher takes a raw key.
    pub(super) fn literal(&self) -> Zeroizing<String> {
        const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let mut text = Zeroizing::new(String::with_capacity(67));
        text.push_str("x'");
        for byte in self.0.iter() {
            for nibble in [byte >> 4, byte & 15] {
                text.extend(DIGITS.get(usize::from(nibble)));
            }
        }
        text.push('\'');
        text
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A series and how far it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesInfo {
    /// Its number in this file.
    pub id: SeriesId,
    /// What it records.
    pub spec: SeriesSpec,
    /// Time of the oldest sample.
    pub first: Option<Timestamp>,
    /// Time of the newest sample.
    pub last: Option<Timestamp>,
}

/// When open samples become chunks. A series is sealed when either limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealPolicy {
    /// Most open samples of a series. Larger chunks are smaller per sample, but compaction merges small ones later.
    pub max_samples: usize,
    /// Longest that a sample stays open, so that the hub sees slow series too.
    pub max_age_ms: i64,
}

/// What a sealing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sealed {
    /// Chunks written.
    pub chunks: u64,
    /// Samples in them.
    pub samples: u64,
    /// Samples that stay in the journal.
    pub open: u64,
    /// More is due: the call stopped at its limit.
    pub more: bool,
}

/// A chunk as it is stored and as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkRow {
    /// Position in the order of sealing; grows over all series and is never used again.
    pub cursor: u64,
    /// Whose samples.
    pub series: SeriesId,
    /// Time of the oldest sample.
    pub first: Timestamp,
    /// Time of the newest sample.
    pub last: Timestamp,
    /// How many samples.
    pub count: u32,
    /// The encoded [`chunk`](crate::chunk).
    pub bytes: Vec<u8>,
}

/// What waits after a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Chunks after the cursor.
    pub chunks: u64,
    /// Samples in them.
    pub samples: u64,
    /// Their encoded bytes; fewer for full chunks that are stored beside others of their load, as a hub enrolled late asks for.
    pub bytes: u64,
    /// Time of the oldest sample among them.
    pub oldest: Option<Timestamp>,
}

/// How many days each kind is kept (`None` is for ever), and how much disk all of it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetentionPolicy {
    /// For [`RecordKind::Index`].
    pub index_days: Option<u32>,
    /// For [`RecordKind::LoadCurve`].
    pub load_curve_days: Option<u32>,
    /// For [`RecordKind::Trend`].
    pub trend_days: Option<u32>,
    /// For [`RecordKind::State`].
    pub state_days: Option<u32>,
    /// Most bytes of the file and what is beside it; `None` is no limit. Beyond it the oldest trends go first, then load
    /// curves, states and last indexes, but never what the hub does not have.
    pub budget_bytes: Option<u64>,
}

impl RetentionPolicy {
    /// The oldest time that is kept for `kind`.
    pub(super) fn limit(&self, kind: RecordKind, now: Timestamp) -> Option<Timestamp> {
        let days = match kind {
            RecordKind::Index => self.index_days,
            RecordKind::LoadCurve => self.load_curve_days,
            RecordKind::Trend => self.trend_days,
            RecordKind::State => self.state_days,
        };
        days.map(|days| now.plus_ms(-i64::from(days) * 86_400_000))
    }
}

/// What retention removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retired {
    /// Chunks removed because of their age.
    pub chunks: u64,
    /// Samples that were in them.
    pub samples: u64,
    /// Chunks removed because of the budget.
    pub evicted_chunks: u64,
    /// Samples that were in them.
    pub evicted_samples: u64,
    /// It is still beyond its budget, because the hub does not have the rest or it is not sealed.
    pub over_budget: bool,
}

/// What retention would remove of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preview {
    /// Of which kind.
    pub kind: RecordKind,
    /// Chunks that are too old.
    pub chunks: u64,
    /// Samples in them.
    pub samples: u64,
    /// Their encoded bytes.
    pub bytes: u64,
    /// Time of the oldest sample among them.
    pub oldest: Option<Timestamp>,
    /// Time of the newest sample among them.
    pub newest: Option<Timestamp>,
    /// Encoded bytes that the budget has no room for, younger than that.
    pub evicted_bytes: u64,
}

/// What is sealed of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindStats {
    /// Which kind.
    pub kind: RecordKind,
    /// Series declared.
    pub series: u64,
    /// Chunks.
    pub chunks: u64,
    /// Samples in them.
    pub samples: u64,
    /// Their encoded bytes.
    pub bytes: u64,
    /// Time of the oldest sample in them.
    pub oldest: Option<Timestamp>,
    /// Time of the newest sample in them.
    pub newest: Option<Timestamp>,
}

/// What a step of compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Chunks that were merged.
    pub merged: u64,
    /// Chunks that they became.
    pub into: u64,
    /// Samples in them.
    pub samples: u64,
    /// More can be merged now.
    pub more: bool,
}

/// The size of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Bytes of the file and of its write-ahead log.
    pub disk_bytes: u64,
    /// Series declared.
    pub series: u64,
    /// Sealed chunks.
    pub chunks: u64,
    /// Their encoded bytes, as stored.
    pub chunk_bytes: u64,
    /// Samples, sealed and open.
    pub samples: u64,
    /// Samples still in the journal.
    pub open_samples: u64,
    /// Chunks that compaction has not yet brought to their full size.
    pub uncompacted_chunks: u64,
    /// Time of the oldest sample.
    pub oldest: Option<Timestamp>,
    /// Time of the newest sample.
    pub newest: Option<Timestamp>,
}
