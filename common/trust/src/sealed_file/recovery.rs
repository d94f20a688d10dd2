//! The recovery key: printed once, kept on paper, typed by a person when the machine's own seal is lost.
//!
//! The machine keeps only the public half, so it can seal for the paper again and again (a new storage key, each backup) without
//! ever being able to read what only the paper should open.

use super::{Bytes32, derive};
use crate::{RandomError, random_bytes};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::digest::{SHA256, digest};
use haubert_model::Secret;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// 32 characters that are not mistaken for each other on paper.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Bytes that are secret: 160 bits.
const SECRET: usize = 20;
/// Bytes of the checksum: a slip of the pen passes once in 10^12.
const CHECK: usize = 5;
/// Characters of a key.
const CHARS: usize = (SECRET + CHECK) * 8 / 5;
/// Characters between two dashes.
const GROUP: usize = 5;
/// Most that is looked at of what somebody typed.
const TYPED_MAX: usize = 256;

/// Why a typed recovery key is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryKeyError {
    /// It has not 40 letters and digits.
    #[error("a recovery key has {CHARS} letters and digits, {0} were given")]
    Length(usize),
    /// A sign that no key has (such as 0, O, 1 and I), and the number of its group, from 1.
    #[error("{sign:?} in group {group} is in no recovery key")]
    Sign {
        /// The sign.
        sign: char,
        /// Its group.
        group: usize,
    },
    /// All signs are possible, together they are not: something is mistyped.
    #[error("the recovery key is mistyped: its checksum does not fit")]
    Checksum,
}

/// A recovery key. It does not print, and is wiped when dropped.
#[derive(Clone)]
pub struct RecoveryKey([u8; SECRET]);

impl Drop for RecoveryKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

impl RecoveryKey {
    /// A new one.
    ///
    /// # Errors
    /// [`RandomError`] when the system's source fails.
    pub fn random() -> Result<Self, RandomError> {
        random_bytes().map(Self)
    }

    /// As it is written down: eight groups of five, `XXXXX-XXXXX-…`.
    pub fn text(&self) -> Secret {
        let mut bytes = Zeroizing::new(self.0.to_vec());
        bytes.extend_from_slice(&checksum(&self.0));
        let mut text = String::with_capacity(CHARS + CHARS / GROUP);
        for (number, five) in bytes.chunks(5).enumerate() {
            let value = five.iter().fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
            for (place, shift) in (0..8).rev().enumerate() {
                if (number * 8 + place).is_multiple_of(GROUP) && !text.is_empty() {
                    text.push('-');
                }
                let sign = ALPHABET.get((value >> (shift * 5)) as usize & 31).copied().unwrap_or(b'A');
                text.push(char::from(sign));
            }
        }
        Secret::new(text)
    }

    /// What somebody typed, whatever its case, dashes and spaces.
    ///
    /// # Errors
    /// [`RecoveryKeyError`].
    pub fn parse(typed: &str) -> Result<Self, RecoveryKeyError> {
        let signs: Zeroizing<String> = Zeroizing::new(
            typed
                .chars()
                .filter(|sign| !sign.is_whitespace() && *sign != '-')
                .take(TYPED_MAX)
                .collect::<String>()
                .to_ascii_uppercase(),
        );
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET + CHECK));
        let (mut value, mut bits, mut count) = (0u64, 0, 0usize);
        for sign in signs.chars() {
            let found = ALPHABET.iter().zip(0u64..).find(|(known, _)| char::from(**known) == sign);
            let Some((_, number)) = found else { return Err(RecoveryKeyError::Sign { sign, group: count / GROUP + 1 }) };
            (value, bits, count) = ((value << 5) | number, bits + 5, count + 1);
            if bits == 40 {
                bytes.extend((0..5).rev().map(|shift| (value >> (shift * 8)) as u8));
                (value, bits) = (0, 0);
            }
        }
        if count != CHARS {
            return Err(RecoveryKeyError::Length(count));
        }
        let (secret, check) = bytes.split_first_chunk::<SECRET>().ok_or(RecoveryKeyError::Length(count))?;
        if checksum(secret) != check {
            return Err(RecoveryKeyError::Checksum);
        }
        Ok(Self(*secret))
    }

    fn private(&self) -> Result<PrivateKey, RandomError> {
        let scalar = derive(&self.0, b"", b"haubert recovery key v1")?;
        PrivateKey::from_private_key(&X25519, &scalar[..]).map_err(|_| RandomError)
    }

    /// Its public half.
    ///
    /// # Errors
    /// [`RandomError`] when the cryptographic library fails.
    pub fn public(&self) -> Result<RecoveryPublic, RandomError> {
        let public = self.private()?.compute_public_key().map_err(|_| RandomError)?;
        public.as_ref().try_into().map(RecoveryPublic).map_err(|_| RandomError)
    }

    /// The secret that [`RecoveryPublic::share`] made with the public half `ephemeral`.
    pub(super) fn shared(&self, ephemeral: &[u8; 32]) -> Result<Bytes32, RandomError> {
        let recipient = self.public()?;
        agreed(&self.private()?, ephemeral, ephemeral, &recipient)
    }
}

