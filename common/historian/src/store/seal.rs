//! Sealing: open samples leave the journal and become chunks, in one transaction.
//!
//! The journal's rows hold many series each, so a row cannot go while one of its series stays. What stays is written anew
//! in fewer rows. To do that seldom, series that are half way to the limit are sealed along with those that are due.

use super::error::{During, StoreError};
use super::read;
use super::types::{SealPolicy, Sealed};
use super::{OpenSeries, ROW_SAMPLES, insert_batch};
use crate::{Sample, batch, chunk};
use haubert_model::{SeriesId, Timestamp};
use rusqlite::{Transaction, params};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Most samples held in memory at once while sealing (32 bytes each); more are taken in several passes.
const PASS_SAMPLES: usize = 500_000;

/// The series to seal now: none, or all that are due and those half way there.
pub(super) fn select(open: &BTreeMap<SeriesId, OpenSeries>, now: Timestamp, policy: &SealPolicy) -> BTreeSet<SeriesId> {
    let max_samples = policy.max_samples.clamp(1, chunk::MAX_SAMPLES);
    // Samples far in the future were stamped by a wrong clock; waiting for their time to come would keep them open for long.
    let due = |series: &OpenSeries| {
        series.count >= max_samples || now.ms_since(series.oldest).unsigned_abs() > policy.max_age_ms.unsigned_abs()
    };
    if !open.values().any(due) {
        return BTreeSet::new();
    }
    let half_way = |series: &OpenSeries| series.count >= max_samples.div_ceil(2);
    open.iter().filter(|(_, series)| due(series) || half_way(series)).map(|(id, _)| *id).collect()
}

/// Moves the samples of `selected` from the journal to chunks.
pub(super) fn seal(
    transaction: &Transaction<'_>,
    open: &BTreeMap<SeriesId, OpenSeries>,
    selected: &BTreeSet<SeriesId>,
    policy: &SealPolicy,
) -> Result<Sealed, StoreError> {
    let mut sealed = Sealed::default();
    for pass in passes(open, selected) {
        let mut samples: BTreeMap<SeriesId, Vec<Sample>> = BTreeMap::new();
        read::journal(
            transaction,
            Timestamp(i64::MIN),
            Timestamp(i64::MAX),
            |id| pass.contains(&id),
            |_, id, sample| {
                samples.entry(id).or_default().push(sample);
            },
        )?;
        for (series, samples) in samples {
            write_chunks(transaction, series, samples, policy, &mut sealed)?;
        }
    }
    sealed.open = rewrite_journal(transaction, selected)?;
    Ok(sealed)
}

fn passes(open: &BTreeMap<SeriesId, OpenSeries>, selected: &BTreeSet<SeriesId>) -> Vec<BTreeSet<SeriesId>> {
    let mut passes = Vec::new();
    let (mut pass, mut total) = (BTreeSet::new(), 0usize);
    for series in selected {
        total += open.get(series).map_or(0, |series| series.count);
        pass.insert(*series);
        if total >= PASS_SAMPLES {
            passes.push(std::mem::take(&mut pass));
            total = 0;
        }
    }
    passes.push(pass);
    passes
}

fn write_chunks(
    transaction: &Transaction<'_>,
    series: SeriesId,
    mut samples: Vec<Sample>,
    policy: &SealPolicy,
    sealed: &mut Sealed,
) -> Result<(), StoreError> {
    // Stable sort, then the first of each time: what came first counts.
    samples.sort_by_key(|sample| sample.at);
    samples.dedup_by_key(|sample| sample.at);
    let newest: Option<i64> = transaction
        .query_row("SELECT max(last) FROM chunk WHERE series = ?1", params![series.0], |row| row.get(0))
        .during("sealed")?;
    let late = newest.map_or(0, |newest| samples.partition_point(|sample| sample.at.0 <= newest));
    let (late, fresh) = samples.split_at_checked(late).unwrap_or((&[], &samples));
    // Late samples get a chunk of their own: otherwise that chunk would overlap years of others.
    for part in [not_yet_sealed(transaction, series, late)?.as_slice(), fresh] {
        let max_samples = policy.max_samples.clamp(1, chunk::MAX_SAMPLES / 2);
        // Equal parts of less than twice the limit: better than full ones and a crumb.
        let parts = (part.len() / max_samples).max(1);
        for samples in part.chunks(part.len().div_ceil(parts).max(1)) {
            write_chunk(transaction, series, samples)?;
            sealed.chunks += 1;
            sealed.samples += samples.len() as u64;
        }
    }
    Ok(())
}

fn not_yet_sealed(transaction: &Transaction<'_>, series: SeriesId, late: &[Sample]) -> Result<Vec<Sample>, StoreError> {
    let (Some(first), Some(last)) = (late.first(), late.last()) else { return Ok(Vec::new()) };
    let mut sealed = HashSet::new();
    read::visit_chunks(transaction, series, first.at, last.at.plus_ms(1), &mut |sample| {
        sealed.insert(sample.at);
    })?;
    Ok(late.iter().filter(|sample| !sealed.contains(&sample.at)).copied().collect())
}

fn write_chunk(transaction: &Transaction<'_>, series: SeriesId, samples: &[Sample]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Ok(()) };
    let bytes = chunk::encode(samples).map_err(StoreError::Seal)?;
    transaction
        .prepare_cached("INSERT INTO chunk(series, first, last, count, size, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
        .during("sealed")?
        .execute(params![series.0, first.at.0, last.at.0, samples.len() as u32, bytes.len() as u32, bytes])
        .during("sealed")?;
    Ok(())
}

/// Replaces the journal by what is not `sealed`, in order of arrival. Returns how many samples stay.
fn rewrite_journal(transaction: &Transaction<'_>, sealed: &BTreeSet<SeriesId>) -> Result<u64, StoreError> {
    let newest: i64 = transaction.query_row("SELECT coalesce(max(id), 0) FROM journal", [], |row| row.get(0)).during("sealed")?;
    let mut kept = 0u64;
    let mut samples: Vec<(SeriesId, Sample)> = Vec::new();
    let mut statement =
        transaction.prepare_cached("SELECT id, bytes FROM journal WHERE id <= ?1 ORDER BY id").during("sealed")?;
    let mut rows = statement.query(params![newest]).during("sealed")?;
    while let Some(row) = rows.next().during("sealed")? {
        let id: i64 = row.get(0).during("sealed")?;
        let bytes: Vec<u8> = row.get(1).during("sealed")?;
        batch::decode(&bytes, |series| !sealed.contains(&series), |series, sample| samples.push((series, sample)))
            .map_err(|source| StoreError::DamagedRow { place: format!("journal row {id}"), source })?;
        if samples.len() >= ROW_SAMPLES {
            kept += samples.len() as u64;
            insert_batch(transaction, &samples)?;
            samples.clear();
        }
    }
    kept += samples.len() as u64;
    insert_batch(transaction, &samples)?;
    transaction.execute("DELETE FROM journal WHERE id <= ?1", params![newest]).during("sealed")?;
    Ok(kept)
}
