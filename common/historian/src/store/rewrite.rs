//! Rewriting chunks that compaction merges: series by series, the series of a load together when the chunks become full ones.

use super::archive::{self, FULL_BYTES, LAST_TIER, damaged_chunk};
use super::columns::Source;
use super::compact::FULL_SAMPLES;
use super::error::StoreError;
use super::known::Known;
use super::merge::{Merge, in_order};
use super::pack::{Packed, Worker};
use super::relate::{self, Member};
use super::segment::{Builder, Entry, Segment};
use crate::Sample;
use haubert_model::{LoadId, Quantity, SeriesId};
use std::collections::{HashMap, VecDeque};

/// Which series stand together, each such group behind one of them.
#[derive(Default)]
pub(super) struct Loads {
    leads: HashMap<SeriesId, (SeriesId, Quantity)>,
}

impl Loads {
    /// Of the series that are rewritten into a tier.
    pub(super) fn of<'e>(known: &Known, tier: usize, entries: impl Iterator<Item = &'e Entry>) -> Self {
        let mut loads = Self::default();
        if tier < LAST_TIER {
            // What is soon rewritten again is not worth it.
            return loads;
        }
        let mut series: Vec<SeriesId> = entries.map(|entry| entry.series).collect();
        series.sort_unstable();
        series.dedup();
        let mut first: HashMap<LoadId, SeriesId> = HashMap::new();
        for series in series {
            let Some(spec) = known.spec(series) else { continue };
            let lead = first.entry(spec.load).or_insert(series);
            // A series is looked for in its own part and in the one before, see `archive`.
            if archive::part_of(tier, series) > archive::part_of(tier, *lead) + 1 {
                *lead = series;
            }
            loads.leads.insert(series, (*lead, spec.quantity));
        }
        loads
    }

    /// The series behind which this one stands; itself if it is alone.
    pub(super) fn lead(&self, series: SeriesId) -> SeriesId {
        self.leads.get(&series).map_or(series, |(lead, _)| *lead)
    }
}

/// A chunk that is rewritten.
pub(super) struct Old<'s> {
    pub(super) lead: SeriesId,
    /// Row, entry and body of the segment that it stands in.
    pub(super) row: i64,
    pub(super) entry: &'s Entry,
    pub(super) body: &'s [u8],
}

