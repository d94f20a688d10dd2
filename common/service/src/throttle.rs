//! Slows down guessing: after some failures from one key (an account from a source, a source alone) it is refused for a while.
//!
//! The table is bounded: the oldest entry goes when it is full, so a flood of keys costs memory nothing. Times are those of the
//! monotonic clock, so that a clock jump unlocks nobody.

use std::collections::HashMap;
use std::sync::Mutex;

const MAX_KEYS: usize = 4096;

#[derive(Debug, Clone, Copy)]
struct Entry {
    failures: u32,
    last_ms: u64,
}

/// Counts failures per key.
#[derive(Debug)]
pub struct Throttle {
    limit: u32,
    window_ms: u64,
    entries: Mutex<HashMap<String, Entry>>,
}

impl Throttle {
    /// Refuses a key after `limit` failures, until `window_ms` have passed since the last one.
    pub fn new(limit: u32, window_ms: u64) -> Self {
        Self { limit, window_ms, entries: Mutex::new(HashMap::new()) }
    }

    /// Milliseconds to wait before `key` may try again; `None` when it may try now.
    pub fn refused_for(&self, key: &str, now_ms: u64) -> Option<u64> {
        let entries = self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let entry = entries.get(key)?;
        let until = entry.last_ms.saturating_add(self.window_ms);
        (entry.failures >= self.limit && now_ms < until).then(|| until - now_ms)
    }

    /// Counts a failure.
    pub fn failed(&self, key: &str, now_ms: u64) {
        let mut entries = self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if entries.len() >= MAX_KEYS
            && !entries.contains_key(key)
            && let Some(oldest) = entries.iter().min_by_key(|(_, entry)| entry.last_ms).map(|(key, _)| key.clone())
        {
            entries.remove(&oldest);
        }
        let entry = entries.entry(key.to_owned()).or_insert(Entry { failures: 0, last_ms: now_ms });
        if now_ms.saturating_sub(entry.last_ms) >= self.window_ms {
            entry.failures = 0;
        }
        entry.failures = entry.failures.saturating_add(1);
        entry.last_ms = now_ms;
    }

    /// Forgets the failures of `key`.
    pub fn succeeded(&self, key: &str) {
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_bites_and_time_heals() {
        let throttle = Throttle::new(3, 60_000);
        for at in 0..3 {
            assert_eq!(throttle.refused_for("ana@a", at), None);
            throttle.failed("ana@a", at);
        }
        assert_eq!(throttle.refused_for("ana@a", 2), Some(60_000));
        assert_eq!(throttle.refused_for("ana@b", 2), None, "another source is not concerned");
        assert_eq!(throttle.refused_for("ana@a", 60_002), None);
        throttle.failed("ana@a", 60_002);
        assert_eq!(throttle.refused_for("ana@a", 60_003), None, "the count started again");
        throttle.succeeded("ana@a");
    }

    #[test]
    fn a_flood_of_keys_is_bounded() {
        let throttle = Throttle::new(1, 60_000);
        for key in 0..10_000u64 {
            throttle.failed(&key.to_string(), key);
        }
        assert_eq!(throttle.entries.lock().unwrap().len(), MAX_KEYS);
    }
}
