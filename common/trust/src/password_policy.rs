//! What a password must be: data, with two shipped profiles.
//!
//! *note* is the technical note's rule (10 characters of four kinds, changed every year), *asvs* that of OWASP ASVS 5.0 (V6.2:
//! length and known passwords count, neither composition nor forced change). Both refuse what is quickly guessed, which is
//! measured by zxcvbn: its lists of most used passwords, words, names, dates and keyboard walks, to which the names of the
//! account, the site and the product are added.

use crate::password::MAX_CHARS;
use haubert_model::{Secret, Timestamp};
use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// Shortest part of a name that a password must not contain.
const NAME_CHARS: usize = 4;
/// Shortest word of a name that counts as a part of it, and the letters and digits that must be left without such words.
const WORD_CHARS: usize = 3;
const REST_CHARS: usize = 5;
/// Names that are taken into account, and the characters of each.
const NAMES: (usize, usize) = (16, 64);

/// What a password lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PasswordFault {
    /// Fewer than the required characters.
    TooShort,
    /// More than 256 characters.
    TooLong,
    /// No lower-case letter.
    NeedsLower,
    /// No upper-case letter.
    NeedsUpper,
    /// No digit.
    NeedsDigit,
    /// Nothing that is neither letter nor digit.
    NeedsSpecial,
    /// Among the passwords that are tried first.
    TooCommon,
    /// Made of the name of its account, site or product.
    CloseToName,
    /// The present one, or one of the last.
    UsedBefore,
    /// The present one is not old enough to be changed.
    TooRecent,
}

impl PasswordFault {
    /// Every fault.
    pub const ALL: [Self; 10] = [
        Self::TooShort,
        Self::TooLong,
        Self::NeedsLower,
        Self::NeedsUpper,
        Self::NeedsDigit,
        Self::NeedsSpecial,
        Self::TooCommon,
        Self::CloseToName,
        Self::UsedBefore,
        Self::TooRecent,
    ];

    /// Stable code for forms (`password_too_short`).
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::NeedsLower => "password_needs_lower",
            Self::NeedsUpper => "password_needs_upper",
            Self::NeedsDigit => "password_needs_digit",
            Self::NeedsSpecial => "password_needs_special",
            Self::TooCommon => "password_too_common",
            Self::CloseToName => "password_close_to_name",
            Self::UsedBefore => "password_used_before",
            Self::TooRecent => "password_too_recent",
        }
    }

    /// What to tell a person who reads English.
    pub fn message(self, policy: &PasswordPolicy) -> String {
        match self {
            Self::TooShort => format!("use at least {} characters", policy.min_chars),
            Self::TooLong => format!("use at most {MAX_CHARS} characters"),
            Self::NeedsLower => "add a lower-case letter".to_owned(),
            Self::NeedsUpper => "add an upper-case letter".to_owned(),
            Self::NeedsDigit => "add a digit".to_owned(),
            Self::NeedsSpecial => "add a character that is neither letter nor digit".to_owned(),
            Self::TooCommon => "this is among the passwords that are tried first".to_owned(),
            Self::CloseToName => "do not build it from the name of the account, the site or the product".to_owned(),
            Self::UsedBefore => "it was used before".to_owned(),
            Self::TooRecent => format!("the present password can be changed {} h after it was set", policy.min_age_hours),
        }
    }
}

/// What a password must be, and how long it lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordPolicy {
    /// Characters it has at least, 8 to 64.
    pub min_chars: u32,
    /// Whether it needs a lower-case letter.
    pub needs_lower: bool,
    /// Whether it needs an upper-case letter.
    pub needs_upper: bool,
    /// Whether it needs a digit.
    pub needs_digit: bool,
    /// Whether it needs a character that is neither letter nor digit.
    pub needs_special: bool,
    /// zxcvbn's score it reaches at least, 0 (any) to 4: 3 means 10⁸ guesses by somebody who knows the lists.
    pub min_strength: u8,
    /// Days after which it must be changed before anything can be configured; `null`: never.
    #[schema(required)]
    pub max_age_days: Option<u32>,
    /// Hours for which it cannot be changed by its owner.
    pub min_age_hours: u32,
    /// Former passwords that cannot be taken again, 0 to 24.
    pub history: u32,
    /// Hours for which a password given by somebody else opens the door.
    pub one_time_hours: u32,
}

impl PasswordPolicy {
    /// The rule of the technical note; the gateway's default.
    pub const fn note() -> Self {
        Self {
            min_chars: 10,
            needs_lower: true,
            needs_upper: true,
            needs_digit: true,
            needs_special: true,
            min_strength: 3,
            max_age_days: Some(365),
            min_age_hours: 0,
            history: 5,
            one_time_hours: 72,
        }
    }

