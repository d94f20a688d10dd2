//! Sealing: open samples leave the journal and become chunks, slice by slice, each slice in one transaction.
//!
//! The journal's rows hold many series each, so a row cannot go while one of its series stays. What stays is written anew
//! in fewer rows. To do that seldom, series that are half way to the limit are sealed along with those that are due. A slice
//! with very many samples is sealed whole whatever its series have, so that the journal stays small at large sites.

use super::archive::{self, FULL_BYTES};
use super::error::{During, StoreError};
use super::known::{Known, Open};
use super::merge::Merge;
use super::segment::Builder;
use super::types::{SealPolicy, Sealed};
use super::{journal, read};
use crate::{Sample, chunk};
use haubert_model::{RecordKind, SeriesId, Timestamp};
use rusqlite::{Transaction, params};
use std::collections::{BTreeMap, HashMap};

/// Most samples held in memory at once while sealing (32 bytes each); more are taken in several passes.
const PASS_SAMPLES: usize = 500_000;
/// A slice with so many open samples is sealed.
const SLICE_SAMPLES: usize = 262_144;

/// What is sealed together: series of one slice.
pub(super) struct Selection {
    pub(super) slice: u32,
    /// In order of their numbers.
    pub(super) series: Vec<SeriesId>,
    pub(super) samples: usize,
}

/// The first slice, from `from` on, that has something due.
pub(super) fn select(known: &Known, from: u32, now: Timestamp, policy: &SealPolicy) -> Option<Selection> {
    let max_samples = policy.max_samples.clamp(1, chunk::MAX_SAMPLES);
    // Samples far in the future were stamped by a wrong clock; waiting for their time to come would keep them open for long.
    let aged = |open: &Open| open.count > 0 && now.ms_since(open.oldest).unsigned_abs() > policy.max_age_ms.unsigned_abs();
    let due = |open: &Open| open.count as usize >= max_samples || aged(open);
    known.slices().skip(from as usize).find_map(|(slice, samples, series)| {
        let all = samples >= SLICE_SAMPLES;
        if samples == 0 || !(all || series.iter().any(due)) {
            return None;
        }
        let half_way = |open: &Open| open.count as usize >= max_samples.div_ceil(2);
        let first = slice << journal::SLICE_BITS;
        let chosen = (first..).zip(series).filter(|(_, open)| open.count > 0 && (all || due(open) || half_way(open)));
        let series: Vec<SeriesId> = chosen.clone().map(|(id, _)| SeriesId(id)).collect();
        Some(Selection { slice, series, samples: chosen.map(|(_, open)| open.count as usize).sum() })
    })
}

/// Where sealing stands: cursors and journal rows given out so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counters {
    pub(super) cursor: u64,
    pub(super) sequence: i64,
}

