//! One firewall for a whole program, and the gates of its listeners.

use crate::admission::{Admission, State};
use crate::core::Allowance;
use crate::core::{Core, SourceView};
use crate::settings::Settings;
use crate::source::{Source, Transport};
use crate::table::Block;
use crate::turns::Turns;
use crate::{News, Refusal};
use haubert_model::Clock;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Hears what happens, on the thread where it does: it must not wait.
type Ear = Box<dyn Fn(News) + Send + Sync>;

/// A listener that stands behind the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// How it is reached.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
}

pub(crate) struct Inner {
    core: Mutex<Core<Arc<State>>>,
    listeners: Mutex<BTreeMap<String, Listener>>,
    clock: Arc<dyn Clock>,
    ear: Ear,
    pub(crate) turns: Turns,
}

/// The firewall of a program; clones share it.
#[derive(Clone)]
pub struct Guard(pub(crate) Arc<Inner>);

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No decision leaves the tables half changed, and a firewall that stops deciding would be worse.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    /// Works on the core, then tells the news, after the lock is free again.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Core<Arc<State>>, u64) -> T) -> T {
        let now = self.clock.monotonic_ms();
        let mut core = locked(&self.core);
        let outcome = work(&mut core, now);
        let news = core.take_news();
        for item in &news {
            if let News::Blocked(block) = item
                && block.transport != Some(Transport::Udp)
            {
                core.connections_of(block.source).for_each(|state| state.close());
            }
        }
        drop(core);
        news.into_iter().for_each(|item| (self.ear)(item));
        outcome
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.monotonic_ms()
    }
}

impl Guard {
    /// A firewall that tells `ear` what happens.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>, ear: impl Fn(News) + Send + Sync + 'static) -> Self {
        let core = Mutex::new(Core::new(settings, clock.monotonic_ms()));
        // Half of the processors at most shake hands: the other half is for whoever has done so.
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let turns = Turns::new(NonZeroUsize::new(processors / 2).unwrap_or(NonZeroUsize::MIN));
        Self(Arc::new(Inner { core, listeners: Mutex::default(), clock, ear: Box::new(ear), turns }))
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        locked(&self.0.core).settings().clone()
    }

    /// Puts other settings in force.
    pub fn configure(&self, settings: Settings) {
        self.0.with(|core, _| core.configure(settings));
    }

    /// The gate of a listener, which is then known by `name`.
    pub fn gate(&self, name: &str, listener: Listener) -> Gate {
        locked(&self.0.listeners).insert(name.to_owned(), listener);
        Gate { guard: self.clone(), name: Arc::from(name), _open: Arc::new(Open { guard: self.clone(), name: name.to_owned() }) }
    }

    /// The listeners that are open now.
    pub fn listeners(&self) -> BTreeMap<String, Listener> {
        locked(&self.0.listeners).clone()
    }

    /// The sources heard of last, at most `most`.
    pub fn sources(&self, most: usize) -> Vec<SourceView> {
        self.0.with(|core, now| core.sources(most, now))
    }

    /// Sources known, and connections open.
    pub fn counts(&self) -> (usize, usize) {
        self.0.with(|core, _| (core.known(), core.open()))
    }

    /// Who is blocked now.
    pub fn blocks(&self) -> Vec<Block> {
        self.0.with(|core, now| core.blocks(now))
    }

    /// Blocks a source by hand and closes its connections. `false` when too many are blocked by hand.
    pub fn block(&self, address: IpAddr, seconds: u32) -> bool {
        self.0.with(|core, now| core.block_by_hand(Source::of(address), seconds, now))
    }

    /// Lifts every block of a source. `false` when it has none.
    pub fn lift(&self, address: IpAddr) -> bool {
        self.0.with(|core, now| core.lift(Source::of(address), now))
    }

    /// Tells whose block is over; to be called now and then.
    pub fn sweep(&self) {
        self.0.with(Core::sweep);
    }

    /// The time that blocks are counted in, milliseconds.
    pub fn now(&self) -> u64 {
        self.0.now()
    }
}

/// Takes the listener out of the list when its last gate goes.
#[derive(Debug)]
struct Open {
    guard: Guard,
    name: String,
}

impl Drop for Open {
    fn drop(&mut self) {
        locked(&self.guard.0.listeners).remove(&self.name);
    }
}

/// Where a listener asks. Clones share it.
#[derive(Debug, Clone)]
pub struct Gate {
    guard: Guard,
    name: Arc<str>,
    _open: Arc<Open>,
}

impl Gate {
    /// The firewall behind it.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Judges a connection that was just accepted, before a byte of it is read.
    ///
    /// # Errors
    /// Why it must be closed at once.
    pub fn admit(&self, peer: SocketAddr) -> Result<Admission, Refusal> {
        let address = peer.ip();
        let state = Arc::new(State::new(self.guard.0.now()));
        let (id, closed) = self.guard.0.with(|core, now| {
            core.listed(address, Transport::Tcp, &self.name, now)?;
            core.connection(address, now)?;
            core.connect(address, Arc::clone(&state), now)
        })?;
        if let Some(closed) = closed {
            closed.close();
        }
        Ok(Admission::new(Arc::clone(&self.guard.0), id, address, state))
    }

    /// Judges a datagram before it is looked at.
    ///
    /// # Errors
    /// Why it must be dropped.
    pub fn datagram(&self, peer: SocketAddr, bytes: usize) -> Result<(), Refusal> {
        let address = peer.ip();
        self.guard.0.with(|core, now| {
            core.listed(address, Transport::Udp, &self.name, now)?;
            core.request(address, Transport::Udp, now)?;
            match core.received(address, Transport::Udp, bytes, false, now)? {
                Allowance::Pass => Ok(()),
                // A datagram cannot wait.
                Allowance::After(_) => Err(Refusal::Busy),
            }
        })
    }
}
