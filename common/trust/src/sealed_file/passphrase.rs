//! A key from what a person remembers.

use super::Bytes32;
use super::stream::SealedFault;
use argon2::{Algorithm, Argon2, Params, Version};
use haubert_model::Secret;
use zeroize::Zeroizing;

/// Cost of new files: 64 MiB, 3 passes, 1 lane (RFC 9106, second recommended option, on one core).
pub(super) const COST: Cost = Cost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
/// Most that a file may ask for, since whoever made it chose it.
const MOST: Cost = Cost { memory_kib: 256 * 1024, passes: 10, lanes: 4 };
/// Longest passphrase, in bytes.
const LONGEST: usize = 1024;

/// What a derivation costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

impl Cost {
    pub(super) const fn is_bearable(self) -> bool {
        self.memory_kib >= 8 * 1024
            && self.memory_kib <= MOST.memory_kib
            && self.passes >= 1
            && self.passes <= MOST.passes
            && self.lanes >= 1
            && self.lanes <= MOST.lanes
    }
}

/// Takes a part of a second, and [`Cost::memory_kib`].
pub(super) fn stretch(passphrase: &Secret, salt: &[u8; 32], cost: Cost) -> Result<Bytes32, SealedFault> {
    let bytes = passphrase.expose().as_bytes();
    if bytes.is_empty() || bytes.len() > LONGEST {
        return Err(SealedFault::DoesNotOpen);
    }
    let mut key = Zeroizing::new([0; 32]);
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| SealedFault::Malformed("cost"))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(bytes, salt, &mut key[..])
        .map_err(|_| SealedFault::Crypto)?;
    Ok(key)
}
