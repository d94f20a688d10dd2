//! Opaque random tokens: sessions, enrolment. Only their digests are stored, so that a stolen store opens nothing.

use crate::{RandomError, random_bytes};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use haubert_model::Secret;
use std::fmt;

/// 256 random bits, written as 43 URL-safe characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// SHA-256 of a token's text: what is stored and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDigest(pub [u8; 32]);

impl Token {
    /// A new token.
    ///
    /// # Errors
    /// [`RandomError`] when the system's source fails.
    pub fn random() -> Result<Self, RandomError> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random_bytes::<32>()?)))
    }

    /// Reads a token from text; `None` when it is not the text of 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // The length is checked first: the text comes from the network.
        (text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)).then(|| Self(text.to_owned()))
    }

    /// The text, to be handed over once. Each use is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text as a [`Secret`].
    pub fn into_secret(self) -> Secret {
        Secret::new(self.0)
    }

    /// What to store.
    pub fn digest(&self) -> TokenDigest {
        let mut bytes = [0u8; 32];
        for (to, from) in bytes.iter_mut().zip(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref()) {
            *to = *from;
        }
        TokenDigest(bytes)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl TokenDigest {
    /// Lower-case hexadecimal, for stores that keep text.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads what [`TokenDigest::to_hex`] wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0u8; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_parse_back() {
        let token = Token::random().unwrap();
        assert_ne!(token, Token::random().unwrap());
        assert_eq!(Token::parse(token.expose()).unwrap().digest(), token.digest());
        assert_eq!(token.digest().to_hex().len(), 64);
        assert_eq!(TokenDigest::from_hex(&token.digest().to_hex()), Some(token.digest()));
        assert!(!format!("{token:?}").contains(token.expose()));
    }

    #[test]
    fn what_is_not_a_token_is_refused() {
        for text in ["", "abc", &"!".repeat(43), &"A".repeat(44), &"A".repeat(1_000_000)] {
            assert!(Token::parse(text).is_none());
        }
    }
}
