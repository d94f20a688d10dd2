//! When a server may be asked again: what RFC 4330, 10 ("best practices") asks of a client.

use crate::packet::Kiss;

/// "A client MUST NOT under any conditions use a poll interval less than 15 seconds."
pub const LEAST_PERIOD_S: u32 = 15;
/// A server that asked for patience is asked at least every so many periods.
const MOST_PERIODS: u32 = 64;

/// How one server wants to be asked. Times are ms of a clock that does not jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// Periods between two questions.
    periods: u32,
    asked_ms: Option<u64>,
    /// It said never again.
    denied: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { periods: 1, asked_ms: None, denied: false }
    }
}

impl Manners {
    /// When it may be asked next, with `period_s` between two questions; `None`: never again.
    pub fn next_ms(&self, period_s: u32) -> Option<u64> {
        let wait_ms = u64::from(period_s.max(LEAST_PERIOD_S)) * 1_000 * u64::from(self.periods);
        (!self.denied).then(|| self.asked_ms.map_or(0, |asked| asked.saturating_add(wait_ms)))
    }

    /// It is asked now.
    pub const fn asked(&mut self, now_ms: u64) {
        self.asked_ms = Some(now_ms);
    }

    /// It refused.
    pub fn refused(&mut self, kiss: Kiss) {
        match kiss {
            Kiss::Denied => self.denied = true,
            Kiss::Rate => self.periods = self.periods.saturating_mul(2).min(MOST_PERIODS),
            Kiss::Other(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_as_often_as_it_wants_to_be() {
        let mut manners = Manners::default();
        assert_eq!(manners.next_ms(64), Some(0));
        manners.asked(1_000);
        assert_eq!(manners.next_ms(64), Some(65_000));
        assert_eq!(manners.next_ms(1), Some(16_000), "never more often than the standard allows");
        manners.refused(Kiss::Other(*b"INIT"));
        assert_eq!(manners.next_ms(64), Some(65_000));
        manners.refused(Kiss::Rate);
        assert_eq!(manners.next_ms(64), Some(129_000));
        (0..40).for_each(|_| manners.refused(Kiss::Rate));
        assert_eq!(manners.next_ms(64), Some(1_000 + 64_000 * 64));
        manners.refused(Kiss::Denied);
        assert_eq!(manners.next_ms(64), None);
    }
}
