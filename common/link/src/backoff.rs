//! Waiting longer after each failure, with jitter, so that a thousand gateways do not return in the same second.

/// Exponential waiting between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure, in ms.
    pub first_ms: u64,
    /// At most, in ms.
    pub max_ms: u64,
}

impl Backoff {
    /// One second to one minute.
    pub const LINK: Self = Self { first_ms: 1000, max_ms: 60_000 };

    /// The wait after `failures` failures in a row: between half and the whole of the exponential value, by `random`.
    pub fn wait_ms(&self, failures: u32, random: u64) -> u64 {
        if failures == 0 {
            return 0;
        }
        let factor = 1u64.checked_shl((failures - 1).min(32)).unwrap_or(u64::MAX);
        let whole = self.first_ms.saturating_mul(factor).min(self.max_ms);
        let half = whole / 2;
        half + random % (whole - half + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_the_bound() {
        let longest: Vec<u64> = (0..9).map(|n| (0..2000).map(|r| Backoff::LINK.wait_ms(n, r * 37)).max().unwrap()).collect();
        assert_eq!(longest[0], 0);
        assert!(longest[1] <= 1000 && longest[2] > longest[1] && longest[8] > 30_000);
    }

    proptest! {
        #[test]
        fn a_wait_is_within_its_bounds(failures in 1u32.., random: u64) {
            let wait = Backoff::LINK.wait_ms(failures, random);
            prop_assert!((500..=60_000).contains(&wait));
        }
    }
}
