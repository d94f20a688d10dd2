//! One row per time, one column per series.

use haubert_model::{Decimal, Quantity, Timestamp};
use haubert_service::wire::Time;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A table that is filled column by column.
pub(super) struct Table {
    columns: usize,
    head: String,
    rows: BTreeMap<Timestamp, Vec<Option<Decimal>>>,
}

impl Table {
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, head: "time".to_owned(), rows: BTreeMap::new() }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Names the next column.
    pub(super) fn head(&mut self, load: &str, quantity: Quantity) {
        let unit = quantity.unit().symbol();
        let text = if unit.is_empty() { format!("{load} {quantity}") } else { format!("{load} {quantity} ({unit})") };
        // Spreadsheets run what begins with these as a formula; names come from the field.
        let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
        let _infallible = write!(self.head, ",\"{}\"", text.replace('"', "\"\""));
    }

    pub(super) fn put(&mut self, at: Timestamp, column: usize, value: Option<Decimal>) {
        let row = self.rows.entry(at).or_insert_with(|| vec![None; self.columns]);
        if let Some(cell) = row.get_mut(column) {
            *cell = value;
        }
    }

    pub(super) fn finish(self) -> String {
        let mut text = self.head;
        text.push_str("\r\n");
        for (at, row) in self.rows {
            let _infallible = write!(text, "{}", Time(at));
            for cell in row {
                text.push(',');
                if let Some(value) = cell {
                    let _infallible = write!(text, "{}", value.to_f64());
                }
            }
            text.push_str("\r\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_meet_at_their_times_and_no_name_is_a_formula() {
        let mut table = Table::new(2);
        table.head("=HYPERLINK(\"x\")", Quantity::ActivePowerTotal);
        table.head("Grue 1", Quantity::PowerFactorTotal);
        table.put(Timestamp(1000), 1, Some(Decimal::new(95, -2)));
        table.put(Timestamp(0), 0, Some(Decimal::new(12, 0)));
        table.put(Timestamp(1000), 0, None);
        let text = table.finish();
        let expected = "time,\"'=HYPERLINK(\"\"x\"\") active_power_total (W)\",\"Grue 1 power_factor_total\"\r\n\
                        1970-01-01T00:00:00.000Z,12,\r\n1970-01-01T00:00:01.000Z,,0.95\r\n";
        assert_eq!(text, expected);
    }
}
