//! What is encrypted with a key that somebody else keeps: the storage key itself, and files that leave the machine.
//!
//! AES-256-GCM throughout, keys by HKDF-SHA-256, agreement by X25519, passphrases by argon2id. No construction of our own but
//! the order of the fields.

mod key;
mod passphrase;
mod reader;
mod recovery;
mod stream;
mod writer;

pub use key::{SealedKey, SealedKeyError};
pub use reader::SealedReader;
pub use recovery::{RecoveryKey, RecoveryKeyError, RecoveryPublic};
pub use stream::{Header, Opener, SealedFault, SealedFor, Unlock};
pub use writer::SealedWriter;

use crate::RandomError;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::Zeroizing;

/// 32 bytes that are wiped when dropped.
type Bytes32 = Zeroizing<[u8; 32]>;

/// 32 bytes, for HKDF.
struct Len32;

impl KeyType for Len32 {
    fn len(&self) -> usize {
        32
    }
}

/// A key for one purpose from the secret `from`.
fn derive(from: &[u8], salt: &[u8], purpose: &[u8]) -> Result<Bytes32, RandomError> {
    let mut key = Zeroizing::new([0; 32]);
    let info = [purpose];
    let prk = Salt::new(HKDF_SHA256, salt).extract(from);
    prk.expand(&info, Len32).and_then(|okm| okm.fill(&mut key[..])).map_err(|_| RandomError)?;
    Ok(key)
}
