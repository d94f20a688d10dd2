//! Who tried what how often: pure, times come in.
//!
//! Three counts are kept: of an account from a source (*pair*), of an account from anywhere, of a source whatever the account. A
//! try is counted as wrong when it begins and taken back when it turns out right, so that tries made at the same time cannot
//! outrun the count. All times are those of the monotonic clock: setting the clock shortens nothing.

use super::{Key, LockoutRecord, LockoutRules};
use haubert_model::Timestamp;
use std::collections::HashMap;

/// Counts that are kept: a flood of names and sources costs memory nothing.
const MAX_ENTRIES: usize = 4096;
/// Sources that are remembered as an account's own.
const MAX_KNOWN: usize = 8;

/// One instant on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: Timestamp,
    pub(super) ms: u64,
}

#[derive(Debug, Clone)]
struct Entry {
    id: u64,
    /// Wrong tries, those still being checked among them.
    failures: u32,
    /// Of them, still being checked.
    checking: u32,
    /// Locks of an account so far: each doubles the next.
    repeats: u32,
    since: Timestamp,
    last_ms: u64,
    /// Served when the monotonic clock is here.
    until_ms: Option<u64>,
    /// Pair: this account came in from this source before. Account: somebody has this name.
    known: bool,
}

/// A lock, as it is shown and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Number in this run.
    pub id: u64,
    /// What is locked.
    pub key: Key,
    /// Wrong tries that led to it.
    pub failures: u32,
    /// When the first of them was.
    pub since: Timestamp,
    /// Until when, if the clock is not set meanwhile.
    pub until: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: HashMap<Key, Entry>,
    next_id: u64,
}

impl Ledger {
    /// What an earlier run left: what was not served then is served now.
    pub(super) fn restore(records: Vec<LockoutRecord>, now: Now) -> Self {
        let mut ledger = Self::default();
        for record in records.into_iter().take(MAX_ENTRIES) {
            let entry = ledger.entry(record.key, now);
            entry.failures = record.failures;
            entry.repeats = record.repeats;
            entry.since = record.since;
            entry.known = record.known;
            entry.until_ms = record.remaining_ms.map(|ms| now.ms.saturating_add(ms));
        }
        ledger
    }

    /// Counts a try that begins. `exists`: somebody has this name.
    ///
    /// # Errors
    /// Milliseconds to wait, when it is refused; nothing is then counted.
    pub(super) fn begin(&mut self, rules: &LockoutRules, name: &str, exists: bool, source: &str, now: Now) -> Result<(), u64> {
        let keys = keys(name, source);
        for key in &keys {
            self.forget_served(rules, key, now);
        }
        let is_known = keys.first().and_then(|pair| self.entries.get(pair)).is_some_and(|pair| pair.known);
        for key in &keys {
            // Whoever came in from here before is not kept out by what others do elsewhere.
            if matches!(key, Key::Account(_)) && is_known {
                continue;
            }
            if let Some(wait) = self.entries.get(key).and_then(|entry| refused_for(rules, key, entry, now)) {
                return Err(wait);
            }
        }
        for key in keys {
            let is_account = matches!(key, Key::Account(_));
            let entry = self.entry(key, now);
            if entry.failures == 0 {
                entry.since = now.wall;
            }
            entry.failures = entry.failures.saturating_add(1);
            entry.checking = entry.checking.saturating_add(1);
            entry.last_ms = now.ms;
            if is_account {
                entry.known = exists;
            }
        }
        Ok(())
    }

    /// The try that began was right: the wrong ones of this pair are forgotten, and the source is the account's own.
    pub(super) fn right(&mut self, name: &str, source: &str, now: Now) {
        let [pair, account, from] = keys(name, source);
        let of_pair =
            self.entries.get(&pair).map_or(1, |entry| entry.failures - entry.checking.min(entry.failures)).saturating_add(1);
        for key in [&account, &from] {
            if let Some(entry) = self.entries.get_mut(key) {
                entry.failures = entry.failures.saturating_sub(of_pair);
                entry.checking = entry.checking.saturating_sub(1);
            }
        }
        let entry = self.entry(pair, now);
        entry.checking = entry.checking.saturating_sub(1);
        entry.failures = entry.checking;
        entry.until_ms = None;
        entry.known = true;
        entry.last_ms = now.ms;
        self.keep_few_known(name);
    }

