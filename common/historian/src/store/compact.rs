//! Compaction: small chunks become large ones, which take half the space.
//!
//! What age seals is small. Step by step the chunks of a part are merged into ones at least [`GROWTH`] times as long, until they
//! have [`FULL_SAMPLES`], so that each sample is rewritten once, rarely twice. A step takes a bounded number of samples.
//!
//! The hub is sent chunks in order of their cursors and each sample once. Merged chunks take over cursors of those that they
//! replace, and only chunks whose cursors the hub has acknowledged are merged: it will not ask for these again. A hub that is
//! enrolled later and asks from the beginning is sent the merged chunks. Each segment's cursors stay between two of one
//! segment before, so the stretches of cursors of segments never overlap and chunks can be read in order.

use super::archive::{self, LAST_TIER, Whole};
use super::error::{During, StoreError};
use super::known::Known;
use super::pack;
use super::read::signed;
use super::rewrite::{Loads, Old, Writer, merge};
use super::types::Compacted;
use haubert_model::RecordKind;
use rusqlite::{Connection, Transaction, params};
use std::collections::{BTreeMap, HashSet};

/// A chunk of this many samples, a day of one-minute polls, needs no more merging: larger ones are hardly smaller per sample
/// (2 % at 20,000), and who asks for a day would unpack much more than that.
pub(super) const FULL_SAMPLES: usize = 1_440;
/// Merging is worth it when chunks become so many times as long. Each merging costs as much as the sealing did: with 4 or 6 samples
/// are rewritten twice or once more. The price is that a day's small chunks wait until the day is over (4 % of a fortnight's bytes).
const GROWTH: f64 = 24.0;
/// Samples per chunk at which each tier ends.
const TIERS: [f64; LAST_TIER] = [256.0, FULL_SAMPLES as f64];
/// Most samples of one step, which bounds its time.
const STEP_SAMPLES: i64 = 4_000_000;
/// Most bytes of chunks of one step, which bounds its memory.
const STEP_BYTES: i64 = 8 * 1024 * 1024;
/// A merged chunk covers no more time than this, so that retention can delete what is old.
const MAX_SPAN_MS: i64 = 100 * 86_400_000;

/// Segments that are worth merging now.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Group {
    kind: RecordKind,
    tier: usize,
    part: u32,
}

/// What of a group's segments is merged in one step.
pub(super) struct Plan {
    group: Group,
    rows: Vec<i64>,
    /// Samples per series, nearly.
    length: f64,
}

/// Finds what to merge among segments below `below`, leaving out the groups in `skip`.
pub(super) fn plan(connection: &Connection, below: u64, skip: &HashSet<Group>) -> Result<Option<Plan>, StoreError> {
    const SELECT: &str = "SELECT high, tier, part, kind, first, last, chunks, samples, size
        FROM segment INDEXED BY segment_by_part WHERE tier < ?1 AND high < ?2 ORDER BY tier, part, first";
    let mut groups: BTreeMap<(u32, u32, String), Vec<Candidate>> = BTreeMap::new();
    let mut statement = connection.prepare_cached(SELECT).during("read")?;
    let mut rows = statement.query(params![LAST_TIER as u32, signed(below)]).during("read")?;
    while let Some(row) = rows.next().during("read")? {
        let key = (row.get(1).during("read")?, row.get(2).during("read")?, row.get(3).during("read")?);
        let candidate = Candidate {
            row: row.get(0).during("read")?,
            first: row.get(4).during("read")?,
            last: row.get(5).during("read")?,
            chunks: row.get::<_, i64>(6).during("read")?.max(1),
            samples: row.get(7).during("read")?,
            bytes: row.get(8).during("read")?,
        };
        groups.entry(key).or_default().push(candidate);
    }
    for ((tier, part, kind), candidates) in groups {
        let kind = RecordKind::from_code(&kind).unwrap_or(RecordKind::Trend);
        let group = Group { kind, tier: tier as usize, part };
        if !skip.contains(&group)
            && let Some((rows, length)) = choose(&candidates)
        {
            return Ok(Some(Plan { group, rows, length }));
        }
    }
    Ok(None)
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    row: i64,
    first: i64,
    last: i64,
    chunks: i64,
    samples: i64,
    /// Of its chunks as they travel, so a little more than it has.
    bytes: i64,
}

