//! The text format that Prometheus reads, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a family counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only grows, but for a reset.
    Counter,
    /// Goes up and down.
    Gauge,
}

struct Family {
    kind: Kind,
    help: String,
    samples: String,
}

/// Families of samples by name; each is written once, whatever the order in which samples come.
#[derive(Default)]
pub(super) struct Exposition(BTreeMap<String, Family>);

impl Exposition {
    /// Adds a sample. `name` must be a metric's name, the names of `labels` those of labels; values may be any text.
    pub(super) fn add(&mut self, (name, kind, help): (&str, Kind, &str), labels: &[(&str, &str)], value: f64) {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), Family { kind, help: help.to_owned(), samples: String::new() });
        }
        let Some(family) = self.0.get_mut(name) else { return };
        let text = &mut family.samples;
        text.push_str(name);
        for (at, (label, of)) in labels.iter().enumerate() {
            let _ = write!(text, "{}{label}=\"", if at == 0 { '{' } else { ',' });
            escape(text, of);
            text.push('"');
        }
        text.push_str(if labels.is_empty() { " " } else { "} " });
        match value {
            value if value.is_nan() => text.push_str("NaN"),
            value if value.is_infinite() => text.push_str(if value > 0.0 { "+Inf" } else { "-Inf" }),
            value => {
                let _ = write!(text, "{value}");
            }
        }
        text.push('\n');
    }

    /// All of it.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.0.values().map(|family| family.samples.len() + 128).sum());
        for (name, family) in &self.0 {
            let kind = match family.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
            };
            let _ = write!(text, "# HELP {name} {}\n# TYPE {name} {kind}\n{}", family.help, family.samples);
        }
        text
    }
}

/// A label's value: backslash, quote and line feed are escaped.
fn escape(text: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_family_stands_once_with_all_its_samples() {
        let mut all = Exposition::default();
        all.add(("b_total", Kind::Counter, "B."), &[("load", "Crane \"1\"\\")], 3.0);
        all.add(("a", Kind::Gauge, "A."), &[], 0.5);
        all.add(("b_total", Kind::Counter, "B."), &[("load", "x"), ("unit", "1")], f64::NAN);
        assert_eq!(
            all.text(),
            "# HELP a A.\n# TYPE a gauge\na 0.5\n# HELP b_total B.\n# TYPE b_total counter\nb_total{load=\"Crane \\\"1\\\"\\\\\"} 3\nb_total{load=\"x\",unit=\"1\"} NaN\n"
        );
    }

    proptest! {
        #[test]
        fn no_name_breaks_out_of_its_line(name in "\\PC*\n?\\PC*", value: f64) {
            let mut all = Exposition::default();
            all.add(("a", Kind::Gauge, "A."), &[("load", &name)], value);
            let text = all.text();
            prop_assert_eq!(text.lines().count(), 3);
            let sample = text.lines().last().unwrap();
            let unescaped = sample.strip_prefix("a{load=\"").unwrap().rsplit_once("\"} ").unwrap();
            prop_assert_eq!(unescaped.0.replace("\\n", "\n").len() <= name.len() * 2, true);
            let read: f64 = unescaped.1.replace("+Inf", "inf").replace("-Inf", "-inf").parse().unwrap();
            prop_assert!(read == value || (read.is_nan() && value.is_nan()));
        }
    }
}
