//! A connection that was let in: counted while it lives, closed when its source is blocked or must give way.

use crate::Refusal;
use crate::connections::Activity;
use crate::core::{Allowance, Core};
use crate::guard::Inner;
use crate::source::{Source, Transport};
use crate::turns::Turn;
use std::fmt;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::watch;

/// What the firewall sees of an open connection.
#[derive(Debug)]
pub(crate) struct State {
    closed: watch::Sender<bool>,
    vouched: AtomicBool,
    requests: AtomicU32,
    /// When it last got further.
    last: AtomicU64,
    /// When the first byte after the last request came; 0 before it.
    heard: AtomicU64,
    served: AtomicBool,
}

impl State {
    pub(crate) fn new(now: u64) -> Self {
        Self {
            closed: watch::Sender::new(false),
            vouched: AtomicBool::new(false),
            requests: AtomicU32::new(0),
            last: AtomicU64::new(now),
            heard: AtomicU64::new(0),
            served: AtomicBool::new(false),
        }
    }

    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }
}

impl Activity for Arc<State> {
    fn is_busy(&self) -> bool {
        self.requests.load(Relaxed) > 0
    }

    fn idle_since(&self) -> u64 {
        self.last.load(Relaxed)
    }
}

/// An admitted connection. It is given up by dropping the last clone.
#[derive(Clone)]
pub struct Admission(Arc<Held>);

struct Held {
    inner: Arc<Inner>,
    id: u64,
    address: IpAddr,
    state: Arc<State>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.inner.with(|core: &mut Core<_>, _| core.disconnect(self.id));
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("id", &self.0.id).field("address", &self.0.address).finish()
    }
}

/// A request under way; its connection is at work while this lives.
#[derive(Debug)]
pub struct InFlight {
    admission: Admission,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.admission.0.state.requests.fetch_sub(1, Relaxed);
        self.admission.touch();
    }
}

impl Admission {
    pub(crate) fn new(inner: Arc<Inner>, id: u64, address: IpAddr, state: Arc<State>) -> Self {
        Self(Arc::new(Held { inner, id, address, state }))
    }

    fn touch(&self) {
        self.0.state.last.store(self.0.inner.now(), Relaxed);
        self.0.state.heard.store(0, Relaxed);
    }

    /// Returns when the next step of its handshake may be worked on, which is until the returned value is dropped: few are worked
    /// on at a time, and a source with few waiting goes before one with many. Cancel safe.
    async fn turn(&self) -> Turn {
        self.0.inner.turns.turn(Source::of(self.0.address)).await
    }

    /// Drives `work` to its end, each step in its turn: for handshakes, whose steps (a key exchange, a signature, the check of a
    /// client's chain) cost as much as hundreds of admitted bytes, and strangers ask for them. Left to the runtime, a crowd's
    /// steps would all come before an honest one that arrives after them.
    pub async fn in_turns<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut turn = self.turn().await;
        loop {
            let step = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
            drop(turn);
            if let Poll::Ready(done) = step {
                return done;
            }
            woken().await;
            turn = self.turn().await;
        }
    }

    /// Hands are shaken: it is idle from now on, not from when it was opened.
    pub fn established(&self) {
        self.touch();
    }

    /// Somebody is signed in on it: too many bits slow it down, and do not block its source.
    pub fn vouch(&self) {
        self.0.state.vouched.store(true, Relaxed);
    }

    /// Judges a request on it. The connection is at work until the returned value is dropped.
    ///
    /// # Errors
    /// Why it is not served; when the source is blocked, the connection is closed too.
    pub fn request(&self) -> Result<InFlight, Refusal> {
        self.0.inner.with(|core, now| core.request(self.0.address, Transport::Tcp, now))?;
        self.0.state.requests.fetch_add(1, Relaxed);
        self.0.state.served.store(true, Relaxed);
        Ok(InFlight { admission: self.clone() })
    }

    /// Counts bytes that have come; gives how long to wait before more are read.
    ///
    /// # Errors
    /// When the source is blocked.
    pub fn received(&self, bytes: usize) -> Result<Option<Duration>, Refusal> {
        let (state, now) = (&self.0.state, self.0.inner.now().max(1));
        // Only the first byte counts, so whether another came first does not matter.
        let _earlier = state.heard.compare_exchange(0, now, Relaxed, Relaxed);
        let vouched = state.vouched.load(Relaxed);
        let outcome = self.0.inner.with(|core, now| core.received(self.0.address, Transport::Tcp, bytes, vouched, now))?;
        Ok(wait(outcome))
    }

    /// Counts bytes that were sent; gives how long to wait before more are.
    pub fn sent(&self, bytes: usize) -> Option<Duration> {
        wait(self.0.inner.with(|core, now| core.sent(self.0.address, Transport::Tcp, bytes, now)))
    }

    /// For how long no request has been under way; zero while one is.
    pub fn idle(&self) -> Duration {
        if self.0.state.is_busy() {
            return Duration::ZERO;
        }
        Duration::from_millis(self.0.inner.now().saturating_sub(self.0.state.idle_since()))
    }

    /// For how long a request has been coming in whose headers are not complete; zero while there is none. Where other frames
    /// than requests may come, this says nothing.
    pub fn half_asked(&self) -> Duration {
        match self.0.state.heard.load(Relaxed) {
            heard if heard > 0 && !self.0.state.is_busy() => Duration::from_millis(self.0.inner.now().saturating_sub(heard)),
            _ => Duration::ZERO,
        }
    }

    /// Whether it ever asked for anything.
    pub fn has_asked(&self) -> bool {
        self.0.state.served.load(Relaxed)
    }

    /// Closes the connection.
    pub fn close(&self) {
        self.0.state.close();
    }

    /// Whether it must be closed.
    pub fn is_closed(&self) -> bool {
        *self.0.state.closed.borrow()
    }

    /// Returns when it must be closed.
    pub async fn closed(&self) {
        let mut receiver = self.0.state.closed.subscribe();
        // The sender lives as long as `self`.
        let _closed = receiver.wait_for(|closed| *closed).await;
    }
}

fn wait(allowance: Allowance) -> Option<Duration> {
    match allowance {
        Allowance::Pass => None,
        Allowance::After(ms) => Some(Duration::from_millis(ms)),
    }
}

/// Returns when this task is woken, by whatever: here by what the last step waits for.
async fn woken() {
    let mut waited = false;
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
