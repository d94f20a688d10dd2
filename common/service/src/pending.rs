//! Ceremonies under way: a challenge was given, its answer is awaited. They are few, short-lived and in memory only.

use crate::problem::Problem;
use haubert_trust::{Token, TokenDigest};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long an answer is awaited.
pub const LIFE_MS: u64 = 300_000;
/// At most so many of one owner: an account, or an address where nobody has signed in.
const PER_OWNER: usize = 8;
/// At most so many at all, so that asking costs no memory.
const AT_ALL: usize = 512;

/// Ceremonies of one kind. The oldest goes when there are too many, first that of the same owner.
pub struct Pending<T>(Mutex<HashMap<TokenDigest, Entry<T>>>);

struct Entry<T> {
    owner: String,
    begun_ms: u64,
    value: T,
}

impl<T> std::fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pending(…)")
    }
}

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<T> Pending<T> {
    /// Keeps `value` until its answer comes; gives the name to answer to.
    ///
    /// # Errors
    /// An internal [`Problem`] when the random source fails.
    pub fn begin(&self, owner: &str, value: T, now_ms: u64) -> Result<Token, Problem> {
        let token = Token::random().map_err(|error| Problem::internal("begin a ceremony", &error))?;
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| now_ms.saturating_sub(entry.begun_ms) < LIFE_MS);
        if entries.values().filter(|entry| entry.owner == owner).count() >= PER_OWNER {
            remove_oldest(&mut entries, |entry| entry.owner == owner);
        }
        if entries.len() >= AT_ALL {
            remove_oldest(&mut entries, |_| true);
        }
        entries.insert(token.digest(), Entry { owner: owner.to_owned(), begun_ms: now_ms, value });
        Ok(token)
    }

    /// Keeps on what [`Self::take`] took, under the same name and for no longer.
    pub fn put_back(&self, name: &str, taken: Taken<T>) {
        let Some(digest) = Token::parse(name).map(|token| token.digest()) else { return };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(digest).or_insert(taken.0);
    }

    /// Takes what was kept under `name` for `owner`, once.
    pub fn take(&self, owner: &str, name: &str, now_ms: u64) -> Option<Taken<T>> {
        let digest = Token::parse(name)?.digest();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.get(&digest)?.owner != owner {
            return None;
        }
        let entry = entries.remove(&digest)?;
        (now_ms.saturating_sub(entry.begun_ms) < LIFE_MS).then_some(Taken(entry))
    }
}

/// A ceremony that was taken.
pub struct Taken<T>(Entry<T>);

impl<T> std::fmt::Debug for Taken<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Taken(…)")
    }
}

impl<T> Taken<T> {
    /// What was kept.
    pub fn value(&self) -> &T {
        &self.0.value
    }

    /// What was kept, for good.
    pub fn into_value(self) -> T {
        self.0.value
    }
}

fn remove_oldest<T>(entries: &mut HashMap<TokenDigest, Entry<T>>, among: impl Fn(&Entry<T>) -> bool) {
    let oldest = entries.iter().filter(|(_, entry)| among(entry)).min_by_key(|(_, entry)| entry.begun_ms);
    if let Some(digest) = oldest.map(|(digest, _)| *digest) {
        entries.remove(&digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_once_in_time_and_for_its_owner() {
        let pending = Pending::default();
        let name = pending.begin("ana", 7, 0).unwrap();
        assert_eq!(pending.take("eve", name.expose(), 1).map(Taken::into_value), None);
        assert_eq!(pending.take("ana", "nonsense", 1).map(Taken::into_value), None);
        assert_eq!(pending.take("ana", name.expose(), LIFE_MS - 1).map(Taken::into_value), Some(7));
        assert_eq!(pending.take("ana", name.expose(), LIFE_MS - 1).map(Taken::into_value), None);
        let late = pending.begin("ana", 8, 0).unwrap();
        assert_eq!(pending.take("ana", late.expose(), LIFE_MS).map(Taken::into_value), None);
    }

    #[test]
    fn who_asks_without_end_pushes_out_their_own() {
        let pending = Pending::default();
        let honest = pending.begin("ana", 1, 0).unwrap();
        for at in 0..10_000 {
            pending.begin("eve", 2, at % 1000).unwrap();
        }
        assert_eq!(pending.0.lock().unwrap().len(), PER_OWNER + 1);
        assert_eq!(pending.take("ana", honest.expose(), 1000).map(Taken::into_value), Some(1));
        for owner in 0..10_000 {
            pending.begin(&owner.to_string(), 3, 1000).unwrap();
        }
        assert_eq!(pending.0.lock().unwrap().len(), AT_ALL);
    }
}
