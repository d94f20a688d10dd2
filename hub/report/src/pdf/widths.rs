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
/// A longer text may be broken, a shorter one had better not.
const EASY_TEXT: f64 = 28.0;
/// How much wider than its words a column may be.
const STRETCH: f64 = 0.8;
/// A longer text makes no column wider.
const LONGEST_TEXT: f64 = 140.0;

/// For each table the share of the page's width that each column gets. They add up to one at most: a small table is not torn apart.
pub(super) fn widths(report: &Report) -> Vec<Vec<f64>> {
    let tables = report.blocks.iter().filter_map(|block| match block {
        Block::Table { columns, rows, .. } => Some((columns, rows)),
        _ => None,
    });
    tables.map(|(columns, rows)| shares(columns, rows)).collect()
}

/// In characters.
struct Need {
    /// The longest word, or a number.
    least: f64,
    /// A short text on one line.
    easy: f64,
    /// The longest line.
    most: f64,
    is_number: bool,
}

fn shares(columns: &[Column], rows: &[Vec<Cell>]) -> Vec<f64> {
    let needs: Vec<Need> =
        columns.iter().enumerate().map(|(at, column)| need(column, rows.iter().filter_map(|row| row.get(at)))).collect();
    let sum = |of: fn(&Need) -> f64| needs.iter().map(of).sum::<f64>();
    let (least, easy, most) = (sum(|need| need.least), sum(|need| need.easy), sum(|need| need.most));
    let between =
        |low: f64, low_sum: f64, high: f64, high_sum: f64| low + (PAGE - low_sum) * (high - low) / (high_sum - low_sum).max(1.0);
    let wanted: Vec<f64> = if most <= PAGE {
        // All fits: words take what is left, up to a width that the eye still crosses.
        let words = needs.iter().filter(|need| !need.is_number).map(|need| need.most).sum::<f64>();
        let room = (PAGE - most).min(words * STRETCH);
        needs
            .iter()
            .map(|need| if need.is_number || words == 0.0 { need.most } else { need.most + room * need.most / words })
            .collect()
    } else if easy <= PAGE {
        needs.iter().map(|need| between(need.easy, easy, need.most, most)).collect()
    } else if least <= PAGE {
        needs.iter().map(|need| between(need.least, least, need.easy, easy)).collect()
    } else {
        needs.iter().map(|need| need.least).collect()
    };
    let whole = wanted.iter().sum::<f64>().max(PAGE);
    wanted.iter().map(|one| one / whole).collect()
}

fn need<'a>(column: &Column, cells: impl Iterator<Item = &'a Cell>) -> Need {
    let head = measure(&column.title);
    // Heads are bold.
    let mut least = head.0 * 1.12;
    let mut most = least.max(head.1.min(LONGEST_WORD));
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
    let easy = most.min(EASY_TEXT).max(least);
    Need { least: least + GAP, easy: easy + GAP, most: most.max(least) + GAP, is_number: column.is_number }
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
        let found = shared(
            &[("Thème", false), ("Atteint", true), ("Au plus", true)],
            &["Protection des systèmes industriels et de leurs accès distants", "42", "68"],
        );
        assert!(found[0] > 5.0 * found[1] && (found[1] - found[2]).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn a_long_text_leaves_short_ones_their_words() {
        let found = shared(
            &[("Obligation", false), ("Délais", false), ("Jusqu’au", false)],
            &["Directive NIS 2", &"un deux ".repeat(80), "31 mars 2027"],
        );
        assert!(found[1] > 2.5 * found[0] && found[0] * 104.0 >= 16.0 && found[2] * 104.0 >= 14.0, "{found:?}");
    }

    #[test]
    fn every_column_has_some_width() {
        for found in [shared(&[("", false), ("", true)], &["", ""]), shared(&[("", true)], &[&"9".repeat(500)])] {
            assert!(found.iter().all(|&one| one.is_finite() && one > 0.01), "{found:?}");
        }
    }

    #[test]
    fn no_table_is_wider_than_the_page_and_a_small_one_is_small() {
        let long = "un deux trois ".repeat(9);
        for many in 1..=12 {
            let found = shared(&vec![("Désignation", false); many], &vec![long.as_str(); many]);
            assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{found:?}");
        }
        assert!(shared(&[("Niveau", false), ("Risques", true)], &["Élevé", "2"]).iter().sum::<f64>() < 0.4);
    }
}
