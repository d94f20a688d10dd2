//! A key wrapped by another: the storage key at rest where it must not lie open.
//!
//! ```text
//! "HBSK" version(1 byte: 1) kind(1 byte) note(1 byte length, then text) shared(32 bytes; kind 2: public halves' agreement)
//! nonce(12 bytes) the key under AES-256-GCM(32 + 16 bytes); all before the nonce is authenticated
//! ```

use super::{Bytes32, RecoveryKey, RecoveryPublic, derive};
use crate::{Key, RandomError, random_bytes};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

const MAGIC: &[u8; 5] = b"HBSK\x01";
const BY_KEY: u8 = 1;
const FOR_RECOVERY: u8 = 2;
/// Longest file: its parts and the longest note.
const MAX: usize = 5 + 1 + 1 + 255 + 64 + NONCE_LEN + 48;

/// Why a sealed key cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedKeyError {
    /// The bytes are not a sealed key, or one of a later version.
    #[error("not a sealed key of a known version")]
    Malformed,
    /// Another key sealed it, or it is damaged.
    #[error("the sealed key does not open: another key sealed it, or it is damaged")]
    DoesNotOpen,
    /// The cryptographic library failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// A sealed key, read but not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    head: Vec<u8>,
    kind: u8,
    note: String,
    public: [u8; 32],
    ephemeral: [u8; 32],
    nonce: [u8; NONCE_LEN],
    wrapped: [u8; 48],
}

impl SealedKey {
    /// `key` wrapped by `by`, with a note that is authenticated but not secret (at most 255 bytes are kept).
    ///
    /// # Errors
    /// [`RandomError`].
    pub fn by_key(key: &Key, by: &Key, note: &str) -> Result<Self, RandomError> {
        let kek = derive(by.expose(), b"", b"haubert sealed key v1")?;
        Self::wrap(key, &kek, BY_KEY, note, [0; 32], [0; 32])
    }

    /// `key` for whoever has the recovery key.
    ///
    /// # Errors
    /// [`RandomError`].
    pub fn for_recovery(key: &Key, recovery: &RecoveryPublic) -> Result<Self, RandomError> {
        let (ephemeral, shared) = recovery.share()?;
        let kek = derive(&shared[..], b"", b"haubert sealed key v1")?;
        Self::wrap(key, &kek, FOR_RECOVERY, "", recovery.0, ephemeral)
    }

