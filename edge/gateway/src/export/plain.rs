//! The gateway's own layouts: CSV for spreadsheets, wide or long, and JSON lines for programs.

use super::rows::{Rows, exact, local, quality_name, quoted, reasons, unit_text};
use super::windows::Cell;
use super::{Column, Export, Format};
use haubert_model::Reason;
use haubert_service::wire::Time;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Wide or long CSV, or JSON lines.
pub(super) struct Plain<'a> {
    export: &'a Export,
    reasons: BTreeMap<Reason, String>,
    text: String,
}

impl<'a> Plain<'a> {
    /// Begins with the names of the columns.
    pub(super) fn new(export: &'a Export) -> Self {
        let mut text = String::new();
        let separator = export.decimals.separator();
        match export.format {
            Format::CsvLong => {
                text.push_str(export.decimals.mark());
                let names = ["time_utc", "time_local", "load", "quantity", "kind", "unit", "value", "quality", "reason"];
                text.push_str(&names.join(&separator.to_string()));
                text.push_str("\r\n");
            }
            Format::CsvWide => {
                let _ = write!(text, "{}time_utc{separator}time_local", export.decimals.mark());
                for column in &export.columns {
                    let name = column_name(column);
                    let _ = write!(text, "{separator}{}", quoted(&name));
                    if export.reasons {
                        let _ = write!(text, "{separator}{}", quoted(&format!("{name} · reason")));
                    }
                }
                text.push_str("\r\n");
            }
            _ => {}
        }
        Self { export, reasons: reasons(), text }
    }

    fn wide(&mut self, at: Time, local: &str, cells: &[Cell]) {
        let Export { columns, decimals, reasons, .. } = self.export;
        let separator = decimals.separator();
        let _ = write!(self.text, "{at}{separator}{local}");
        let mut cells = cells.iter().peekable();
        for (place, Column { info, .. }) in columns.iter().enumerate() {
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
        let Some(Column { info, load, .. }) = self.export.columns.get(*place) else { return };
        let s = self.export.decimals.separator();
        let value =
            if sample.missing { String::new() } else { self.export.decimals.number(exact(sample.raw, info.spec.exponent)) };
        let (quantity, kind, unit) = (info.spec.quantity, info.spec.kind.code(), unit_text(info));
        let (load, quality, reason) = (quoted(load), quality_name(sample.quality()), self.reason(sample.reason));
        let row = format!("{at}{s}{local}{s}{load}{s}{quantity}{s}{kind}{s}{unit}{s}{value}{s}{quality}{s}{reason}\r\n");
        self.text.push_str(&row);
    }

    fn line(&mut self, at: Time, local: &str, (place, sample): &Cell) {
        let Some(Column { info, load, .. }) = self.export.columns.get(*place) else { return };
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

impl Rows for Plain<'_> {
    fn row(&mut self, cells: &[Cell]) {
        let Some((_, first)) = cells.first() else { return };
        let at = Time(first.at);
        let local = local(first.at, &self.export.zone);
        match self.export.format {
            Format::CsvWide => self.wide(at, &local, cells),
            Format::CsvLong => cells.iter().for_each(|cell| self.long(at, &local, cell)),
            _ => cells.iter().for_each(|cell| self.line(at, &local, cell)),
        }
    }

    fn ready(&self) -> usize {
        self.text.len()
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text).into_bytes()
    }
}

fn column_name(Column { info, load, .. }: &Column) -> String {
    format!("{load} · {} · {} [{}]", info.spec.quantity, info.spec.kind.code(), unit_text(info))
}