/// Moves the selected samples from the journal to chunks. Returns how far each series is sealed.
pub(super) fn seal(
    transaction: &Transaction<'_>,
    known: &Known,
    selection: &Selection,
    policy: &SealPolicy,
    counters: &mut Counters,
    sealed: &mut Sealed,
) -> Result<Vec<(SeriesId, Timestamp)>, StoreError> {
    let mut reached = Vec::new();
    let mut writers: HashMap<RecordKind, Builder> = HashMap::new();
    for pass in passes(known, &selection.series) {
        let mut samples: BTreeMap<SeriesId, Merge> = BTreeMap::new();
        let wanted = |id: SeriesId| pass.binary_search(&id).is_ok();
        journal::visit(transaction, &journal::rows_of(selection.slice), read::EVER, wanted, |row, id, sample| {
            samples.entry(id).or_default().push(row, sample);
        })?;
        for (series, mut open) in samples {
            let kind = known.spec(series).map_or(RecordKind::Trend, |spec| spec.kind);
            let mut sorted = Vec::new();
            open.emit(Timestamp(i64::MAX), &mut |sample| {
                sorted.push(sample);
                true
            });
            let newest = known.open(series).sealed;
            reached.push((series, sorted.last().map_or(newest, |sample| sample.at)));
            let late = sorted.partition_point(|sample| sample.at <= newest);
            let (late, fresh) = sorted.split_at_checked(late).unwrap_or((&[], &sorted));
            // Late samples get a chunk of their own: otherwise that chunk would overlap years of others.
            for part in [not_yet_sealed(transaction, series, late)?.as_slice(), fresh] {
                let max_samples = policy.max_samples.clamp(1, chunk::MAX_SAMPLES / 2);
                // Equal parts of less than twice the limit: better than full ones and a crumb.
                let parts = (part.len() / max_samples).max(1);
                for samples in part.chunks(part.len().div_ceil(parts).max(1)) {
                    let builder = writers.entry(kind).or_default();
                    add(builder, series, samples)?;
                    sealed.chunks += 1;
                    sealed.samples += samples.len() as u64;
                    if builder.bytes() >= FULL_BYTES {
                        let full = std::mem::take(builder);
                        archive::insert_sealed(transaction, kind, selection.slice, full, &mut counters.cursor)?;
                    }
                }
            }
        }
    }
    for kind in RecordKind::ALL {
        let rest = writers.remove(kind).unwrap_or_default();
        archive::insert_sealed(transaction, *kind, selection.slice, rest, &mut counters.cursor)?;
    }
    archive::set_highest_cursor(transaction, counters.cursor)?;
    rewrite_journal(transaction, selection, &mut counters.sequence)?;
    Ok(reached)
}

fn passes(known: &Known, selected: &[SeriesId]) -> Vec<Vec<SeriesId>> {
    let mut passes = Vec::new();
    let (mut pass, mut total) = (Vec::new(), 0usize);
    for series in selected {
        total += known.open(*series).count as usize;
        pass.push(*series);
        if total >= PASS_SAMPLES {
            passes.push(std::mem::take(&mut pass));
            total = 0;
        }
    }
    if !pass.is_empty() {
        passes.push(pass);
    }
    passes
}

/// Encodes samples, which are in order of time, as a chunk of `builder`.
pub(super) fn add(builder: &mut Builder, series: SeriesId, samples: &[Sample]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Ok(()) };
    let bytes = chunk::encode(samples).map_err(StoreError::Seal)?;
    builder.push(series, first.at, last.at, &chunk::split(&bytes).map_err(StoreError::Seal)?);
    Ok(())
}

/// Those of the `late` samples that no chunk has as good.
fn not_yet_sealed(transaction: &Transaction<'_>, series: SeriesId, late: &[Sample]) -> Result<Vec<Sample>, StoreError> {
    let (Some(first), Some(last)) = (late.first(), late.last()) else { return Ok(Vec::new()) };
    let mut new: BTreeMap<Timestamp, Sample> = late.iter().map(|sample| (sample.at, *sample)).collect();
    read::visit_chunks(transaction, series, (first.at, last.at.plus_ms(1)), Merge::default(), &mut |sample| {
        if new.get(&sample.at).is_some_and(|late| late.rank() <= sample.rank()) {
            new.remove(&sample.at);
        }
        true
    })?;
    Ok(new.into_values().collect())
}

/// Replaces the slice's rows by what is not sealed of them, in order of arrival.
fn rewrite_journal(transaction: &Transaction<'_>, selection: &Selection, sequence: &mut i64) -> Result<(), StoreError> {
    let rows = journal::rows_of(selection.slice);
    let mut kept: Vec<(SeriesId, Sample)> = Vec::new();
    let stays = |series: SeriesId| selection.series.binary_search(&series).is_err();
    journal::visit(transaction, &rows, read::EVER, stays, |_, series, sample| kept.push((series, sample)))?;
    transaction.execute("DELETE FROM journal WHERE id BETWEEN ?1 AND ?2", params![rows.start(), rows.end()]).during("sealed")?;
    journal::insert(transaction, sequence, &kept)
}
