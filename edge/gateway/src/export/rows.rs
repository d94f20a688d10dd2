//! What the layouts of a file have in common.

use super::windows::Cell;
use haubert_historian::SeriesInfo;
use haubert_model::{Quality, Reason, Timestamp};
use haubert_service::wire::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A layout: takes rows, and gives bytes.
pub(super) trait Rows {
    /// Writes the samples of one time.
    fn row(&mut self, cells: &[Cell]);

    /// How many bytes could be taken.
    fn ready(&self) -> usize;

    /// The bytes since the last time.
    fn take(&mut self) -> Vec<u8>;

    /// Nothing follows: what remains.
    fn finish(mut self: Box<Self>) -> Vec<u8> {
        self.take()
    }
}

/// Shape of an exported file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// CSV: one row per time, one column per series.
    #[default]
    CsvWide,
    /// CSV: one row per sample.
    CsvLong,
    /// One JSON object per sample and line.
    Jsonl,
    /// CSV of one device as energy gateways write it: a head that tells of its series, and one row per time with raw numbers.
    CsvStandard,
    /// CSV for energy management systems: a head that gives each series a key, and one row per sample with its raw number.
    CsvEms,
    /// Apache Parquet: one row per sample.
    Parquet,
    /// InfluxDB line protocol: one line per sample, times in milliseconds.
    Influx,
}

/// How numbers are written in CSV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decimals {
    /// `1.5`, fields apart by commas.
    #[default]
    Point,
    /// `1,5`, fields apart by semicolons, with the mark by which spreadsheets know UTF-8: what Excel opens in France.
    Comma,
}

impl Format {
    /// Ending of the file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::CsvWide | Self::CsvLong | Self::CsvStandard | Self::CsvEms => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Influx => "lp",
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::CsvWide | Self::CsvLong | Self::CsvStandard | Self::CsvEms => "text/csv; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Influx => "text/plain; charset=utf-8",
        }
    }
}

impl Decimals {
    /// Between fields.
    pub const fn separator(self) -> char {
        match self {
            Self::Point => ',',
            Self::Comma => ';',
        }
    }

    /// Before the first field of a file.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Point => "",
            Self::Comma => "\u{feff}",
        }
    }

    /// A number in the reader's writing.
    pub fn number(self, text: String) -> String {
        match self {
            Self::Point => text,
            Self::Comma => text.replace('.', ","),
        }
    }
}

/// `raw × 10^exponent` in full, without rounding.
pub(super) fn exact(raw: i64, exponent: i8) -> String {
    let digits = raw.unsigned_abs().to_string();
    let sign = if raw < 0 { "-" } else { "" };
    let places = usize::from(exponent.unsigned_abs());
    match exponent {
        0.. if raw == 0 => "0".to_owned(),
        0.. => format!("{sign}{digits}{}", "0".repeat(places)),
        _ => {
            let padded = format!("{digits:0>width$}", width = places + 1);
            let (whole, part) = padded.split_at(padded.len() - places);
            format!("{sign}{whole}.{part}")
        }
    }
}

/// An instant with the zone's offset: `2026-11-21T11:00:00.000+01:00`.
pub(crate) fn local(at: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_millisecond(at.as_millis()) {
        Ok(at) => at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S.%3f%:z").to_string(),
        Err(_) => Time(at).to_string(),
    }
}

/// A CSV field; one that a spreadsheet would take for a formula is defused.
pub fn quoted(text: &str) -> String {
    let defused = if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() };
    format!("\"{}\"", defused.replace('"', "\"\""))
}

/// Reasons as the API names them.
pub(super) fn reasons() -> BTreeMap<Reason, String> {
    Reason::ALL.iter().map(|reason| (*reason, reason.to_string())).collect()
}

/// The name under which the API gives it.
pub(super) const fn quality_name(quality: Quality) -> &'static str {
    match quality {
        Quality::Good => "good",
        Quality::Uncertain => "uncertain",
        Quality::Bad => "bad",
    }
}

/// The unit of a series; `1` where it has none.
pub(super) fn unit_text(info: &SeriesInfo) -> &'static str {
    match info.spec.quantity.unit().symbol() {
        "" => "1",
        symbol => symbol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_kept() {
        let written: Vec<String> =
            [(12_345, -2), (-5, -3), (0, -2), (7, 2), (0, 3), (-40, 0), (i64::MIN, -18)].map(|(raw, e)| exact(raw, e)).into();
        assert_eq!(written, ["123.45", "-0.005", "0.00", "700", "0", "-40", "-9.223372036854775808"]);
        assert_eq!(Decimals::Comma.number(exact(12_345, -2)), "123,45");
    }

    #[test]
    fn local_times_say_which_of_two_equal_hours() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let first = Timestamp(1_792_888_200_000); // 2026-10-25 00:30 UTC
        assert_eq!(local(first, &paris), "2026-10-25T02:30:00.000+02:00");
        assert_eq!(local(first.plus_ms(3_600_000), &paris), "2026-10-25T02:30:00.000+01:00");
    }

    #[test]
    fn a_field_is_never_a_formula() {
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("Grue \"1\""), "\"Grue \"\"1\"\"\"");
    }
}
