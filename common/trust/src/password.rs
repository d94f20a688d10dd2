//! How passwords are kept; what they must be is in `password_policy`.
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
pub(crate) const MAX_CHARS: usize = 256;

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
}
