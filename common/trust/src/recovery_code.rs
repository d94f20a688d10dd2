//! Recovery codes: what lets the owner of an account in once when the phone or the key is lost.

use crate::{RandomError, TokenDigest, random_bytes};
use aws_lc_rs::digest;
use haubert_model::Secret;
use std::fmt;

/// 32 characters that are not mistaken for each other on a bad screen or on paper.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CHARS: usize = 16;
/// Apart from all other digests of short texts.
const CONTEXT: &[u8] = b"haubert recovery code\0";

/// 80 random bits written `XXXX-XXXX-XXXX-XXXX`. Only its digest is stored; so many bits need no slow hash.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode([u8; CHARS]);

impl RecoveryCode {
    /// A new code.
    ///
    /// # Errors
    /// [`RandomError`] when the system's source fails.
    pub fn random() -> Result<Self, RandomError> {
        let mut chars = random_bytes::<CHARS>()?;
        for char in &mut chars {
            // 256 is a multiple of 32: no bias.
            *char = ALPHABET.get(usize::from(*char & 31)).copied().unwrap_or(b'A');
        }
        Ok(Self(chars))
    }

    /// Reads a code as people type it, whatever its case, dashes and spaces; `None` when it cannot be one.
    pub fn parse(typed: &str) -> Option<Self> {
        let chars: Vec<u8> = typed
            .bytes()
            .take(64)
            .filter(|byte| !matches!(byte, b'-' | b' ' | b'\t'))
            .map(|byte| byte.to_ascii_uppercase())
            .collect();
        let known = chars.iter().all(|char| ALPHABET.contains(char));
        known.then(|| chars.try_into().ok().map(Self)).flatten()
    }

    /// The code as a person reads it, to be shown once.
    pub fn text(&self) -> Secret {
        let groups: Vec<String> = self.0.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        Secret::new(groups.join("-"))
    }

    /// What to store and compare.
    pub fn digest(&self) -> TokenDigest {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(CONTEXT);
        context.update(&self.0);
        let mut bytes = [0u8; 32];
        for (to, from) in bytes.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        TokenDigest(bytes)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_may_type_it_their_way() {
        let code = RecoveryCode::random().unwrap();
        let text = code.text();
        assert_eq!(text.expose().len(), 19);
        assert_eq!(RecoveryCode::parse(text.expose()).unwrap().digest(), code.digest());
        let lower = text.expose().to_lowercase().replace('-', " ");
        assert_eq!(RecoveryCode::parse(&lower).unwrap().digest(), code.digest());
        assert_ne!(RecoveryCode::random().unwrap().digest(), code.digest());
        assert!(!format!("{code:?}").contains(text.expose()));
    }

    #[test]
    fn what_cannot_be_one_is_refused() {
        for typed in ["", "123456", "ABCD-EFGH-JKLM-NPQ", "ABCD-EFGH-JKLM-NPQ0", "ABCD-EFGH-JKLM-NPQRS", &"A".repeat(1_000_000)] {
            assert_eq!(RecoveryCode::parse(typed), None, "{}", typed.len());
        }
    }
}
