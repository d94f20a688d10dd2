//! Whose handshake is worked on next. A handshake costs far more than any other request of a stranger; so few are worked on at a
//! time, and whoever has few waiting goes before whoever has many.
//!
//! An honest source with its one handshake thus passes any crowd of a few sources with many. Every fourth turn goes to whoever
//! has waited longest, so that many people behind one address get theirs, too.

use crate::source::Source;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// One turn of so many goes by time of waiting alone.
const BY_TIME: u64 = 4;

/// The order of those who wait. Pure.
#[derive(Debug, Default)]
struct Queue {
    next: u64,
    given: u64,
    waiting: BTreeMap<u64, Source>,
    of: HashMap<Source, VecDeque<u64>>,
    /// Per source: how many wait, and the first of them.
    by_count: BTreeSet<(usize, u64, Source)>,
}

impl Queue {
    fn rank(&self, source: Source) -> Option<(usize, u64, Source)> {
        let tickets = self.of.get(&source)?;
        Some((tickets.len(), *tickets.front()?, source))
    }

    fn change(&mut self, source: Source, change: impl FnOnce(&mut VecDeque<u64>)) {
        if let Some(before) = self.rank(source) {
            self.by_count.remove(&before);
        }
        change(self.of.entry(source).or_default());
        match self.rank(source) {
            Some(after) => {
                self.by_count.insert(after);
            }
            None => {
                self.of.remove(&source);
            }
        }
    }

    fn join(&mut self, source: Source) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.waiting.insert(ticket, source);
        self.change(source, |tickets| tickets.push_back(ticket));
        ticket
    }

    fn leave(&mut self, ticket: u64) {
        if let Some(source) = self.waiting.remove(&ticket) {
            self.change(source, |tickets| tickets.retain(|other| *other != ticket));
        }
    }

    /// Takes out who is next.
    fn take(&mut self) -> Option<u64> {
        self.given = self.given.wrapping_add(1);
        let ticket = match self.given % BY_TIME {
            0 => *self.waiting.keys().next()?,
            _ => self.by_count.first()?.1,
        };
        self.leave(ticket);
        Some(ticket)
    }
}

#[derive(Debug)]
struct State {
    queue: Queue,
    free: usize,
    told: HashMap<u64, oneshot::Sender<Turn>>,
}

/// The turns of a program; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Mutex<State>>);

/// The right to work on one handshake; the next in turn has it when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn(Turns);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.locked().free += 1;
        self.0.give();
    }
}

/// Leaves the queue when whoever waits gives up.
struct Place {
    turns: Turns,
    ticket: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.turns.locked();
        state.queue.leave(self.ticket);
        let told = state.told.remove(&self.ticket);
        drop((state, told));
    }
}

impl Turns {
    pub(crate) fn new(at_once: NonZeroUsize) -> Self {
        Self(Arc::new(Mutex::new(State { queue: Queue::default(), free: at_once.get(), told: HashMap::new() })))
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when it is `source`'s turn. Cancel safe.
    pub(crate) async fn turn(&self, source: Source) -> Turn {
        let (tell, told) = oneshot::channel();
        let ticket = {
            let mut state = self.locked();
            let ticket = state.queue.join(source);
            state.told.insert(ticket, tell);
            ticket
        };
        let _place = Place { turns: self.clone(), ticket };
        self.give();
        match told.await {
            Ok(turn) => turn,
            // The sender is dropped by `Place` only, which is dropped after this.
            Err(_) => std::future::pending().await,
        }
    }

    /// Gives what is free to those whose turn it is.
    fn give(&self) {
        loop {
            let mut state = self.locked();
            if state.free == 0 {
                return;
            }
            let Some(ticket) = state.queue.take() else { return };
            let Some(tell) = state.told.remove(&ticket) else { continue };
            state.free -= 1;
            drop(state);
            // Who has just given up gives it back by dropping it.
            let _given_up = tell.send(Turn(self.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn source(number: u32) -> Source {
        Source::of(IpAddr::V4(Ipv4Addr::from_bits(number)))
    }

    #[test]
    fn who_has_one_waiting_passes_who_has_many() {
        let mut queue = Queue::default();
        for number in 0..10_000 {
            queue.join(source(number % 200));
        }
        let honest = queue.join(source(9_999));
        let passed = (0..10).position(|_| queue.take() == Some(honest));
        assert_eq!(passed, Some(0), "the first turn that does not go by time");
    }

    #[test]
    fn who_has_many_waiting_gets_a_turn_beside_endless_newcomers() {
        let mut queue = Queue::default();
        let many: BTreeSet<u64> = (0..10).map(|_| queue.join(source(1))).collect();
        let mut served = 0;
        for number in 2..=41 {
            queue.join(source(number));
            served += usize::from(queue.take().is_some_and(|ticket| many.contains(&ticket)));
        }
        assert_eq!(served, 10, "one turn of four");
    }

    #[tokio::test]
    async fn turns_are_as_many_as_there_are_and_go_on_when_given_back_or_given_up() {
        let turns = Turns::new(NonZeroUsize::MIN);
        let first = turns.turn(source(1)).await;
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(5), turns.turn(source(2))).await;
        assert!(given_up.is_err());
        let waiting = tokio::spawn({
            let turns = turns.clone();
            async move { drop(turns.turn(source(3)).await) }
        });
        tokio::task::yield_now().await;
        drop(first);
        waiting.await.unwrap();
        let state = turns.locked();
        assert_eq!((state.free, state.told.len(), state.queue.waiting.len(), state.queue.of.len()), (1, 0, 0, 0));
    }

    proptest! {
        /// In any order of joining, leaving and taking: everybody is taken once, and nothing is left behind.
        #[test]
        fn everybody_gets_one_turn(steps in proptest::collection::vec((0u8..3, 0u32..5), 1..300)) {
            let (mut queue, mut here) = (Queue::default(), BTreeSet::new());
            for (kind, number) in steps {
                match kind {
                    0 => {
                        here.insert(queue.join(source(number)));
                    }
                    1 => if let Some(ticket) = here.pop_first() {
                        queue.leave(ticket);
                    },
                    _ => {
                        let taken = queue.take();
                        prop_assert_eq!(taken.is_some(), !here.is_empty());
                        prop_assert!(taken.is_none_or(|ticket| here.remove(&ticket)));
                    }
                }
                prop_assert_eq!(queue.waiting.len(), here.len());
                prop_assert_eq!(queue.of.values().map(VecDeque::len).sum::<usize>(), here.len());
                prop_assert_eq!(queue.by_count.len(), queue.of.len());
            }
        }
    }
}
