//! Sealing: open samples leave the journal and become chunks, slice by slice, each slice in one transaction.
//!
//! The journal's rows hold many series each, so a row cannot go while one of its series stays. What stays is written anew
//! in fewer rows. To do that seldom, series that are half way to the limit are sealed along with those that are due. A slice
//! with very many samples is sealed whole whatever its series have, so that the journal stays small at large sites.

use super::archive::{self, FULL_BYTES};
use super::error::{During, StoreError};
use super::known::{Known, Open};
use super::merge::Merge;
use super::pack::{self, Packed, Worker};
use super::segment::Builder;
use super::types::{SealPolicy, Sealed};
use super::{journal, read};
use crate::{Sample, chunk};
use haubert_model::{RecordKind, SeriesId, Timestamp};
use rusqlite::{Transaction, params};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// Most samples held in memory at once while sealing (32 bytes each); more are taken in several passes.
const PASS_SAMPLES: usize = 131_072;
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
        let due = due_samples(transaction, known, selection.slice, &pass)?;
        let mut pieces: Vec<(SeriesId, Vec<Sample>)> = Vec::with_capacity(due.len());
        for (series, mut fresh) in due {
            let newest = known.open(series).sealed;
            reached.push((series, fresh.last().map_or(newest, |sample| sample.at)));
            let late = fresh.partition_point(|sample| sample.at <= newest);
            // Late samples get a chunk of their own: otherwise that chunk would overlap years of others.
            if late > 0 {
                let late: Vec<Sample> = fresh.drain(..late).collect();
                pieces.push((series, not_yet_sealed(transaction, series, &late)?));
            }
            pieces.push((series, fresh));
        }
        let total = pieces.iter().map(|(_, samples)| samples.len()).sum();
        let chunks = pack::on_two_cores(&pieces, total, |worker, (series, samples)| packed(worker, *series, samples, policy))?;
        for chunk in chunks.iter().flatten() {
            let kind = known.spec(chunk.series).map_or(RecordKind::Trend, |spec| spec.kind);
            let builder = writers.entry(kind).or_default();
            chunk.put(builder);
            sealed.chunks += 1;
            sealed.samples += chunk.samples as u64;
            if builder.bytes() >= FULL_BYTES {
                let full = std::mem::take(builder);
                archive::insert_sealed(transaction, kind, selection.slice, full, &mut counters.cursor)?;
            }
        }
    }
    for kind in RecordKind::ALL {
        let rest = writers.remove(kind).unwrap_or_default();
        archive::insert_sealed(transaction, *kind, selection.slice, rest, &mut counters.cursor)?;
    }
    archive::set_highest_cursor(transaction, counters.cursor)?;
    rewrite_journal(transaction, known, selection, &mut counters.sequence)?;
    Ok(reached)
}

/// The open samples of `pass`, which is in order, each series' in order of time.
fn due_samples(
    transaction: &Transaction<'_>,
    known: &Known,
    slice: u32,
    pass: &[SeriesId],
) -> Result<Vec<(SeriesId, Vec<Sample>)>, StoreError> {
    // By the series' place in the slice: asked for every sample.
    let mask = (1u32 << journal::SLICE_BITS) - 1;
    let mut places: Vec<Option<Merge>> = Vec::new();
    places.resize_with(1 << journal::SLICE_BITS, || None);
    for series in pass {
        if let Some(place) = places.get_mut((series.0 & mask) as usize) {
            *place = Some(Merge::with_capacity(known.open(*series).count as usize));
        }
    }
    let places = RefCell::new(places);
    let wanted = |id: SeriesId| places.borrow().get((id.0 & mask) as usize).is_some_and(Option::is_some);
    journal::visit(transaction, &journal::rows_of(slice), read::EVER, wanted, |row, id, sample| {
        if let Some(Some(place)) = places.borrow_mut().get_mut((id.0 & mask) as usize) {
            place.push(row, sample);
        }
    })?;
    Ok(pass.iter().copied().zip(places.into_inner().into_iter().flatten().map(Merge::all)).collect())
}

/// Chunks of a series, in equal parts of less than twice the limit: better than full ones and a crumb.
fn packed(worker: &mut Worker, series: SeriesId, samples: &[Sample], policy: &SealPolicy) -> Result<Vec<Packed>, StoreError> {
    let max_samples = policy.max_samples.clamp(1, chunk::MAX_SAMPLES / 2);
    let parts = (samples.len() / max_samples).max(1);
    let parts = samples.chunks(samples.len().div_ceil(parts).max(1));
    parts.filter_map(|samples| worker.pack(series, samples).transpose()).collect()
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
fn rewrite_journal(
    transaction: &Transaction<'_>,
    known: &Known,
    selection: &Selection,
    sequence: &mut i64,
) -> Result<(), StoreError> {
    let rows = journal::rows_of(selection.slice);
    let mut kept: Vec<(SeriesId, Sample)> = Vec::new();
    if selection.samples < known.open_in(selection.slice) {
        let stays = |series: SeriesId| selection.series.binary_search(&series).is_err();
        journal::visit(transaction, &rows, read::EVER, stays, |_, series, sample| kept.push((series, sample)))?;
    }
    transaction.execute("DELETE FROM journal WHERE id BETWEEN ?1 AND ?2", params![rows.start(), rows.end()]).during("sealed")?;
    journal::insert(transaction, sequence, &kept)
}
