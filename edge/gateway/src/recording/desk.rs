//! What the writing thread does with rows: finds or declares their series, and appends them.

use super::sink::{Record, Row, SinkId, SinkSpec, Sinks};
use haubert_historian::{Sample, SeriesSpec, Store, StoreError};
use haubert_model::{Decimal, LoadId, Quantity, RecordKind, SeriesId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What makes two sinks' series the same, but for the scale.
type Key = (LoadId, Quantity, RecordKind, Option<i64>);

/// A series, and the power of ten of its integers.
type Scaled = (SeriesId, i8);

/// The store, and the series of each sink.
pub(super) struct Desk {
    pub(super) store: Store,
    sinks: Arc<Sinks>,
    /// By number of the sink.
    series: Vec<Option<Scaled>>,
}

impl Desk {
    pub(super) const fn new(store: Store, sinks: Arc<Sinks>) -> Self {
        Self { store, sinks, series: Vec::new() }
    }

    /// Makes all of them durable, or none. A gap in a series that does not exist yet is nothing to keep.
    pub(super) fn append(&mut self, rows: &[Row], late: &[Record]) -> Result<(), StoreError> {
        self.learn();
        if !rows.iter().all(|row| self.fits(row)) {
            self.declare_new(rows)?;
        }
        let late = self.late(late)?;
        let Self { store, series, .. } = self;
        // Rows become samples one by one: there are a hundred thousand of them each second at a large site.
        store.append_each(rows.len() + late.len(), |number| match rows.get(number) {
            Some(row) => sample(series, row),
            None => late.get(number - rows.len()).copied(),
        })
    }

    /// Whether a row has a series that it fits in, or needs none.
    fn fits(&self, row: &Row) -> bool {
        let series = self.series.get(row.sink.place()).copied().flatten();
        row.value().is_none_or(|value| series.is_some_and(|(_, exponent)| scaled(value, exponent).is_some()))
    }

    /// Takes over the sinks opened since; most have their series already.
    fn learn(&mut self) {
        let new = self.sinks.after(self.series.len());
        if !new.is_empty() {
            let finest = self.finest();
            self.series.extend(new.iter().map(|spec| finest.get(&key_of(spec)).copied()));
        }
    }

    /// For each manner of recording a load's quantity, its finest series.
    fn finest(&self) -> HashMap<Key, Scaled> {
        let mut finest: HashMap<Key, Scaled> = HashMap::new();
        for (id, spec) in self.store.specs() {
            let entry = finest.entry((spec.load, spec.quantity, spec.kind, spec.period_ms)).or_insert((id, spec.exponent));
            if spec.exponent < entry.1 {
                *entry = (id, spec.exponent);
            }
        }
        finest
    }

    /// Declares the series that these rows are the first of, with one wait for the disk: on the first day of a large site
    /// there are thousands at once. A value with a finer scale than its series has begins a new series, which keeps it exact.
    fn declare_new(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        // In order of the sinks, so that the series of a device are neighbours in the file.
        let mut wanted: BTreeMap<SinkId, SeriesSpec> = BTreeMap::new();
        for row in rows {
            let Some(value) = row.value() else { continue };
            if self.fits(row) || wanted.get(&row.sink).is_some_and(|first| first.exponent <= value.exponent) {
                continue;
            }
            if let Some(spec) = self.sinks.spec(row.sink) {
                wanted.insert(row.sink, spec_of(&spec, value));
            }
        }
        let (sinks, specs): (Vec<SinkId>, Vec<SeriesSpec>) = wanted.into_iter().unzip();
        let ids = self.store.declare_all(&specs)?;
        for ((sink, spec), id) in sinks.into_iter().zip(&specs).zip(ids) {
            if let Some(series) = self.series.get_mut(sink.place()) {
                *series = Some((id, spec.exponent));
            }
        }
        Ok(())
    }

    /// Samples of what comes late, with their series, declared if need be.
    fn late(&mut self, late: &[Record]) -> Result<Vec<(SeriesId, Sample)>, StoreError> {
        if late.is_empty() {
            return Ok(Vec::new());
        }
        let mut finest = self.finest();
        let mut samples = Vec::with_capacity(late.len());
        for record in late {
            let known = finest.get(&key_of(&record.sink)).copied();
            let Some(value) = record.value else {
                let gap = Sample::missing(record.at, record.reason);
                samples.extend(known.map(|(series, _)| (series, gap)));
                continue;
            };
            let fitting = known.and_then(|(series, exponent)| Some((series, scaled(value, exponent)?)));
            let (series, raw) = match fitting {
                Some(fitting) => fitting,
                None => {
                    let series = self.store.declare(&spec_of(&record.sink, value))?;
                    finest.insert(key_of(&record.sink), (series, value.exponent));
                    (series, value.mantissa)
                }
            };
            samples.push((series, Sample::measured(record.at, raw, record.reason)));
        }
        Ok(samples)
    }
}

/// The sample of a row; `None` for a gap in a series that does not exist yet.
fn sample(series: &[Option<Scaled>], row: &Row) -> Option<(SeriesId, Sample)> {
    let (series, exponent) = series.get(row.sink.place()).copied().flatten()?;
    Some(match row.value() {
        None => (series, Sample::missing(row.at, row.reason)),
        Some(value) => (series, Sample::measured(row.at, scaled(value, exponent)?, row.reason)),
    })
}

/// The value's integer at a series' scale; `None` when the scale would round it, or cannot hold it.
fn scaled(value: Decimal, exponent: i8) -> Option<i64> {
    if value.exponent == exponent {
        return Some(value.mantissa);
    }
    (exponent < value.exponent).then(|| value.rescaled(exponent).ok()).flatten().map(|value| value.mantissa)
}

const fn key_of(spec: &SinkSpec) -> Key {
    (spec.load, spec.quantity, spec.kind, spec.period_ms)
}

/// The series that `value` is the first of.
fn spec_of(spec: &SinkSpec, value: Decimal) -> SeriesSpec {
    let rollover = spec.rollover.and_then(|limit| limit.rescaled(value.exponent).ok()).map(|limit| limit.mantissa);
    SeriesSpec {
        kind: spec.kind,
        quantity: spec.quantity,
        exponent: value.exponent,
        period_ms: spec.period_ms,
        load: spec.load,
        rollover,
    }
}