/// The public half of a recovery key: seals, and opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryPublic(pub [u8; 32]);

impl RecoveryPublic {
    /// The first signs of its digest, to tell one recovery key from another on a screen (`3f2a-9c01`).
    pub fn mark(&self) -> String {
        let digest = digest(&SHA256, &self.0);
        let hex: String = digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let (left, right) = hex.split_at(hex.len().min(4));
        format!("{left}-{right}")
    }

    /// A secret that the recovery key will find again from the public bytes given with it.
    pub(super) fn share(&self) -> Result<([u8; 32], Bytes32), RandomError> {
        let ephemeral = PrivateKey::generate(&X25519).map_err(|_| RandomError)?;
        let public = ephemeral.compute_public_key().map_err(|_| RandomError)?;
        let public: [u8; 32] = public.as_ref().try_into().map_err(|_| RandomError)?;
        let secret = agreed(&ephemeral, &self.0, &public, self)?;
        Ok((public, secret))
    }
}

/// X25519, bound to both public halves as RFC 9180 does for its base mode.
fn agreed(own: &PrivateKey, peer: &[u8; 32], ephemeral: &[u8; 32], recipient: &RecoveryPublic) -> Result<Bytes32, RandomError> {
    let salt = [*ephemeral, recipient.0].concat();
    agree(own, UnparsedPublicKey::new(&X25519, peer), RandomError, |shared| derive(shared, &salt, b"haubert recovery share v1"))
}

fn checksum(secret: &[u8; SECRET]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    let digest = digest(&SHA256, &[b"haubert recovery check".as_slice(), secret].concat());
    check.iter_mut().zip(digest.as_ref()).for_each(|(check, byte)| *check = *byte);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back_however_it_is_typed() {
        for _ in 0..50 {
            let key = RecoveryKey::random().unwrap();
            let text = key.text();
            assert_eq!(text.expose().len(), 47);
            assert_eq!(RecoveryKey::parse(text.expose()).unwrap().0, key.0);
            let typed = format!("  {}\n", text.expose().to_lowercase().replace('-', " "));
            assert_eq!(RecoveryKey::parse(&typed).unwrap().0, key.0);
        }
    }

    #[test]
    fn one_wrong_sign_or_two_swapped_are_noticed() {
        let key = RecoveryKey([7; SECRET]);
        let text = key.text().expose().to_owned();
        let signs: Vec<char> = text.chars().collect();
        for at in (0..signs.len()).filter(|at| signs[*at] != '-') {
            let mut other = signs.clone();
            other[at] = if signs[at] == 'A' { 'B' } else { 'A' };
            let other: String = other.into_iter().collect();
            assert_eq!(RecoveryKey::parse(&other).unwrap_err(), RecoveryKeyError::Checksum, "{at}");
        }
        let mut swapped = signs.clone();
        let at = (1..signs.len()).find(|at| signs[*at] != signs[at - 1] && signs[*at] != '-' && signs[at - 1] != '-').unwrap();
        swapped.swap(at, at - 1);
        assert!(RecoveryKey::parse(&swapped.into_iter().collect::<String>()).is_err());
        assert_eq!(RecoveryKey::parse(&text[..30]).unwrap_err(), RecoveryKeyError::Length(25));
        let zero = text.replacen(signs[6], "0", 1);
        assert!(matches!(RecoveryKey::parse(&zero), Err(RecoveryKeyError::Sign { sign: '0', .. })));
        assert!(RecoveryKey::parse(&"é".repeat(10_000)).is_err());
    }

    #[test]
    fn both_sides_find_the_same_secret_and_a_third_another() {
        let key = RecoveryKey::random().unwrap();
        let (ephemeral, secret) = key.public().unwrap().share().unwrap();
        assert_eq!(key.shared(&ephemeral).unwrap(), secret);
        assert_ne!(RecoveryKey::random().unwrap().shared(&ephemeral).unwrap(), secret);
        assert!(!format!("{key:?}").contains(key.text().expose()));
    }
}