    /// The rule of OWASP ASVS 5.0; the hub's default.
    pub const fn asvs() -> Self {
        Self {
            min_chars: 12,
            needs_lower: false,
            needs_upper: false,
            needs_digit: false,
            needs_special: false,
            min_strength: 3,
            max_age_days: None,
            min_age_hours: 0,
            history: 0,
            one_time_hours: 72,
        }
    }

    /// Which shipped profile this is: `note`, `asvs`, or `own`.
    pub fn profile(&self) -> &'static str {
        match self {
            policy if *policy == Self::note() => "note",
            policy if *policy == Self::asvs() => "asvs",
            _ => "own",
        }
    }

    /// The fields that are outside their bounds, and the bounds.
    pub fn out_of_bounds(&self) -> Vec<(&'static str, u32, u32)> {
        [
            ("min_chars", self.min_chars, 8, 64),
            ("min_strength", u32::from(self.min_strength), 0, 4),
            ("max_age_days", self.max_age_days.unwrap_or(1), 1, 3650),
            ("min_age_hours", self.min_age_hours, 0, 720),
            ("history", self.history, 0, 24),
            ("one_time_hours", self.one_time_hours, 1, 720),
        ]
        .into_iter()
        .filter(|(_, value, low, high)| !(low..=high).contains(&value))
        .map(|(field, _, low, high)| (field, low, high))
        .collect()
    }

    /// Everything that this password lacks, for an account of these names (its own first, then site and product); empty when it
    /// is accepted. Milliseconds of work, bounded by the length that is looked at (100 characters).
    pub fn check(&self, password: &Secret, names: &[&str]) -> Vec<PasswordFault> {
        let text = password.expose();
        let count = text.chars().count();
        if count > MAX_CHARS {
            return vec![PasswordFault::TooLong];
        }
        let has = |test: fn(char) -> bool| text.chars().any(test);
        let mut faults: Vec<PasswordFault> = [
            (count < usize::try_from(self.min_chars).unwrap_or(MAX_CHARS), PasswordFault::TooShort),
            (self.needs_lower && !has(char::is_lowercase), PasswordFault::NeedsLower),
            (self.needs_upper && !has(char::is_uppercase), PasswordFault::NeedsUpper),
            (self.needs_digit && !has(char::is_numeric), PasswordFault::NeedsDigit),
            (self.needs_special && !has(|c| !c.is_alphanumeric() && !c.is_control()), PasswordFault::NeedsSpecial),
        ]
        .into_iter()
        .filter_map(|(lacks, fault)| lacks.then_some(fault))
        .collect();
        faults.extend(self.guessable(text, names));
        faults
    }

    fn guessable(&self, text: &str, names: &[&str]) -> Option<PasswordFault> {
        if self.min_strength == 0 {
            return None;
        }
        let names: Vec<String> =
            names.iter().take(NAMES.0).map(|name| name.chars().take(NAMES.1).collect::<String>().to_lowercase()).collect();
        let lower = text.to_lowercase();
        let own = names.first().filter(|name| name.chars().count() >= NAME_CHARS);
        if own.is_some_and(|name| lower.contains(name.as_str())) {
            return Some(PasswordFault::CloseToName);
        }
        let score = |known: &[&str]| u8::from(zxcvbn::zxcvbn(text, known).score());
        if score(&[]) < self.min_strength {
            return Some(PasswordFault::TooCommon);
        }
        let words: Vec<&str> = names
            .iter()
            .flat_map(|name| name.split(|c: char| !c.is_alphanumeric()).chain([name.as_str()]))
            .filter(|word| !word.is_empty())
            .collect();
        let is_names = [lower.clone(), plain(&lower)].iter().any(|text| {
            let long = words.iter().filter(|word| word.chars().count() >= WORD_CHARS);
            let rest = long.fold(text.clone(), |rest, word| rest.replace(word, ""));
            rest.len() < text.len() && rest.chars().filter(|c| c.is_alphanumeric()).count() < REST_CHARS
        });
        (is_names || score(&words) < self.min_strength).then_some(PasswordFault::CloseToName)
    }

    /// When a password set at `changed_at` must be changed, where that is asked.
    pub fn expires_at(&self, changed_at: Timestamp) -> Option<Timestamp> {
        self.max_age_days.map(|days| changed_at.plus_ms(i64::from(days).saturating_mul(DAY_MS)))
    }

    /// Whether a password set at `changed_at` is too old.
    pub fn is_overdue(&self, changed_at: Timestamp, now: Timestamp) -> bool {
        self.expires_at(changed_at).is_some_and(|at| now >= at)
    }

    /// Whether a password set at `changed_at` cannot be changed yet. A clock that went back keeps nobody from it.
    pub fn is_too_recent(&self, changed_at: Timestamp, now: Timestamp) -> bool {
        (0..i64::from(self.min_age_hours).saturating_mul(HOUR_MS)).contains(&now.ms_since(changed_at))
    }

    /// Whether a password given by somebody else at `changed_at` opens nothing any more.
    pub fn is_spent(&self, changed_at: Timestamp, now: Timestamp) -> bool {
        now.ms_since(changed_at) >= i64::from(self.one_time_hours).saturating_mul(HOUR_MS)
    }
}