    fn wrap(key: &Key, kek: &Bytes32, kind: u8, note: &str, public: [u8; 32], ephemeral: [u8; 32]) -> Result<Self, RandomError> {
        let note: String = note.chars().filter(char::is_ascii).take(255).collect();
        let mut head = MAGIC.to_vec();
        head.push(kind);
        head.push(u8::try_from(note.len()).unwrap_or(0));
        head.extend_from_slice(note.as_bytes());
        head.extend_from_slice(&public);
        head.extend_from_slice(&ephemeral);
        let nonce = random_bytes()?;
        let mut sealed = Zeroizing::new(key.expose().to_vec());
        let aead = cipher(kek)?;
        let tag = aead
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&head), &mut sealed)
            .map_err(|_| RandomError)?;
        let mut wrapped = [0; 48];
        wrapped.iter_mut().zip(sealed.iter().chain(tag.as_ref())).for_each(|(to, from)| *to = *from);
        Ok(Self { head, kind, note, public, ephemeral, nonce, wrapped })
    }

    /// The bytes of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.head.as_slice(), &self.nonce, &self.wrapped].concat()
    }

    /// Reads the bytes of its file.
    ///
    /// # Errors
    /// [`SealedKeyError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SealedKeyError> {
        let parts = || -> Option<Self> {
            let rest = bytes.get(..bytes.len().min(MAX + 1))?.strip_prefix(MAGIC)?;
            let (&kind, rest) = rest.split_first()?;
            let (&note_len, rest) = rest.split_first()?;
            let (note, rest) = rest.split_at_checked(usize::from(note_len))?;
            let (public, rest) = rest.split_first_chunk::<32>()?;
            let (ephemeral, rest) = rest.split_first_chunk::<32>()?;
            let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
            let wrapped = <[u8; 48]>::try_from(rest).ok()?;
            let head = bytes.get(..bytes.len().checked_sub(NONCE_LEN + 48)?)?.to_vec();
            let note = std::str::from_utf8(note).ok().filter(|note| note.is_ascii())?.to_owned();
            let is_known = matches!(kind, BY_KEY | FOR_RECOVERY);
            is_known.then_some(Self { head, kind, note, public: *public, ephemeral: *ephemeral, nonce: *nonce, wrapped })
        };
        parts().ok_or(SealedKeyError::Malformed)
    }

    /// The note given when it was sealed. True only once it has been opened.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// For whose recovery key it is sealed, if for one.
    pub fn recovery(&self) -> Option<RecoveryPublic> {
        (self.kind == FOR_RECOVERY).then_some(RecoveryPublic(self.public))
    }

    /// The key, with the one that wrapped it.
    ///
    /// # Errors
    /// [`SealedKeyError::DoesNotOpen`].
    pub fn open(&self, by: &Key) -> Result<Key, SealedKeyError> {
        if self.kind != BY_KEY {
            return Err(SealedKeyError::DoesNotOpen);
        }
        self.unwrap(&derive(by.expose(), b"", b"haubert sealed key v1")?)
    }

    /// The key, with the recovery key it was sealed for.
    ///
    /// # Errors
    /// [`SealedKeyError::DoesNotOpen`].
    pub fn recover(&self, recovery: &RecoveryKey) -> Result<Key, SealedKeyError> {
        if self.recovery() != Some(recovery.public()?) {
            return Err(SealedKeyError::DoesNotOpen);
        }
        let shared = recovery.shared(&self.ephemeral).map_err(|_| SealedKeyError::DoesNotOpen)?;
        self.unwrap(&derive(&shared[..], b"", b"haubert sealed key v1")?)
    }

    fn unwrap(&self, kek: &Bytes32) -> Result<Key, SealedKeyError> {
        let mut bytes = Zeroizing::new(self.wrapped.to_vec());
        let plain = cipher(kek)?
            .open_in_place(Nonce::assume_unique_for_key(self.nonce), Aad::from(&self.head), &mut bytes)
            .map_err(|_| SealedKeyError::DoesNotOpen)?;
        <[u8; 32]>::try_from(&*plain).map(Key::new).map_err(|_| SealedKeyError::DoesNotOpen)
    }
}

fn cipher(key: &Bytes32) -> Result<LessSafeKey, RandomError> {
    UnboundKey::new(&AES_256_GCM, &key[..]).map(LessSafeKey::new).map_err(|_| RandomError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_with_what_sealed_it_and_with_nothing_else() {
        let (key, kek) = (Key::random().unwrap(), Key::random().unwrap());
        let sealed = SealedKey::by_key(&key, &kek, "host+tpm2").unwrap();
        let read = SealedKey::parse(&sealed.to_bytes()).unwrap();
        assert_eq!((read.note(), read.recovery()), ("host+tpm2", None));
        assert_eq!(read.open(&kek).unwrap(), key);
        assert_eq!(read.open(&key).unwrap_err(), SealedKeyError::DoesNotOpen);
        let recovery = RecoveryKey::random().unwrap();
        let paper = SealedKey::for_recovery(&key, &recovery.public().unwrap()).unwrap();
        let paper = SealedKey::parse(&paper.to_bytes()).unwrap();
        assert_eq!(paper.recover(&recovery).unwrap(), key);
        assert!(paper.recover(&RecoveryKey::random().unwrap()).is_err() && paper.open(&kek).is_err());
        assert!(sealed.recover(&recovery).is_err());
    }

    #[test]
    fn no_bit_and_no_length_is_indifferent() {
        let (key, kek) = (Key::random().unwrap(), Key::random().unwrap());
        let bytes = SealedKey::by_key(&key, &kek, "host").unwrap().to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(SealedKey::parse(&flipped).and_then(|sealed| sealed.open(&kek)).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(SealedKey::parse(&bytes[..length]).is_err(), "{length}");
        }
        assert!(SealedKey::parse(&[bytes, vec![0]].concat()).is_err());
    }
}
