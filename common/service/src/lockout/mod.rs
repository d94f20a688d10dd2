//! Wrong passwords lead to waiting (ADR 16).
//!
//! Three wrong tries of an account from a source: that account is refused from that source for one hour, the right password
//! included. Ten from anywhere: the account is refused from everywhere but the sources that it came in from before, a quarter of
//! an hour at first, doubling up to one hour; never longer, so that nobody can keep a person out for good. Thirty from one source,
//! whatever the account: the source is refused. Names that nobody has are counted the same.
//!
//! Locks are kept in the store and are served while the program runs: neither a restart nor a clock that is set shortens them.

mod ledger;

pub use ledger::Lock;

use crate::access_rules::{RulesInForce, outside};
use crate::{BoxFuture, StoreError};
use haubert_model::{Clock, Timestamp};
use ledger::{Ledger, Now};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the time that a lock still has is kept; a restart makes a lock longer by at most this, and by the time that the
/// program was off.
const KEPT_EVERY: Duration = Duration::from_secs(60);

/// When wrong tries lead to waiting, and how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LockoutRules {
    /// Wrong tries of one account from one source, 1 to 10.
    pub tries: u32,
    /// Seconds for which it is then refused there, 60 to 86 400.
    pub seconds: u32,
    /// Wrong tries of one account from all sources together, 3 to 1000.
    pub account_tries: u32,
    /// Seconds for which the account is then refused from sources it never came in from; doubles each time. 60 to 86 400.
    pub account_seconds: u32,
    /// What doubling ends at, 60 to 86 400.
    pub account_seconds_max: u32,
    /// Wrong tries from one source, whatever the account, 3 to 1000; it is then refused for `seconds`.
    pub source_tries: u32,
}

impl LockoutRules {
    /// The rules as shipped.
    pub const fn shipped() -> Self {
        Self { tries: 3, seconds: 3600, account_tries: 10, account_seconds: 900, account_seconds_max: 3600, source_tries: 30 }
    }

    /// The fields that are outside their bounds, and the bounds.
    pub fn out_of_bounds(&self) -> Vec<(&'static str, u32, u32)> {
        outside(&[
            ("tries", self.tries, 1, 10),
            ("seconds", self.seconds, 60, 86_400),
            ("account_tries", self.account_tries, 3, 1000),
            ("account_seconds", self.account_seconds, 60, 86_400),
            ("account_seconds_max", self.account_seconds_max, self.account_seconds, 86_400),
            ("source_tries", self.source_tries, 3, 1000),
        ])
    }

    const fn tries_of(&self, key: &Key) -> u32 {
        match key {
            Key::Pair(..) => self.tries,
            Key::Account(_) => self.account_tries,
            Key::Source(_) => self.source_tries,
        }
    }

    fn lock_ms(&self, key: &Key, repeats: u32) -> u64 {
        let seconds = match key {
            Key::Account(_) => {
                self.account_seconds.saturating_mul(2u32.saturating_pow(repeats.min(16))).min(self.account_seconds_max)
            }
            Key::Pair(..) | Key::Source(_) => self.seconds,
        };
        u64::from(seconds) * 1000
    }

    /// How long wrong tries are counted together.
    fn memory_ms(&self) -> u64 {
        u64::from(self.seconds.max(self.account_seconds_max)) * 1000
    }
}

/// What a count is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// An account from a source.
    Pair(String, String),
    /// An account from anywhere.
    Account(String),
    /// A source, whatever the account.
    Source(String),
}

impl Key {
    /// `pair`, `account` or `source`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Pair(..) => "pair",
            Self::Account(_) => "account",
            Self::Source(_) => "source",
        }
    }

    /// The account's name, as it was given.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Pair(name, _) | Self::Account(name) => Some(name),
            Self::Source(_) => None,
        }
    }

    /// The source.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Pair(_, source) | Self::Source(source) => Some(source),
            Self::Account(_) => None,
        }
    }

    /// Unique text of this key, for stores.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What a store keeps of a count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockoutRecord {
    /// What it is about.
    pub key: Key,
    /// Wrong tries.
    pub failures: u32,
    /// Locks before.
    pub repeats: u32,
    /// When the first wrong try was.
    pub since: Timestamp,
    /// Whether the account came in from this source, or exists.
    pub known: bool,
    /// Milliseconds of the lock that are not served yet.
    pub remaining_ms: Option<u64>,
}

/// Where counts are kept. Implemented by each binary's store.
pub trait LockoutStore: Send + Sync + 'static {
    /// Everything that is kept.
    fn load(&self) -> BoxFuture<'_, Result<Vec<LockoutRecord>, StoreError>>;
    /// Keeps these, each in place of the one with the same key.
    fn save(&self, records: Vec<LockoutRecord>) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Forgets these.
    fn remove(&self, keys: Vec<Key>) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// A try is refused; nothing was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Seconds to wait.
    pub seconds: u64,
}

/// Counts tries and refuses them; clones share the counts.
#[derive(Clone)]
pub struct Lockouts {
    ledger: Arc<Mutex<Ledger>>,
    store: Arc<dyn LockoutStore>,
    clock: Arc<dyn Clock>,
    rules: RulesInForce,
}

