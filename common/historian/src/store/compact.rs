//! Compaction: small chunks become large ones, which take half the space.
//!
//! What age seals is small. Step by step the chunks of a part are merged into ones at least [`GROWTH`] times as long, until they
//! have [`FULL_SAMPLES`], so that each sample is rewritten once or twice in all. A step takes a bounded number of samples.
//!
//! The hub is sent chunks in order of their cursors and each sample once. Merged chunks take over cursors of those that they
//! replace, and only chunks whose cursors the hub has acknowledged are merged: it will not ask for these again. A hub that is
//! enrolled later and asks from the beginning is sent the merged chunks. Each segment's cursors stay between two of one
//! segment before, so the stretches of cursors of segments never overlap and chunks can be read in order.

use super::archive::{self, FULL_BYTES, LAST_TIER, Whole, damaged_chunk};
use super::error::{During, StoreError};
use super::merge::{Merge, in_order};
use super::pack::{self, Packed, Worker};
use super::read::signed;
use super::segment::{Builder, Entry, Segment};
use super::types::Compacted;
use haubert_model::RecordKind;
use rusqlite::{Connection, Transaction, params};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// A chunk of this many samples, a day of one-minute polls, needs no more merging: larger ones are hardly smaller per sample
/// (2 % at 20,000), and who asks for a day would unpack much more than that.
pub(super) const FULL_SAMPLES: usize = 1_440;
/// Merging is worth it when chunks become so many times as long. Each merging costs as much as the sealing did: with 4 samples are
/// rewritten once more, with 24 once less, but then a day's small chunks wait.
const GROWTH: f64 = 6.0;
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
pub(super) fn run(transaction: &Transaction<'_>, plan: &Plan) -> Result<Compacted, StoreError> {
    let mut rows = plan.rows.clone();
    rows.sort_unstable();
    let segments = rows.iter().map(|row| archive::whole(transaction, *row)).collect::<Result<Vec<Whole>, _>>()?;
    let mut chunks: Vec<(&Entry, &[u8])> =
        segments.iter().flat_map(|segment| segment.entries.iter().map(|entry| (entry, segment.body.as_slice()))).collect();
    chunks.sort_by_key(|(entry, _)| (entry.series, entry.frame.first, entry.cursor));
    let cursors = segments.iter().map(|segment| segment.entries.iter().map(|entry| entry.cursor).collect()).collect();
    let samples = chunks.iter().map(|(entry, _)| entry.frame.count as usize).sum();
    let series: Vec<&[(&Entry, &[u8])]> = chunks.chunk_by(|a, b| a.0.series == b.0.series).collect();
    let merged = pack::on_two_cores(&series, samples, |worker, chunks| merge(worker, chunks))?;
    let mut done = Compacted { merged: chunks.len() as u64, ..Compacted::default() };
    let tier = TIERS.iter().position(|end| plan.length < *end).unwrap_or(LAST_TIER).max(plan.group.tier);
    let mut writer = Writer { tier, cursors, part: 0, builder: Builder::default(), segments: Vec::new() };
    for chunk in merged.iter().flatten() {
        writer.add(chunk);
        done.samples += chunk.samples as u64;
        done.into += 1;
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

/// Merges the chunks of a series, which come in order of their first times, each with the body it stands in.
fn merge(worker: &mut Worker, chunks: &[(&Entry, &[u8])]) -> Result<Vec<Packed>, StoreError> {
    let Some((first, _)) = chunks.first() else { return Ok(Vec::new()) };
    let mut samples = std::mem::take(&mut worker.samples);
    samples.clear();
    for (entry, body) in chunks {
        let damaged = |source| damaged_chunk(entry, source);
        let parts = entry.parts_in(body).map_err(damaged)?;
        samples.extend(worker.decoder.samples(&parts).map_err(damaged)?);
    }
    if !in_order(&samples) {
        let arrivals = chunks.iter().flat_map(|(entry, _)| std::iter::repeat_n(entry.cursor, entry.frame.count as usize));
        let mut merge = Merge::default();
        arrivals.zip(samples.drain(..)).for_each(|(arrival, sample)| merge.push(arrival, sample));
        samples = merge.all();
    }
    // Never more chunks than there were, so that the cursors suffice.
    let parts = (samples.len() / FULL_SAMPLES).clamp(1, chunks.len());
    let parts = samples.chunks(samples.len().div_ceil(parts).max(1));
    let packed = parts.filter_map(|samples| worker.pack(first.series, samples).transpose()).collect();
    worker.samples = samples;
    packed
}

/// Puts merged chunks into segments, with cursors of the segments that they replace.
struct Writer {
    tier: usize,
    /// Of each replaced segment, those not yet taken over.
    cursors: VecDeque<VecDeque<u64>>,
    part: u32,
    builder: Builder,
    segments: Vec<(u32, Segment)>,
}

impl Writer {
    fn add(&mut self, chunk: &Packed) {
        let part = archive::part_of(self.tier, chunk.series);
        let left = self.cursors.front().map_or(0, VecDeque::len);
        if part != self.part || self.builder.len() >= left || self.builder.bytes() >= FULL_BYTES {
            self.close();
        }
        self.part = part;
        chunk.put(&mut self.builder);
    }

    /// Ends the segment in hand.
    fn close(&mut self) {
        let builder = std::mem::take(&mut self.builder);
        let Some(left) = self.cursors.front_mut() else { return };
        let cursors: Vec<u64> = left.drain(..builder.len().min(left.len())).collect();
        self.segments.extend(builder.finish(&cursors).map(|segment| (self.part, segment)));
        if left.is_empty() {
            self.cursors.pop_front();
        }
    }
}

impl Plan {
    /// What it is about.
    pub(super) const fn group(&self) -> &Group {
        &self.group
    }
}
