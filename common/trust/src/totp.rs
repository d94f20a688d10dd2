//! One-time codes from a clock (TOTP, RFC 6238) as authenticator apps make them: HMAC-SHA-1, six digits, steps of 30 s.
//!
//! Other digests and lengths are in the RFC, but not in every app; the code is guarded by the lock-out, not by its length.
//! SHA-1 is sound here: HMAC does not rest on collision resistance. Written here rather than taken from a crate: it is one
//! HMAC and one truncation, and the RFC has vectors for both.

use crate::{RandomError, random_bytes};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use haubert_model::{Secret, Timestamp};
use std::fmt;
use zeroize::Zeroize;

/// Length of a step, in ms (RFC 6238, section 4.1).
const STEP_MS: i64 = 30_000;
/// Digits of a code.
const DIGITS: usize = 6;
/// Steps before and after the present one whose code is taken (RFC 6238, section 5.2), for clocks that differ.
const WINDOW: u64 = 1;
/// RFC 4648, section 6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// 160 bits, as RFC 4226, section 4, recommends: 32 characters of Base32 without padding.
const BYTES: usize = 20;

/// What server and app share. It does not print and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; BYTES]);

impl TotpSecret {
    /// A new secret.
    ///
    /// # Errors
    /// [`RandomError`] when the system's source fails.
    pub fn random() -> Result<Self, RandomError> {
        random_bytes().map(Self)
    }

    /// The secret as apps read it: 32 characters of Base32.
    pub fn to_base32(&self) -> Secret {
        let mut text = String::with_capacity(BYTES * 8 / 5);
        for group in self.0.chunks(5) {
            let bits = group.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            for at in (0..8).rev() {
                let index = usize::try_from(bits >> (5 * at) & 31).unwrap_or(0);
                text.push(char::from(BASE32.get(index).copied().unwrap_or(b'A')));
            }
        }
        Secret::new(text)
    }

    /// Reads what [`Self::to_base32`] wrote; `None` for anything else.
    pub fn from_base32(text: &str) -> Option<Self> {
        if text.len() != BYTES * 8 / 5 {
            return None;
        }
        let mut bytes = [0u8; BYTES];
        for (group, eight) in bytes.chunks_mut(5).zip(text.as_bytes().chunks(8)) {
            let bits = eight.iter().try_fold(0u64, |bits, char| {
                let value = BASE32.iter().position(|known| known == char)?;
                Some(bits << 5 | u64::try_from(value).ok()?)
            })?;
            for (byte, from) in group.iter_mut().zip(bits.to_be_bytes().into_iter().skip(3)) {
                *byte = from;
            }
        }
        Some(Self(bytes))
    }

    /// The address that a QR code carries to an app (key URI format of Google Authenticator, which all apps read).
    pub fn uri(&self, issuer: &str, account: &str) -> Secret {
        let (issuer, account) = (percent(issuer), percent(account));
        Secret::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={}",
            self.to_base32().expose(),
            STEP_MS / 1000
        ))
    }

    /// The step whose code `typed` is, when it is that of `now` or of the step before or after, and later than `last`, the
    /// step of the code taken before: a code is worth something once (RFC 6238, section 5.2). Spaces do not count.
    pub fn accepts(&self, typed: &str, now: Timestamp, last: Option<u64>) -> Option<u64> {
        let typed: Vec<u8> = typed.bytes().take(64).filter(|byte| !byte.is_ascii_whitespace()).collect();
        let present = u64::try_from(now.as_millis().div_euclid(STEP_MS)).unwrap_or(0);
        let first = present.saturating_sub(WINDOW).max(last.map_or(0, |last| last.saturating_add(1)));
        // Every candidate is compared, so that the time taken does not tell which clock the other side has.
        (first..=present.saturating_add(WINDOW)).fold(None, |found, step| {
            let right = verify_slices_are_equal(&typed, self.code(step).expose().as_bytes()).is_ok();
            found.or(right.then_some(step))
        })
    }

    /// The code of a moment, as an app would show it.
    pub fn code_at(&self, now: Timestamp) -> Secret {
        self.code(u64::try_from(now.as_millis().div_euclid(STEP_MS)).unwrap_or(0))
    }

    fn code(&self, step: u64) -> Secret {
        Secret::new(format!("{:0DIGITS$}", self.truncated(step) % 1_000_000))
    }

    /// Dynamic truncation (RFC 4226, section 5.3) of the step's HMAC: 31 bits.
    fn truncated(&self, step: u64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let offset = usize::from(tag.as_ref().last().copied().unwrap_or(0) & 15);
        let bytes = tag.as_ref().iter().skip(offset).take(4);
        bytes.fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) & 0x7fff_ffff
    }
}

