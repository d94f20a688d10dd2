//! Short texts sealed with AES-256-GCM, for stores that are not encrypted themselves.

use crate::{Key, RandomError};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use haubert_model::Secret;

/// Bytes of the nonce, which goes before what it sealed.
const NONCE: usize = 12;

/// The text that cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed text does not open: another key, another place, or damaged")]
pub struct SealError;

/// Seals `text` for the place named `place`; it opens nowhere else. Base64 of nonce, ciphertext and tag.
///
/// # Errors
/// [`RandomError`] when the system's source fails.
pub fn seal(key: &Key, place: &str, text: &Secret) -> Result<String, RandomError> {
    let mut bytes = text.expose().as_bytes().to_vec();
    let nonce = RandomizedNonceKey::new(&AES_256_GCM, key.expose())
        .and_then(|key| key.seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut bytes))
        .map_err(|_| RandomError)?;
    let mut sealed = nonce.as_ref().to_vec();
    sealed.append(&mut bytes);
    Ok(STANDARD_NO_PAD.encode(sealed))
}

/// Opens what [`seal`] made with the same key for the same place.
///
/// # Errors
/// [`SealError`].
pub fn unseal(key: &Key, place: &str, sealed: &str) -> Result<Secret, SealError> {
    let mut bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| SealError)?;
    let (nonce, rest) = bytes.split_at_mut_checked(NONCE).ok_or(SealError)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
    let opened = RandomizedNonceKey::new(&AES_256_GCM, key.expose())
        .and_then(|key| key.open_in_place(nonce, Aad::from(place.as_bytes()), rest).map(|opened| opened.to_vec()))
        .map_err(|_| SealError)?;
    String::from_utf8(opened).map(Secret::new).map_err(|_| SealError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_place_open_it() {
        let (key, text) = (Key::new([7; 32]), Secret::new("the meter reads 12".to_owned()));
        let sealed = seal(&key, "ana", &text).unwrap();
        assert_ne!(sealed, seal(&key, "ana", &text).unwrap());
        assert_eq!(unseal(&key, "ana", &sealed).unwrap().expose(), text.expose());
        assert!(unseal(&key, "eve", &sealed).is_err());
        assert!(unseal(&Key::new([8; 32]), "ana", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone().into_bytes();
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            assert!(unseal(&key, "ana", &String::from_utf8(bent).unwrap()).is_err(), "{at}");
        }
        for damaged in ["", "A", "AAAA", "é"] {
            assert!(unseal(&key, "ana", damaged).is_err());
        }
    }
}
