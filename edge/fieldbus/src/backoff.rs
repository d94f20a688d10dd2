//! Waiting longer after each failure, and not at all after a success.

use std::time::Duration;

/// Longest wait before a silent device is asked again.
pub const DEVICE_MAX: Duration = Duration::from_secs(60);
/// Longest wait before a line is opened again; opening harms nobody else.
pub const LINE_MAX: Duration = Duration::from_secs(10);

/// The wait after `failures` in a row: `first`, doubled each time, at most `longest`.
pub fn after(failures: u32, first: Duration, longest: Duration) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    first.saturating_mul(1 << doublings).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_its_limit() {
        let wait = |failures| after(failures, Duration::from_secs(1), DEVICE_MAX).as_secs();
        assert_eq!([1, 2, 3, 6, 7, 8, u32::MAX].map(wait), [1, 2, 4, 32, 60, 60, 60]);
    }
}
