//! The one place that reads the system's clock.

use haubert_model::{Clock, Timestamp};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The system's wall clock and a monotonic count from this object's creation.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// Starts the monotonic count at zero.
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place
    fn now(&self) -> Timestamp {
        let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        Timestamp(millis)
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_after_this_was_written_and_never_goes_back() {
        let clock = SystemClock::new();
        assert!(clock.now() > Timestamp(1_700_000_000_000));
        let first = clock.monotonic_ms();
        assert!(clock.monotonic_ms() >= first);
    }
}
