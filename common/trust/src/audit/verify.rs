//! Finding the first record that is not what it was.
//!
//! Lines come in one by one, in the order in which they are kept; the place of each says which number it must have. Whoever has
//! no key cannot make a line that passes, so a changed line is bad at its own place, a removed one at the place where another
//! stands, a moved one where it is missing. What is missing at the end shows against a head that was kept elsewhere.

use super::line::{Line, read_line};
use super::{Category, Chain, Hash, Head, LogId, PublicKey};
use std::ops::Range;

/// Action of the record that says up to which number (`through`) old records were given up.
pub const ROTATED: &str = "rotated";

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It cannot be read.
    Unreadable,
    /// It does not say what was signed.
    Edited,
    /// It is not there.
    Missing,
    /// It stands elsewhere.
    Moved,
    /// It was signed, but does not follow the record before it.
    Unconnected,
    /// It is not there, and was one of the oldest: nothing says that they were given up.
    FrontMissing,
    /// It is not there, nor any after it, but a head kept elsewhere proves that there were.
    Truncated,
    /// A head kept elsewhere proves another record at this place: the log was rolled back and written anew.
    Contradicted,
    /// A head kept elsewhere is of another log: this one was begun anew.
    OtherLog,
}

impl FaultKind {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Moved => "moved",
            Self::Unconnected => "unconnected",
            Self::FrontMissing => "front_missing",
            Self::Truncated => "truncated",
            Self::Contradicted => "contradicted",
            Self::OtherLog => "other_log",
        }
    }
}

/// The first bad record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Its sequence number.
    pub seq: u64,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The first bad record; `None` when all hold.
    pub fault: Option<Fault>,
    /// Records looked at.
    pub records: u64,
    /// Number of the first record that is kept; 0 when there is none.
    pub first: u64,
    /// Number of the newest good record before any bad one; 0 when there is none.
    pub verified_to: u64,
    /// Highest head kept elsewhere that agrees; 0 when none was given or none agrees.
    pub agreed: u64,
}

impl Verdict {
    /// The newest of `heads` that agrees; 0 when none does.
    pub fn newest_agreeing(&self, heads: &[Head]) -> u64 {
        heads.iter().map(|head| head.seq).filter(|seq| (self.first..=self.agreed).contains(seq)).max().unwrap_or(0)
    }
}

/// Looks at a log from its oldest record on.
#[derive(Debug, Clone)]
pub struct Verifier {
    log: LogId,
    key: PublicKey,
    /// In order of their numbers.
    heads: Vec<Head>,
    first: u64,
    expected: u64,
    prev: Option<Hash>,
    records: u64,
    verified_to: u64,
    agreed: u64,
    given_up: u64,
    gap: Range<u64>,
    fault: Option<Fault>,
}

impl Verifier {
    /// For the log of this identity and key, whose first line should follow `before`; `heads` were kept elsewhere, and those that
    /// `key` did not sign prove nothing.
    pub fn new(log: LogId, key: PublicKey, before: Chain, mut heads: Vec<Head>) -> Self {
        heads.retain(|head| head.is_signed_by(&key));
        heads.sort_by_key(|head| head.seq);
        let first = before.seq + 1;
        let fault = heads.iter().any(|head| head.log != log).then_some(Fault { seq: first, kind: FaultKind::OtherLog });
        Self {
            log,
            key,
            heads,
            first,
            expected: first,
            prev: Some(before.hash),
            records: 0,
            verified_to: 0,
            agreed: 0,
            given_up: 0,
            gap: 0..0,
            fault,
        }
    }

    /// Takes one more head, as it stands at the end of an exported file.
    pub fn also(&mut self, head: Head) {
        if head.log == self.log && head.is_signed_by(&self.key) {
            let at = self.heads.partition_point(|other| other.seq <= head.seq);
            self.heads.insert(at, head);
        }
    }

    /// As it is, against other heads: so that tests need not look at a thousand records a thousand times.
    #[cfg(test)]
    pub(super) fn with_heads(mut self, heads: &[Head]) -> Self {
        self.heads = heads.to_vec();
        self
    }

    /// Takes the next line. Gives the record when it is good.
    pub fn push(&mut self, bytes: &[u8]) -> Option<Line> {
        let Ok(line) = read_line(bytes) else {
            self.unreadable();
            return None;
        };
        let seq = line.record.seq;
        if !line.is_signed_by(self.log, &self.key) {
            self.bad(self.expected, FaultKind::Edited);
            self.step(self.expected, None);
            return None;
        }
        self.records += 1;
        if seq < self.expected {
            self.out_of_place(seq);
            return None;
        }
        if seq > self.expected {
            if self.fault.is_none() {
                self.gap = self.expected..seq;
            }
            self.bad(self.expected, FaultKind::Missing);
        } else if self.prev.is_some_and(|prev| prev != line.record.prev) {
            self.bad(seq, FaultKind::Unconnected);
        }
        self.compare(seq, line.hash);
        if line.record.category == Category::AuditLog && line.record.action == ROTATED {
            let through = line.record.details.get("through").and_then(|text| text.parse().ok()).unwrap_or(0);
            self.given_up = self.given_up.max(through);
        }
        if self.fault.is_none() {
            self.verified_to = seq;
        }
        self.step(seq, Some(line.hash));
        Some(line)
    }

    /// Takes note that what should be the next line cannot be read.
    pub fn unreadable(&mut self) {
        self.bad(self.expected, FaultKind::Unreadable);
        self.step(self.expected, None);
    }

    /// The verdict.
    pub fn finish(mut self) -> Verdict {
        // What lies further ahead is told first.
        if self.first > 1 && self.given_up + 1 < self.first {
            let front = Fault { seq: self.given_up + 1, kind: FaultKind::FrontMissing };
            if self.fault.is_none_or(|fault| fault.seq > front.seq) {
                self.fault = Some(front);
            }
        }
        let end = self.expected;
        if self.heads.last().is_some_and(|head| head.log == self.log && head.seq >= end) {
            self.bad(end, FaultKind::Truncated);
        }
        Verdict {
            fault: self.fault,
            records: self.records,
            first: if self.records == 0 { 0 } else { self.first },
            verified_to: self.verified_to,
            agreed: self.agreed,
        }
    }

    fn compare(&mut self, seq: u64, hash: Hash) {
        let at = self.heads.partition_point(|head| head.seq < seq);
        let own = self.heads.iter().skip(at).take_while(|head| head.seq == seq);
        match own.fold(None, |agree: Option<bool>, head| Some(agree.unwrap_or(true) && head.hash == hash)) {
            Some(true) if self.fault.is_none() => self.agreed = seq,
            Some(false) => self.bad(seq, FaultKind::Contradicted),
            _ => {}
        }
    }

    /// A good record where it does not belong: what seemed missing is not gone.
    fn out_of_place(&mut self, seq: u64) {
        match &mut self.fault {
            Some(fault) if fault.kind == FaultKind::Missing && self.gap.contains(&seq) => fault.kind = FaultKind::Moved,
            Some(_) => {}
            None => self.bad(seq, FaultKind::Moved),
        }
    }

    fn bad(&mut self, seq: u64, kind: FaultKind) {
        if self.fault.is_none() {
            self.fault = Some(Fault { seq, kind });
        }
    }

    fn step(&mut self, seq: u64, hash: Option<Hash>) {
        self.expected = seq + 1;
        self.prev = hash;
    }
}
