//! Carrying a history from one file to another as chunks: backup and restore.
//!
//! What comes out is one snapshot, chunk by chunk as they travel to a hub, then what is not sealed yet, made into chunks for the
//! occasion. What is taken in is checked and gets cursors of its own: the new file has another identity, so that no hub takes
//! its cursors for those of the old one.

use super::archive::{self, FULL_BYTES};
use super::error::{During, StoreError};
use super::merge::Merge;
use super::segment::Builder;
use super::types::ChunkRow;
use super::{Reader, Store, journal, read};
use crate::{Sample, chunk};
use haubert_model::{RecordKind, SeriesId, Timestamp};
use std::collections::BTreeMap;

/// Bytes of chunks held at a time.
const STEP_BYTES: usize = 1 << 20;

impl Reader {
    /// Gives every chunk that has samples at or after `from`, oldest cursor first, then the open samples as chunks of cursor 0;
    /// all of one moment. Ends early when `sink` returns false. What is written meanwhile waits in the file's log: a sink should
    /// not dawdle.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn carry_out(&self, from: Timestamp, sink: &mut dyn FnMut(ChunkRow) -> bool) -> Result<(), StoreError> {
        self.with(|connection| {
            let mut cursor = 0;
            loop {
                let chunks = read::chunks_after(connection, cursor, STEP_BYTES)?;
                let Some(last) = chunks.last() else { break };
                cursor = last.cursor;
                for chunk in chunks.into_iter().filter(|chunk| chunk.last >= from) {
                    if !sink(chunk) {
                        return Ok(());
                    }
                }
            }
            let highest = super::specs::specs(connection)?.into_iter().map(|(id, _)| journal::slice_of(id)).max();
            for slice in 0..highest.map_or(0, |highest| highest + 1) {
                let mut open: BTreeMap<SeriesId, Merge> = BTreeMap::new();
                journal::visit(
                    connection,
                    &journal::rows_of(slice),
                    (from, read::EVER.1),
                    |_| true,
                    |row, series, sample| {
                        if sample.at >= from {
                            open.entry(series).or_default().push(row, sample);
                        }
                    },
                )?;
                for (series, samples) in open {
                    for samples in samples.all().chunks(chunk::MAX_SAMPLES / 2) {
                        if let Some(row) = packed(series, samples)?
                            && !sink(row)
                        {
                            return Ok(());
                        }
                    }
                }
            }
            Ok(())
        })
    }
}

fn packed(series: SeriesId, samples: &[Sample]) -> Result<Option<ChunkRow>, StoreError> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Ok(None) };
    let bytes = chunk::encode(samples).map_err(StoreError::Seal)?;
    Ok(Some(ChunkRow { cursor: 0, series, first: first.at, last: last.at, count: samples.len() as u32, bytes }))
}

