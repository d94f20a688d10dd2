//! Compaction: small chunks become large ones, which take half the space.
//!
//! What age seals is small. Step by step the chunks of a part are merged into ones at least four times as long, until they
//! have [`FULL_SAMPLES`], so that each sample is rewritten a few times in all. A step takes a bounded number of samples.
//!
//! The hub is sent chunks in order of their cursors and each sample once. Merged chunks take over cursors of those that they
//! replace, and only chunks whose cursors the hub has acknowledged are merged: it will not ask for these again. A hub that is
//! enrolled later and asks from the beginning is sent the merged chunks. Each segment's cursors stay between two of one
//! segment before, so the stretches of cursors of segments never overlap and chunks can be read in order.

use super::archive::{self, Bodies, FULL_BYTES, LAST_TIER, Located};
use super::error::{During, StoreError};
use super::merge::Merge;
use super::read::signed;
use super::seal;
use super::segment::{Builder, Segment};
use super::types::Compacted;
use crate::Sample;
use haubert_model::{RecordKind, SeriesId, Timestamp};
use rusqlite::{Connection, Transaction, params};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// A chunk of this many samples needs no more merging: larger ones are hardly smaller per sample.
pub(super) const FULL_SAMPLES: usize = 8_192;
/// Merging is worth it when chunks become so many times as long.
const GROWTH: f64 = 4.0;
/// Samples per chunk at which each tier ends.
const TIERS: [f64; LAST_TIER] = [256.0, 1_024.0, 4_096.0, FULL_SAMPLES as f64];
/// Most samples of one step.
const STEP_SAMPLES: i64 = 4_000_000;
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
    const SELECT: &str = "SELECT high, tier, part, kind, first, last, chunks, samples
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
}

impl Candidate {
    fn per_chunk(&self) -> f64 {
        self.samples as f64 / self.chunks as f64
    }
}

/// The oldest run of candidates that merging makes long enough, and how long.
fn choose(candidates: &[Candidate]) -> Option<(Vec<i64>, f64)> {
    let mut run: VecDeque<Candidate> = VecDeque::new();
    for candidate in candidates {
        run.push_back(*candidate);
        while let (Some(first), Some(last)) = (run.front(), run.back())
            && run.len() > 1
            && (last.last.saturating_sub(first.first) > MAX_SPAN_MS
                || run.iter().map(|candidate| candidate.samples).sum::<i64>() > STEP_SAMPLES)
        {
            run.pop_front();
        }
        let length: f64 = run.iter().map(Candidate::per_chunk).sum();
        let chunks: i64 = run.iter().map(|candidate| candidate.chunks).sum();
        let samples: i64 = run.iter().map(|candidate| candidate.samples).sum();
        let mean = samples as f64 / chunks.max(1) as f64;
        if length >= FULL_SAMPLES as f64 || length >= GROWTH * mean && run.len() >= GROWTH as usize {
            return Some((run.iter().map(|candidate| candidate.row).collect(), length));
        }
    }
    None
}

/// Merges what is planned: the segments are replaced, or nothing happens.
pub(super) fn run(transaction: &Transaction<'_>, plan: &Plan) -> Result<Compacted, StoreError> {
    let mut rows = plan.rows.clone();
    rows.sort_unstable();
    let mut by_series: BTreeMap<SeriesId, Vec<Located>> = BTreeMap::new();
    let mut cursors: VecDeque<VecDeque<u64>> = VecDeque::new();
    let mut done = Compacted::default();
    for row in &rows {
        let entries = archive::entries_of(transaction, *row)?;
        cursors.push_back(entries.iter().map(|entry| entry.cursor).collect());
        done.merged += entries.len() as u64;
        for entry in entries {
            by_series.entry(entry.series).or_default().push(Located { row: *row, entry });
        }
    }
    let tier = TIERS.iter().position(|end| plan.length < *end).unwrap_or(LAST_TIER).max(plan.group.tier);
    let mut writer = Writer { tier, cursors, part: 0, builder: Builder::default(), segments: Vec::new() };
    let mut bodies = Bodies::new(transaction);
    for (series, chunks) in by_series {
        let mut merge = Merge::default();
        for located in &chunks {
            bodies.samples(located)?.into_iter().for_each(|sample| merge.push(located.entry.cursor, sample));
        }
        let mut samples = Vec::new();
        merge.emit(Timestamp(i64::MAX), &mut |sample| {
            samples.push(sample);
            true
        });
        done.samples += samples.len() as u64;
        // Never more chunks than there were, so that the cursors suffice.
        let parts = (samples.len() / FULL_SAMPLES).clamp(1, chunks.len());
        for samples in samples.chunks(samples.len().div_ceil(parts).max(1)) {
            writer.add(series, samples)?;
            done.into += 1;
        }
    }
    writer.close();
    drop(bodies);
    for row in &rows {
        transaction.execute("DELETE FROM segment WHERE high = ?1", params![row]).during("compacted")?;
    }
    for (part, segment) in &writer.segments {
        archive::insert(transaction, plan.group.kind, tier, *part, segment)?;
    }
    Ok(done)
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
    fn add(&mut self, series: SeriesId, samples: &[Sample]) -> Result<(), StoreError> {
        let part = archive::part_of(self.tier, series);
        let left = self.cursors.front().map_or(0, VecDeque::len);
        if part != self.part || self.builder.len() >= left || self.builder.bytes() >= FULL_BYTES {
            self.close();
        }
        self.part = part;
        seal::add(&mut self.builder, series, samples)
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
