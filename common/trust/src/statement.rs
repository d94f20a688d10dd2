//! Statements that anybody can check: a text and an Ed25519 signature of it, base64.
//!
//! What is signed is `"haubert statement v1"`, a zero byte and the text, so that no signature of ours means two things.

use crate::key_file::Key;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const CONTEXT: &[u8] = b"haubert statement v1\0";

fn framed(text: &str) -> Vec<u8> {
    [CONTEXT, text.as_bytes()].concat()
}

/// Who states.
#[derive(Debug)]
pub struct StatementKey(Ed25519KeyPair);

impl StatementKey {
    /// The key pair of a seed; `None` when the provider refuses it.
    pub fn new(seed: &Key) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed.expose()).ok().map(Self)
    }

    /// What checks its signatures, base64.
    pub fn public_key(&self) -> String {
        STANDARD.encode(self.0.public_key().as_ref())
    }

    /// The signature of a text, base64.
    pub fn sign(&self, text: &str) -> String {
        STANDARD.encode(self.0.sign(&framed(text)).as_ref())
    }
}

/// Whether `signature` is that of `text` by the key `public_key`, both base64.
pub fn is_stated(text: &str, signature: &str, public_key: &str) -> bool {
    let (Ok(signature), Ok(key)) = (STANDARD.decode(signature), STANDARD.decode(public_key)) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(&framed(text), &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_checked_by_its_key_and_no_letter_of_it_may_change() {
        let (one, other) = (Key::random().unwrap(), Key::random().unwrap());
        let (one, other) = (StatementKey::new(&one).unwrap(), StatementKey::new(&other).unwrap());
        let signature = one.sign("a text");
        assert!(is_stated("a text", &signature, &one.public_key()));
        assert!(!is_stated("a test", &signature, &one.public_key()));
        assert!(!is_stated("a text", &signature, &other.public_key()));
        assert!(!is_stated("a text", "no signature", &one.public_key()));
        assert!(!is_stated("a text", &signature, ""));
    }
}