/// Merges the chunks of series that stand together, which come in order of series and of first times. Chunks of one bundle may
/// be given each other.
pub(super) fn merge(worker: &mut Worker, loads: &Loads, chunks: &[Old<'_>]) -> Result<Vec<Vec<Packed>>, StoreError> {
    let mut series: Vec<(SeriesId, Vec<Sample>, usize)> = Vec::new();
    for chunks in chunks.chunk_by(|a, b| a.entry.series == b.entry.series) {
        let Some(first) = chunks.first() else { continue };
        let samples = merged(worker, chunks)?;
        // Never more chunks than there were, so that the cursors suffice.
        let parts = (samples.len() / FULL_SAMPLES).clamp(1, chunks.len());
        let part = samples.len().div_ceil(parts).max(1);
        series.push((first.entry.series, samples, part));
    }
    let mut bundles = Vec::new();
    for turn in 0.. {
        let parts = series.iter().filter_map(|(series, samples, part)| Some((*series, samples.chunks(*part).nth(turn)?)));
        let bundle: Vec<Packed> = match loads.leads.is_empty() {
            true => parts.filter_map(|(series, samples)| worker.pack(series, samples).transpose()).collect::<Result<_, _>>()?,
            false => {
                let quantity = |series| loads.leads.get(&series).map(|(_, quantity)| *quantity);
                relate::pack(
                    worker,
                    parts.map(|(series, samples)| Member { series, quantity: quantity(series), samples }).collect(),
                )?
            }
        };
        if bundle.is_empty() {
            break;
        }
        bundles.push(bundle);
    }
    Ok(bundles)
}

/// The samples of a series, in order of time.
fn merged(worker: &mut Worker, chunks: &[Old<'_>]) -> Result<Vec<Sample>, StoreError> {
    let mut samples = Vec::with_capacity(chunks.iter().map(|chunk| chunk.entry.frame.count as usize).sum());
    for Old { row, entry, body, .. } in chunks {
        let read = worker.columns.samples(*row, entry, &Source::body(body), &mut samples);
        read.map_err(|source| damaged_chunk(entry, source))?;
    }
    if !in_order(&samples) {
        let arrivals = chunks.iter().flat_map(|chunk| std::iter::repeat_n(chunk.entry.cursor, chunk.entry.frame.count as usize));
        let mut merge = Merge::default();
        arrivals.zip(samples.drain(..)).for_each(|(arrival, sample)| merge.push(arrival, sample));
        samples = merge.all();
    }
    Ok(samples)
}

/// Puts merged chunks into segments, with cursors of the segments that they replace.
pub(super) struct Writer {
    /// Of each replaced segment, those not yet taken over.
    cursors: VecDeque<VecDeque<u64>>,
    /// How many more there are than chunks.
    spare: usize,
    part: u32,
    builder: Builder,
    worker: Worker,
    pub(super) segments: Vec<(u32, Segment)>,
}

impl Writer {
    /// For `chunks` chunks, with at least as many `cursors`.
    pub(super) fn new(cursors: VecDeque<VecDeque<u64>>, chunks: usize) -> Self {
        let spare = cursors.iter().map(VecDeque::len).sum::<usize>().saturating_sub(chunks);
        Self { cursors, spare, part: 0, builder: Builder::default(), worker: Worker::default(), segments: Vec::new() }
    }

    /// Adds chunks of a part that may be given each other: they come into one segment, or each stands by itself.
    pub(super) fn add(&mut self, part: u32, bundle: &[Packed]) -> Result<(), StoreError> {
        if part != self.part || self.builder.bytes() >= FULL_BYTES || self.room() < bundle.len() {
            self.close();
        }
        self.part = part;
        while self.room() < bundle.len() && self.room() <= self.spare && self.cursors.len() > 1 {
            self.spare -= self.room();
            self.cursors.pop_front();
        }
        if self.room() >= bundle.len() {
            bundle.iter().for_each(|chunk| chunk.put(&mut self.builder));
            return Ok(());
        }
        for chunk in relate::apart(&mut self.worker, bundle)? {
            if self.room() == 0 {
                self.close();
            }
            chunk.put(&mut self.builder);
        }
        Ok(())
    }

    /// How many chunks more the segment in hand has cursors for.
    fn room(&self) -> usize {
        self.cursors.front().map_or(0, VecDeque::len).saturating_sub(self.builder.len())
    }

    /// Ends the segment in hand.
    pub(super) fn close(&mut self) {
        let builder = std::mem::take(&mut self.builder);
        let Some(left) = self.cursors.front_mut() else { return };
        let cursors: Vec<u64> = left.drain(..builder.len().min(left.len())).collect();
        self.segments.extend(builder.finish(&cursors).map(|segment| (self.part, segment)));
        if left.is_empty() {
            self.cursors.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::columns::Columns;
    use crate::store::segment;
    use haubert_model::{Reason, Timestamp};

    /// Power, a voltage and the current that these give.
    fn samples() -> [(Quantity, Vec<Sample>); 3] {
        let (power, voltage) = (|n: i64| 5_000 + n * n * 7_919 % 2_003, |n: i64| 23_000 + n * 104_729 % 211);
        let of = |value: &dyn Fn(i64) -> i64| {
            (0..400).map(|n| Sample::measured(Timestamp(n * 1000), value(n), Reason::Measured)).collect::<Vec<_>>()
        };
        let current = of(&|n| power(n) * 10_000 / voltage(n));
        [(Quantity::ActivePowerTotal, of(&power)), (Quantity::VoltageL1, of(&voltage)), (Quantity::CurrentL1, current)]
    }

    #[test]
    fn a_load_that_finds_too_few_cursors_is_kept_apart() {
        let samples = samples();
        let members = (7..).zip(&samples).map(|(series, (quantity, samples))| Member {
            series: SeriesId(series),
            quantity: Some(*quantity),
            samples,
        });
        let bundle = relate::pack(&mut Worker::default(), members.collect()).unwrap();
        let cursors: [&[u64]; 3] = [&[1, 2, 3, 4], &[11, 12], &[21, 22, 23, 24, 25]];
        let mut writer = Writer::new(cursors.iter().map(|cursors| cursors.iter().copied().collect()).collect(), 9);
        (0..3).for_each(|_| writer.add(5, &bundle).unwrap());
        writer.close();
        let found: Vec<(u64, u64, u8)> =
            writer.segments.iter().map(|(_, segment)| (segment.low, segment.high, segment.directory[0])).collect();
        // The fourth cursor is to spare; the two that follow are needed, so the second bundle is taken apart.
        assert_eq!(found, [(1, 3, 2), (11, 12, 1), (21, 24, 2)]);
        let mut read = Vec::new();
        for (part, segment) in &writer.segments {
            assert_eq!(*part, 5);
            for entry in segment::parse(&segment.directory, |_| true).unwrap().0 {
                let mut samples = Vec::new();
                Columns::default().samples(0, &entry, &Source::body(&segment.body), &mut samples).unwrap();
                read.push((entry.series.0, samples));
            }
        }
        let expected = (0..9).map(|n| (7 + n % 3, samples[n as usize % 3].1.clone()));
        assert!(read.into_iter().eq(expected));
    }
}
