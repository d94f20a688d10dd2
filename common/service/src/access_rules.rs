//! Passwords, lock-out and length of sessions: one document, data of the program, changed while it runs.

use crate::lockout::LockoutRules;
use crate::problem::{Problem, codes};
use crate::session::SessionLimits;
use haubert_trust::PasswordPolicy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;

/// Characters of the notice.
const NOTICE_CHARS: usize = 1000;

/// How people get in, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRules {
    /// What passwords must be.
    pub passwords: PasswordPolicy,
    /// What wrong tries lead to.
    pub lockout: LockoutRules,
    /// How long sessions last.
    pub sessions: SessionLimits,
    /// Profiles whose accounts must have a second factor: without one they may only add it.
    #[serde(default)]
    pub second_factor_for: BTreeSet<String>,
    /// What everybody reads before signing in, at most 1000 characters; empty: nothing (IEC 62443-4-2, CR 1.12).
    #[serde(default)]
    pub notice: String,
}

impl AccessRules {
    /// The shipped rules with this policy of passwords.
    pub const fn with(passwords: PasswordPolicy) -> Self {
        Self {
            passwords,
            lockout: LockoutRules::shipped(),
            sessions: SessionLimits::shipped(),
            second_factor_for: BTreeSet::new(),
            notice: String::new(),
        }
    }

    /// Whether an account of `profile` lacks the second factor that it must have.
    pub fn lacks_factor(&self, profile: &str, has: bool) -> bool {
        !has && self.second_factor_for.contains(profile)
    }

    /// Checks that every number is within its bounds.
    ///
    /// # Errors
    /// `invalid`, with the fields at fault as `passwords.min_chars`.
    pub fn check(&self) -> Result<(), Problem> {
        let parts = [
            ("passwords", self.passwords.out_of_bounds()),
            ("lockout", self.lockout.out_of_bounds()),
            ("sessions", self.sessions.out_of_bounds()),
        ];
        let mut problem = Problem::new(codes::INVALID);
        for (part, faults) in parts {
            for (field, low, high) in faults {
                problem = problem.field(&format!("{part}.{field}"), "out_of_bounds", format!("{low} to {high}"));
            }
        }
        if self.notice.chars().count() > NOTICE_CHARS || self.notice.chars().any(|c| c.is_control() && c != '\n') {
            problem = problem.field("notice", "not_valid", format!("at most {NOTICE_CHARS} characters"));
        }
        if problem.fields.is_empty() { Ok(()) } else { Err(problem) }
    }
}

/// The rules in force, as whoever obeys them sees them.
pub type RulesInForce = watch::Receiver<Arc<AccessRules>>;

/// Bounds that a value is outside of: field, least, most.
pub(crate) fn outside(values: &[(&'static str, u32, u32, u32)]) -> Vec<(&'static str, u32, u32)> {
    values
        .iter()
        .filter(|(_, value, low, high)| !(low..=high).contains(&value))
        .map(|(field, _, low, high)| (*field, *low, *high))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_within_bounds_and_each_fault_is_named() {
        let mut rules = AccessRules::with(PasswordPolicy::note());
        rules.check().unwrap();
        rules.passwords.min_chars = 1;
        rules.lockout.tries = 0;
        rules.sessions.idle_minutes = 0;
        let problem = rules.check().unwrap_err();
        let fields: Vec<&str> = problem.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["passwords.min_chars", "lockout.tries", "sessions.idle_minutes"]);
    }
}
