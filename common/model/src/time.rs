//! Time as milliseconds since the Unix epoch, UTC. Conversion to civil time belongs to whoever has a time zone.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From whole seconds since the epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This time moved by `ms` milliseconds, saturating.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this time (negative when `earlier` is later).
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The start of the period of `period_ms` (counted from the epoch) that contains this time.
    #[must_use]
    pub const fn floor_to(self, period_ms: i64) -> Self {
        if period_ms <= 0 { self } else { Self(self.0 - self.0.rem_euclid(period_ms)) }
    }
}

/// Where time comes from. The core takes times as arguments; only the rim holds a clock, and tests hold one they control.
pub trait Clock: Send + Sync {
    /// Wall-clock time. It may jump in both directions.
    fn now(&self) -> Timestamp;
    /// Milliseconds on a clock that never goes back, from an arbitrary origin.
    fn monotonic_ms(&self) -> u64;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_works_before_the_epoch() {
        assert_eq!(Timestamp(-1).floor_to(1000), Timestamp(-1000));
        assert_eq!(Timestamp(1999).floor_to(1000), Timestamp(1000));
    }
}
