//! The log's secrets: what signs its records, and what keeps them from being read at rest.
//!
//! Both are sealed together under the key of the gateway's storage, so that another storage key means writing these few bytes
//! anew, never the log.

use super::{LogId, Signer};
use crate::{Key, RandomError, random_bytes};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use zeroize::Zeroize as _;

/// What the sealing key is derived for.
const PURPOSE: &[u8] = b"haubert audit keys v1";
const NONCE: usize = 12;
const TAG: usize = 16;
/// Length of [`Secrets::sealed`].
pub const SEALED_BYTES: usize = NONCE + 16 + 32 + 32 + TAG;

/// Encrypts records (AES-256-GCM, random nonces).
pub struct Cipher(RandomizedNonceKey);

impl Cipher {
    /// With this key; `None` when the provider refuses it.
    pub fn new(key: &Key) -> Option<Self> {
        RandomizedNonceKey::new(&AES_256_GCM, key.expose()).ok().map(Self)
    }

    /// `plain` sealed for `purpose`: nonce, cipher text, tag. `None` when the provider refuses (it never does for lengths of ours).
    pub fn seal(&self, purpose: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let mut text = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(purpose), &mut text).ok()?;
        Some([&nonce.as_ref()[..], &text].concat())
    }

    /// What was sealed for `purpose`; `None` when it was changed, or sealed with another key.
    pub fn open(&self, purpose: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(purpose), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// Identity and keys of a log.
pub struct Secrets {
    log: LogId,
    seed: Key,
    data: Key,
}

impl Secrets {
    /// Those of a new log.
    ///
    /// # Errors
    /// [`RandomError`] when the system's source fails.
    pub fn random() -> Result<Self, RandomError> {
        Ok(Self { log: LogId(random_bytes()?), seed: Key::random()?, data: Key::random()? })
    }

    /// As they are kept, readable only with `storage`.
    pub fn sealed(&self, storage: &Key) -> Option<Vec<u8>> {
        let mut plain = [&self.log.0[..], self.seed.expose(), self.data.expose()].concat();
        let sealed = sealing(storage)?.seal(PURPOSE, &plain);
        plain.zeroize();
        sealed
    }

    /// What [`Secrets::sealed`] wrote; `None` with another key, or after damage.
    pub fn open(sealed: &[u8], storage: &Key) -> Option<Self> {
        let mut plain = sealing(storage)?.open(PURPOSE, sealed)?;
        let part = |from: usize, to: usize| plain.get(from..to);
        let found = (|| {
            Some(Self {
                log: LogId(part(0, 16)?.try_into().ok()?),
                seed: Key::new(part(16, 48)?.try_into().ok()?),
                data: Key::new(part(48, 80)?.try_into().ok()?),
            })
        })();
        plain.zeroize();
        found
    }

    /// What signs.
    pub fn signer(&self) -> Option<Signer> {
        Signer::new(self.log, &self.seed)
    }

    /// What encrypts.
    pub fn cipher(&self) -> Option<Cipher> {
        Cipher::new(&self.data)
    }
}

fn sealing(storage: &Key) -> Option<Cipher> {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, storage.expose()), PURPOSE);
    derived.as_ref().try_into().ok().map(Key::new).and_then(|key| Cipher::new(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_open_with_their_key_alone() {
        let (storage, secrets) = (Key::random().unwrap(), Secrets::random().unwrap());
        let mut sealed = secrets.sealed(&storage).unwrap();
        assert_eq!(sealed.len(), SEALED_BYTES);
        let opened = Secrets::open(&sealed, &storage).unwrap();
        assert_eq!(opened.signer().unwrap().public_key(), secrets.signer().unwrap().public_key());
        let frame = secrets.cipher().unwrap().seal(b"frame", b"text").unwrap();
        assert_eq!(opened.cipher().unwrap().open(b"frame", &frame).unwrap(), b"text");
        assert!(opened.cipher().unwrap().open(b"other", &frame).is_none());
        assert!(Secrets::open(&sealed, &Key::random().unwrap()).is_none());
        sealed[20] ^= 1;
        assert!(Secrets::open(&sealed, &storage).is_none());
        assert!(Secrets::open(&[], &storage).is_none());
    }
}
