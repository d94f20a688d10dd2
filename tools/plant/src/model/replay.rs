//! A load that repeats recorded readings, over and over, from the plant's start.

use super::course::{Flow, Totals};
use crate::scene::{ReplaySpec, SceneError};
use haubert_model::{Quantity, Timestamp};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

const MAX_ROWS: usize = 2_000_000;
const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;
const HOUR_MS: f64 = 3_600_000.0;

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    at_ms: i64,
    rate: f64,
    reactive: Option<f64>,
    voltage: Option<f64>,
    before: Totals,
}

/// Recorded rows and their running sums.
#[derive(Debug)]
pub(crate) struct Replay {
    rows: Vec<Row>,
    period_ms: i64,
    whole: Totals,
    origin: Timestamp,
}

impl Replay {
    /// Reads a file. Its first row stands for `origin`.
    pub(crate) fn load(spec: &ReplaySpec, folder: &Path, tan_phi: f64, origin: Timestamp) -> Result<Self, SceneError> {
        let path = folder.join(&spec.file);
        let wrong = |line: usize, message: String| SceneError::Replay { path: path.clone(), line, message };
        let file = std::fs::File::open(&path).map_err(|source| SceneError::Read { path: path.clone(), source })?;
        let mut lines = BufReader::new(file.take(MAX_FILE_BYTES)).lines();
        let header =
            lines.next().ok_or_else(|| wrong(1, "empty file".to_owned()))?.map_err(|error| wrong(1, error.to_string()))?;
        let columns = Columns::find(spec, &header).map_err(|message| wrong(1, message))?;
        let mut rows: Vec<Row> = Vec::new();
        for (index, line) in lines.enumerate() {
            let number = index + 2;
            let line = line.map_err(|error| wrong(number, error.to_string()))?;
            if line.trim().is_empty() {
                continue;
            }
            if rows.len() >= MAX_ROWS {
                return Err(wrong(number, format!("more than {MAX_ROWS} rows")));
            }
            let previous = rows.last().copied().unwrap_or_default();
            let row = columns.row(spec, &line, previous).map_err(|message| wrong(number, message))?;
            if rows.last().is_some_and(|last| last.at_ms >= row.at_ms) {
                return Err(wrong(number, "time does not go forward".to_owned()));
            }
            rows.push(row);
        }
        let (Some(first), Some(last), 2..) = (rows.first().copied(), rows.last().copied(), rows.len()) else {
            return Err(wrong(2, "fewer than two rows".to_owned()));
        };
        let step = (last.at_ms - first.at_ms) / i64::try_from(rows.len() - 1).unwrap_or(1).max(1);
        let mut sums = Totals::default();
        let ends: Vec<i64> = rows.iter().skip(1).map(|row| row.at_ms).chain([last.at_ms + step]).collect();
        for (row, end) in rows.iter_mut().zip(ends) {
            row.before = sums;
            let ratio = row.reactive.map_or(tan_phi, |reactive| if row.rate > 0.0 { reactive / row.rate } else { 0.0 });
            row.reactive = Some(row.rate * ratio);
            sums.add(row.rate * (end - row.at_ms) as f64 / HOUR_MS, ratio, 0);
            row.at_ms -= first.at_ms;
        }
        Ok(Self { rows, period_ms: last.at_ms + step - first.at_ms, whole: sums, origin })
    }

    /// Rate and sums at an instant.
    pub(crate) fn at(&self, now: Timestamp) -> Flow {
        let elapsed = now.ms_since(self.origin).max(0);
        let (round, at) = (elapsed / self.period_ms, elapsed % self.period_ms);
        let index = self.rows.partition_point(|row| row.at_ms <= at).saturating_sub(1);
        let Some(row) = self.rows.get(index) else { return Flow::default() };
        let reactive = row.reactive.unwrap_or(0.0);
        let ratio = if row.rate > 0.0 { reactive / row.rate } else { 0.0 };
        let mut totals = row.before;
        totals.add(row.rate * (at - row.at_ms) as f64 / HOUR_MS, ratio, 0);
        totals.active += self.whole.active * round as f64;
        totals.reactive += self.whole.reactive * round as f64;
        totals.apparent += self.whole.apparent * round as f64;
        totals.tariffs = [totals.active, 0.0, 0.0, 0.0];
        Flow { rate: row.rate, reactive, voltage: row.voltage, tariff: 0, totals }
    }
}

/// Where the columns are.
struct Columns {
    time: Vec<usize>,
    values: Vec<(usize, Quantity, f64)>,
}

impl Columns {
    fn find(spec: &ReplaySpec, header: &str) -> Result<Self, String> {
        let names: Vec<&str> = header.split(spec.separator).map(|name| name.trim().trim_matches('"')).collect();
        let place = |name: &str| names.iter().position(|other| *other == name).ok_or_else(|| format!("no column {name:?}"));
        let time = spec.time.iter().map(|name| place(name)).collect::<Result<_, _>>()?;
        let values = spec
            .columns
            .iter()
            .map(|column| Ok((place(&column.column)?, column.quantity, column.scale)))
            .collect::<Result<_, String>>()?;
        Ok(Self { time, values })
    }

    /// A row; a value that is missing or no number is the one before.
    fn row(&self, spec: &ReplaySpec, line: &str, previous: Row) -> Result<Row, String> {
        let cells: Vec<&str> = line.split(spec.separator).map(|cell| cell.trim().trim_matches('"')).collect();
        let cell = |index: &usize| cells.get(*index).copied().unwrap_or_default();
        let time = self.time.iter().map(cell).collect::<Vec<_>>().join(" ");
        let civil =
            jiff::civil::DateTime::strptime(&spec.time_format, &time).map_err(|error| format!("time {time:?}: {error}"))?;
        let at = civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| format!("time {time:?}: {error}"))?;
        let mut row = Row { at_ms: at.timestamp().as_millisecond(), before: Totals::default(), ..previous };
        for (index, quantity, scale) in &self.values {
            let Some(value) = cell(index).parse::<f64>().ok().filter(|value| value.is_finite()).map(|value| value * scale) else {
                continue;
            };
            match quantity {
                Quantity::ActivePowerTotal | Quantity::VolumeFlow => row.rate = value.max(0.0),
                Quantity::ReactivePowerTotal => row.reactive = Some(value),
                Quantity::VoltageL1 => row.voltage = Some(value),
                _ => {}
            }
        }
        Ok(row)
    }
}
