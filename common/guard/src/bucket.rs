//! Token buckets on whole numbers: no rounding that adds up, no overflow, time that stands still gives nothing.

/// How fast a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens per second.
    pub per_second: u64,
    /// Tokens of a full bucket.
    pub burst: u64,
}

impl Rate {
    fn full(self) -> i64 {
        i64::try_from(self.burst.saturating_mul(1000)).unwrap_or(i64::MAX)
    }
}

/// A bucket of tokens. Its [`Rate`] is given with each use, so that a changed setting holds at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Thousandths of tokens; below zero is debt.
    level: i64,
    /// When it was filled last, milliseconds.
    at: u64,
}

impl Bucket {
    /// A full one.
    pub fn full(rate: Rate, now: u64) -> Self {
        Self { level: rate.full(), at: now }
    }

    fn fill(&mut self, rate: Rate, now: u64) {
        let elapsed = now.saturating_sub(self.at);
        // Tokens per second times milliseconds are thousandths of tokens.
        let more = i64::try_from(rate.per_second.saturating_mul(elapsed)).unwrap_or(i64::MAX);
        self.level = self.level.saturating_add(more).min(rate.full());
        self.at = self.at.max(now);
    }

    /// Takes `count` tokens, if `floor` tokens stay behind; otherwise takes none.
    pub fn take(&mut self, rate: Rate, count: u64, floor: u64, now: u64) -> bool {
        self.fill(rate, now);
        let needed = i64::try_from(count.saturating_add(floor).saturating_mul(1000)).unwrap_or(i64::MAX);
        let enough = self.level >= needed;
        if enough {
            self.level -= i64::try_from(count.saturating_mul(1000)).unwrap_or(0);
        }
        enough
    }

    /// Takes `count` tokens, on debt if need be; gives the milliseconds until the debt is paid, 0 without one.
    pub fn spend(&mut self, rate: Rate, count: u64, now: u64) -> u64 {
        self.fill(rate, now);
        self.level = self.level.saturating_sub(i64::try_from(count.saturating_mul(1000)).unwrap_or(i64::MAX));
        if self.level >= 0 { 0 } else { self.level.unsigned_abs().div_ceil(rate.per_second.max(1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEN: Rate = Rate { per_second: 10, burst: 20 };

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::full(TEN, 0);
        assert_eq!((0..50).filter(|_| bucket.take(TEN, 1, 0, 0)).count(), 20);
        assert_eq!((0..50).filter(|_| bucket.take(TEN, 1, 0, 1_000)).count(), 10);
        assert!(!bucket.take(TEN, 1, 0, 1_099));
        assert!(bucket.take(TEN, 1, 0, 1_100));
    }

    #[test]
    fn a_floor_stays_for_others() {
        let mut bucket = Bucket::full(TEN, 0);
        assert_eq!((0..50).filter(|_| bucket.take(TEN, 1, 5, 0)).count(), 15);
        assert_eq!((0..50).filter(|_| bucket.take(TEN, 1, 0, 0)).count(), 5);
    }

    #[test]
    fn debt_takes_the_time_that_the_rate_needs() {
        let mut bucket = Bucket::full(TEN, 0);
        assert_eq!(bucket.spend(TEN, 20, 0), 0);
        assert_eq!(bucket.spend(TEN, 5, 0), 500);
        assert_eq!(bucket.spend(TEN, 0, 500), 0);
    }

    proptest! {
        /// Whatever the pattern, no more passes than burst + rate × time, and what was waited for long enough passes.
        #[test]
        fn never_more_than_promised(
            per_second in 1u64..5_000, burst in 1u64..10_000, asks in proptest::collection::vec((0u64..400, 1u64..50), 1..300),
        ) {
            let rate = Rate { per_second, burst };
            let mut bucket = Bucket::full(rate, 7);
            let (mut now, mut passed) = (7u64, 0u64);
            for (wait, count) in asks {
                now += wait;
                if bucket.take(rate, count, 0, now) {
                    passed += count;
                }
                prop_assert!(passed * 1000 <= burst * 1000 + per_second * (now - 7));
            }
            let rest = now + 1_000_000 * burst / per_second + 1_000;
            prop_assert!(bucket.take(rate, burst, 0, rest));
        }

        /// A clock that jumps back gives nothing away.
        #[test]
        fn going_back_in_time_fills_nothing(times in proptest::collection::vec(0u64..1_000, 1..200)) {
            let mut bucket = Bucket::full(TEN, 0);
            let passed = times.iter().filter(|now| bucket.take(TEN, 1, 0, **now)).count();
            prop_assert!(passed <= 20 + 10);
        }

        /// Extreme numbers neither overflow nor panic.
        #[test]
        fn extreme_numbers_are_harmless(per_second: u64, burst: u64, count: u64, floor: u64, now: u64) {
            let rate = Rate { per_second, burst };
            let mut bucket = Bucket::full(rate, 0);
            bucket.take(rate, count, floor, now);
            bucket.spend(rate, count, now);
        }
    }
}
