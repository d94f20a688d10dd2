//! Hashes, the log's identity, and the signature that makes a record a head.

use crate::Key;
use aws_lc_rs::digest;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// What a signature is about, so that it can never pass for one of another kind.
const DOMAIN: &[u8] = b"haubert audit v1\0";

/// Bytes as text: a fixed length, in hex or base64.
macro_rules! bytes_as_text {
    ($name:ident, $length:literal, $write:expr, $read:expr) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&$write(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = NotBytes;
            fn from_str(text: &str) -> Result<Self, NotBytes> {
                // Checked first: the text comes from outside.
                if text.len() > 2 * $length {
                    return Err(NotBytes);
                }
                let bytes: Option<Vec<u8>> = $read(text);
                bytes.and_then(|bytes| <[u8; $length]>::try_from(bytes).ok()).map(Self).ok_or(NotBytes)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The text does not stand for that many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the text of bytes of the expected length")]
pub struct NotBytes;

/// SHA-256 of a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Hash(pub [u8; 32]);
bytes_as_text!(Hash, 32, hex, unhex);

impl Hash {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; 32];
        for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()) {
            *to = *from;
        }
        Self(hash)
    }
}

/// Identity of a log: random, made with its key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogId(pub [u8; 16]);
bytes_as_text!(LogId, 16, hex, unhex);

/// The key that checks a log's signatures (Ed25519).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);
bytes_as_text!(PublicKey, 32, base64, unbase64);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature(pub(super) [u8; 64]);
bytes_as_text!(Signature, 64, base64, unbase64);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    if !digits.remainder().is_empty() || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return None;
    }
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// What proves that a log went up to a record, with all that came before it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Of which log.
    pub log: LogId,
    /// Sequence number of the record.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// The gateway's signature of the three.
    pub(super) sig: Signature,
}

impl Head {
    /// A head from its parts as they travel; `sig` is base64.
    ///
    /// # Errors
    /// [`NotBytes`] when `sig` is not a signature's text.
    pub fn from_parts(log: LogId, seq: u64, hash: Hash, sig: &str) -> Result<Self, NotBytes> {
        Ok(Self { log, seq, hash, sig: sig.parse()? })
    }

    /// The signature in base64.
    pub fn signature(&self) -> String {
        self.sig.to_string()
    }

    /// Whether `key` made the signature.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        UnparsedPublicKey::new(&ED25519, key.0).verify(&signed(self.log, self.seq, self.hash), &self.sig.0).is_ok()
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({} {} {})", self.log, self.seq, self.hash)
    }
}

fn signed(log: LogId, seq: u64, hash: Hash) -> Vec<u8> {
    [DOMAIN, &log.0, &seq.to_be_bytes(), &hash.0].concat()
}

/// The log's private key. It does not print.
pub struct Signer {
    log: LogId,
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl Signer {
    /// The signer of `log` with the Ed25519 seed `seed`; `None` when the provider refuses it.
    pub fn new(log: LogId, seed: &Key) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).ok()?;
        let public = <[u8; 32]>::try_from(pair.public_key().as_ref()).ok().map(PublicKey)?;
        Some(Self { log, pair, public })
    }

    /// The log it signs for.
    pub const fn log(&self) -> LogId {
        self.log
    }

    /// What checks its signatures.
    pub const fn public_key(&self) -> PublicKey {
        self.public
    }

    /// The head at `seq`.
    pub fn sign(&self, seq: u64, hash: Hash) -> Head {
        let mut sig = [0; 64];
        let made = self.pair.sign(&signed(self.log, seq, hash));
        for (to, from) in sig.iter_mut().zip(made.as_ref()) {
            *to = *from;
        }
        Head { log: self.log, seq, hash, sig: Signature(sig) }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.log)
    }
}
