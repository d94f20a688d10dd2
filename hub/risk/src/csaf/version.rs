//! Versions of products, and of advisories. Only numbers with points between them are ordered; of everything else nobody knows which
//! comes first, and nothing is claimed.

use std::cmp::Ordering;

/// Whether a version is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It cannot be told.
    Unclear,
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// A version without what people put before it: `V2.9.2`, `Version 2.9.2`, `firmware v2.9.2`.
fn bare(version: &str) -> String {
    let lower = version.trim().to_lowercase();
    let mut rest = lower.as_str();
    while let Some(shorter) = ["firmware", "version", "ver.", "v"].iter().find_map(|before| {
        let rest = rest.strip_prefix(before)?.trim_start();
        rest.starts_with(|sign: char| sign.is_ascii_digit() || sign == 'v').then_some(rest)
    }) {
        rest = shorter;
    }
    rest.to_owned()
}

/// Numbers with points between them, without zeros at the end; nothing when it is anything else.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten();
    let mut numbers: Vec<u64> = version.split('.').map(number).collect::<Option<_>>()?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

/// Whether `version` is `meant`.
pub(super) fn is(version: &str, meant: &str) -> Answer {
    let (version, meant) = (bare(version), bare(meant));
    if version == meant {
        return Answer::Yes;
    }
    match (numbers(&version), numbers(&meant)) {
        (Some(version), Some(meant)) => (version == meant).into(),
        // "2.9.2 build 4" may or may not be what somebody calls 2.9.2.
        _ => {
            let begins = |long: &str, short: &str| {
                long.strip_prefix(short).is_some_and(|rest| !rest.starts_with(|sign: char| sign.is_ascii_digit() || sign == '.'))
            };
            if begins(&version, &meant) || begins(&meant, &version) { Answer::Unclear } else { Answer::No }
        }
    }
}

/// A comparison of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

fn comparator(constraint: &str) -> (Comparator, &str) {
    use Comparator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let known = [(">=", GreaterOrEqual), ("<=", LessOrEqual), ("!=", NotEqual), (">", Greater), ("<", Less), ("=", Equal)];
    let found = known.into_iter().find_map(|(sign, comparator)| Some((comparator, constraint.strip_prefix(sign)?)));
    found.unwrap_or((Equal, constraint))
}

/// Whether `version` is in `range`, a `vers:` specifier such as `vers:generic/>=1.0|<2.9.2`. Words are unclear.
pub fn in_range(version: &str, range: &str) -> Answer {
    contained(version, range).unwrap_or(Answer::Unclear)
}

