//! Samples of any series over any range as a file, in bounded memory.
//!
//! Rows come in order of time, so that a reader can follow along and a file that was broken off is a whole beginning. Series
//! are read side by side in windows of time: a window shrinks where samples are dense and grows where they are not, and at
//! most [`windows::MOST`] of them are held at once, whatever the range.

mod file_name;
mod rows;
mod windows;

pub use file_name::of_range;
pub use haubert_service::headers::attachment;
pub(crate) use rows::local;
pub use rows::{Decimals, Format, quoted};

use haubert_historian::{Reader, SeriesInfo, StoreError};
use haubert_model::Timestamp;
use jiff::tz::TimeZone;
use rows::Writer;
use std::ops::ControlFlow;

/// Bytes handed on at once.
const PIECE: usize = 64 * 1024;

/// What to write, and how.
pub struct Export {
    /// The series, in the order of their columns, with the names of their loads.
    pub columns: Vec<(SeriesInfo, String)>,
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
        let mut writer = Writer::new(self);
        let ids: Vec<_> = self.columns.iter().map(|(info, _)| info.id).collect();
        // The range asked for may be a century: nothing is before the first sample, nor after the last.
        let first = self.columns.iter().filter_map(|(info, _)| info.first).min().unwrap_or(self.to);
        let last = self.columns.iter().filter_map(|(info, _)| info.last).max().unwrap_or(self.from);
        let (from, to) = (self.from.max(first), self.to.min(last.plus_ms(1)));
        let flow = windows::each(reader, &ids, from, to, &mut |window| {
            let mut rest = window;
            while let Some((row, after)) = windows::next_row(rest) {
                rest = after;
                writer.row(row);
                if writer.text.len() >= PIECE {
                    sink(writer.take())?;
                }
            }
            ControlFlow::Continue(())
        })?;
        if flow.is_continue() && !writer.text.is_empty() {
            let _last = sink(writer.take());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