impl Store {
    /// Takes in chunks of declared series: all of them or none. Their times are taken from the bytes. Returns how many samples.
    ///
    /// # Errors
    /// [`StoreError::UnknownSeries`], [`StoreError::TimeOutOfRange`], [`StoreError::DamagedRow`] for bytes that are no chunk;
    /// when the file cannot be written.
    pub fn take_in(&mut self, chunks: &[(SeriesId, Vec<u8>)]) -> Result<u64, StoreError> {
        let mut builders: BTreeMap<(&'static str, u32), (RecordKind, Vec<Builder>)> = BTreeMap::new();
        let (mut reached, mut taken) = (Vec::new(), 0u64);
        for (number, (series, bytes)) in chunks.iter().enumerate() {
            let spec = self.known.spec(*series).ok_or(StoreError::UnknownSeries(*series))?;
            let damaged = |source| StoreError::DamagedRow { place: format!("chunk {number} of those taken in"), source };
            let samples = chunk::decode(bytes).map_err(damaged)?;
            let times = || samples.iter().map(|sample| sample.at);
            let (Some(first), Some(last)) = (times().min(), times().max()) else { continue };
            if let Some(bad) = [first, last].into_iter().find(|at| !super::YEARS_MS.contains(&at.0)) {
                return Err(StoreError::TimeOutOfRange(bad));
            }
            let parts = chunk::split(bytes).map_err(damaged)?;
            let entry = builders.entry((spec.kind.code(), journal::slice_of(*series)));
            let (_, list) = entry.or_insert_with(|| (spec.kind, Vec::new()));
            if list.last().is_none_or(|builder| builder.bytes() >= FULL_BYTES) {
                list.push(Builder::default());
            }
            if let Some(builder) = list.last_mut() {
                builder.push(*series, first, last, &parts);
            }
            reached.push((*series, last));
            taken += samples.len() as u64;
        }
        let mut cursor = self.counters.cursor;
        let transaction = self.connection.transaction().during("written")?;
        for ((_, slice), (kind, list)) in builders {
            for builder in list {
                archive::insert_sealed(&transaction, kind, slice, builder, &mut cursor)?;
            }
        }
        archive::set_highest_cursor(&transaction, cursor)?;
        transaction.commit().during("written")?;
        self.counters.cursor = cursor;
        reached.into_iter().for_each(|(series, last)| self.known.taken_in(series, last));
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Key, SealPolicy};
    use super::*;
    use crate::SeriesSpec;
    use haubert_model::{Quantity, Reason};

    fn spec(load: u128) -> SeriesSpec {
        SeriesSpec {
            kind: RecordKind::Trend,
            quantity: Quantity::Frequency,
            exponent: -3,
            period_ms: Some(60_000),
            load: format!("00000000-0000-0000-0000-{load:012}").parse().unwrap(),
            rollover: None,
        }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_secs(1_763_715_600 + minute * 60)
    }

    #[test]
    fn sealed_and_open_samples_arrive_in_another_file_whole_or_from_a_date() {
        let dir = tempfile::tempdir().unwrap();
        let key = Key::new([1; 32]);
        let mut store = Store::open(dir.path().join("a.db"), &key).unwrap();
        let ids: Vec<SeriesId> = (1..=3).map(|load| store.declare(&spec(load)).unwrap()).collect();
        for minute in 0..300 {
            let samples: Vec<_> =
                ids.iter().map(|id| (*id, Sample::measured(at(minute), 50_000 + minute, Reason::Measured))).collect();
            store.append(&samples).unwrap();
            if minute == 199 {
                store.seal(at(minute), &SealPolicy { max_samples: 50, max_age_ms: 0 }).unwrap();
            }
        }
        let reader = Reader::open(dir.path().join("a.db"), &key).unwrap();
        for (from, expected) in [(0, 300), (150, 150)] {
            let name = dir.path().join(format!("b{from}.db"));
            let mut other = Store::open(&name, &Key::new([2; 32])).unwrap();
            assert_ne!(other.identity().unwrap(), store.identity().unwrap());
            // Numbers differ in the other file.
            let new: Vec<SeriesId> = (1..=3).rev().map(|load| other.declare(&spec(load)).unwrap()).collect();
            let renumbered = |id: SeriesId| new[ids.len() - 1 - ids.iter().position(|known| *known == id).unwrap()];
            let mut chunks = Vec::new();
            reader
                .carry_out(at(from), &mut |row| {
                    chunks.push((renumbered(row.series), row.bytes));
                    true
                })
                .unwrap();
            assert!(other.take_in(&chunks).unwrap() >= 3 * expected as u64);
            let copy = Reader::open(&name, &Key::new([2; 32])).unwrap();
            for id in &ids {
                let wanted = reader.range(*id, at(from), at(1_000)).unwrap();
                assert_eq!(wanted.len(), expected);
                assert_eq!(copy.range(renumbered(*id), at(from), at(1_000)).unwrap(), wanted);
            }
            assert_eq!(copy.check().unwrap(), Vec::<String>::new());
            // What comes later goes on as in any file.
            other.append(&[(new[0], Sample::measured(at(300), 1, Reason::Measured))]).unwrap();
            other.seal(at(400), &SealPolicy { max_samples: 1, max_age_ms: 0 }).unwrap();
            assert_eq!(copy.range(new[0], at(300), at(301)).unwrap().len(), 1);
        }
    }

    #[test]
    fn bytes_that_are_no_chunk_leave_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let key = Key::new([1; 32]);
        let mut store = Store::open(dir.path().join("a.db"), &key).unwrap();
        let id = store.declare(&spec(1)).unwrap();
        let good = chunk::encode(&[Sample::measured(at(0), 1, Reason::Measured)]).unwrap();
        let mut bad = good.clone();
        bad[3] ^= 1;
        assert!(matches!(store.take_in(&[(id, good.clone()), (id, bad)]), Err(StoreError::DamagedRow { .. })));
        assert!(matches!(store.take_in(&[(SeriesId(77), good.clone())]), Err(StoreError::UnknownSeries(_))));
        let reader = Reader::open(dir.path().join("a.db"), &key).unwrap();
        assert_eq!(reader.stats().unwrap().samples, 0);
        assert_eq!(store.take_in(&[(id, good)]).unwrap(), 1);
    }
}
