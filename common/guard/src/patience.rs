//! How long a slow peer is waited for: a stock of time that waiting uses up and progress refills.
//!
//! One rule covers both kinds of slowness. A peer that stops is given up after the stock; one that trickles, when it is slower
//! than the least rate for so long that the stock is gone. A large transfer at a decent rate may take as long as it needs.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// The stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    left_ms: u64,
    most_ms: u64,
    bytes_per_second: u64,
}

impl Patience {
    /// A full stock of `most`, which `bytes_per_second` keep full.
    pub fn new(most: Duration, bytes_per_second: u64) -> Self {
        let most_ms = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Self { left_ms: most_ms, most_ms, bytes_per_second: bytes_per_second.max(1) }
    }

    /// Time that may still be waited.
    pub fn left(&self) -> Duration {
        Duration::from_millis(self.left_ms)
    }

    /// After a wait of `waited`, `bytes` have come.
    pub fn progressed(&mut self, waited: Duration, bytes: usize) {
        let waited = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        let earned = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(1000) / self.bytes_per_second;
        self.left_ms = self.left_ms.saturating_sub(waited).saturating_add(earned).min(self.most_ms);
    }
}

/// Patience with a timer, for streams.
#[derive(Debug)]
pub struct Stall {
    patience: Patience,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Stall {
    /// Waits for nothing yet.
    pub fn new(patience: Patience) -> Self {
        Self { patience, waiting: None }
    }

    /// The peer has nothing now. Ready when it has been waited for long enough.
    pub fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let (_, sleep) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(self.patience.left()))));
        sleep.as_mut().poll(context)
    }

    /// The peer has moved `bytes`.
    pub fn progressed(&mut self, bytes: usize) {
        let waited = self.waiting.take().map(|(since, _)| since.elapsed()).unwrap_or_default();
        self.patience.progressed(waited, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_trickles_is_given_up_and_who_is_steady_never() {
        let mut trickling = Patience::new(10 * SECOND, 1_000);
        let mut steady = trickling;
        for _ in 0..11 {
            trickling.progressed(SECOND, 10);
        }
        assert!(trickling.left() <= Duration::from_millis(10), "only what came last has been earned");
        for _ in 0..100_000 {
            steady.progressed(SECOND, 1_000);
        }
        assert_eq!(steady.left(), 10 * SECOND);
    }

    proptest! {
        /// Whoever is waited for in all has earned it, but for the first stock.
        #[test]
        fn waiting_is_earned(steps in proptest::collection::vec((0u64..20_000, 0usize..100_000), 1..200)) {
            let mut patience = Patience::new(10 * SECOND, 1_000);
            let (mut waited, mut bytes) = (0u64, 0u64);
            for (ms, came) in steps {
                let ms = ms.min(u64::try_from(patience.left().as_millis()).unwrap());
                waited += ms;
                bytes += came as u64;
                patience.progressed(Duration::from_millis(ms), came);
                prop_assert!(waited <= 10_000 + bytes);
            }
        }
    }
}
