//! Looking into the trail: pages of records, newest first; the whole as lines; and whether it holds.

use super::Audit;
use super::files::{FilesError, Page, Reading};
use haubert_model::Timestamp;
use haubert_trust::audit::{Category, Chain, Head, Line, LogId, Outcome, PublicKey, Verdict, Verifier, read_line};
use std::io;

/// Which records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// Of this account.
    pub account: Option<String>,
    /// From this address.
    pub source: Option<String>,
    /// Of this category.
    pub category: Option<Category>,
    /// Of this action.
    pub action: Option<String>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// That hold this text anywhere, whatever its case.
    pub text: Option<String>,
}

impl Filter {
    /// Whether every record passes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn passes(&self, line: &Line, bytes: &[u8]) -> bool {
        let record = &line.record;
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(found));
        self.from.is_none_or(|from| record.at >= from)
            && self.to.is_none_or(|to| record.at < to)
            && is(&self.account, &record.actor.account)
            && is(&self.source, &record.actor.source)
            && self.category.is_none_or(|category| record.category == category)
            && is(&self.action, &record.action)
            && self.outcome.is_none_or(|outcome| record.outcome == outcome)
            && self.text.as_ref().is_none_or(|text| String::from_utf8_lossy(bytes).to_lowercase().contains(&text.to_lowercase()))
    }
}

/// What checks a log, and what is known of it.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The log.
    pub log: LogId,
    /// What checks its signatures.
    pub key: PublicKey,
    /// Heads that must be in it.
    pub heads: Vec<Head>,
}

impl Audit {
    /// What reading needs.
    pub fn reading(&self) -> Reading {
        self.files().reading()
    }

    /// What the trail must agree with: its own newest head, and those of `others`.
    pub fn proof(&self, others: impl IntoIterator<Item = Head>) -> Proof {
        let heads = self.head().into_iter().chain(others).collect();
        Proof { log: self.log(), key: self.public_key(), heads }
    }
}

/// A record with its line.
pub type Found = (Line, Vec<u8>);

/// At most `limit` records before number `before`, newest first.
///
/// # Errors
/// What the disk said.
pub fn newest_first(reading: &Reading, before: u64, limit: usize, filter: &Filter) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for index in (0..reading.len()).rev() {
        let Some(page) = reading.page(index)? else { continue };
        if page.before.seq + 1 >= before {
            continue;
        }
        for (line, bytes) in readable(page).rev() {
            if found.len() >= limit {
                return Ok(found);
            }
            if line.record.seq < before && filter.passes(&line, &bytes) {
                found.push((line, bytes));
            }
        }
    }
    Ok(found)
}

/// Records after number `after`, oldest first, until `take` says it has enough.
///
/// # Errors
/// What the disk said.
pub fn oldest_first(reading: &Reading, after: u64, filter: &Filter, mut take: impl FnMut(Found) -> bool) -> io::Result<()> {
    for index in reading.index_of(after)..reading.len() {
        let Some(page) = reading.page(index)? else { continue };
        for (line, bytes) in readable(page) {
            if line.record.seq > after && filter.passes(&line, &bytes) && !take((line, bytes)) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn readable(page: Page) -> impl DoubleEndedIterator<Item = Found> {
    page.lines.into_iter().flatten().filter_map(|bytes| read_line(&bytes).ok().map(|line| (line, bytes)))
}

/// Runs the whole chain against `proof`.
///
/// # Errors
/// What the disk said.
pub fn verify(reading: &Reading, proof: Proof) -> Result<Verdict, FilesError> {
    let mut verifier: Option<Verifier> = None;
    for index in 0..reading.len() {
        let Some(page) = reading.page(index)? else { continue };
        let verifier = verifier.get_or_insert_with(|| Verifier::new(proof.log, proof.key, page.before, proof.heads.clone()));
        for line in page.lines {
            match line {
                Some(line) => drop(verifier.push(&line)),
                None => verifier.unreadable(),
            }
        }
        if page.broken {
            verifier.unreadable();
        }
    }
    Ok(verifier.unwrap_or_else(|| Verifier::new(proof.log, proof.key, Chain::EMPTY, proof.heads)).finish())
}
