//! Packing chunks of one load together: where the times are the same, columns are given others of the load if that is smaller.

use super::columns::{Columns, Source};
use super::error::StoreError;
use super::pack::{Packed, Worker};
use super::segment::{self, Builder};
use crate::Sample;
use crate::chunk::{ChunkError, hints, present};
use haubert_model::{Quantity, SeriesId};

/// A column is given others if that saves one part in so many of it, because it takes longer to read,
const WORTH: usize = 12;
/// and some bytes, among them those of the directory.
const WORTH_BYTES: usize = 16;

/// Samples of a series, in order of time and at least one.
pub(super) struct Member<'s> {
    pub(super) series: SeriesId,
    /// `None` if that is not known.
    pub(super) quantity: Option<Quantity>,
    pub(super) samples: &'s [Sample],
}

/// Packs what the series of a load have of some stretch of time, so that those that are given others come after these.
pub(super) fn pack(worker: &mut Worker, mut members: Vec<Member<'_>>) -> Result<Vec<Packed>, StoreError> {
    members.sort_by_key(|member| (member.quantity.map_or(0, depth), member.series));
    let mut packed: Vec<Packed> = Vec::with_capacity(members.len());
    let mut known: Vec<(Option<Quantity>, Vec<i64>)> = Vec::with_capacity(members.len());
    for Member { series, quantity, samples } in &members {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { continue };
        let (times, reasons) = worker.encoder.frame(samples).map_err(StoreError::Seal)?;
        let mut columns = [times, reasons].concat();
        let (times, reasons) = (times.len(), reasons.len());
        let values: Vec<i64> = present(samples).collect();
        let fits = |other: &Packed| other.samples == samples.len() && other.frame() == columns;
        let place_of = |wanted: &Quantity| {
            let place = |(packed, (quantity, _)): (&Packed, &(Option<Quantity>, Vec<i64>))| {
                quantity.as_ref() == Some(wanted) && fits(packed)
            };
            packed.iter().zip(&known).position(place)
        };
        let sets = quantity.filter(|_| !values.is_empty()).map(hints).unwrap_or_default();
        let places: Vec<usize> =
            sets.iter().find_map(|set| set.iter().map(place_of).collect::<Option<Vec<usize>>>()).unwrap_or_default();
        let others: Vec<&[i64]> = places.iter().filter_map(|place| Some(known.get(*place)?.1.as_slice())).collect();
        let related = &mut worker.related;
        let pays = !others.is_empty() && {
            let alone = related.cost_alone(&values);
            alone > WORTH_BYTES && related.cost(&values, &others) + WORTH_BYTES + alone / WORTH < alone
        };
        if pays {
            related.encode(&mut columns);
        } else {
            worker.encoder.values(&values, &mut columns);
        }
        let others = if pays { places.iter().map(|place| packed.len() - place).collect() } else { Vec::new() };
        let (first, last) = (first.at, last.at);
        packed.push(Packed { series: *series, samples: samples.len(), first, last, columns, times, reasons, others });
        known.push((*quantity, values));
    }
    Ok(packed)
}

/// How long the chain of others is behind a quantity.
fn depth(quantity: Quantity) -> usize {
    hints(quantity).iter().copied().flatten().map(|other| depth(*other) + 1).max().unwrap_or(0)
}

