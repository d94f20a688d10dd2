//! Trend logs from the historian: load curves of power and indexes of counters, which are kept at full multiples of a period.

use crate::config::Recording;
use crate::recording::policy::has_load_curve;
use crate::topology::Topology;
use haubert_bacnet::{Excerpt, Fetched, History, Record, Trend};
use haubert_historian::{Reader, Sample, SeriesSpec, StoreError};
use haubert_model::{LoadId, Nature, Quality, Quantity, RecordKind, Timestamp};
use std::sync::Arc;
use tokio::sync::watch;

/// Seconds from one record to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periods {
    curve_s: u32,
    index_s: u32,
}

impl Periods {
    /// As the start-up file says.
    pub const fn new(recording: &Recording) -> Self {
        Self { curve_s: recording.load_curve_minutes * 60, index_s: recording.index_minutes * 60 }
    }

    /// The log of a quantity, where there is one.
    pub(super) fn trend(self, channel: u8, quantity: Quantity) -> Option<Trend> {
        let period_s = match quantity.nature() {
            Nature::Counter => self.index_s,
            Nature::Instant if has_load_curve(quantity) => self.curve_s,
            Nature::Instant | Nature::State => return None,
        };
        Some(Trend { channel, quantity, period_s })
    }
}

/// Reads them off the async threads.
pub(super) struct Logs {
    pub(super) reader: Reader,
    pub(super) topology: watch::Receiver<Arc<Topology>>,
}

impl History for Logs {
    fn fetch(&self, excerpt: Excerpt) -> Fetched {
        let load = self.topology.borrow().load_of(excerpt.meter, excerpt.trend.channel).map(|load| load.id);
        let reader = self.reader.clone();
        Box::pin(async move {
            let load = load?;
            match tokio::task::spawn_blocking(move || records(&reader, load, &excerpt)).await {
                Ok(Ok(records)) => Some(records),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "BACnet/IP: history not read");
                    None
                }
                Err(_) => None,
            }
        })
    }
}

fn records(reader: &Reader, load: LoadId, excerpt: &Excerpt) -> Result<Vec<Option<Record>>, StoreError> {
    let kind = match excerpt.trend.quantity.nature() {
        Nature::Counter => RecordKind::Index,
        Nature::Instant | Nature::State => RecordKind::LoadCurve,
    };
    let mut records = vec![None; excerpt.count as usize];
    let period_ms = i64::from(excerpt.trend.period_s) * 1000;
    // A load curve's sample has the time at which its period began; it is recorded at its end.
    let shift_ms = if kind == RecordKind::LoadCurve { period_ms } else { 0 };
    let from = Timestamp(i64::from(excerpt.first) * period_ms - shift_ms);
    let to = from.plus_ms(i64::from(excerpt.count) * period_ms);
    let is_wanted = |spec: &SeriesSpec| {
        (spec.load, spec.kind, spec.quantity, spec.period_ms) == (load, kind, excerpt.trend.quantity, Some(period_ms))
    };
    for (series, spec) in reader.specs()?.into_iter().filter(|(_, spec)| is_wanted(spec)) {
        reader.visit(series, from, to, &mut |sample: Sample| {
            let place = usize::try_from(sample.at.ms_since(from) / period_ms).ok().and_then(|place| records.get_mut(place));
            // The first of a period is next to its beginning.
            if let (Some(place @ None), Some(value)) = (place, sample.value(spec.exponent)) {
                *place = Some(Record { value: value.to_f64(), good: sample.quality() == Quality::Good });
            }
        })?;
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_historian::{Key, Store};
    use haubert_model::{DeviceId, Reason};
    use uuid::Uuid;

    const PERIOD_MS: i64 = 600_000;

    fn spec(kind: RecordKind, quantity: Quantity, exponent: i8) -> SeriesSpec {
        let load = LoadId(Uuid::from_u128(1));
        SeriesSpec { kind, quantity, exponent, period_ms: Some(PERIOD_MS), load, rollover: None }
    }

    #[test]
    fn records_are_those_of_their_period() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("history");
        let mut store = Store::open(&file, &Key::new([7; 32])).unwrap();
        let at = |record: i64, ms: i64| Timestamp(record * PERIOD_MS + ms);
        let index = store.declare(&spec(RecordKind::Index, Quantity::ActiveEnergyImport, 0)).unwrap();
        let curve = store.declare(&spec(RecordKind::LoadCurve, Quantity::ActivePowerTotal, -1)).unwrap();
        store
            .append(&[
                (index, Sample::measured(at(10, 900), 5_000, Reason::Measured)),
                (index, Sample::missing(at(11, 100), Reason::NoAnswer)),
                (index, Sample::measured(at(12, 100), 5_020, Reason::ClockNotSet)),
                (curve, Sample::measured(at(10, 0), 725, Reason::Measured)),
            ])
            .unwrap();
        let reader = Reader::open(&file, &Key::new([7; 32])).unwrap();
        let read = |quantity, first| {
            let trend = Trend { channel: 1, quantity, period_s: 600 };
            let excerpt = Excerpt { meter: DeviceId(Uuid::nil()), trend, first, count: 3 };
            records(&reader, LoadId(Uuid::from_u128(1)), &excerpt).unwrap()
        };
        let record = |value, good| Some(Record { value, good });
        assert_eq!(read(Quantity::ActiveEnergyImport, 10), [record(5_000.0, true), None, record(5_020.0, false)]);
        assert_eq!(read(Quantity::ActivePowerTotal, 10), [None, record(72.5, true), None], "told when its period is over");
        assert_eq!(read(Quantity::Frequency, 10), [None; 3]);
    }
}
