//! What is known of each source, in bounded room.
//!
//! When the table is full, a hand goes round it and takes the first entry that has not been used since its last round (the
//! "clock" of page replacement): constant time, and nobody who is at work is forgotten. Who has connections stays, who is
//! blocked goes only when nobody else can; what a forgotten source loses is its record, so that it begins with full buckets.

use crate::bucket::Bucket;
use crate::settings::Settings;
use crate::source::{Key, Source, Transport};
use std::collections::HashMap;

/// Sources remembered at a time.
pub const MAX_SOURCES: usize = 16_384;
/// Entries looked at for one that may go.
const LOOKS: usize = 128;

/// Why a source is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BlockCause)]
pub enum Cause {
    /// More requests per second than allowed.
    Requests,
    /// More bits per second than allowed.
    Bits,
    /// By hand.
    Hand,
}

/// A source that is not served for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Who.
    pub source: Source,
    /// Which of its traffic; all of it when `None`.
    pub transport: Option<Transport>,
    /// Why.
    pub cause: Cause,
    /// Since when, monotonic milliseconds.
    pub since: u64,
    /// Until when, exclusive, monotonic milliseconds.
    pub until: u64,
}

/// What is known of a source.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) requests: Bucket,
    pub(crate) bits_in: Bucket,
    pub(crate) bits_out: Bucket,
    pub(crate) block: Option<Block>,
    pub(crate) connections: u32,
    pub(crate) counters: Counters,
    used: bool,
}

/// What a source has done since it is known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    pub(crate) requests: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) refused: u64,
    pub(crate) last: u64,
    /// The running second, its requests, and those of the second before.
    second: u64,
    current: u32,
    previous: u32,
}

impl Counters {
    pub(crate) fn request(&mut self, now: u64) {
        self.turn(now);
        self.requests += 1;
        self.current = self.current.saturating_add(1);
        self.last = now;
    }

    fn turn(&mut self, now: u64) {
        let second = now / 1000;
        match second.saturating_sub(self.second) {
            0 => return,
            1 => self.previous = self.current,
            _ => self.previous = 0,
        }
        (self.second, self.current) = (second, 0);
    }

    /// Requests of the running second, which [`Counters::request`] has just counted.
    pub(crate) const fn of_this_second(&self) -> u32 {
        self.current
    }

    /// Requests in the last whole second, or in the running one when they are more.
    pub(crate) fn recent(mut self, now: u64) -> u32 {
        self.turn(now);
        self.previous.max(self.current)
    }
}

impl Entry {
    fn new(key: Key, settings: &Settings, now: u64) -> Self {
        Self {
            key,
            requests: Bucket::full(settings.requests(), now),
            bits_in: Bucket::full(settings.bits_in(), now),
            bits_out: Bucket::full(settings.bits_out(), now),
            block: None,
            connections: 0,
            counters: Counters { last: now, ..Counters::default() },
            // Whoever comes once is the first to be forgotten.
            used: false,
        }
    }

    pub(crate) fn is_blocked(&self, now: u64) -> bool {
        self.block.is_some_and(|block| now < block.until)
    }
}

/// The sources.
#[derive(Debug)]
pub(crate) struct Table {
    places: HashMap<Key, usize>,
    entries: Vec<Entry>,
    hand: usize,
    most: usize,
}

impl Table {
    pub(crate) fn new(most: usize) -> Self {
        Self { places: HashMap::new(), entries: Vec::new(), hand: 0, most }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }

    pub(crate) fn known(&mut self, key: Key) -> Option<&mut Entry> {
        let place = *self.places.get(&key)?;
        self.entries.get_mut(place)
    }

    /// The entry of `key`, new if need be. `None` only when every entry has connections, which the limits do not let happen.
    pub(crate) fn entry(&mut self, key: Key, settings: &Settings, now: u64) -> Option<&mut Entry> {
        if let Some(place) = self.places.get(&key) {
            let entry = self.entries.get_mut(*place)?;
            entry.used = true;
            return Some(entry);
        }
        let place = self.settle(Entry::new(key, settings, now), now)?;
        self.entries.get_mut(place)
    }

    fn settle(&mut self, entry: Entry, now: u64) -> Option<usize> {
        let key = entry.key;
        let place = if self.entries.len() < self.most {
            self.entries.push(entry);
            self.entries.len() - 1
        } else {
            let place = self.victim(now)?;
            let old = std::mem::replace(self.entries.get_mut(place)?, entry);
            self.places.remove(&old.key);
            place
        };
        self.places.insert(key, place);
        Some(place)
    }

    fn victim(&mut self, now: u64) -> Option<usize> {
        let mut second_best: Option<(u64, usize)> = None;
        // Twice round at most: whoever was used is passed over once. Beyond LOOKS anybody without connections will do.
        for looked in 0..self.entries.len() * 2 {
            let place = self.hand;
            self.hand = (self.hand + 1) % self.entries.len();
            let entry = self.entries.get_mut(place)?;
            if entry.connections > 0 {
                continue;
            }
            let rank = match entry.block {
                Some(block) if entry.is_blocked(now) => block.until,
                _ if !entry.used => return Some(place),
                _ => {
                    entry.used = false;
                    0
                }
            };
            if second_best.is_none_or(|(best, _)| rank < best) {
                second_best = Some((rank, place));
            }
            if looked >= LOOKS {
                break;
            }
        }
        second_best.map(|(_, place)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn key(number: u32) -> Key {
        Key { source: Source::of(IpAddr::V4(Ipv4Addr::from_bits(number))), transport: Transport::Tcp }
    }

    #[test]
    fn who_is_at_work_or_blocked_is_not_forgotten_for_strangers() {
        let settings = Settings::default();
        let mut table = Table::new(100);
        table.entry(key(0), &settings, 0).unwrap().counters.requests = 77;
        table.entry(key(1), &settings, 0).unwrap().connections = 1;
        let block = Block { source: key(2).source, transport: None, cause: Cause::Requests, since: 0, until: 60_000 };
        table.entry(key(2), &settings, 0).unwrap().block = Some(block);
        for stranger in 3..100_000 {
            table.entry(key(stranger), &settings, 1).unwrap();
            assert!(table.entry(key(0), &settings, 1).is_some());
        }
        assert_eq!(table.len(), 100);
        assert_eq!(table.known(key(0)).unwrap().counters.requests, 77);
        assert_eq!(table.known(key(1)).unwrap().connections, 1);
        assert!(table.known(key(2)).unwrap().is_blocked(1));
    }

    #[test]
    fn a_table_full_of_blocked_sources_gives_up_the_one_whose_time_ends_first() {
        let settings = Settings::default();
        let mut table = Table::new(10);
        for number in 0..10u32 {
            let until = 1_000 + u64::from((number + 5) % 10);
            let block = Block { source: key(number).source, transport: None, cause: Cause::Requests, since: 0, until };
            table.entry(key(number), &settings, 0).unwrap().block = Some(block);
        }
        table.entry(key(50), &settings, 1).unwrap();
        assert!(table.known(key(5)).is_none() && table.known(key(50)).is_some());
        assert_eq!(table.len(), 10);
    }

    #[test]
    fn the_rate_shown_is_that_of_the_last_second() {
        let mut counters = Counters::default();
        for now in [1_000, 1_100, 1_999, 2_000] {
            counters.request(now);
        }
        assert_eq!((counters.recent(2_500), counters.recent(3_500), counters.recent(9_000)), (3, 1, 0));
    }
}
