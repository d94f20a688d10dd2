//! A day of history, written as the gateway writes it and found again at the hub.

use crate::plant::Layout;
use haubert_historian::{Key, Sample, SealPolicy, SeriesSpec, Store, chunk};
use haubert_model::{Quantity, Reason, RecordKind, SeriesId, Timestamp};
use haubert_trust::KeyFile;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Rounds of samples in one append: a gateway writes every second, but a file that waits for the disk 86,400 times takes an hour.
const ROUNDS: i64 = 30;
/// As the gateway seals: once an hour, or when this many samples wait.
const SEAL: SealPolicy = SealPolicy { max_samples: 4_096, max_age_ms: 3_600_000 };

/// What was written.
pub(super) struct Written {
    series: Vec<SeriesId>,
    from: Timestamp,
    period_ms: i64,
    rounds: i64,
    /// All of them.
    pub(super) samples: u64,
}

/// What the hub has of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) missing: u64,
    pub(super) twice: u64,
    pub(super) altered: u64,
    pub(super) disordered: u64,
}

/// A slowly moving value with noise, the same for the same place.
fn value(series: u64, round: i64) -> i64 {
    let noise = (series.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ round.unsigned_abs()).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 59;
    10_000 + (round / 60 % 720 - 360).abs() * 10 + i64::try_from(noise).unwrap_or(0)
}

impl Written {
    /// Writes `seconds` of samples, up to a minute ago, of every momentary value of `loads` into the gateway's history in `data`.
    pub(super) fn make(data: &Path, loads: &Value, seconds: i64, period_s: i64, layout: &Layout) -> Result<Self, String> {
        let key = KeyFile::open_or_create(&data.join("storage.key")).map_err(|error| error.to_string())?;
        let mut store = Store::open(data.join("history.db"), &Key::new(*key.expose())).map_err(|error| error.to_string())?;
        let period_ms = period_s * 1_000;
        let loads = loads["items"].as_array().map_or(&[][..], Vec::as_slice);
        let mut specs = Vec::new();
        for load in loads {
            let id = serde_json::from_value(load["id"].clone()).map_err(|error| error.to_string())?;
            for quantity in layout.momentary() {
                let quantity: Quantity = quantity.parse().map_err(|_| format!("no quantity {quantity}"))?;
                let (kind, exponent) = (RecordKind::Trend, quantity.resolution_exponent());
                specs.push(SeriesSpec { kind, quantity, exponent, period_ms: Some(period_ms), load: id, rollover: None });
            }
        }
        let series = store.declare_all(&specs).map_err(|error| error.to_string())?;
        let rounds = seconds / period_s;
        let from = Timestamp((super::now_ms() - 60_000).div_euclid(period_ms) * period_ms - seconds * 1_000);
        let written = Self { samples: series.len() as u64 * rounds.unsigned_abs(), series, from, period_ms, rounds };
        let mut first = 0;
        while first < rounds {
            let last = (first + ROUNDS).min(rounds);
            let batch: Vec<(SeriesId, Sample)> = (first..last)
                .flat_map(|round| written.series.iter().map(move |id| (*id, round)))
                .map(|(id, round)| (id, written.sample(id, round)))
                .collect();
            store.append(&batch).map_err(|error| error.to_string())?;
            store.seal(written.at(last), &SEAL).map_err(|error| error.to_string())?;
            first = last;
        }
        let whole = SealPolicy { max_samples: 1, max_age_ms: 0 };
        store.seal(written.at(rounds), &whole).map_err(|error| error.to_string())?;
        Ok(written)
    }

    const fn at(&self, round: i64) -> Timestamp {
        Timestamp(self.from.0 + round * self.period_ms)
    }

    fn sample(&self, series: SeriesId, round: i64) -> Sample {
        Sample::measured(self.at(round), value(u64::from(series.0), round), Reason::Measured)
    }

    /// Compares with the hub's file.
    pub(super) fn look(&self, file: &Path) -> Result<Arrived, String> {
        let failed = |error: rusqlite::Error| format!("{}: {error}", file.display());
        let hub = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        let mut rows = hub.prepare("SELECT series_id, bytes FROM chunk ORDER BY cursor").map_err(failed)?;
        let mut rows = rows.query([]).map_err(failed)?;
        let mut found: HashMap<i64, Vec<Sample>> = HashMap::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let (series, bytes): (i64, Vec<u8>) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
            found.entry(series).or_default().extend(chunk::decode(&bytes).map_err(|error| error.to_string())?);
        }
        let mut arrived = Arrived::default();
        for series in &self.series {
            let samples = found.remove(&i64::from(series.0)).unwrap_or_default();
            self.compare(*series, &samples, &mut arrived);
        }
        Ok(arrived)
    }

    /// Samples of one series as they arrived; those of other times were measured live.
    fn compare(&self, series: SeriesId, samples: &[Sample], arrived: &mut Arrived) {
        let mut times = vec![0u8; usize::try_from(self.rounds).unwrap_or(0)];
        let mut before = None;
        for sample in samples {
            arrived.disordered += u64::from(before.is_some_and(|before| sample.at <= before));
            before = Some(sample.at);
            let since = sample.at.0 - self.from.0;
            let round = since.div_euclid(self.period_ms);
            let Some(times) = usize::try_from(round).ok().and_then(|round| times.get_mut(round)) else { continue };
            if since.rem_euclid(self.period_ms) != 0 || *sample != self.sample(series, round) {
                arrived.altered += 1;
            }
            *times = times.saturating_add(1);
        }
        arrived.missing += times.iter().filter(|count| **count == 0).count() as u64;
        arrived.twice += times.iter().filter(|count| **count > 1).count() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_doubled_altered_or_disordered_is_found() {
        let id = SeriesId(7);
        let written = Written { series: vec![id], from: Timestamp(0), period_ms: 10_000, rounds: 5, samples: 5 };
        let all: Vec<Sample> = (0..5).map(|round| written.sample(id, round)).collect();
        let found = |samples: &[Sample]| {
            let mut arrived = Arrived::default();
            written.compare(id, samples, &mut arrived);
            arrived
        };
        assert_eq!(found(&all), Arrived::default());
        let live = Sample::measured(Timestamp(90_000), 1, Reason::Measured);
        assert_eq!(found(&[&all[..], &[live]].concat()), Arrived::default());
        assert_eq!(found(&all[..4]).missing, 1);
        assert_eq!(found(&[&all[..], &all[4..]].concat()), Arrived { twice: 1, disordered: 1, ..Arrived::default() });
        let mut changed = all;
        changed[2].raw += 1;
        assert_eq!(found(&changed).altered, 1);
    }
}
