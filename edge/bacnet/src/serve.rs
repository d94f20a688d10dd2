//! The station at its socket: behind the firewall, with time, and with history that is read beside.

use crate::counters::Counters;
use crate::site::{Excerpt, Facts, Record};
use crate::station::{Fetch, Out, Shown, Station};
use haubert_guard::{Gate, GuardedUdp};
use haubert_model::Clock;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Longest datagram that is taken: more than the longest message of BACnet/IP.
const LONGEST: usize = 2048;

/// History that is on its way; `None` when it cannot be read.
pub type Fetched = Pin<Box<dyn Future<Output = Option<Vec<Option<Record>>>> + Send>>;

/// Who knows what was measured.
pub trait History: Send + Sync {
    /// The records of an excerpt, in order.
    fn fetch(&self, excerpt: Excerpt) -> Fetched;
}

/// Where what is said comes from.
pub struct Sources {
    /// Newest values.
    pub facts: Arc<dyn Facts>,
    /// Those before.
    pub history: Arc<dyn History>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// A station at work; it ends when dropped.
pub struct Running {
    /// Where it is reached.
    pub address: SocketAddr,
    shown: watch::Sender<Shown>,
    task: JoinHandle<()>,
}

impl Running {
    /// Whether it has ended by itself.
    pub fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Shows something else from now on.
    pub fn show(&self, shown: Shown) {
        self.shown.send_replace(shown);
    }

    /// Ends it; its port is free again when this returns.
    pub async fn stop(mut self) {
        self.task.abort();
        // It was told to end, or has failed and said so.
        let _ended = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers on `socket` to whom `gate` lets in.
///
/// # Errors
/// What the socket says, and when it is none of IPv4, which alone has BACnet/IP addresses.
pub fn serve(socket: UdpSocket, gate: Gate, shown: Shown, sources: Sources, counters: Counters) -> io::Result<Running> {
    let address = socket.local_addr()?;
    if !address.is_ipv4() {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "BACnet/IP needs an IPv4 address to listen at"));
    }
    let (sender, receiver) = watch::channel(shown);
    let work = Work { socket: GuardedUdp::new(socket, gate), shown: receiver, sources, counters };
    let task = tokio::spawn(async move {
        let error = work.run().await;
        tracing::warn!(%error, "BACnet/IP: the socket is given up");
    });
    Ok(Running { address, shown: sender, task })
}

struct Work {
    socket: GuardedUdp,
    shown: watch::Receiver<Shown>,
    sources: Sources,
    counters: Counters,
}

type Fetches = JoinSet<(Fetch, Option<Vec<Option<Record>>>)>;

impl Work {
    async fn run(mut self) -> io::Error {
        let shown = self.shown.borrow_and_update().clone();
        let clock = Arc::clone(&self.sources.clock);
        let mut station = Station::new(shown, Arc::clone(&self.sources.facts), self.counters.clone());
        let (mut buffer, mut refused, mut fetches) = (vec![0; LONGEST], 0, Fetches::new());
        loop {
            let wait = Duration::from_millis(station.due().saturating_sub(clock.monotonic_ms()));
            let out = tokio::select! {
                came = self.socket.recv_from(&mut buffer) => match came {
                    Ok((bytes, SocketAddr::V4(peer))) => {
                        self.counters.came(IpAddr::V4(*peer.ip()), clock.now());
                        let datagram = buffer.get(..bytes).unwrap_or_default();
                        let admits = |origin| self.socket.admits(origin, bytes);
                        station.receive(peer, datagram, clock.monotonic_ms(), &admits)
                    }
                    Ok(_) => Out::default(),
                    // An answer went to somebody who is gone: the kernel tells by the next call.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Out::default(),
                    Err(error) => return error,
                },
                Some(done) = fetches.join_next() => match done {
                    Ok((fetch, records)) => station.fetched(fetch, records.as_deref(), clock.monotonic_ms()),
                    Err(_) => station.lost(),
                },
                changed = self.shown.changed() => {
                    if changed.is_err() {
                        return io::ErrorKind::BrokenPipe.into();
                    }
                    station.show(self.shown.borrow_and_update().clone());
                    Out::default()
                }
                () = tokio::time::sleep(wait) => station.tick(clock.monotonic_ms()),
            };
            self.counters.refused(self.socket.refused() - std::mem::replace(&mut refused, self.socket.refused()));
            self.act(out, &mut fetches).await;
        }
    }

    async fn act(&self, Out { send, fetch }: Out, fetches: &mut Fetches) {
        for (to, bytes) in send {
            // What the network has no room for is asked again.
            if self.socket.socket().send_to(&bytes, to).await.is_ok() {
                self.counters.went(IpAddr::V4(*to.ip()));
            }
        }
        for fetch in fetch {
            let records = self.sources.history.fetch(fetch.excerpt);
            fetches.spawn(async move { (fetch, records.await) });
        }
    }
}
