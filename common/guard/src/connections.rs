//! Which connections there are, and which one goes when another wants in.
//!
//! Among those who hold at least half as many as whoever holds most, the connection that has got no further for longest goes. So a
//! newcomer gets in beside any number of idle or half-open connections of others, and who shakes hands and asks at once is never
//! the one to go, even while a crowd of sources with a few connections each fills every place.

use crate::settings::Settings;
use crate::source::Key;
use std::collections::HashMap;

/// What is known of an open connection.
pub(crate) trait Activity {
    /// Whether a request is under way.
    fn is_busy(&self) -> bool;
    /// When it last got further: opened, shook hands, or had a request answered.
    fn idle_since(&self) -> u64;
}

#[derive(Debug)]
struct Open<H> {
    key: Key,
    reserved: bool,
    handle: H,
}

/// The open connections.
#[derive(Debug)]
pub(crate) struct Connections<H> {
    open: HashMap<u64, Open<H>>,
    of: HashMap<Key, u32>,
    next: u64,
    unreserved: u32,
}

impl<H> Default for Connections<H> {
    fn default() -> Self {
        Self { open: HashMap::new(), of: HashMap::new(), next: 0, unreserved: 0 }
    }
}

impl<H: Activity> Connections<H> {
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn count_of(&self, key: Key) -> u32 {
        self.of.get(&key).copied().unwrap_or(0)
    }

    /// Makes room for one more of `key`. Gives what must be closed for it, already taken out.
    ///
    /// # Errors
    /// When everything that could give way is at work.
    pub(crate) fn make_room(&mut self, key: Key, reserved: bool, settings: &Settings) -> Result<Option<(u64, Key, H)>, ()> {
        let total = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        let share = u32::try_from(settings.share_of(u64::from(settings.connections))).unwrap_or(0);
        let is_full = total >= settings.connections || (!reserved && self.unreserved >= settings.connections - share);
        if self.count_of(key) >= settings.connections_per_source {
            let own = self.idlest(key, false).ok_or(())?;
            return Ok(self.remove(own).map(|(key, handle)| (own, key, handle)));
        }
        if !is_full {
            return Ok(None);
        }
        let largest = self.largest(key);
        let most = self.count_of(largest);
        // Whoever holds more than the newcomer would gives way even in the middle of a request.
        let holds_more = most > self.count_of(key) + 1;
        let victim = self
            .idlest_of_many(key, most.div_ceil(2))
            .or_else(|| self.idlest(largest, holds_more))
            .or_else(|| self.idlest_of_many(key, self.count_of(key) + 1))
            .or_else(|| self.idlest(key, false))
            .ok_or(())?;
        Ok(self.remove(victim).map(|(key, handle)| (victim, key, handle)))
    }

    /// The source with most connections that are not reserved; `key` itself among equals.
    fn largest(&self, key: Key) -> Key {
        let mut largest = (self.count_of(key), key);
        let mut reserved = None;
        for (other, count) in self.of.iter().filter(|(other, _)| **other != key) {
            if *count > largest.0 {
                // Few sources are reserved: looked up only for who would be chosen.
                let is_reserved = reserved.get_or_insert_with(|| self.reserved_keys()).contains(other);
                if !is_reserved {
                    largest = (*count, *other);
                }
            }
        }
        largest.1
    }

    fn reserved_keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.open.values().filter(|open| open.reserved).map(|open| open.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn idlest(&self, key: Key, even_busy: bool) -> Option<u64> {
        let of_key = self.open.iter().filter(|(_, open)| open.key == key && (even_busy || !open.handle.is_busy()));
        of_key.min_by_key(|(id, open)| (open.handle.is_busy(), open.handle.idle_since(), **id)).map(|(id, _)| *id)
    }

    /// The idlest of all sources that hold `least` or more, of which those of others must not be reserved.
    fn idlest_of_many(&self, key: Key, least: u32) -> Option<u64> {
        let may_go =
            |open: &Open<H>| (open.key == key || !open.reserved) && !open.handle.is_busy() && self.count_of(open.key) >= least;
        let idle = self.open.iter().filter(|(_, open)| may_go(open));
        idle.min_by_key(|(id, open)| (open.handle.idle_since(), **id)).map(|(id, _)| *id)
    }

    pub(crate) fn insert(&mut self, key: Key, reserved: bool, handle: H) -> u64 {
        let id = self.next;
        self.next += 1;
        self.open.insert(id, Open { key, reserved, handle });
        *self.of.entry(key).or_default() += 1;
        self.unreserved += u32::from(!reserved);
        id
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<(Key, H)> {
        let open = self.open.remove(&id)?;
        self.unreserved -= u32::from(!open.reserved);
        if let Some(count) = self.of.get_mut(&open.key) {
            *count -= 1;
            if *count == 0 {
                self.of.remove(&open.key);
            }
        }
        Some((open.key, open.handle))
    }

    /// Everything that `key` has open.
    pub(crate) fn of(&self, key: Key) -> impl Iterator<Item = &H> {
        self.open.values().filter(move |open| open.key == key).map(|open| &open.handle)
    }
}