/// The same chunks, each by itself, when they cannot stand in one segment.
pub(super) fn apart(worker: &mut Worker, packed: &[Packed]) -> Result<Vec<Packed>, StoreError> {
    let mut builder = Builder::default();
    packed.iter().for_each(|chunk| chunk.put(&mut builder));
    let numbers: Vec<u64> = (1..=packed.len() as u64).collect();
    let Some(segment) = builder.finish(&numbers) else { return Ok(Vec::new()) };
    let (entries, _) = segment::parse(&segment.directory, |_| true).map_err(StoreError::Seal)?;
    let mut alone = Vec::with_capacity(entries.len());
    // Of this segment alone.
    worker.columns = Columns::default();
    for entry in &entries {
        let mut samples = Vec::new();
        worker.columns.samples(0, entry, &Source::body(&segment.body), &mut samples).map_err(StoreError::Seal)?;
        alone.push(worker.pack(entry.series, &samples)?.ok_or(StoreError::Seal(ChunkError::Malformed("counts")))?);
    }
    Ok(alone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::segment::{Entry, Segment};
    use crate::varint;
    use haubert_model::{Reason, Timestamp};

    const ROWS: i64 = 700;

    /// A load whose currents follow power and voltage, its neutral its currents; a voltage misses a value.
    fn samples() -> Vec<(Quantity, Vec<Sample>)> {
        let power = |n: i64| 5_000 + n * n * 7_919 % 2_003;
        let voltage = |n: i64| 23_000 + n * 104_729 % 211;
        let current = |n: i64| power(n) * 10_000 / voltage(n);
        let of = |value: &dyn Fn(i64) -> i64| {
            (0..ROWS).map(|n| Sample::measured(Timestamp(n * 1000), value(n), Reason::Measured)).collect::<Vec<_>>()
        };
        let mut holed = of(&voltage);
        holed[9] = Sample::missing(holed[9].at, Reason::NoAnswer);
        vec![
            (Quantity::CurrentNeutral, of(&|n| current(n) * 3 / 10)),
            (Quantity::CurrentL1, of(&current)),
            (Quantity::CurrentL2, of(&|n| current(n) + n % 3)),
            (Quantity::CurrentL3, of(&|n| current(n) + n % 2)),
            (Quantity::ActivePowerTotal, of(&power)),
            (Quantity::VoltageL1, of(&voltage)),
            (Quantity::VoltageL2, of(&voltage)),
            (Quantity::VoltageL3, holed),
        ]
    }

    fn packed(samples: &[(Quantity, Vec<Sample>)]) -> Vec<Packed> {
        let members = (0..).zip(samples).map(|(series, (quantity, samples))| Member {
            series: SeriesId(series),
            quantity: Some(*quantity),
            samples,
        });
        pack(&mut Worker::default(), members.collect()).unwrap()
    }

    fn segment_of(packed: &[Packed]) -> (Segment, Vec<Entry>) {
        let mut builder = Builder::default();
        packed.iter().for_each(|chunk| chunk.put(&mut builder));
        let numbers: Vec<u64> = (1..=packed.len() as u64).collect();
        let segment = builder.finish(&numbers).unwrap();
        let entries = segment::parse(&segment.directory, |_| true).unwrap().0;
        (segment, entries)
    }

    fn read(entry: &Entry, body: &[u8]) -> Result<Vec<Sample>, ChunkError> {
        let mut found = Vec::new();
        Columns::default().samples(0, entry, &Source::body(body), &mut found)?;
        Ok(found)
    }

    #[test]
    fn columns_of_a_load_come_back_together_and_apart() {
        let samples = samples();
        let packed = packed(&samples);
        let given = |chunk: &&Packed| !chunk.others.is_empty();
        assert_eq!(packed.iter().filter(given).map(|chunk| chunk.series.0).collect::<Vec<_>>(), [1, 2, 0], "L3 has other rows");
        let (segment, entries) = segment_of(&packed);
        for entry in &entries {
            assert_eq!(read(entry, &segment.body).unwrap(), samples[entry.series.0 as usize].1);
        }
        let alone = apart(&mut Worker::default(), &packed).unwrap();
        assert!(alone.iter().all(|chunk| chunk.others.is_empty()));
        let (segment, entries) = segment_of(&alone);
        assert!(entries.iter().all(|entry| read(entry, &segment.body).unwrap() == samples[entry.series.0 as usize].1));
    }

    #[test]
    fn what_is_given_a_damaged_column_is_damaged_too() {
        let (mut segment, entries) = segment_of(&packed(&samples()));
        let power = entries.iter().find(|entry| entry.series.0 == 4).unwrap();
        let range = power.values_range();
        segment.body[range.start] = 99;
        for entry in &entries {
            let expected = match entry.series.0 {
                4 => Some(ChunkError::UnknownCodec { column: "values", codec: 99 }),
                0..=2 => Some(ChunkError::Malformed("values that others are given")),
                _ => None,
            };
            assert_eq!(read(entry, &segment.body).err(), expected, "series {}", entry.series);
        }
    }

    /// A directory of two frames and these chunks: frame, and how many before it its others stand.
    fn forged(chunks: &[(u64, &[u64])]) -> Result<Vec<Entry>, ChunkError> {
        let mut bytes = vec![2, 2, 0, 9, 5, 1, 1, 0, 9, 5, 1, 1, chunks.len() as u8];
        for (frame, others) in chunks {
            bytes.extend([0, 1]);
            varint::put(&mut bytes, frame * 4 + others.len() as u64);
            bytes.push(3);
            others.iter().for_each(|other| varint::put(&mut bytes, *other));
        }
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        Ok(segment::parse(&bytes, |_| true)?.0)
    }

    #[test]
    fn forged_references_are_refused() {
        const BAD: Option<ChunkError> = Some(ChunkError::Malformed("directories"));
        assert_eq!(forged(&[(0, &[]), (0, &[1]), (0, &[1, 2])]).err(), None);
        assert_eq!(forged(&[(0, &[]), (0, &[0])]).err(), BAD, "itself");
        assert_eq!(forged(&[(0, &[]), (0, &[2])]).err(), BAD, "before the first");
        assert_eq!(forged(&[(0, &[]), (0, &[u64::MAX])]).err(), BAD, "a later one");
        assert_eq!(forged(&[(0, &[1]), (0, &[])]).err(), BAD, "none is before");
        assert_eq!(forged(&[(0, &[]), (1, &[1])]).err(), BAD, "of other times");
        assert_eq!(forged(&[(2, &[])]).err(), BAD, "no such frame");
        assert_eq!(forged(&[(0, &[]), (0, &[1]), (0, &[1]), (0, &[1])]).err(), BAD, "too long a chain");
        // What is named but has nothing that could foretell is refused when it is read.
        for entry in forged(&[(0, &[]), (0, &[1, 1, 1])]).unwrap() {
            assert!(read(&entry, &[0; 64]).is_err());
            assert!(read(&entry, &[]).is_err());
        }
    }
}
