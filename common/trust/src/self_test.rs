//! Known answers: whether the cryptography of this machine computes what it should (IEC 62443-4-2, CR 3.3 and CR 4.3).
//!
//! Each test has its vector's source beside it and checks that a wrong input fails too; a processor or a build that is broken
//! shows here before a key is used.

use crate::{hash_password, random_bytes, verify_password};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use haubert_model::Secret;

/// Every test with its name, in order; `true` is passed.
pub fn self_test() -> Vec<(&'static str, bool)> {
    vec![
        ("sha256", sha256()),
        ("hmac_sha256", hmac_sha256()),
        ("aes256_gcm", aes256_gcm().unwrap_or(false)),
        ("ecdsa_p256", ecdsa_p256()),
        ("argon2id", argon2id()),
        ("random", random()),
    ]
}

/// Bytes of hexadecimal digits.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter_map(|digit| digit.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()
}

/// FIPS 180-4, example "abc".
fn sha256() -> bool {
    digest(&SHA256, b"abc").as_ref() == bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
}

/// RFC 4231, test case 2.
fn hmac_sha256() -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"Jefe");
    let tag = bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    let verify = |text: &[u8]| hmac::verify(&key, text, &tag).is_ok();
    verify(b"what do ya want for nothing?") && !verify(b"what do ya want for something?")
}

/// NIST GCM specification, test case 14.
fn aes256_gcm() -> Option<bool> {
    let key = || UnboundKey::new(&AES_256_GCM, &[0; 32]).ok().map(LessSafeKey::new);
    let mut sealed = vec![0; 16];
    key()?.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut sealed).ok()?;
    let right = sealed == bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    let open = |mut text: Vec<u8>| -> Option<bool> {
        Some(key()?.open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut text).is_ok())
    };
    let opens = open(sealed.clone())?;
    if let Some(byte) = sealed.first_mut() {
        *byte ^= 1;
    }
    Some(right && opens && !open(sealed)?)
}

/// RFC 6979, A.2.5, SHA-256, message "sample".
fn ecdsa_p256() -> bool {
    let mut point = vec![4];
    point.extend(bytes("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"));
    point.extend(bytes("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"));
    let mut signature = bytes("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716");
    signature.extend(bytes("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"));
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(b"sample", &signature).is_ok() && key.verify(b"simple", &signature).is_err()
}

/// Ours has no vector with our salt; a hash must verify, and only with its own password.
fn argon2id() -> bool {
    let (right, wrong) = (Secret::new("self-test".to_owned()), Secret::new("self-tess".to_owned()));
    let Ok(hash) = hash_password(&right) else { return false };
    hash.starts_with("$argon2id$") && verify_password(&right, &hash) && !verify_password(&wrong, &hash)
}

/// Two draws differ, and a draw looks like noise: a stuck or empty source does not.
fn random() -> bool {
    let (Ok(one), Ok(other)) = (random_bytes::<256>(), random_bytes::<256>()) else { return false };
    let ones: u32 = one.iter().map(|byte| byte.count_ones()).sum();
    // 1024 of 2048 are expected; less than 800 or more than 1248 happens once in 10^22.
    one != other && (800..=1248).contains(&ones)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_machine_computes_right() {
        assert_eq!(super::self_test().into_iter().filter(|(_, passed)| !passed).collect::<Vec<_>>(), []);
        assert_eq!(super::bytes("00ff1a"), [0, 255, 26]);
    }
}