    /// The try that began is taken back.
    pub(super) fn void(&mut self, name: &str, source: &str) {
        for key in keys(name, source) {
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.failures = entry.failures.saturating_sub(1);
                entry.checking = entry.checking.saturating_sub(1);
            }
        }
    }

    /// The try that began was wrong; gives the locks that begin with it.
    pub(super) fn wrong(&mut self, rules: &LockoutRules, name: &str, source: &str, now: Now) -> Vec<Lock> {
        let mut begun = Vec::new();
        for key in keys(name, source) {
            let Some(entry) = self.entries.get_mut(&key) else { continue };
            entry.checking = entry.checking.saturating_sub(1);
            if entry.failures - entry.checking.min(entry.failures) < rules.tries_of(&key) || entry.until_ms.is_some() {
                continue;
            }
            entry.until_ms = Some(now.ms.saturating_add(rules.lock_ms(&key, entry.repeats)));
            entry.repeats = entry.repeats.saturating_add(1);
            begun.push(shown(&key, entry, now));
        }
        begun
    }

    /// The locks that hold now.
    pub(super) fn locks(&self, now: Now) -> Vec<Lock> {
        let held = self.entries.iter().filter(|(_, entry)| entry.until_ms.is_some_and(|until| until > now.ms));
        let mut locks: Vec<Lock> = held.map(|(key, entry)| shown(key, entry, now)).collect();
        locks.sort_by_key(|lock| lock.id);
        locks
    }

    /// Whether somebody has the name that this lock is about.
    pub(super) fn is_anybody(&self, name: &str) -> bool {
        self.entries.get(&Key::Account(name.to_owned())).is_some_and(|entry| entry.known)
    }

    /// Forgets whatever `which` chooses; gives the keys.
    pub(super) fn lift(&mut self, which: impl Fn(u64, &Key) -> bool) -> Vec<Key> {
        let keys: Vec<Key> =
            self.entries.iter().filter(|(key, entry)| which(entry.id, key)).map(|(key, _)| key.clone()).collect();
        for key in &keys {
            self.entries.remove(key);
        }
        keys
    }

    /// Forgets what has been served and what is long past; gives the keys.
    pub(super) fn sweep(&mut self, rules: &LockoutRules, now: Now) -> Vec<Key> {
        let keys: Vec<Key> = self.entries.keys().cloned().collect();
        keys.into_iter()
            .filter(|key| {
                self.forget_served(rules, key, now);
                let idle =
                    |entry: &Entry| entry.failures == 0 && entry.repeats == 0 && !(entry.known && matches!(key, Key::Pair(..)));
                let gone = self.entries.get(key).is_some_and(idle);
                if gone {
                    self.entries.remove(key);
                }
                gone
            })
            .collect()
    }

    /// What to keep of the counts of this try.
    pub(super) fn records_of(&self, name: &str, source: &str, now: Now) -> Vec<LockoutRecord> {
        keys(name, source).iter().filter_map(|key| self.entries.get(key).map(|entry| kept(key, entry, now))).collect()
    }

    /// What to keep of the locks that hold now.
    pub(super) fn records_of_locks(&self, now: Now) -> Vec<LockoutRecord> {
        self.entries.iter().filter(|(_, entry)| entry.until_ms.is_some()).map(|(key, entry)| kept(key, entry, now)).collect()
    }

    fn forget_served(&mut self, rules: &LockoutRules, key: &Key, now: Now) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        if entry.until_ms.is_some_and(|until| until <= now.ms) {
            entry.until_ms = None;
            entry.failures = entry.checking;
            entry.last_ms = now.ms;
        } else if entry.until_ms.is_none() && now.ms.saturating_sub(entry.last_ms) >= rules.memory_ms() {
            entry.failures = entry.checking;
            entry.repeats = 0;
        }
    }

    fn entry(&mut self, key: Key, now: Now) -> &mut Entry {
        if self.entries.len() >= MAX_ENTRIES && !self.entries.contains_key(&key) {
            self.make_room();
        }
        let id = self.next_id;
        self.entries.entry(key).or_insert_with(|| {
            self.next_id += 1;
            Entry { id, failures: 0, checking: 0, repeats: 0, since: now.wall, last_ms: now.ms, until_ms: None, known: false }
        })
    }

    /// What matters least goes: never the count of an account that exists, last of all a lock.
    fn make_room(&mut self) {
        let least = self
            .entries
            .iter()
            .filter(|(key, entry)| !(entry.known && matches!(key, Key::Account(_))))
            .min_by_key(|(_, entry)| (entry.known, entry.until_ms.is_some(), entry.until_ms.unwrap_or(entry.last_ms)))
            .map(|(key, _)| key.clone());
        if let Some(key) = least {
            self.entries.remove(&key);
        }
    }

    fn keep_few_known(&mut self, name: &str) {
        let is_known = |key: &Key, entry: &Entry| entry.known && matches!(key, Key::Pair(of, _) if of == name);
        while self.entries.iter().filter(|(key, entry)| is_known(key, entry)).count() > MAX_KNOWN {
            let oldest =
                self.entries.iter_mut().filter(|(key, entry)| is_known(key, entry)).min_by_key(|(_, entry)| entry.last_ms);
            let Some((_, entry)) = oldest else { return };
            entry.known = false;
        }
    }
}

