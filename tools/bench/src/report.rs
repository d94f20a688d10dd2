//! The figures as a document: one section per subject, each with its date, machine and command.
//!
//! A run that measures some sections leaves the others of the file as they are, with their dates: a document that is half
//! measured today must not look as if it all were.

use std::fmt::Write;

/// The sections of the document, in its order.
pub(crate) const ORDER: [&str; 13] = [
    "polling-tcp",
    "polling-rtu",
    "historian",
    "footprint",
    "outage",
    "durability",
    "firewall",
    "attacks",
    "sign-in",
    "pages",
    "assessments",
    "serving",
    "snmp",
];

/// What `make bench` measures of one subject.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// One of [`ORDER`].
    pub(crate) id: &'static str,
    /// Heading.
    pub(crate) title: &'static str,
    /// How it is measured: Markdown.
    pub(crate) about: String,
    /// What is promised, and whether it is kept.
    pub(crate) claims: Vec<Claim>,
    /// Figures beside.
    pub(crate) tables: Vec<Table>,
    /// What a reader must know to judge them; one line each.
    pub(crate) notes: Vec<String>,
}

/// One promise.
#[derive(Debug)]
pub(crate) struct Claim {
    what: String,
    figure: String,
    bar: String,
    held: bool,
}

impl Claim {
    /// `what` was measured as `figure`; it had to be `bar`.
    pub(crate) fn new(what: impl Into<String>, figure: impl Into<String>, bar: impl Into<String>, held: bool) -> Self {
        Self { what: what.into(), figure: figure.into(), bar: bar.into(), held }
    }

    /// A number that may be at most `bar`, with its unit.
    pub(crate) fn at_most(what: impl Into<String>, figure: f64, bar: f64, unit: &str) -> Self {
        Self::new(what, with_unit(figure, unit), format!("≤ {}", with_unit(bar, unit)), figure <= bar)
    }

    /// A number that must be at least `bar`, with its unit.
    pub(crate) fn at_least(what: impl Into<String>, figure: f64, bar: f64, unit: &str) -> Self {
        Self::new(what, with_unit(figure, unit), format!("≥ {}", with_unit(bar, unit)), figure >= bar)
    }
}

/// Figures in rows.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Names of the columns.
    pub(crate) head: Vec<String>,
    /// As many cells as the head has.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows yet.
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|&name| name.to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

/// Three significant digits, thousands apart: as much as a noisy machine can say.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = match value.abs() {
        size if size >= 99.95 || size == 0.0 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let (whole, part) = text.split_once('.').map_or((text.as_str(), None), |(whole, part)| (whole, Some(part)));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    part.map_or(grouped.clone(), |part| format!("{grouped}.{part}"))
}

/// A number and its unit, which may be none.
fn with_unit(value: f64, unit: &str) -> String {
    format!("{} {unit}", number(value)).trim_end().to_owned()
}

/// The value below which `part` (0 to 1) of the sorted `values` lie; 0 of none.
pub(crate) fn percentile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

const OPENS: &str = "<!-- measured: ";
const HEAD: &str = "# Benchmarks\n\nWritten by `make bench`; figures that disappoint stay. Each section has its own date. \
`make bench ONLY=polling-tcp,footprint` measures some sections and leaves the others as they are.\n\n\
Bars are those of the project's plan. The machine is a shared virtual one: times there vary by some ten per cent between runs, \
which is why rivals are measured in the same run, and CPU time rather than elapsed time.\n";

/// `old` with `sections` in place of those of the same id. What was measured where and when goes with each.
pub(crate) fn merged(old: &str, sections: &[Section], circumstances: &str) -> String {
    let mut text = HEAD.to_owned();
    for id in ORDER {
        let new = sections.iter().find(|section| section.id == id).map(|section| written(section, circumstances));
        let kept = || kept(old, id);
        if let Some(part) = new.or_else(kept) {
            text.push('\n');
            text.push_str(&part);
        }
    }
    text
}

/// A section of an earlier run, with its mark.
fn kept(old: &str, id: &str) -> Option<String> {
    let mark = format!("{OPENS}{id} -->");
    let from = old.find(&mark)?;
    let rest = old.get(from..)?;
    let end = rest.get(mark.len()..).and_then(|after| after.find(OPENS)).map_or(rest.len(), |at| at + mark.len());
    Some(format!("{}\n", rest.get(..end)?.trim_end()))
}

fn written(section: &Section, circumstances: &str) -> String {
    let mut text = format!("{OPENS}{} -->\n## {}\n\n{circumstances}\n", section.id, section.title);
    // Writing to a String cannot fail.
    if !section.about.is_empty() {
        let _infallible = writeln!(text, "\n{}", section.about.trim());
    }
    if !section.claims.is_empty() {
        text.push_str("\n| what | measured | bar | held |\n|---|---|---|---|\n");
        for Claim { what, figure, bar, held } in &section.claims {
            let held = if *held { "yes" } else { "**no**" };
            let _infallible = writeln!(text, "| {what} | {figure} | {bar} | {held} |");
        }
    }
    for table in &section.tables {
        let _infallible = writeln!(text, "\n| {} |\n|{}", table.head.join(" | "), "---|".repeat(table.head.len()));
        for row in &table.rows {
            let _infallible = writeln!(text, "| {} |", row.join(" | "));
        }
    }
    if !section.notes.is_empty() {
        text.push('\n');
    }
    for note in &section.notes {
        let _infallible = writeln!(text, "- {note}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: &'static str, figure: f64) -> Section {
        Section { id, title: "T", claims: vec![Claim::at_most("x", figure, 2.0, "s")], ..Section::default() }
    }

    #[test]
    fn a_new_section_takes_the_place_of_the_old_and_others_stay() {
        let first = merged("", &[section("outage", 1.0), section("polling-tcp", 3.0)], "Monday");
        let second = merged(&first, &[section("outage", 5.0)], "Tuesday");
        assert_eq!(second.matches("Monday").count(), 1, "{second}");
        assert!(second.contains("| x | 3.00 s | ≤ 2.00 s | **no** |"), "{second}");
        assert!(second.contains("Tuesday\n\n| what | measured | bar | held |\n|---|---|---|---|\n| x | 5.00 s"), "{second}");
        assert!(!second.contains("1.00 s"), "{second}");
        assert_eq!(merged(&second, &[], "never"), second);
    }

    #[test]
    fn numbers_have_three_digits_and_thousands() {
        let shown = [0.123_45, 1.234, 12.34, 99.97, 1_234_567.0, 0.0, f64::NAN].map(number);
        assert_eq!(shown, ["0.123", "1.23", "12.3", "100", "1,234,567", "0", "–"]);
    }

    #[test]
    fn percentiles_of_few_values() {
        assert_eq!(percentile(&[], 0.5), 0.0);
        assert_eq!(percentile(&[1.0, 2.0, 3.0], 0.5), 2.0);
        assert_eq!(percentile(&[1.0, 2.0, 3.0], 0.99), 3.0);
    }
}
