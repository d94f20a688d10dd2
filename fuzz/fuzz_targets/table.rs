//! Tables as text: what is taken is within its limits, and comes back as it was from what is written of it.
#![no_main]

use haubert_tables::{Cell, Column, Language, Limits, Row, Table, read_text};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { bytes: 8192, rows: 50, columns: 6, cell: 300 };

fuzz_target!(|data: &[u8]| {
    let Ok(rows) = read_text(data, LIMITS) else { return };
    assert!(!rows.is_empty() && rows.len() <= LIMITS.rows);
    for Row { line, cells } in &rows {
        assert!(*line >= 1 && !cells.is_empty() && cells.len() <= LIMITS.columns);
        assert!(cells.iter().all(|cell| cell.chars().count() <= LIMITS.cell));
    }
    assert!(rows.windows(2).all(|pair| pair[0].line < pair[1].line));
    let columns = (0..LIMITS.columns).map(|at| Column::new("c", format!("c{at}"), format!("c{at}"))).collect();
    let title = Column::new("t", "t", "t").title;
    let table = Table { title, columns, rows: rows.iter().map(|row| row.cells.iter().map(Cell::text).collect()).collect() };
    for language in [Language::En, Language::Fr] {
        let written = table.csv(language).expect("a table can be written");
        let more = Limits { bytes: written.len(), rows: LIMITS.rows + 1, ..LIMITS };
        let again = read_text(&written, more).expect("what was written can be read");
        assert!(again.iter().skip(1).map(|row| &row.cells).eq(rows.iter().map(|row| &row.cells)));
    }
});
