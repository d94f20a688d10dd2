//! Files that leave the machine: a header, then chunks that can be written and read without holding the file.
//!
//! ```text
//! header, 96 bytes:
//!   "HAUBSEAL" version(1: 1) opener(1: 1 passphrase, 2 recovery key) zero(2)
//!   argon2id: memory in KiB, passes, lanes (4 bytes each, big endian; zero for opener 2)
//!   salt of the passphrase, or the ephemeral X25519 public half (32 bytes)
//!   first 8 bytes of the recovery key's public half (zero for opener 1)
//!   HMAC-SHA-256 of all the above (32 bytes)
//! chunks: 65,536 bytes and a tag of 16 each, the last one shorter or as long
//! ```
//! The chunks follow the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): AES-256-GCM, the nonce is 7 zero bytes,
//! the chunk's number (4 bytes, big endian), and 1 for the last or 0. The keys of header and chunks come from the stretched
//! passphrase or the agreed secret by HKDF with the first 64 bytes of the header as salt, so each file has its own.

use super::passphrase::{COST, Cost, stretch};
use super::{Bytes32, RecoveryKey, RecoveryPublic, derive};
use crate::{RandomError, random_bytes};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use haubert_model::Secret;

/// Bytes of a header.
pub(super) const HEADER: usize = 96;
/// Bytes of it that the rest depends on.
const SALT: usize = 64;
/// Plain bytes of a chunk.
pub(super) const CHUNK: usize = 65_536;
/// Bytes of its tag.
pub(super) const TAG: usize = 16;
const MAGIC: &[u8; 8] = b"HAUBSEAL";
const VERSION: u8 = 1;

/// What is wrong with a sealed file: the check that refused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedFault {
    /// It does not begin as one.
    #[error("not a sealed file")]
    NotSealed,
    /// A later program made it.
    #[error("the file has format {0}, newer than this program knows")]
    UnknownVersion(u8),
    /// A field of the header has a value that no program writes.
    #[error("the header is damaged: {0}")]
    Malformed(&'static str),
    /// It is sealed with the other of passphrase and recovery key.
    #[error("the file is sealed with {0}")]
    OtherOpener(&'static str),
    /// Another recovery key opens it.
    #[error("another recovery key opens the file ({0})")]
    OtherRecoveryKey(&'static str),
    /// The passphrase or recovery key is not the right one, or the header is damaged.
    #[error("the passphrase or recovery key does not open the file")]
    DoesNotOpen,
    /// A chunk is not as it was written, or not in its place.
    #[error("chunk {0} is damaged or not in its place")]
    Damaged(u32),
    /// Chunks are missing at the end.
    #[error("the file ends after chunk {0}, before its end")]
    Truncated(u32),
    /// Something follows the last chunk.
    #[error("the file goes on after its last chunk {0}")]
    Trailing(u32),
    /// The random source or the cryptographic library failed.
    #[error("the cryptographic library failed")]
    Crypto,
}

impl From<RandomError> for SealedFault {
    fn from(_: RandomError) -> Self {
        Self::Crypto
    }
}

/// Who shall be able to open a new file.
#[derive(Debug, Clone)]
pub enum SealedFor {
    /// Whoever knows the passphrase.
    Passphrase(Secret),
    /// Whoever has the recovery key.
    Recovery(RecoveryPublic),
}

/// What opens a file.
#[derive(Debug, Clone)]
pub enum Unlock {
    /// A passphrase.
    Passphrase(Secret),
    /// A recovery key.
    Recovery(RecoveryKey),
}

/// What a file wants to be opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// A passphrase.
    Passphrase,
    /// A recovery key.
    Recovery,
}

/// The beginning of a sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    bytes: [u8; HEADER],
    opener: Opener,
    cost: Cost,
    salt: [u8; 32],
    recipient: [u8; 8],
}

impl Header {
    /// Bytes that it takes.
    pub const LEN: usize = HEADER;