/// The letters that signs and digits are taken for.
fn plain(text: &str) -> String {
    let letter = |c| match c {
        '@' | '4' => 'a',
        '3' => 'e',
        '1' | '!' => 'i',
        '0' => 'o',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(policy: &PasswordPolicy, text: &str, names: &[&str]) -> Vec<PasswordFault> {
        policy.check(&Secret::new(text.to_owned()), names)
    }

    #[test]
    fn the_note_names_each_kind_that_is_missing() {
        use PasswordFault::*;
        let note = PasswordPolicy::note();
        assert_eq!(faults(&note, "Quai-Nord-12", &[]), []);
        assert_eq!(faults(&note, "kT7!vR", &[]), [TooShort, TooCommon]);
        assert_eq!(faults(&note, "", &[]), [TooShort, NeedsLower, NeedsUpper, NeedsDigit, NeedsSpecial, TooCommon]);
        assert_eq!(faults(&note, "élégance-À-9", &[]), []);
        assert_eq!(faults(&note, "vertical hamac 9 plume", &[]), [NeedsUpper]);
        assert_eq!(faults(&note, &"aB3-".repeat(100), &[]), [TooLong]);
    }

    #[test]
    fn asvs_asks_for_length_and_takes_64_characters_of_any_kind() {
        let asvs = PasswordPolicy::asvs();
        assert_eq!(faults(&asvs, "vertical hamac plume", &[]), []);
        assert_eq!(faults(&asvs, "kT7!vRx", &[]), [PasswordFault::TooShort, PasswordFault::TooCommon]);
        let long: String = "tulipe grue matin corde ".chars().cycle().take(64).collect();
        assert_eq!(faults(&asvs, &long, &[]), []);
    }

    #[test]
    fn what_is_tried_first_is_refused_also_when_it_is_dressed_up() {
        for policy in [PasswordPolicy::note(), PasswordPolicy::asvs()] {
            for common in
                ["Password123!", "P@ssw0rd2024", "Qwertyuiop1!", "Iloveyou123!", "1234567890aA!", "Azertyuiop1!", "aaaaaaaaaaA1!"]
            {
                let found = faults(&policy, common, &[]);
                assert!(found.contains(&PasswordFault::TooCommon), "{common}: {found:?}");
            }
        }
    }

    #[test]
    fn what_is_made_of_known_names_is_refused() {
        let note = PasswordPolicy::note();
        let names = ["camille.durand", "Terminal Nord", "haubert"];
        for close in ["Camille.Durand-77", "Haubert-Nord-1", "Terminal_Nord1", "H4ubert-Termin@l1"] {
            assert!(
                faults(&note, close, &names).contains(&PasswordFault::CloseToName),
                "{close}: {:?}",
                faults(&note, close, &names)
            );
        }
        assert_eq!(faults(&note, "Plume-Grue-88x", &names), []);
    }

    #[test]
    fn age_counts_from_the_last_change() {
        let policy = PasswordPolicy { min_age_hours: 24, ..PasswordPolicy::note() };
        let set = Timestamp(1_000_000);
        let at = |days: i64| set.plus_ms(days * DAY_MS);
        assert!(!policy.is_overdue(set, at(365).plus_ms(-1)));
        assert!(policy.is_overdue(set, at(365)));
        assert!(!PasswordPolicy::asvs().is_overdue(set, at(100_000)));
        assert!(policy.is_too_recent(set, at(1).plus_ms(-1)));
        assert!(!policy.is_too_recent(set, at(1)));
        assert!(!policy.is_too_recent(set, at(-1)), "the clock went back");
        assert!(!policy.is_spent(set, at(3).plus_ms(-1)));
        assert!(policy.is_spent(set, at(3)));
    }

    #[test]
    fn the_shipped_profiles_are_within_bounds_and_codes_differ() {
        assert_eq!(PasswordPolicy::note().profile(), "note");
        assert_eq!(PasswordPolicy::asvs().profile(), "asvs");
        assert!(PasswordPolicy::note().out_of_bounds().is_empty() && PasswordPolicy::asvs().out_of_bounds().is_empty());
        let weak = PasswordPolicy { min_chars: 4, history: 100, ..PasswordPolicy::note() };
        assert_eq!(weak.profile(), "own");
        assert_eq!(weak.out_of_bounds(), [("min_chars", 8, 64), ("history", 0, 24)]);
        let codes: std::collections::BTreeSet<_> = PasswordFault::ALL.iter().map(|fault| fault.code()).collect();
        assert_eq!(codes.len(), PasswordFault::ALL.len());
    }
}
