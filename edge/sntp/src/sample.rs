//! What one answer says of our clock.

use crate::packet::{Answer, Fault};
use crate::time::NtpTime;
use haubert_model::Timestamp;

/// Our clock is read to the millisecond.
const RESOLUTION_US: u64 = 1_000;

/// One server's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// How many servers away from a reference clock.
    pub stratum: u8,
    /// What must be added to our time to have the server's, µs.
    pub offset_us: i64,
    /// How long question and answer took on the way, µs.
    pub round_trip_us: u64,
    /// By how much the offset may be wrong at most, µs: half of both round trips, and how far the server may have strayed.
    pub distance_us: u64,
}

impl Sample {
    /// Of an answer to a question that left at `sent` by our clock, `elapsed_ms` before the answer came by a clock that does not jump.
    ///
    /// # Errors
    /// [`Fault::Insane`] when the server says that it took longer than we waited.
    pub fn of(answer: &Answer, sent: Timestamp, elapsed_ms: u64) -> Result<Self, Fault> {
        let sent = NtpTime::of(sent);
        let elapsed_us = elapsed_ms.saturating_mul(1_000);
        let took_us = answer.transmitted.us_since(answer.received).max(0).unsigned_abs();
        if took_us > elapsed_us + RESOLUTION_US {
            return Err(Fault::Insane);
        }
        // RFC 5905, 8: θ = ((T2 − T1) + (T3 − T4)) / 2, δ = (T4 − T1) − (T3 − T2).
        let there = i128::from(answer.received.us_since(sent));
        let back = i128::from(answer.transmitted.us_since(sent)) - i128::from(elapsed_us);
        let offset_us = i64::try_from((there + back) / 2).unwrap_or(i64::MAX);
        let round_trip_us = elapsed_us.saturating_sub(took_us);
        let distance_us = round_trip_us / 2 + answer.root_delay_us / 2 + answer.root_dispersion_us + RESOLUTION_US;
        Ok(Self { stratum: answer.stratum, offset_us, round_trip_us, distance_us })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::tests::{NONCE, answer};
    use proptest::prelude::*;

    proptest! {
        /// Whatever the ways there and back take, the true offset lies within the distance.
        #[test]
        fn the_true_offset_is_within_the_distance(
            sent in 0i64..4_000_000_000_000,
            offset_ms in -1_000_000_000_000i64..1_000_000_000_000,
            there_ms in 0i64..3_000,
            back_ms in 0i64..3_000,
        ) {
            let at = NtpTime::of(Timestamp(sent + offset_ms + there_ms));
            let read = Answer::read(&answer(at), NONCE).unwrap();
            let sample = Sample::of(&read, Timestamp(sent), (there_ms + back_ms).unsigned_abs()).unwrap();
            let wrong_us = (sample.offset_us - offset_ms * 1_000).unsigned_abs();
            prop_assert!(wrong_us <= sample.distance_us, "{sample:?}");
            prop_assert_eq!(sample.round_trip_us, (there_ms + back_ms).unsigned_abs() * 1_000);
        }
    }

    #[test]
    fn a_server_that_says_it_took_longer_than_we_waited_is_not_believed() {
        let at = NtpTime::of(Timestamp(1_000_000));
        let mut bytes = answer(at);
        bytes[40..48].copy_from_slice(&NtpTime::of(Timestamp(1_000_900)).0.to_be_bytes());
        let read = Answer::read(&bytes, NONCE).unwrap();
        assert_eq!(Sample::of(&read, Timestamp(1_000_000), 100), Err(Fault::Insane));
        let round_trip_us = Sample::of(&read, Timestamp(999_999), 902).unwrap().round_trip_us;
        assert!(round_trip_us.abs_diff(2_000) <= 1, "{round_trip_us}");
    }
}
