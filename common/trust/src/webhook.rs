//! Signatures of messages that are pushed to a server, as *Standard Webhooks* 1.0 has them (standardwebhooks.com), so that
//! libraries that nobody here wrote check them.
//!
//! What is signed is `<id>.<seconds since 1970>.<body>`. Each message has two signatures: `v1` (HMAC-SHA-256) for whoever shares
//! the secret, `v1a` (Ed25519) for whoever has the public key.

use crate::key_file::Key;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use haubert_model::Secret;

/// Who signs.
pub struct WebhookKeys {
    shared: Key,
    pair: Ed25519KeyPair,
}

impl WebhookKeys {
    /// With the shared secret and the seed of the key pair; `None` when the provider refuses the seed.
    pub fn new(shared: Key, seed: &Key) -> Option<Self> {
        Some(Self { shared, pair: Ed25519KeyPair::from_seed_unchecked(seed.expose()).ok()? })
    }

    /// The shared secret, as receivers want it: `whsec_` and base64.
    pub fn secret(&self) -> Secret {
        Secret::new(format!("whsec_{}", STANDARD.encode(self.shared.expose())))
    }

    /// The public key: `whpk_` and base64 of the 32 bytes.
    pub fn public_key(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.pair.public_key().as_ref()))
    }

    /// The value of `webhook-signature` for a body. `id` holds no `.`.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.shared.expose()), &signed);
        let signature = self.pair.sign(&signed);
        format!("v1,{} v1a,{}", STANDARD.encode(tag.as_ref()), STANDARD.encode(signature.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    fn parts(header: &str) -> (Vec<u8>, Vec<u8>) {
        let part = |scheme: &str| {
            let found = header.split(' ').find_map(|one| one.strip_prefix(scheme)).unwrap();
            STANDARD.decode(found).unwrap()
        };
        (part("v1,"), part("v1a,"))
    }

    #[test]
    fn a_message_is_checked_by_secret_and_by_public_key_and_nothing_of_it_may_change() {
        let keys = WebhookKeys::new(Key::new([7; 32]), &Key::new([9; 32])).unwrap();
        let (tag, signature) = parts(&keys.sign("msg_1", 1_795_255_200, b"{}"));
        let secret = keys.secret().expose().strip_prefix("whsec_").map(|text| STANDARD.decode(text).unwrap()).unwrap();
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let public = keys.public_key().strip_prefix("whpk_").map(|text| STANDARD.decode(text).unwrap()).unwrap();
        let public = UnparsedPublicKey::new(&ED25519, public);
        let good = b"msg_1.1795255200.{}";
        assert!(hmac::verify(&secret, good, &tag).is_ok() && public.verify(good, &signature).is_ok());
        for other in ["msg_2.1795255200.{}", "msg_1.1795255201.{}", "msg_1.1795255200.{ }"] {
            let other = other.as_bytes();
            assert!(hmac::verify(&secret, other, &tag).is_err() && public.verify(other, &signature).is_err());
        }
    }
}
