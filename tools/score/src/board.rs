//! The board as Markdown.

use crate::{Figure, Kept, Line};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const HEAD: &str = "# Scoreboard\n\nWritten by `make soak` from what its runs reached (`tools/score/records`), against what \
`tools/score/lines` asks; by hand nothing is written here. A line is held when each of its figures reaches its bar and each of its \
negative controls (the protection taken away, the fault put in) was noticed. `make test` runs the same tests in a short form.\n";

/// Whether a line is held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Held,
    Missed,
    /// Some figure was never measured.
    Unmeasured,
}

impl Verdict {
    fn of(line: &Line, kept: &BTreeMap<String, Kept>) -> Self {
        let found: Vec<Option<bool>> =
            line.figures.iter().map(|figure| kept.get(&figure.id).map(|kept| kept.record.held)).collect();
        if found.contains(&Some(false)) {
            Self::Missed
        } else if found.contains(&None) || line.figures.iter().all(|figure| !figure.control) {
            Self::Unmeasured
        } else {
            Self::Held
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Missed => "**not held**",
            Self::Unmeasured => "**not measured whole**",
        }
    }
}

/// The document that says what was reached on every line.
#[must_use]
pub fn board(lines: &[Line], kept: &BTreeMap<String, Kept>) -> String {
    let mut text = HEAD.to_owned();
    // Writing to a String cannot fail.
    text.push_str("\n| line | | figures | controls | |\n|---|---|---|---|---|\n");
    for line in lines {
        let of = |control: bool| {
            let figures = line.figures.iter().filter(|figure| figure.control == control);
            let all = figures.clone().count();
            let held = figures.filter(|figure| kept.get(&figure.id).is_some_and(|kept| kept.record.held)).count();
            format!("{held} of {all}")
        };
        let verdict = Verdict::of(line, kept).word();
        let _infallible = writeln!(text, "| {} | {} | {} | {} | {verdict} |", line.number, line.title, of(false), of(true));
    }
    for line in lines {
        let _infallible = writeln!(text, "\n## {}. {}\n\n{}\n", line.number, line.title, line.asks.trim());
        text.push_str("| what | reached | bar | held | again with |\n|---|---|---|---|---|\n");
        for figure in &line.figures {
            text.push_str(&row(figure, kept.get(&figure.id)));
        }
        if !line.note.is_empty() {
            let _infallible = writeln!(text, "\n{}", line.note.trim());
        }
        let circumstances: BTreeSet<String> = line
            .figures
            .iter()
            .filter_map(|figure| kept.get(&figure.id))
            .map(|Kept { circumstances, .. }| {
                format!("{}, commit {}, {}", circumstances.date, circumstances.commit, circumstances.machine)
            })
            .collect();
        for circumstance in circumstances {
            let _infallible = writeln!(text, "\n*{circumstance}*");
        }
    }
    text
}

fn row(figure: &Figure, kept: Option<&Kept>) -> String {
    let reached = kept.map_or("not measured", |kept| &kept.record.figure);
    let held = kept.map_or("–", |kept| if kept.record.held { "yes" } else { "**no**" });
    let what = if figure.control { format!("*Control:* {}", figure.what) } else { figure.what.clone() };
    format!("| {what} | {} | {} | {held} | `{}` |\n", reached.replace('|', "\\|"), figure.bar, figure.by.command())
}

#[cfg(test)]
mod tests {
    use super::{Verdict, board};
    use crate::{By, Circumstances, Figure, Kept, Line, Record};
    use std::collections::BTreeMap;

    fn figure(id: &str, control: bool) -> Figure {
        Figure { id: id.into(), what: "flips found".into(), bar: "all".into(), by: By::Test("a::b".into()), control }
    }

    fn line(figures: Vec<Figure>) -> Line {
        Line { number: 6, title: "Bit rot".into(), asks: "All found.".into(), note: String::new(), figures }
    }

    fn kept(records: &[(&str, bool)]) -> BTreeMap<String, Kept> {
        let circumstances = Circumstances { date: "2026-01-02".into(), commit: "abc".into(), machine: "m".into() };
        let one = |&(id, held): &(&str, bool)| {
            let record = Record { id: id.into(), held, figure: "3 of 4".into() };
            (id.to_owned(), Kept { record, circumstances: circumstances.clone() })
        };
        records.iter().map(one).collect()
    }

    #[test]
    fn a_line_is_held_only_with_every_figure_and_a_control() {
        let both = line(vec![figure("6.a", false), figure("6.b", true)]);
        assert_eq!(Verdict::of(&both, &kept(&[("6.a", true), ("6.b", true)])), Verdict::Held);
        assert_eq!(Verdict::of(&both, &kept(&[("6.a", true), ("6.b", false)])), Verdict::Missed);
        assert_eq!(Verdict::of(&both, &kept(&[("6.a", false)])), Verdict::Missed);
        assert_eq!(Verdict::of(&both, &kept(&[("6.a", true)])), Verdict::Unmeasured);
        let without = line(vec![figure("6.a", false)]);
        assert_eq!(Verdict::of(&without, &kept(&[("6.a", true)])), Verdict::Unmeasured);
    }

    #[test]
    fn what_was_missed_or_never_measured_is_said() {
        let text = board(&[line(vec![figure("6.a", false), figure("6.b", true)])], &kept(&[("6.a", false)]));
        assert!(text.contains("| flips found | 3 of 4 | all | **no** | `make soak ONLY=b` |"), "{text}");
        assert!(text.contains("| *Control:* flips found | not measured | all | – |"), "{text}");
        assert!(text.contains("*2026-01-02, commit abc, m*"), "{text}");
    }
}