fn keys(name: &str, source: &str) -> [Key; 3] {
    [Key::Pair(name.to_owned(), source.to_owned()), Key::Account(name.to_owned()), Key::Source(source.to_owned())]
}

fn refused_for(rules: &LockoutRules, key: &Key, entry: &Entry, now: Now) -> Option<u64> {
    /// What to tell when others are just being checked.
    const SOON_MS: u64 = 1000;
    match entry.until_ms {
        Some(until) if until > now.ms => Some(until - now.ms),
        _ if entry.failures >= rules.tries_of(key) => Some(SOON_MS),
        _ => None,
    }
}

fn remaining(entry: &Entry, now: Now) -> Option<u64> {
    entry.until_ms.map(|until| until.saturating_sub(now.ms))
}

fn shown(key: &Key, entry: &Entry, now: Now) -> Lock {
    let ms = i64::try_from(remaining(entry, now).unwrap_or(0)).unwrap_or(i64::MAX);
    Lock { id: entry.id, key: key.clone(), failures: entry.failures, since: entry.since, until: now.wall.plus_ms(ms) }
}

fn kept(key: &Key, entry: &Entry, now: Now) -> LockoutRecord {
    let Entry { failures, repeats, since, known, .. } = *entry;
    LockoutRecord { key: key.clone(), failures, repeats, since, known, remaining_ms: remaining(entry, now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;
    const RULES: LockoutRules = LockoutRules::shipped();

    fn at(ms: u64) -> Now {
        Now { wall: Timestamp(1_800_000_000_000 + ms.cast_signed()), ms }
    }

    fn wrong(ledger: &mut Ledger, name: &str, source: &str, ms: u64) -> Result<usize, u64> {
        ledger.begin(&RULES, name, true, source, at(ms))?;
        Ok(ledger.wrong(&RULES, name, source, at(ms)).len())
    }

    fn right(ledger: &mut Ledger, name: &str, source: &str, ms: u64) -> Result<(), u64> {
        ledger.begin(&RULES, name, true, source, at(ms))?;
        ledger.right(name, source, at(ms));
        Ok(())
    }

    #[test]
    fn three_wrong_tries_refuse_the_right_password_for_one_hour_there_and_only_there() {
        let mut ledger = Ledger::default();
        assert_eq!([wrong(&mut ledger, "ana", "a", 0), wrong(&mut ledger, "ana", "a", 1)], [Ok(0), Ok(0)]);
        assert_eq!(wrong(&mut ledger, "ana", "a", 2), Ok(1), "the lock is told once");
        assert_eq!(right(&mut ledger, "ana", "a", 3), Err(HOUR - 1));
        assert_eq!(right(&mut ledger, "ana", "a", HOUR + 1), Err(1));
        assert_eq!(right(&mut ledger, "ana", "b", 3), Ok(()), "another source");
        assert_eq!(right(&mut ledger, "eve", "a", 3), Ok(()), "another account");
        assert_eq!(right(&mut ledger, "ana", "a", HOUR + 2), Ok(()));
    }

    #[test]
    fn a_right_try_clears_the_count_and_an_hour_does_too() {
        let mut ledger = Ledger::default();
        for round in 0..20 {
            assert_eq!(wrong(&mut ledger, "ana", "a", round), Ok(0));
            assert_eq!(wrong(&mut ledger, "ana", "a", round), Ok(0));
            assert_eq!(right(&mut ledger, "ana", "a", round), Ok(()), "round {round}");
        }
        assert_eq!(wrong(&mut ledger, "eve", "a", 100), Ok(0));
        assert_eq!(wrong(&mut ledger, "eve", "a", 100), Ok(0));
        assert_eq!(wrong(&mut ledger, "eve", "a", 100 + HOUR), Ok(0), "forgotten meanwhile");
    }

    #[test]
    fn tries_at_the_same_time_never_give_a_fourth() {
        let mut ledger = Ledger::default();
        let begun = (0..10_000).filter(|_| ledger.begin(&RULES, "ana", true, "a", at(0)).is_ok()).count();
        assert_eq!(begun, 3);
        let locks: usize = (0..3).map(|_| ledger.wrong(&RULES, "ana", "a", at(1)).len()).sum();
        assert_eq!(locks, 1);
        assert_eq!(right(&mut ledger, "ana", "a", 2), Err(HOUR - 1));
    }

    #[test]
    fn guessing_from_many_sources_locks_the_account_longer_each_time_up_to_the_cap() {
        let mut ledger = Ledger::default();
        right(&mut ledger, "ana", "home", 0).unwrap();
        let mut now = 0;
        for minutes in [15, 30, 60, 60, 60] {
            for source in 0..10 {
                let told = wrong(&mut ledger, "ana", &format!("bot{now}-{source}"), now).unwrap();
                assert_eq!(told, usize::from(source == 9));
            }
            assert_eq!(right(&mut ledger, "ana", "elsewhere", now), Err(minutes * 60_000));
            assert_eq!(right(&mut ledger, "ana", "home", now), Ok(()), "a source of its own is not kept out");
            now += minutes * 60_000;
        }
        assert_eq!(right(&mut ledger, "ana", "elsewhere", now), Ok(()));
    }

    #[test]
    fn a_source_that_tries_many_names_is_refused_whatever_the_name() {
        let mut ledger = Ledger::default();
        for name in 0..30 {
            assert!(wrong(&mut ledger, &format!("name{name}"), "a", 0).is_ok());
        }
        assert!(right(&mut ledger, "ana", "a", 1).is_err());
        assert_eq!(right(&mut ledger, "ana", "b", 1), Ok(()));
    }

    #[test]
    fn a_restart_forgets_neither_counts_nor_locks_whatever_the_clock_says() {
        let mut ledger = Ledger::default();
        for ms in 0..3 {
            wrong(&mut ledger, "ana", "a", ms).unwrap();
        }
        wrong(&mut ledger, "eve", "b", 3).unwrap();
        let ten_minutes = at(600_000);
        let mut records = ledger.records_of("ana", "a", ten_minutes);
        records.extend(ledger.records_of("eve", "b", ten_minutes));
        // The new run's monotonic clock begins at zero, and somebody set the other one forward by ten years.
        let later = Now { wall: at(0).wall.plus_ms(315_360_000_000), ms: 0 };
        let mut ledger = Ledger::restore(records, later);
        let left = right(&mut ledger, "ana", "a", 0);
        haubert_score::record(
            "09.locks",
            left == Err(3_000_002),
            format!("{left:?} ms left of an hour, ten minutes after it began"),
        );
        assert_eq!(left, Err(3_000_002));
        assert_eq!(right(&mut ledger, "ana", "a", 3_000_001), Err(1));
        assert_eq!(right(&mut ledger, "ana", "a", 3_000_002), Ok(()));
        let mut two_more = || wrong(&mut ledger, "eve", "b", 5);
        assert_eq!([two_more(), two_more(), two_more()], [Ok(0), Ok(1), Err(HOUR)]);
    }

    #[test]
    fn a_flood_of_names_is_bounded_and_moves_no_account_that_exists() {
        let mut ledger = Ledger::default();
        for source in 0..10 {
            wrong(&mut ledger, "ana", &format!("bot{source}"), 0).unwrap();
        }
        for name in 0..6000u64 {
            ledger.begin(&RULES, &format!("nobody{name}"), false, &format!("s{name}"), at(name)).unwrap();
            ledger.wrong(&RULES, &format!("nobody{name}"), &format!("s{name}"), at(name));
        }
        assert!(ledger.entries.len() <= MAX_ENTRIES);
        assert!(right(&mut ledger, "ana", "elsewhere", 6000).is_err());
    }

    #[test]
    fn what_is_lifted_or_served_is_forgotten() {
        let mut ledger = Ledger::default();
        for ms in 0..3 {
            wrong(&mut ledger, "ana", "a", ms).unwrap();
        }
        let locks = ledger.locks(at(3));
        assert_eq!(locks.len(), 1);
        assert_eq!((&locks[0].key, locks[0].failures, locks[0].since), (&Key::Pair("ana".into(), "a".into()), 3, at(0).wall));
        assert_eq!(ledger.lift(|id, _| id == locks[0].id).len(), 1);
        assert_eq!(right(&mut ledger, "ana", "a", 4), Ok(()));
        wrong(&mut ledger, "eve", "b", 5).unwrap();
        assert!(!ledger.sweep(&RULES, at(HOUR + 5)).is_empty());
        assert!(ledger.entries.keys().all(|key| *key == Key::Pair("ana".into(), "a".into())), "only the known pair: {ledger:?}");
    }
}
