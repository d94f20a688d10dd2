//! Foreign devices (Annex J.5): who is on another subnet and has asked to be heard as if on ours. Pure.

use crate::wire::bvlc::Entry;
use std::collections::BTreeMap;
use std::net::SocketAddrV4;

/// Most at the same time.
const MOST: usize = 32;
/// Seconds that are granted beyond what was asked for (J.5.2.1).
const GRACE_S: u64 = 30;

/// Who is registered.
#[derive(Debug, Default)]
pub(crate) struct Foreign(BTreeMap<SocketAddrV4, (u16, u64)>);

impl Foreign {
    fn forget(&mut self, now_ms: u64) {
        self.0.retain(|_, (_, until)| *until > now_ms);
    }

    /// Registers one for `ttl` seconds; false when there are too many.
    pub(crate) fn register(&mut self, who: SocketAddrV4, ttl: u16, now_ms: u64) -> bool {
        self.forget(now_ms);
        if self.0.len() >= MOST && !self.0.contains_key(&who) {
            return false;
        }
        self.0.insert(who, (ttl, now_ms + (u64::from(ttl) + GRACE_S) * 1000));
        true
    }

    /// False when it was not there.
    pub(crate) fn delete(&mut self, who: SocketAddrV4) -> bool {
        self.0.remove(&who).is_some()
    }

    pub(crate) fn contains(&self, who: SocketAddrV4, now_ms: u64) -> bool {
        self.0.get(&who).is_some_and(|(_, until)| *until > now_ms)
    }

    /// Who is registered now.
    pub(crate) fn entries(&mut self, now_ms: u64) -> Vec<Entry> {
        self.forget(now_ms);
        let left = |until: u64| u16::try_from((until - now_ms) / 1000).unwrap_or(u16::MAX);
        self.0.iter().map(|(address, (ttl, until))| Entry { address: *address, ttl: *ttl, left: left(*until) }).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrations_end_and_are_bounded() {
        let who = |port| SocketAddrV4::new([10, 0, 0, 9].into(), port);
        let mut foreign = Foreign::default();
        for port in 0..MOST as u16 {
            assert!(foreign.register(who(port), 10, 0));
        }
        assert!(!foreign.register(who(99), 10, 0) && foreign.register(who(0), 60, 0));
        assert!(foreign.contains(who(1), 39_999) && !foreign.contains(who(1), 40_000));
        assert_eq!(foreign.entries(40_000), [Entry { address: who(0), ttl: 60, left: 50 }]);
        assert!(foreign.delete(who(0)) && !foreign.delete(who(0)));
    }
}
