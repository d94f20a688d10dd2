//! Digests as people and databases see them.

use haubert_trust::fingerprint_sha256;
use std::fmt::Write as _;

/// SHA-256 in 64 small hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in fingerprint_sha256(bytes).0 {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_what_everybody_computes() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::sha256_hex(b"abc"), known);
    }
}
