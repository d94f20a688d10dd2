//! NTP's time stamps.

use haubert_model::Timestamp;

/// Seconds from 1900, where NTP begins, to 1970.
const TO_UNIX_S: i64 = 2_208_988_800;

/// Seconds since 1900 in the upper half, their fraction in the lower (RFC 5905, 6). It begins anew each 136 years, so only
/// differences mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// Of a time of ours.
    pub const fn of(at: Timestamp) -> Self {
        let (seconds, ms) = (at.0.div_euclid(1_000), at.0.rem_euclid(1_000));
        // Modulo 2³² on purpose: the era is not told.
        let seconds = (seconds.wrapping_add(TO_UNIX_S) as u64) << 32;
        Self(seconds | (((ms as u64) << 32) / 1_000))
    }

    /// µs from `earlier` to this time, of the two ways round the shorter: up to 68 years (RFC 5905, 6).
    pub fn us_since(self, earlier: Self) -> i64 {
        let fractions = self.0.wrapping_sub(earlier.0).cast_signed();
        i64::try_from((i128::from(fractions) * 1_000_000) >> 32).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_time_is_written_as_the_standard_does() {
        // RFC 5905, figure 4: 1 January 1970 is 2,208,988,800 s, 31 December 1999 is 3,155,587,200 s.
        assert_eq!(NtpTime::of(Timestamp(0)).0 >> 32, 2_208_988_800);
        assert_eq!(NtpTime::of(Timestamp(946_598_400_000)).0 >> 32, 3_155_587_200);
        assert_eq!(NtpTime::of(Timestamp(500)).0 & 0xffff_ffff, 1 << 31);
    }

    proptest! {
        #[test]
        fn differences_are_right_across_eras(from in 0i64..8_000_000_000_000, by in -2_000_000_000_000i64..2_000_000_000_000) {
            let us = NtpTime::of(Timestamp(from + by)).us_since(NtpTime::of(Timestamp(from)));
            prop_assert!((us - by * 1_000).abs() <= 1, "{us} instead of {}", by * 1_000);
        }
    }
}
