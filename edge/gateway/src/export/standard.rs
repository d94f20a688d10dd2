//! The layout that readers of energy gateways' files know: of one device, with a head of three lines about it and six about its series,
//! then a row per time with numbers as recorded. A value in its unit is number / scale. Times are the site's, without an offset.

use super::rows::{Rows, quoted, unit_text};
use super::windows::Cell;
use super::{Column, Export};
use haubert_model::{Quantity, Timestamp};
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// Writes it.
pub(super) struct Standard<'a> {
    export: &'a Export,
    text: String,
}

impl<'a> Standard<'a> {
    pub(super) fn new(export: &'a Export) -> Self {
        let mut text = "\"Device name\",\"IP Address\",\"Modbus Address\",\"Begin date\",\"End date\"\r\n".to_owned();
        let device = export.columns.iter().find_map(|column| column.device.as_ref());
        let (name, host, unit) = device.map_or(("", "0.0.0.0", 0), |device| (&device.name, &device.host, device.unit));
        let (from, to) = (plain(export.from, &export.zone), plain(export.to, &export.zone));
        let _ = write!(text, "{},{host},{unit},{from},{to},\r\n\r\n", quoted(name));
        type Told = fn(&Column) -> String;
        let lines: [(&str, Told); 6] = [
            ("Load Name", |column| quoted(&column.load)),
            ("Usage", |column| quoted(column.usage)),
            ("Nature", |column| quoted(column.fluid)),
            ("Measured value", |column| quoted(measured(column))),
            ("Unit", |column| quoted(unit_text(&column.info))),
            ("Scale", |column| scale(column.info.spec.exponent)),
        ];
        for (name, told) in lines {
            let _ = write!(text, "\"{name}\",");
            for column in &export.columns {
                let _ = write!(text, "{},", told(column));
            }
            text.push_str("\r\n");
        }
        Self { export, text }
    }
}

impl Rows for Standard<'_> {
    fn row(&mut self, cells: &[Cell]) {
        let Some((_, first)) = cells.first() else { return };
        let _ = write!(self.text, "{},", plain(first.at, &self.export.zone));
        let mut cells = cells.iter().peekable();
        for place in 0..self.export.columns.len() {
            if let Some((_, sample)) = cells.next_if(|(of, _)| *of == place)
                && !sample.missing
            {
                let _ = write!(self.text, "{}", sample.raw);
            }
            self.text.push(',');
        }
        self.text.push_str("\r\n");
    }

    fn ready(&self) -> usize {
        self.text.len()
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text).into_bytes()
    }
}

/// A local time without its offset.
fn plain(at: Timestamp, zone: &TimeZone) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string())
        .unwrap_or_default()
}

/// By what a recorded number is divided for its value: 10 to the power of minus the exponent.
fn scale(exponent: i8) -> String {
    match exponent {
        1.. => format!(
            "0.{}1{}",
            "0".repeat(usize::from(exponent.unsigned_abs()) - 1),
            "0".repeat(7_usize.saturating_sub(exponent.unsigned_abs().into()))
        ),
        _ => format!("1{}.0000000", "0".repeat(exponent.unsigned_abs().into())),
    }
}

/// The name that readers of such files know, where there is one.
fn measured(column: &Column) -> &'static str {
    match column.info.spec.quantity {
        Quantity::ActiveEnergyImport => "EA+",
        Quantity::ActiveEnergyExport => "EA-",
        Quantity::ReactiveEnergyImport => "ER+",
        Quantity::ReactiveEnergyExport => "ER-",
        Quantity::ApparentEnergy => "ES",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_divided_by_its_scale_is_its_value() {
        assert_eq!([3, 0, -2, 7].map(scale), ["0.0010000", "1.0000000", "100.0000000", "0.0000001"]);
    }
}
