//! Passwords: the rule they must meet and how they are kept.
//!
//! argon2id with OWASP's second recommended parameters (19 MiB, 2 passes, 1 lane; Password Storage Cheat Sheet, 2025). A name
//! nobody has costs as much time as a wrong password: see [`verify_absent`].

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use haubert_model::Secret;

/// Memory of one hash, in KiB (19 MiB).
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Longest password accepted, in characters: hashing is linear in it and the network chooses it.
const MAX_CHARS: usize = 256;

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash the password: {0}")]
pub struct PasswordError(String);

impl PasswordError {
    /// The thread that hashed was stopped before its end.
    pub fn interrupted() -> Self {
        Self("interrupted".to_owned())
    }
}

fn hasher() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| PasswordError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The PHC string to store for this password. Takes tens of milliseconds and 19 MiB: never on an async worker.
///
/// # Errors
/// [`PasswordError`] when memory or the random source fails.
pub fn hash_password(password: &Secret) -> Result<String, PasswordError> {
    let hash: PasswordHash =
        hasher()?.hash_password(password.expose().as_bytes()).map_err(|error| PasswordError(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that was hashed. Costs as much as hashing, also when `stored` cannot be read.
pub fn verify_password(password: &Secret, stored: &str) -> bool {
    if password.expose().chars().count() > MAX_CHARS {
        return verify_absent(password);
    }
    let (Ok(hasher), Ok(hash)) = (hasher(), PasswordHash::new(stored)) else { return verify_absent(password) };
    hasher.verify_password(password.expose().as_bytes(), &hash).is_ok()
}

/// Spends the time of a verification and answers `false`: for names that do not exist.
pub fn verify_absent(password: &Secret) -> bool {
    let bounded: String = password.expose().chars().take(MAX_CHARS).collect();
    if let Ok(hasher) = hasher() {
        let mut output = [0u8; 32];
        let _spent = hasher.hash_password_into(bounded.as_bytes(), b"no such account.", &mut output);
        std::hint::black_box(output);
    }
    false
}

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
}

impl PasswordFault {
    /// Stable code for forms (`password_too_short`).
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::NeedsLower => "password_needs_lower",
            Self::NeedsUpper => "password_needs_upper",
            Self::NeedsDigit => "password_needs_digit",
            Self::NeedsSpecial => "password_needs_special",
        }
    }

    /// What to tell a person who reads English.
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooShort => "use at least 10 characters",
            Self::TooLong => "use at most 256 characters",
            Self::NeedsLower => "add a lower-case letter",
            Self::NeedsUpper => "add an upper-case letter",
            Self::NeedsDigit => "add a digit",
            Self::NeedsSpecial => "add a character that is neither letter nor digit",
        }
    }
}

/// What a password must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    min_chars: usize,
}

impl PasswordPolicy {
    /// The rule of the technical note: 10 characters, with lower case, upper case, digit and special character.
    pub const fn note() -> Self {
        Self { min_chars: 10 }
    }

    /// Everything that this password lacks; empty when it is accepted.
    pub fn check(&self, password: &Secret) -> Vec<PasswordFault> {
        let text = password.expose();
        let count = text.chars().count();
        let has = |test: fn(char) -> bool| text.chars().any(test);
        [
            (count < self.min_chars, PasswordFault::TooShort),
            (count > MAX_CHARS, PasswordFault::TooLong),
            (!has(char::is_lowercase), PasswordFault::NeedsLower),
            (!has(char::is_uppercase), PasswordFault::NeedsUpper),
            (!has(char::is_numeric), PasswordFault::NeedsDigit),
            (!has(|c| !c.is_alphanumeric() && !c.is_control()), PasswordFault::NeedsSpecial),
        ]
        .into_iter()
        .filter_map(|(lacks, fault)| lacks.then_some(fault))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_hash_verifies_only_its_password() {
        let hash = hash_password(&secret("Quai-Nord-12")).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify_password(&secret("Quai-Nord-12"), &hash));
        assert!(!verify_password(&secret("Quai-Nord-13"), &hash));
        assert_ne!(hash, hash_password(&secret("Quai-Nord-12")).unwrap(), "salted");
    }

    #[test]
    fn a_damaged_hash_verifies_nothing() {
        assert!(!verify_password(&secret(""), ""));
        assert!(!verify_password(&secret("x"), "$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!verify_absent(&secret("x")));
    }

    #[test]
    fn the_rule_names_each_fault() {
        let policy = PasswordPolicy::note();
        assert_eq!(policy.check(&secret("Quai-Nord-12")), []);
        assert_eq!(policy.check(&secret("Quai-1")), [PasswordFault::TooShort]);
        assert_eq!(
            policy.check(&secret("")),
            [
                PasswordFault::TooShort,
                PasswordFault::NeedsLower,
                PasswordFault::NeedsUpper,
                PasswordFault::NeedsDigit,
                PasswordFault::NeedsSpecial
            ]
        );
        assert_eq!(policy.check(&secret("élégance-À-9")), []);
        assert_eq!(policy.check(&secret(&"aB3-".repeat(100))), [PasswordFault::TooLong]);
    }
}