impl Lockouts {
    /// Takes up what is kept in `store`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(store: Arc<dyn LockoutStore>, clock: Arc<dyn Clock>, rules: RulesInForce) -> Result<Self, StoreError> {
        let records = store.load().await?;
        let now = Now { wall: clock.now(), ms: clock.monotonic_ms() };
        Ok(Self { ledger: Arc::new(Mutex::new(Ledger::restore(records, now))), store, clock, rules })
    }

    /// Keeps the time that each lock still has, for ever.
    pub async fn work(self) {
        let mut ticks = tokio::time::interval(KEPT_EVERY);
        loop {
            ticks.tick().await;
            let (gone, records) = {
                let (now, rules) = (self.now(), self.rules());
                let mut ledger = self.ledger();
                (ledger.sweep(&rules, now), ledger.records_of_locks(now))
            };
            if !gone.is_empty() {
                self.told(self.store.remove(gone).await);
            }
            if !records.is_empty() {
                self.told(self.store.save(records).await);
            }
        }
    }

    /// Counts a try of the account `name` from `source` before anything of it is checked.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn begin(&self, name: &str, exists: bool, source: IpAddr) -> Result<Try, Refused> {
        let (name, source) = (folded(name), source_text(source));
        let records = {
            let (now, rules) = (self.now(), self.rules());
            let mut ledger = self.ledger();
            ledger.begin(&rules, &name, exists, &source, now).map_err(|ms| Refused { seconds: ms.div_ceil(1000) })?;
            ledger.records_of(&name, &source, now)
        };
        let begun = Try { of: self.clone(), name, source, is_settled: false };
        self.told(self.store.save(records).await);
        Ok(begun)
    }

    /// The locks that hold now, and whether somebody has the name of each.
    pub fn locks(&self) -> Vec<(Lock, bool)> {
        let ledger = self.ledger();
        let known = |lock: &Lock| lock.key.name().is_some_and(|name| ledger.is_anybody(name));
        let with_known = |lock: Lock| {
            let is_known = known(&lock);
            (lock, is_known)
        };
        ledger.locks(self.now()).into_iter().map(with_known).collect()
    }

    /// Ends the lock of this number; `None` when there is none.
    pub async fn lift(&self, id: u64) -> Option<Key> {
        let lifted = self.ledger().lift(|of, _| of == id);
        let key = lifted.first().cloned();
        self.told(self.store.remove(lifted).await);
        key
    }

    /// Ends every lock of the account `name`.
    pub async fn lift_account(&self, name: &str) {
        let name = folded(name);
        let lifted = self.ledger().lift(|_, key| key.name() == Some(name.as_str()));
        self.told(self.store.remove(lifted).await);
    }

    fn now(&self) -> Now {
        Now { wall: self.clock.now(), ms: self.clock.monotonic_ms() }
    }

    fn rules(&self) -> LockoutRules {
        self.rules.borrow().lockout.clone()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A store that cannot take it is no reason to let nobody in, nor to let everybody in: the counts in memory hold.
    fn told(&self, outcome: Result<(), StoreError>) {
        if let Err(error) = outcome {
            tracing::error!(%error, "wrong passwords are not kept for the next start");
        }
    }
}

/// A try that is being checked. It counts as wrong until it is said to be right, also when the request is dropped.
#[must_use]
pub struct Try {
    of: Lockouts,
    name: String,
    source: String,
    is_settled: bool,
}

impl Try {
    /// It was right.
    pub async fn right(mut self) {
        self.is_settled = true;
        let records = {
            let now = self.of.now();
            let mut ledger = self.of.ledger();
            ledger.right(&self.name, &self.source, now);
            ledger.records_of(&self.name, &self.source, now)
        };
        self.of.told(self.of.store.save(records).await);
    }

    /// It was neither: more is asked before it can be told. Nothing is counted, and nothing forgotten.
    pub async fn void(mut self) {
        self.is_settled = true;
        let records = {
            let now = self.of.now();
            let mut ledger = self.of.ledger();
            ledger.void(&self.name, &self.source);
            ledger.records_of(&self.name, &self.source, now)
        };
        self.of.told(self.of.store.save(records).await);
    }

    /// It was wrong; gives the locks that begin with it.
    pub async fn wrong(mut self) -> Vec<Lock> {
        let (begun, records) = self.settle();
        self.of.told(self.of.store.save(records).await);
        begun
    }

    fn settle(&mut self) -> (Vec<Lock>, Vec<LockoutRecord>) {
        self.is_settled = true;
        let (now, rules) = (self.of.now(), self.of.rules());
        let mut ledger = self.of.ledger();
        let begun = ledger.wrong(&rules, &self.name, &self.source, now);
        (begun, ledger.records_of(&self.name, &self.source, now))
    }
}

impl Drop for Try {
    fn drop(&mut self) {
        if !self.is_settled {
            // Its count is kept already; what is not kept is at most the lock, which the next look at the locks keeps.
            self.settle();
        }
    }
}

/// Names that differ in case are one account, as in the stores.
fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// A source as it is counted: with IPv6 whoever has one address has a /64 of them.
pub fn source_text(source: IpAddr) -> String {
    match source.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) if address.is_loopback() || address.is_unspecified() => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_addresses_is_one_source() {
        let text = |address: &str| source_text(address.parse().unwrap());
        assert_eq!(text("192.0.2.7"), "192.0.2.7");
        assert_eq!(text("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(text("2001:db8:1:2::7"), text("2001:db8:1:2:ffff::1"));
        assert_ne!(text("2001:db8:1:2::7"), text("2001:db8:1:3::7"));
    }

    #[test]
    fn the_shipped_rules_are_within_bounds() {
        assert!(LockoutRules::shipped().out_of_bounds().is_empty());
        let faults = LockoutRules { account_seconds_max: 100, ..LockoutRules::shipped() }.out_of_bounds();
        assert_eq!(faults, [("account_seconds_max", 900, 86_400)]);
    }
}