    /// Reads the first bytes of a file. What opens it decides whether they are true.
    ///
    /// # Errors
    /// [`SealedFault::NotSealed`], [`SealedFault::UnknownVersion`], [`SealedFault::Malformed`].
    pub fn parse(bytes: &[u8; HEADER]) -> Result<Self, SealedFault> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(SealedFault::NotSealed)?;
        let short = SealedFault::Malformed("length");
        let (&[version, opener, zero, zero_too], rest) = rest.split_first_chunk::<4>().ok_or(short)?;
        if version != VERSION {
            return Err(SealedFault::UnknownVersion(version));
        }
        if (zero, zero_too) != (0, 0) {
            return Err(SealedFault::Malformed("reserved bytes"));
        }
        let (memory, rest) = rest.split_first_chunk::<4>().ok_or(short)?;
        let (passes, rest) = rest.split_first_chunk::<4>().ok_or(short)?;
        let (lanes, rest) = rest.split_first_chunk::<4>().ok_or(short)?;
        let (salt, rest) = rest.split_first_chunk::<32>().ok_or(short)?;
        let (recipient, _mac) = rest.split_first_chunk::<8>().ok_or(short)?;
        let cost = Cost {
            memory_kib: u32::from_be_bytes(*memory),
            passes: u32::from_be_bytes(*passes),
            lanes: u32::from_be_bytes(*lanes),
        };
        let none = Cost { memory_kib: 0, passes: 0, lanes: 0 };
        let opener = match opener {
            1 if *recipient == [0; 8] && cost.is_bearable() => Opener::Passphrase,
            2 if cost == none => Opener::Recovery,
            1 | 2 => return Err(SealedFault::Malformed("cost")),
            _ => return Err(SealedFault::Malformed("opener")),
        };
        Ok(Self { bytes: *bytes, opener, cost, salt: *salt, recipient: *recipient })
    }

    /// What opens the file.
    pub const fn opener(&self) -> Opener {
        self.opener
    }

    /// The bytes of the file.
    pub(super) const fn bytes(&self) -> &[u8; HEADER] {
        &self.bytes
    }

    /// Makes a header and the key of the chunks. A passphrase takes a part of a second.
    pub(super) fn seal(sealed_for: &SealedFor) -> Result<(Self, Chunks), SealedFault> {
        let none = Cost { memory_kib: 0, passes: 0, lanes: 0 };
        let (opener, cost, salt, recipient, secret) = match sealed_for {
            SealedFor::Passphrase(passphrase) => {
                let salt = random_bytes()?;
                (1u8, COST, salt, [0; 8], stretch(passphrase, &salt, COST)?)
            }
            SealedFor::Recovery(public) => {
                let (ephemeral, secret) = public.share()?;
                (2u8, none, ephemeral, first_8(&public.0), secret)
            }
        };
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&[VERSION, opener, 0, 0]);
        for number in [cost.memory_kib, cost.passes, cost.lanes] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(&recipient);
        let mac = hmac::sign(&header_key(&secret, &bytes)?, &bytes);
        let chunks = Chunks::new(&secret, &bytes)?;
        bytes.extend_from_slice(mac.as_ref());
        let bytes = <[u8; HEADER]>::try_from(bytes).map_err(|_| SealedFault::Crypto)?;
        Ok((Self::parse(&bytes)?, chunks))
    }

    /// The key of the chunks. A passphrase takes a part of a second.
    pub(super) fn open(&self, with: &Unlock) -> Result<Chunks, SealedFault> {
        let secret = match (with, self.opener) {
            (Unlock::Passphrase(passphrase), Opener::Passphrase) => stretch(passphrase, &self.salt, self.cost)?,
            (Unlock::Recovery(key), Opener::Recovery) => {
                if first_8(&key.public()?.0) != self.recipient {
                    return Err(SealedFault::OtherRecoveryKey("not the one given"));
                }
                key.shared(&self.salt).map_err(|_| SealedFault::DoesNotOpen)?
            }
            (_, Opener::Passphrase) => return Err(SealedFault::OtherOpener("a passphrase")),
            (_, Opener::Recovery) => return Err(SealedFault::OtherOpener("a recovery key")),
        };
        let (head, mac) = self.bytes.split_at(SALT);
        hmac::verify(&header_key(&secret, head)?, head, mac).map_err(|_| SealedFault::DoesNotOpen)?;
        Chunks::new(&secret, head)
    }
}

fn first_8(bytes: &[u8; 32]) -> [u8; 8] {
    bytes.first_chunk().copied().unwrap_or_default()
}

fn header_key(secret: &Bytes32, head: &[u8]) -> Result<hmac::Key, SealedFault> {
    let key = derive(&secret[..], head, b"haubert sealed file v1 header")?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &key[..]))
}

/// Seals and opens chunks by their number.
pub(super) struct Chunks(LessSafeKey);

impl Chunks {
    fn new(secret: &Bytes32, head: &[u8]) -> Result<Self, SealedFault> {
        let key = derive(&secret[..], head, b"haubert sealed file v1 chunks")?;
        UnboundKey::new(&AES_256_GCM, &key[..]).map(LessSafeKey::new).map(Self).map_err(|_| SealedFault::Crypto)
    }

    /// Encrypts in place and adds the tag.
    pub(super) fn seal(&self, number: u32, is_last: bool, chunk: &mut Vec<u8>) -> Result<(), SealedFault> {
        self.0.seal_in_place_append_tag(nonce(number, is_last), Aad::empty(), chunk).map_err(|_| SealedFault::Crypto)
    }

    /// Decrypts a copy; `None` when it is not this chunk.
    pub(super) fn open(&self, number: u32, is_last: bool, sealed: &[u8], plain: &mut Vec<u8>) -> Option<()> {
        plain.clear();
        plain.extend_from_slice(sealed);
        let length = self.0.open_in_place(nonce(number, is_last), Aad::empty(), plain).map(|plain| plain.len());
        plain.truncate(length.unwrap_or(0));
        length.ok().map(|_| ())
    }
}

fn nonce(number: u32, is_last: bool) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    let tail = number.to_be_bytes().into_iter().chain([u8::from(is_last)]);
    bytes.iter_mut().skip(7).zip(tail).for_each(|(to, from)| *to = from);
    Nonce::assume_unique_for_key(bytes)
}
