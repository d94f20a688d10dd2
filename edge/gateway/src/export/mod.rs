//! Samples of any series over any range as a file, in bounded memory.
//!
//! Rows come in order of time, so that a reader can follow along and a file that was broken off is a whole beginning. Series
//! are read side by side in windows of time: a window shrinks where samples are dense and grows where they are not, and at
//! most [`windows::MOST`] of them are held at once, whatever the range.

mod column;
mod ems;
mod file_name;
mod influx;
mod parquet;
mod plain;
mod rows;
mod standard;
mod windows;

pub use column::{Column, Whose};
pub use file_name::of_range;
pub use haubert_service::headers::attachment;
pub(crate) use rows::local;
pub use rows::{Decimals, Format, quoted};

use haubert_historian::{Reader, StoreError};
use haubert_model::Timestamp;
use jiff::tz::TimeZone;
use rows::Rows;
use std::ops::ControlFlow;

/// Bytes handed on at once.
const PIECE: usize = 64 * 1024;

/// What to write, and how.
pub struct Export {
    /// The site's name.
    pub site: String,
    /// What tells this gateway from others.
    pub gateway: String,
    /// The series, in the order of their columns.
    pub columns: Vec<Column>,
    /// From this time on.
    pub from: Timestamp,
    /// Before this time.
    pub to: Timestamp,
    /// Shape of the file.
    pub format: Format,
    /// How numbers are written in CSV.
    pub decimals: Decimals,
    /// Whether wide CSV has a column with the reason beside each value.
    pub reasons: bool,
    /// The site's zone, for local times.
    pub zone: TimeZone,
}

impl Export {
    /// Writes the file piece by piece to `sink`, until it is whole or `sink` breaks off.
    ///
    /// # Errors
    /// When history cannot be read; what was written before is right as far as it goes.
    pub fn write(&self, reader: &Reader, sink: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>) -> Result<(), StoreError> {
        let mut rows = self.layout();
        let ids: Vec<_> = self.columns.iter().map(|column| column.info.id).collect();
        // The range asked for may be a century: nothing is before the first sample, nor after the last.
        let first = self.columns.iter().filter_map(|column| column.info.first).min().unwrap_or(self.to);
        let last = self.columns.iter().filter_map(|column| column.info.last).max().unwrap_or(self.from);
        let (from, to) = (self.from.max(first), self.to.min(last.plus_ms(1)));
        let flow = windows::each(reader, &ids, from, to, &mut |window| {
            let mut rest = window;
            while let Some((row, after)) = windows::next_row(rest) {
                rest = after;
                rows.row(row);
                if rows.ready() >= PIECE {
                    sink(rows.take())?;
                }
            }
            ControlFlow::Continue(())
        })?;
        if flow.is_continue() {
            let _last = sink(rows.finish());
        }
        Ok(())
    }

    /// Whether any of its series has a sample in its range.
    ///
    /// # Errors
    /// When history cannot be read.
    pub fn is_empty(&self, reader: &Reader) -> Result<bool, StoreError> {
        let ids: Vec<_> = self.columns.iter().map(|column| column.info.id).collect();
        let flow = windows::each(reader, &ids, self.from, self.to, &mut |window| match window {
            [] => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        })?;
        Ok(flow.is_continue())
    }

    fn layout(&self) -> Box<dyn Rows + '_> {
        match self.format {
            Format::CsvWide | Format::CsvLong | Format::Jsonl => Box::new(plain::Plain::new(self)),
            Format::CsvStandard => Box::new(standard::Standard::new(self)),
            Format::CsvEms => Box::new(ems::Ems::new(self)),
            Format::Influx => Box::new(influx::Influx::new(self)),
            Format::Parquet => Box::new(parquet::Parquet::new(self)),
        }
    }
}

#[cfg(test)]
mod tests;