impl Drop for TotpSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// Everything but unreserved characters as `%XX` (RFC 3986, section 2.1).
fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rfc() -> TotpSecret {
        TotpSecret(*b"12345678901234567890")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238_appendix_b() {
        let vectors = [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ];
        for (seconds, code) in vectors {
            assert_eq!(rfc().truncated(seconds / 30) % 100_000_000, code, "{seconds}");
        }
        assert_eq!(rfc().code_at(at(1_111_111_109)).expose(), "081804", "leading zeros stay");
    }

    #[test]
    fn the_truncation_is_that_of_rfc_4226_appendix_d() {
        let vectors = [1_284_755_224, 1_094_287_082, 137_359_152, 1_726_969_429, 1_640_338_314];
        for (counter, value) in vectors.into_iter().enumerate() {
            assert_eq!(rfc().truncated(counter as u64), value);
        }
    }

    #[test]
    fn a_clock_may_differ_by_one_step() {
        let code = rfc().code_at(at(1000));
        for (seconds, right) in [(959, false), (960, true), (1000, true), (1049, true), (1050, false)] {
            assert_eq!(rfc().accepts(code.expose(), at(seconds), None).is_some(), right, "{seconds}");
        }
        assert_eq!(rfc().accepts(&format!(" {} ", code.expose()), at(1000), None), Some(33));
    }

    #[test]
    fn a_code_is_taken_once_and_none_older_after_it() {
        let (before, now, after) = (rfc().code_at(at(970)), rfc().code_at(at(1000)), rfc().code_at(at(1030)));
        let step = rfc().accepts(now.expose(), at(1000), None);
        assert_eq!(step, Some(33));
        assert_eq!(rfc().accepts(now.expose(), at(1000), step), None);
        assert_eq!(rfc().accepts(before.expose(), at(1000), step), None);
        assert_eq!(rfc().accepts(after.expose(), at(1000), step), Some(34));
    }

    #[test]
    fn what_is_not_the_code_is_refused() {
        for typed in ["", "0", "12345", "1234567", "abcdef", "٣٣٣٣٣٣", &"0".repeat(1_000_000)] {
            assert_eq!(rfc().accepts(typed, at(1000), None), None);
        }
        assert_eq!(rfc().accepts(rfc().code_at(at(0)).expose(), at(-100_000), Some(u64::MAX)), None);
    }

    #[test]
    fn the_secret_is_written_in_base32_and_in_an_address() {
        assert_eq!(rfc().to_base32().expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            rfc().uri("Haubert: quay", "ana é").expose(),
            "otpauth://totp/Haubert%3A%20quay:ana%20%C3%A9?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Haubert%3A%20quay&algorithm=SHA1&digits=6&period=30"
        );
        for text in ["", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "GEZDGNBV"] {
            assert_eq!(TotpSecret::from_base32(text), None);
        }
        assert_eq!(format!("{:?}", rfc()), "TotpSecret(…)");
    }

    proptest! {
        #[test]
        fn base32_reads_back(bytes in any::<[u8; BYTES]>()) {
            let secret = TotpSecret(bytes);
            prop_assert_eq!(TotpSecret::from_base32(secret.to_base32().expose()), Some(secret));
        }
    }
}
