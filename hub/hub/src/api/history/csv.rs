//! One row per time: what there is to remark, then one column per series.

use haubert_model::{Decimal, Quantity, Reason, Timestamp};
use haubert_service::wire::Time;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A table that is filled column by column.
pub(super) struct Table {
    columns: usize,
    head: String,
    rows: BTreeMap<Timestamp, Row>,
}

struct Row {
    cells: Vec<Option<Decimal>>,
    /// By column, from 1: why a value is not wholly sure, or missing.
    remarks: String,
}

impl Table {
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, head: "time,remarks".to_owned(), rows: BTreeMap::new() }
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

    pub(super) fn put(&mut self, at: Timestamp, column: usize, value: Option<Decimal>, reason: Reason) {
        let columns = self.columns;
        let row = self.rows.entry(at).or_insert_with(|| Row { cells: vec![None; columns], remarks: String::new() });
        if let Some(cell) = row.cells.get_mut(column) {
            *cell = value;
        }
        if reason != Reason::Measured {
            let space = if row.remarks.is_empty() { "" } else { " " };
            let _infallible = write!(row.remarks, "{space}{}:{}", column + 1, reason);
        }
    }

    pub(super) fn finish(self) -> String {
        let mut text = self.head;
        text.push_str("\r\n");
        for (at, row) in self.rows {
            let _infallible = write!(text, "{},{}", Time(at), row.remarks);
            for cell in row.cells {
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
        table.put(Timestamp(1000), 1, Some(Decimal::new(95, -2)), Reason::Measured);
        table.put(Timestamp(0), 0, Some(Decimal::new(12, 0)), Reason::Recovered);
        table.put(Timestamp(1000), 0, None, Reason::NoAnswer);
        let text = table.finish();
        let expected = "time,remarks,\"'=HYPERLINK(\"\"x\"\") active_power_total (W)\",\"Grue 1 power_factor_total\"\r\n\
                        1970-01-01T00:00:00.000Z,1:recovered,12,\r\n1970-01-01T00:00:01.000Z,1:no_answer,,0.95\r\n";
        assert_eq!(text, expected);
    }
}
