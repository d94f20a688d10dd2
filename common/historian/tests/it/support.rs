//! A store in a folder of its own, and samples to put into it.

use haubert_historian::{Key, Reader, Sample, SeriesSpec, Store};
use haubert_model::{LoadId, Quantity, Reason, RecordKind, SeriesId, Timestamp};
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) struct Folder {
    dir: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("history.db")
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(self.file(), &key()).unwrap()
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(self.file(), &key()).unwrap()
    }

    /// The file's tables, past the historian.
    pub(crate) fn connection(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.file()).unwrap();
        connection.pragma_update(None, "key", format!("x'{}'", "5a".repeat(32))).unwrap();
        connection
    }
}

pub(crate) fn key() -> Key {
    Key::new([0x5a; 32])
}

/// A trend of a load with this number.
pub(crate) fn trend(load: u8) -> SeriesSpec {
    of_kind(RecordKind::Trend, load)
}

pub(crate) fn of_kind(kind: RecordKind, load: u8) -> SeriesSpec {
    let load: LoadId = format!("a6f7c1d2-0000-4000-8000-0000000000{load:02x}").parse().unwrap();
    SeriesSpec { kind, quantity: Quantity::ActivePowerTotal, exponent: 0, period_ms: Some(10_000), load, rollover: None }
}

/// The `n`th sample of a series: its value tells where it belongs.
pub(crate) fn nth(n: i64) -> Sample {
    Sample::measured(Timestamp(n * 10_000), n * 7, Reason::Measured)
}

pub(crate) fn batch(series: SeriesId, numbers: impl IntoIterator<Item = i64>) -> Vec<(SeriesId, Sample)> {
    numbers.into_iter().map(|n| (series, nth(n))).collect()
}

pub(crate) fn samples(numbers: impl IntoIterator<Item = i64>) -> Vec<Sample> {
    numbers.into_iter().map(nth).collect()
}

pub(crate) const EVER: (Timestamp, Timestamp) = (Timestamp(i64::MIN), Timestamp(i64::MAX));

pub(crate) fn all(store: &Store, series: SeriesId) -> Vec<Sample> {
    store.range(series, EVER.0, EVER.1).unwrap()
}
