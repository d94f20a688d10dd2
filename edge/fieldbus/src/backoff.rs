//! Waiting longer after each failure, and not at all after a success.

use std::time::Duration;

/// Longest wait before a line is opened again; opening harms nobody else.
pub const LINE_MAX: Duration = Duration::from_secs(10);
/// All silent devices of a line together take one part in so many of its time, at most.
const SHARE: u32 = 50;
/// The longest wait of a device is never shorter nor longer than this, whatever its share would be.
const DEVICE_WITHIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));
/// One in so many attempts at a device that once answered waits as long as for the others: it may have become slow.
pub const LONG_EVERY: u32 = 32;
/// The others wait so many times as long as it ever took to answer, and not shorter than this.
const SHORT: (u32, Duration) = (8, Duration::from_millis(100));

/// The wait after `failures` in a row: `first`, doubled each time, at most `longest`.
pub fn after(failures: u32, first: Duration, longest: Duration) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    first.saturating_mul(1 << doublings).min(longest)
}

/// How long an attempt at a silent device that never took longer than `slowest` to answer waits for it, at most `timeout`.
pub fn attempt(slowest: Option<Duration>, timeout: Duration) -> Duration {
    let (times, least) = SHORT;
    slowest.map_or(timeout, |slowest| slowest.saturating_mul(times).max(least).min(timeout))
}

/// Longest wait before one of `silent` devices is asked again when a short attempt takes `attempt` and a long one `timeout`: so
/// long that all of them together take no more than their share.
pub fn longest(silent: usize, attempt: Duration, timeout: Duration) -> Duration {
    let mean = attempt + timeout.saturating_sub(attempt) / LONG_EVERY;
    let all = mean.saturating_mul(u32::try_from(silent).unwrap_or(u32::MAX));
    all.saturating_mul(SHARE).clamp(DEVICE_WITHIN.0, DEVICE_WITHIN.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn doubles_up_to_its_limit() {
        let wait = |failures| after(failures, Duration::from_secs(1), Duration::from_secs(60)).as_secs();
        assert_eq!([1, 2, 3, 6, 7, 8, u32::MAX].map(wait), [1, 2, 4, 32, 60, 60, 60]);
    }

    #[test]
    fn the_silent_together_take_a_fiftieth_of_the_line() {
        let timeout = 1000 * MS;
        for (silent, slowest) in [(1, Some(20 * MS)), (1, None), (4, Some(20 * MS)), (4, None), (20, Some(5 * MS))] {
            let short = attempt(slowest, timeout);
            let wait = longest(silent, short, timeout);
            let taken = (short * (LONG_EVERY - 1) + timeout) * u32::try_from(silent).unwrap();
            let share = taken.as_secs_f64() / (wait * LONG_EVERY).as_secs_f64();
            assert!(share <= 0.0201, "{silent} {slowest:?}: {share}");
        }
        // A meter that used to answer within 10 ms is tried every seven seconds although the time-out is a whole one.
        assert!(longest(1, attempt(Some(10 * MS), timeout), timeout) < Duration::from_secs(7));
    }
}
