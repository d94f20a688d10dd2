//! The layout for energy management systems, in two parts: one line per series, with a short index that holds in this file alone, a
//! unique key, the coefficient and the unit; then one line per sample, with the index, the time in UTC and the number as recorded.
//! A value in its unit is number × coefficient. Importers go by the key: indexes of several gateways are the same.

use super::rows::{Rows, exact, quoted, unit_text};
use super::windows::Cell;
use super::{Column, Export};
use haubert_service::wire::Time;
use std::fmt::Write as _;

/// Writes it.
pub(super) struct Ems<'a> {
    export: &'a Export,
    text: String,
}

impl<'a> Ems<'a> {
    pub(super) fn new(export: &'a Export) -> Self {
        let s = export.decimals.separator();
        let mut text = export.decimals.mark().to_owned();
        for (index, column) in export.columns.iter().enumerate() {
            let Column { info, load, device, .. } = column;
            let device = device.as_ref().map_or("", |device| &device.name);
            let (kind, quantity, unit) = (info.spec.kind.code(), info.spec.quantity, unit_text(info));
            let coefficient = export.decimals.number(exact(1, info.spec.exponent));
            let _ = write!(
                text,
                "{}{s}{}{s}{}{s}{}{s}{}{s}{quantity}{s}{coefficient}{s}{unit}\r\n",
                index + 1,
                quoted(&key(export, column)),
                quoted(&export.site),
                quoted(device),
                quoted(&format!("{load} ({kind})")),
            );
        }
        Self { export, text }
    }
}

/// The same for the same series of the same gateway, whatever it is called today but for the site.
fn key(export: &Export, Column { info, device, .. }: &Column) -> String {
    let device = device.as_ref().map_or("-", |device| &device.id);
    format!("{}/{}/{}/{}/{device}/{}", export.site, export.gateway, info.spec.kind.code(), info.spec.quantity, info.spec.load)
}

impl Rows for Ems<'_> {
    fn row(&mut self, cells: &[Cell]) {
        let s = self.export.decimals.separator();
        for (place, sample) in cells.iter().filter(|(_, sample)| !sample.missing) {
            let _ = write!(self.text, "{}{s}{}{s}{}\r\n", place + 1, Time(sample.at), sample.raw);
        }
    }

    fn ready(&self) -> usize {
        self.text.len()
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text).into_bytes()
    }
}
