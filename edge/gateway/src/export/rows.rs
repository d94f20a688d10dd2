//! Rows as text: CSV for spreadsheets, wide or long, and JSON lines for programs.

use super::Export;
use super::windows::Cell;
use haubert_historian::SeriesInfo;
use haubert_model::{Quality, Reason, Timestamp};
use haubert_service::wire::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use utoipa::ToSchema;

/// Shape of an exported file. Every row begins with its time in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// CSV: one row per time, one column per series.
    #[default]
    CsvWide,
    /// CSV: one row per sample.
    CsvLong,
    /// One JSON object per sample and line.
    Jsonl,
}

/// How numbers are written in CSV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
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
            Self::CsvWide | Self::CsvLong => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::CsvWide | Self::CsvLong => "text/csv; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
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
fn exact(raw: i64, exponent: i8) -> String {
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

/// Collects rows until they are taken.
pub(super) struct Writer<'a> {
    export: &'a Export,
    /// Reasons as the API names them.
    reasons: BTreeMap<Reason, String>,
    pub(super) text: String,
}

impl<'a> Writer<'a> {
    /// Begins with the names of the columns.
    pub(super) fn new(export: &'a Export) -> Self {
        let mut text = String::new();
        let separator = export.decimals.separator();
        match export.format {
            Format::Jsonl => {}
            Format::CsvLong => {
                text.push_str(export.decimals.mark());
                let names = ["time_utc", "time_local", "load", "quantity", "kind", "unit", "value", "quality", "reason"];
                text.push_str(&names.join(&separator.to_string()));
                text.push_str("\r\n");
            }
            Format::CsvWide => {
                let _ = write!(text, "{}time_utc{separator}time_local", export.decimals.mark());
                for (info, load) in &export.columns {
                    let name = column_name(info, load);
                    let _ = write!(text, "{separator}{}", quoted(&name));
                    if export.reasons {
                        let _ = write!(text, "{separator}{}", quoted(&format!("{name} · reason")));
                    }
                }
                text.push_str("\r\n");
            }
        }
        let reasons = Reason::ALL.iter().map(|reason| (*reason, reason.to_string())).collect();
        Self { export, reasons, text }
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text).into_bytes()
    }

    /// Writes the samples of one time.
    pub(super) fn row(&mut self, cells: &[Cell]) {
        let Some((_, first)) = cells.first() else { return };
        let at = Time(first.at);
        let local = local(first.at, &self.export.zone);
        match self.export.format {
            Format::CsvWide => self.wide(at, &local, cells),
            Format::CsvLong => cells.iter().for_each(|cell| self.long(at, &local, cell)),
            Format::Jsonl => cells.iter().for_each(|cell| self.line(at, &local, cell)),
        }
    }

    fn wide(&mut self, at: Time, local: &str, cells: &[Cell]) {
        let Export { columns, decimals, reasons, .. } = self.export;
        let separator = decimals.separator();
        let _ = write!(self.text, "{at}{separator}{local}");
        let mut cells = cells.iter().peekable();
        for (place, (info, _)) in columns.iter().enumerate() {
            self.text.push(separator);
            let cell = cells.next_if(|(of, _)| *of == place);
            if let Some((_, sample)) = cell
                && !sample.missing
            {
                self.text.push_str(&decimals.number(exact(sample.raw, info.spec.exponent)));
            }
            if *reasons {
                self.text.push(separator);
                let reason = cell.and_then(|(_, sample)| self.reasons.get(&sample.reason));
                self.text.push_str(reason.map_or("", String::as_str));
            }
        }
        self.text.push_str("\r\n");
    }

    fn long(&mut self, at: Time, local: &str, (place, sample): &Cell) {
        let Some((info, load)) = self.export.columns.get(*place) else { return };
        let s = self.export.decimals.separator();
        let value =
            if sample.missing { String::new() } else { self.export.decimals.number(exact(sample.raw, info.spec.exponent)) };
        let (quantity, kind, unit) = (info.spec.quantity, info.spec.kind.code(), unit_text(info));
        let (load, quality, reason) = (quoted(load), quality_name(sample.quality()), self.reason(sample.reason));
        let row = format!("{at}{s}{local}{s}{load}{s}{quantity}{s}{kind}{s}{unit}{s}{value}{s}{quality}{s}{reason}\r\n");
        self.text.push_str(&row);
    }

    fn line(&mut self, at: Time, local: &str, (place, sample): &Cell) {
        let Some((info, load)) = self.export.columns.get(*place) else { return };
        // The digits as recorded: a float would round the long ones.
        let value = if sample.missing { "null".to_owned() } else { exact(sample.raw, info.spec.exponent) };
        let (quantity, kind, unit) = (info.spec.quantity, info.spec.kind.code(), info.spec.quantity.unit().symbol());
        let (load, quality, reason) = (Value::from(load.as_str()), quality_name(sample.quality()), self.reason(sample.reason));
        let line = format!(
            "{{\"time\":\"{at}\",\"local\":\"{local}\",\"series\":{},\"load\":{load},\"quantity\":\"{quantity}\",\
             \"kind\":\"{kind}\",\"unit\":\"{unit}\",\"value\":{value},\"quality\":\"{quality}\",\"reason\":\"{reason}\"}}\n",
            info.id.0
        );
        self.text.push_str(&line);
    }

    fn reason(&self, reason: Reason) -> &str {
        self.reasons.get(&reason).map_or("", String::as_str)
    }
}

/// The name under which the API gives it.
const fn quality_name(quality: Quality) -> &'static str {
    match quality {
        Quality::Good => "good",
        Quality::Uncertain => "uncertain",
        Quality::Bad => "bad",
    }
}

fn column_name(info: &SeriesInfo, load: &str) -> String {
    format!("{load} · {} · {} [{}]", info.spec.quantity, info.spec.kind.code(), unit_text(info))
}

fn unit_text(info: &SeriesInfo) -> &'static str {
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
