//! The code that proves physical or console access at first start, in place of a default password.

use crate::{RandomError, random_bytes};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use haubert_model::Secret;
use std::fmt;

/// 32 characters that are not mistaken for each other on a bad screen or on paper.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CHARS: usize = 12;

/// 60 random bits written `XXXX-XXXX-XXXX`. It is printed on the console, lives in memory only and dies at first use or restart.
#[derive(Clone)]
pub struct SetupCode([u8; CHARS]);

impl SetupCode {
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

    /// The code as a person reads it.
    pub fn text(&self) -> Secret {
        let groups: Vec<String> = self.0.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        Secret::new(groups.join("-"))
    }

    /// Whether `typed` is this code, whatever its case, dashes and spaces. The time taken does not tell how much was right.
    pub fn matches(&self, typed: &str) -> bool {
        let typed: Vec<u8> = typed
            .bytes()
            .take(64)
            .filter(|byte| !matches!(byte, b'-' | b' ' | b'\t'))
            .map(|byte| byte.to_ascii_uppercase())
            .collect();
        verify_slices_are_equal(&typed, &self.0).is_ok()
    }
}

impl fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_may_type_it_their_way() {
        let code = SetupCode::random().unwrap();
        let text = code.text();
        assert_eq!(text.expose().len(), 14);
        assert!(code.matches(text.expose()));
        assert!(code.matches(&text.expose().to_lowercase().replace('-', " ")));
        assert!(!code.matches(""));
        assert!(!code.matches(&text.expose()[..13]));
        assert!(!code.matches(SetupCode::random().unwrap().text().expose()));
        assert!(!format!("{code:?}").contains(text.expose()));
    }
}
