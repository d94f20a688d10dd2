//! InfluxDB line protocol: a line per sample, `<quantity>,<tags> value=<number> <milliseconds>`. A gap has no line. The same sample sent
//! twice is the same point. Read with `precision=ms`.

use super::rows::{Rows, exact, quality_name, unit_text};
use super::windows::Cell;
use super::{Column, Export};
use std::fmt::Write as _;

/// Writes it.
pub(super) struct Influx<'a> {
    export: &'a Export,
    /// Measurement and tags of each column.
    names: Vec<String>,
    text: String,
}

impl<'a> Influx<'a> {
    pub(super) fn new(export: &'a Export) -> Self {
        Self { export, names: export.columns.iter().map(|column| named(export, column)).collect(), text: String::new() }
    }
}

fn named(export: &Export, Column { info, load, usage, fluid, device }: &Column) -> String {
    let mut text = info.spec.quantity.code().to_owned();
    let device = device.as_ref().map_or("", |device| &device.name);
    let tags = [
        ("device", device),
        ("fluid", fluid),
        ("kind", info.spec.kind.code()),
        ("load", load),
        ("site", &export.site),
        ("unit", unit_text(info)),
        ("usage", usage),
    ];
    // A tag without a value is a fault of the protocol.
    for (tag, value) in tags.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(text, ",{tag}={}", escaped(value));
    }
    text
}

/// What parts tags from each other is escaped, and what parts lines is left out; a backslash at the end would escape what follows.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            ',' | '=' | ' ' => text.extend(['\\', letter]),
            '\\' => text.push('/'),
            letter if letter.is_control() => text.push('_'),
            letter => text.push(letter),
        }
    }
    text
}

impl Rows for Influx<'_> {
    fn row(&mut self, cells: &[Cell]) {
        for (place, sample) in cells.iter().filter(|(_, sample)| !sample.missing) {
            let (Some(name), Some(column)) = (self.names.get(*place), self.export.columns.get(*place)) else { continue };
            let value = exact(sample.raw, column.info.spec.exponent);
            let quality = quality_name(sample.quality());
            let _ = writeln!(self.text, "{name} value={value},quality=\"{quality}\" {}", sample.at.as_millis());
        }
    }

    fn ready(&self) -> usize {
        self.text.len()
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_never_begins_another_tag_or_line(value in ".*") {
            let text = escaped(&value);
            let mut before = ' ';
            for letter in text.chars() {
                prop_assert!(!letter.is_control());
                prop_assert!(!",= ".contains(letter) || before == '\\', "{text}");
                before = letter;
            }
            prop_assert!(before != '\\');
        }
    }
}
