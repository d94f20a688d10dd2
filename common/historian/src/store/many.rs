//! Reading many series at once: each directory, body and journal row once, and decoding on two cores.

use super::archive::{self, Located, damaged_chunk};
use super::bodies::Bodies;
use super::columns::Source;
use super::error::StoreError;
use super::journal;
use super::merge::{JOURNAL_LAST, Merge};
use super::pack::{self, Worker};
use super::{read, specs};
use crate::Sample;
use haubert_model::{LoadId, SeriesId, Timestamp};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;

/// Most samples unpacked at once, 24 bytes each; a single series may have more.
const GROUP_SAMPLES: usize = 262_144;

/// A series and what there is of it.
struct Wanted<'f> {
    series: SeriesId,
    load: LoadId,
    chunks: &'f [Located],
    open: Merge,
}

/// Gives the samples of all wanted series, one series after the other, each as [`read::visit`] does. Holds the journal's part
/// and the list of chunks of 1,024 series in memory, some bodies, and the samples of some series.
pub(super) fn visit(
    connection: &Connection,
    wanted: &dyn Fn(SeriesId) -> bool,
    (from, to): (Timestamp, Timestamp),
    sink: &mut dyn FnMut(SeriesId, Sample),
) -> Result<(), StoreError> {
    let mut series = specs::specs(connection)?;
    series.retain(|(id, _)| wanted(*id));
    let mut bodies = Bodies::new(connection);
    for slice in series.chunk_by(|a, b| journal::slice_of(a.0) == journal::slice_of(b.0)) {
        let (Some((first, _)), Some((last, _))) = (slice.first(), slice.last()) else { continue };
        let wanted = |id: SeriesId| slice.binary_search_by_key(&id, |(id, _)| *id).is_ok();
        let mut open: BTreeMap<SeriesId, Merge> = BTreeMap::new();
        let rows = journal::rows_of(journal::slice_of(*first));
        journal::visit(connection, &rows, (from, to), wanted, |row, series, sample| {
            if sample.at >= from && sample.at < to {
                open.entry(series).or_default().push(row | JOURNAL_LAST, sample);
            }
        })?;
        let mut found = archive::locate(connection, &(*first..=*last), &wanted, (from, to))?;
        read::in_turn(&mut found);
        bodies.expect(&found);
        let mut rest = found.as_slice();
        let all = slice.iter().map(|(series, spec)| {
            let end = rest.partition_point(|located| located.entry.series <= *series);
            let (chunks, others) = rest.split_at_checked(end).unwrap_or_default();
            rest = others;
            Wanted { series: *series, load: spec.load, chunks, open: open.remove(series).unwrap_or_default() }
        });
        let mut all = all.peekable();
        loop {
            let group = next_group(&mut all);
            if group.is_empty() {
                break;
            }
            visit_group(&mut bodies, group, (from, to), sink)?;
        }
    }
    Ok(())
}

/// The next series that have not too many samples together. Those of a load stay together if they can: one who reads them all
/// reads what they are given once.
fn next_group<'f>(all: &mut Peekable<impl Iterator<Item = Wanted<'f>>>) -> Vec<Wanted<'f>> {
    let (mut group, mut samples): (Vec<Wanted<'f>>, usize) = (Vec::new(), 0);
    while let Some(next) = all.next_if(|next| {
        let more = samples + samples_of(next);
        let same = group.last().is_some_and(|last| last.load == next.load);
        samples < GROUP_SAMPLES || same && more <= 2 * GROUP_SAMPLES
    }) {
        samples += samples_of(&next);
        group.push(next);
    }
    group
}

fn samples_of(wanted: &Wanted<'_>) -> usize {
    wanted.chunks.iter().map(|located| located.entry.frame.count as usize).sum()
}

fn visit_group(
    bodies: &mut Bodies<'_>,
    group: Vec<Wanted<'_>>,
    span: (Timestamp, Timestamp),
    sink: &mut dyn FnMut(SeriesId, Sample),
) -> Result<(), StoreError> {
    let samples = group.iter().map(samples_of).sum();
    // One series alone may have any number of samples, which must not be held all at once.
    let mut at_once = samples <= 2 * GROUP_SAMPLES;
    let from = group.first().map_or(SeriesId(0), |wanted| wanted.series);
    for wanted in &group {
        at_once = at_once && bodies.hold(wanted.chunks, from)?;
    }
    if at_once {
        let held = bodies.held();
        let loads: Vec<&[Wanted<'_>]> = group.chunk_by(|a, b| a.load == b.load).collect();
        let read = pack::on_two_cores(&loads, samples, |worker, load| {
            load.iter().map(|wanted| unpack(worker, held, wanted, span)).collect::<Result<Vec<_>, _>>()
        })?;
        for (wanted, samples) in group.iter().zip(read.into_iter().flatten()) {
            samples.into_iter().for_each(|sample| sink(wanted.series, sample));
        }
        return Ok(());
    }
    let mut room = Vec::new();
    for Wanted { series, chunks, open, .. } in group {
        let mut sink = |sample| {
            sink(series, sample);
            true
        };
        read::merge(chunks, span, open, &mut room, &mut |located, samples| bodies.samples(located, samples), &mut sink)?;
    }
    Ok(())
}

/// The samples of a series whose bodies are held.
fn unpack(
    worker: &mut Worker,
    held: &HashMap<i64, Vec<u8>>,
    wanted: &Wanted<'_>,
    span: (Timestamp, Timestamp),
) -> Result<Vec<Sample>, StoreError> {
    let mut found = Vec::new();
    let mut sink = |sample| {
        found.push(sample);
        true
    };
    let Worker { columns, samples, .. } = worker;
    let mut read = |Located { row, entry }: &Located, samples: &mut Vec<Sample>| {
        let body = held.get(row).map(Vec::as_slice).unwrap_or_default();
        samples.clear();
        columns.samples(*row, entry, &Source::body(body), samples).map_err(|source| damaged_chunk(entry, source))
    };
    read::merge(wanted.chunks, span, wanted.open.clone(), samples, &mut read, &mut sink)?;
    Ok(found)
}