/// As the specification of `vers` asks for it; nothing when something cannot be compared.
fn contained(version: &str, range: &str) -> Option<Answer> {
    use Comparator::{Equal, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let (_, constraints) = range.trim().strip_prefix("vers:")?.split_once('/')?;
    if constraints.trim() == "*" {
        return Some(Answer::Yes);
    }
    let version = numbers(&bare(version))?;
    let mut bounds: Vec<(Vec<u64>, Comparator)> = Vec::new();
    for constraint in constraints.split('|') {
        let (comparator, text) = comparator(constraint.trim());
        bounds.push((numbers(&bare(text))?, comparator));
    }
    // A version stands once: what else could be meant is not guessed.
    bounds.sort_by(|a, b| a.0.cmp(&b.0));
    if bounds.windows(2).any(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
        return None;
    }
    if let Some((_, comparator)) = bounds.iter().find(|(bound, _)| *bound == version) {
        return Some(matches!(comparator, Equal | LessOrEqual | GreaterOrEqual).into());
    }
    // What only leaves versions out means all others.
    if bounds.iter().all(|(_, comparator)| *comparator == NotEqual) {
        return Some(Answer::Yes);
    }
    let bounds: Vec<(Vec<u64>, bool)> = bounds
        .into_iter()
        .filter(|(_, comparator)| !matches!(comparator, Equal | NotEqual))
        .map(|(bound, comparator)| (bound, matches!(comparator, Less | LessOrEqual)))
        .collect();
    // Bounds must take turns; two of a kind side by side contradict the specification.
    if bounds.windows(2).any(|pair| matches!(pair, [a, b] if a.1 == b.1)) {
        return None;
    }
    let before = bounds.iter().rfind(|(bound, _)| *bound < version);
    let after = bounds.iter().find(|(bound, _)| *bound > version);
    // Inside when the bound before opens upwards and the one after, if any, closes; or when only the one after closes.
    Some(
        match (before, after) {
            (Some((_, is_upper)), _) => !is_upper,
            (None, Some((_, is_upper))) => *is_upper,
            (None, None) => false,
        }
        .into(),
    )
}

/// The parts of a version of an advisory: a number, or numbers of semantic versioning.
fn tracking(version: &str) -> Option<(Vec<u64>, bool)> {
    let without_build = version.split('+').next().unwrap_or(version);
    let (release, is_final) = match without_build.split_once('-') {
        Some((release, _)) => (release, false),
        None => (without_build, true),
    };
    Some((numbers(release)?, is_final))
}

/// How the version `this` of an advisory stands to `other`. Nothing when they cannot be compared, or are two different pre-releases.
pub fn newer(this: &str, other: &str) -> Option<Ordering> {
    if this == other {
        return Some(Ordering::Equal);
    }
    match (tracking(this)?, tracking(other)?) {
        ((this, false), (other, false)) if this == other => None,
        (this, other) => Some(this.cmp(&other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_are_the_same_however_they_are_written() {
        for (version, meant) in [("2.9.2", "V2.9.2"), ("Firmware version 2.9", "2.9.0"), ("1.0-rc1", "1.0-RC1"), ("v 3", "3")] {
            assert_eq!(is(version, meant), Answer::Yes, "{version} {meant}");
        }
        for (version, meant) in [("2.9.2", "2.9.20"), ("2.9", "2.9.1"), ("A1", "B1"), ("1.0-rc1", "1.0-rc2")] {
            assert_eq!(is(version, meant), Answer::No, "{version} {meant}");
        }
        assert_eq!(is("2.9.2 build 4", "2.9.2"), Answer::Unclear);
    }

    #[test]
    fn ranges_are_read_as_their_specification_asks() {
        let cases = [
            ("vers:all/*", "1", Answer::Yes),
            ("vers:generic/<2.9.2", "2.9.1", Answer::Yes),
            ("vers:generic/<2.9.2", "V2.9.2", Answer::No),
            ("vers:generic/<=2.9.2", "2.9.2.0", Answer::Yes),
            ("vers:intdot/>=1.0|<2.0|>=3.0|<=3.5", "2.5", Answer::No),
            ("vers:intdot/>=1.0|<2.0|>=3.0|<=3.5", "3.2", Answer::Yes),
            ("vers:intdot/>=1.0|!=1.5|<2.0", "1.5", Answer::No),
            ("vers:intdot/>=1.0|!=1.5|<2.0", "1.6", Answer::Yes),
            ("vers:intdot/1.0|2.0", "2", Answer::Yes),
            ("vers:intdot/1.0|2.0", "3", Answer::No),
            ("vers:intdot/>1", "9", Answer::Yes),
            ("vers:intdot/!=2", "3", Answer::Yes),
            ("vers:intdot/<1|<2", "0", Answer::Unclear),
            ("vers:deb/<1.2-3ubuntu1", "1.0", Answer::Unclear),
            ("vers:generic/<2.9", "2.8 HF1", Answer::Unclear),
            ("< V2.9.2", "2.9.1", Answer::Unclear),
            ("all versions before 3", "2", Answer::Unclear),
        ];
        for (range, version, expected) in cases {
            assert_eq!(in_range(version, range), expected, "{version} in {range}");
        }
    }

    #[test]
    fn of_two_versions_of_an_advisory_the_newer_is_known() {
        assert_eq!(newer("10", "9"), Some(Ordering::Greater));
        assert_eq!(newer("1.2.0", "1.10.0"), Some(Ordering::Less));
        assert_eq!(newer("1.0.0-1", "1.0.0"), Some(Ordering::Less));
        assert_eq!(newer("1.0.0+a", "1.0.0"), Some(Ordering::Equal));
        assert_eq!((newer("1.0.0-1", "1.0.0-2"), newer("one", "2")), (None, None));
    }

    proptest! {
        #[test]
        fn a_range_with_two_ends_is_what_it_says(version in proptest::collection::vec(0u64..4, 1..4), a in 0u64..4, b in 0u64..4) {
            prop_assume!(a < b);
            let text = version.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
            let inside = version[0] >= a && version[0] < b;
            prop_assert_eq!(in_range(&text, &format!("vers:generic/>={a}|<{b}")), inside.into());
            prop_assert_eq!(in_range(&text, &format!("vers:generic/<{a}|>={b}")), (!inside).into());
        }

        #[test]
        fn nothing_makes_it_fail(version in ".{0,30}", range in "(vers:[a-z]{0,4}/)?[<>=!|0-9. *a-z]{0,30}") {
            let _ = (in_range(&version, &range), is(&version, &range), newer(&version, &range));
        }
    }
}
