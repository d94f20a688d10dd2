//! How a table shares the width of the page among its columns.
//!
//! Numbers get what they need; words share the rest by how much of it there is, and no column gets less than its longest word asks for.
//! Rejected: leaving it to the engine, which gives a short column beside a long text as much as the text.

use crate::{Block, Cell, Column, Report};

/// Characters of a table's type that fit on one line of the page.
const PAGE: f64 = 104.0;
/// A ring and the blank after it.
const RING: f64 = 2.5;
/// Between two columns.
const GAP: f64 = 2.5;
/// A longer word is broken.
const LONGEST_WORD: f64 = 16.0;
/// A longer text makes no column wider.
const LONGEST_TEXT: f64 = 140.0;

/// One share for each column of each table, in their order. They mean something only beside one another.
pub(super) fn widths(report: &Report) -> Vec<Vec<f64>> {
    let tables = report.blocks.iter().filter_map(|block| match block {
        Block::Table { columns, rows, .. } => Some((columns, rows)),
        _ => None,
    });
    tables.map(|(columns, rows)| shares(columns, rows)).collect()
}

struct Need {
    /// The longest word, in characters.
    least: f64,
    /// The longest line.
    most: f64,
    is_number: bool,
}

fn shares(columns: &[Column], rows: &[Vec<Cell>]) -> Vec<f64> {
    let needs: Vec<Need> =
        columns.iter().enumerate().map(|(at, column)| need(column, rows.iter().filter_map(|row| row.get(at)))).collect();
    let natural: f64 = needs.iter().map(|need| need.most).sum();
    let least: f64 = needs.iter().map(|need| need.least).sum();
    let words: f64 = needs.iter().filter(|need| !need.is_number).map(|need| need.most).sum();
    let excess = (natural - least).max(f64::EPSILON);
    needs
        .iter()
        .map(|need| match natural <= PAGE {
            // All fits: what is left goes to the words, or to all where there are only numbers.
            true if words == 0.0 => need.most,
            true if need.is_number => need.most,
            true => need.most + (PAGE - natural) * need.most / words,
            false => need.least + (PAGE - least).max(0.0) * (need.most - need.least) / excess,
        })
        .collect()
}

fn need<'a>(column: &Column, cells: impl Iterator<Item = &'a Cell>) -> Need {
    let head = measure(&column.title);
    let (mut least, mut most) = (head.0, head.0.max(head.1.min(LONGEST_WORD)));
    for cell in cells {
        let ring = if cell.state.is_some() { RING } else { 0.0 };
        let (word, line) = measure(&cell.text);
        least = least.max(word + ring);
        most = most.max(line + ring);
    }
    // A number is not to be broken at its blanks.
    if column.is_number {
        least = most.min(LONGEST_WORD).max(least);
        most = least;
    }
    Need { least: least + GAP, most: most.max(least) + GAP, is_number: column.is_number }
}

/// The longest word and the longest line of a text, in characters, as far as they count.
fn measure(text: &str) -> (f64, f64) {
    let longest = |parts: &mut dyn Iterator<Item = &str>, most: f64| {
        parts.map(|part| u32::try_from(part.chars().count()).map_or(most, f64::from)).fold(0.0, f64::max).min(most)
    };
    (longest(&mut text.split([' ', '\n', super::text::BREAK]), LONGEST_WORD), longest(&mut text.split('\n'), LONGEST_TEXT))
}

#[cfg(test)]
mod tests {
    use super::shares;
    use crate::{Cell, Column};

    fn shared(heads: &[(&str, bool)], row: &[&str]) -> Vec<f64> {
        let columns: Vec<Column> = heads.iter().map(|&(title, is_number)| Column { title: title.into(), is_number }).collect();
        shares(&columns, &[row.iter().map(|&text| Cell { text: text.into(), state: None }).collect()])
    }

    #[test]
    fn numbers_get_what_they_need_and_words_the_rest() {
        let found = shared(&[("Thème", false), ("Atteint", true), ("Au plus", true)], &["Gouvernance", "42", "68"]);
        assert!(found[0] > 5.0 * found[1] && (found[1] - found[2]).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn a_long_text_leaves_short_ones_their_words() {
        let found = shared(
            &[("Obligation", false), ("Délais", false), ("Jusqu’au", false)],
            &["Directive NIS 2", &"un deux ".repeat(80), "31 mars 2027"],
        );
        assert!(found[1] > 3.0 * found[0] && found[0] >= 10.0 && found[2] >= 8.0, "{found:?}");
    }

    #[test]
    fn every_column_has_some_width() {
        for found in [shared(&[("", false), ("", true)], &["", ""]), shared(&[("", true)], &[&"9".repeat(500)])] {
            assert!(found.iter().all(|&one| one.is_finite() && one > 1.0), "{found:?}");
        }
    }
}
