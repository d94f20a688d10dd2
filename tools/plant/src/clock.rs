//! The plant's own time: from a chosen start, as fast as wanted, and movable. Wall-clock time is never read here.

use haubert_model::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

/// Time in the plant.
#[derive(Debug)]
pub(crate) struct PlantClock {
    origin: Instant,
    start: Timestamp,
    speed: f64,
    advanced_ms: AtomicI64,
}

impl PlantClock {
    pub(crate) fn new(start: Timestamp, speed: f64) -> Self {
        Self { origin: Instant::now(), start, speed, advanced_ms: AtomicI64::new(0) }
    }

    /// When the plant began.
    pub(crate) const fn start(&self) -> Timestamp {
        self.start
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        let elapsed = self.origin.elapsed().as_secs_f64() * 1000.0 * self.speed;
        self.start.plus_ms(elapsed as i64).plus_ms(self.advanced_ms.load(Ordering::Relaxed))
    }

    /// Moves time; never to before the start.
    pub(crate) fn advance(&self, ms: i64) {
        self.advanced_ms.fetch_add(ms.max(0), Ordering::Relaxed);
    }
}
