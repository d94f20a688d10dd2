//! A report as the template reads it: words that can be set, rows as long as their heads, bars within their bounds.

use super::text::printable;
use super::widths::widths;
use crate::{Bar, Block, Cell, Column, Figure, Report};
use serde::Serialize;

/// Characters of whom it is about and of the title where they are repeated on every page.
const SHORT: usize = 60;

#[derive(Serialize)]
pub(super) struct Sheet {
    report: Report,
    /// Of each table's columns, in the order of the tables.
    widths: Vec<Vec<f64>>,
    /// Title and organisation, for the margins.
    short_title: String,
    short_organisation: String,
}

impl Sheet {
    pub(super) fn new(report: &Report) -> Self {
        let say = |text: &str| printable(text, report.lang);
        let blocks = report.blocks.iter().map(|block| fitted(block, &say)).collect();
        // A document must have a title, whatever it is about.
        let title = Some(say(&report.title)).filter(|title| !title.is_empty()).unwrap_or_else(|| "–".to_owned());
        let report =
            Report { lang: report.lang, title, organisation: say(&report.organisation), made: say(&report.made), blocks };
        let (short_title, short_organisation) = (short(&report.title), short(&report.organisation));
        Self { widths: widths(&report), short_title, short_organisation, report }
    }
}

fn fitted(block: &Block, say: &impl Fn(&str) -> String) -> Block {
    let cell = |cell: &Cell| Cell { text: say(&cell.text), state: cell.state };
    match block {
        Block::Heading { text } => Block::Heading { text: say(text).replace('\n', " ") },
        Block::Text { text } => Block::Text { text: say(text) },
        Block::Notice { state, text } => Block::Notice { state: *state, text: say(text) },
        Block::Figures { items } => {
            let figure = |one: &Figure| Figure {
                label: say(&one.label),
                value: say(&one.value),
                note: say(&one.note),
                least: one.least.map(percent),
                most: one.most.map(percent),
            };
            Block::Figures { items: items.iter().map(figure).collect() }
        }
        Block::Bars { items } => {
            let bar =
                |one: &Bar| Bar { label: say(&one.label), least: percent(one.least), most: percent(one.most), weak: one.weak };
            Block::Bars { items: items.iter().map(bar).collect() }
        }
        Block::Table { title, columns, rows, empty } => {
            let blank = Cell { text: String::new(), state: None };
            let row = |row: &Vec<Cell>| (0..columns.len()).map(|at| cell(row.get(at).unwrap_or(&blank))).collect();
            Block::Table {
                title: say(title),
                columns: columns.iter().map(|one| Column { title: say(&one.title), is_number: one.is_number }).collect(),
                rows: if columns.is_empty() { Vec::new() } else { rows.iter().map(row).collect() },
                empty: say(empty),
            }
        }
    }
}

/// Within the scale that bars are drawn on; what is no number is nothing.
fn percent(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 100.0) }
}

fn short(text: &str) -> String {
    let line: String = text.lines().next().unwrap_or_default().chars().filter(|&one| one != super::text::BREAK).collect();
    if line.chars().count() <= SHORT { line } else { line.chars().take(SHORT - 1).chain(['…']).collect() }
}