impl Candidate {
    fn per_chunk(&self) -> f64 {
        self.samples as f64 / self.chunks as f64
    }
}

/// The oldest run of candidates that merging makes long enough, and how long.
fn choose(candidates: &[Candidate]) -> Option<(Vec<i64>, f64)> {
    (1..=candidates.len()).find_map(|end| worth_merging(candidates.get(..end)?))
}

/// The longest run of the last of `candidates` that is worth merging and no more than a step.
fn worth_merging(candidates: &[Candidate]) -> Option<(Vec<i64>, f64)> {
    let newest = candidates.last()?.last;
    let (mut found, mut samples, mut bytes) = (None, 0, 0);
    let (mut length, mut longest) = (0.0, 0.0f64);
    for (from, candidate) in candidates.iter().enumerate().rev() {
        (samples, bytes) = (samples + candidate.samples, bytes + candidate.bytes);
        if samples > STEP_SAMPLES || bytes > STEP_BYTES || newest.saturating_sub(candidate.first) > MAX_SPAN_MS {
            break;
        }
        length += candidate.per_chunk();
        longest = longest.max(candidate.per_chunk());
        if candidates.len() - from > 1 && (length >= FULL_SAMPLES as f64 || length >= GROWTH * longest) {
            found = Some((from, length));
        }
    }
    let (from, length) = found?;
    Some((candidates.get(from..)?.iter().map(|candidate| candidate.row).collect(), length))
}

/// Merges what is planned: the segments are replaced, or nothing happens.
pub(super) fn run(transaction: &Transaction<'_>, plan: &Plan, known: &Known) -> Result<Compacted, StoreError> {
    let mut rows = plan.rows.clone();
    rows.sort_unstable();
    let segments = rows.iter().map(|row| archive::whole(transaction, *row)).collect::<Result<Vec<Whole>, _>>()?;
    let tier = TIERS.iter().position(|end| plan.length < *end).unwrap_or(LAST_TIER).max(plan.group.tier);
    let loads = Loads::of(known, tier, segments.iter().flat_map(|segment| &segment.entries));
    let mut chunks: Vec<Old<'_>> = Vec::new();
    for (segment, row) in segments.iter().zip(&rows) {
        let body = segment.body.as_slice();
        chunks.extend(segment.entries.iter().map(|entry| Old { lead: loads.lead(entry.series), row: *row, entry, body }));
    }
    chunks.sort_by_key(|chunk| (chunk.lead, chunk.entry.series, chunk.entry.frame.first, chunk.entry.cursor));
    let cursors = segments.iter().map(|segment| segment.entries.iter().map(|entry| entry.cursor).collect()).collect();
    let samples = chunks.iter().map(|chunk| chunk.entry.frame.count as usize).sum();
    let together: Vec<&[Old<'_>]> = chunks.chunk_by(|a, b| a.lead == b.lead).collect();
    let bundles = pack::on_two_cores(&together, samples, |worker, chunks| merge(worker, &loads, chunks))?;
    let mut done = Compacted { merged: chunks.len() as u64, ..Compacted::default() };
    for chunk in bundles.iter().flatten().flatten() {
        done.samples += chunk.samples as u64;
        done.into += 1;
    }
    let mut writer = Writer::new(cursors, done.into as usize);
    for (chunks, bundles) in together.iter().zip(&bundles) {
        let part = chunks.first().map_or(0, |chunk| archive::part_of(tier, chunk.lead));
        for bundle in bundles {
            writer.add(part, bundle)?;
        }
    }
    writer.close();
    for row in &rows {
        transaction.execute("DELETE FROM segment WHERE high = ?1", params![row]).during("compacted")?;
    }
    for (part, segment) in &writer.segments {
        archive::insert(transaction, plan.group.kind, tier, *part, segment)?;
    }
    Ok(done)
}

impl Plan {
    /// What it is about.
    pub(super) const fn group(&self) -> &Group {
        &self.group
    }
}
