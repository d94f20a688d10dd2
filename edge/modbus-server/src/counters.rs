//! What was asked and answered, for the page of diagnostics.

use haubert_modbus::ExceptionCode;
use haubert_model::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Masters that are remembered; the one that has asked for nothing for longest goes first.
const CLIENTS: usize = 64;
/// Function and exception codes fit; others count as the last.
const CODES: usize = 128;

/// Counters of a server; clones share them.
#[derive(Clone, Default)]
pub struct Counters(Arc<Inner>);

struct Inner {
    connections: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    functions: [AtomicU64; CODES],
    exceptions: [AtomicU64; CODES],
    clients: Mutex<BTreeMap<IpAddr, Arc<Seen>>>,
}

impl Default for Inner {
    fn default() -> Self {
        let zeros = || std::array::from_fn(|_| AtomicU64::new(0));
        Self {
            connections: AtomicU64::default(),
            accepted: AtomicU64::default(),
            refused: AtomicU64::default(),
            broken: AtomicU64::default(),
            received: AtomicU64::default(),
            sent: AtomicU64::default(),
            functions: zeros(),
            exceptions: zeros(),
            clients: Mutex::default(),
        }
    }
}

/// What one master asked.
#[derive(Default)]
pub(crate) struct Seen {
    connections: AtomicU64,
    requests: AtomicU64,
    exceptions: AtomicU64,
    last_at: AtomicI64,
}

/// What one master asked, at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub source: IpAddr,
    /// Connections that it has now.
    pub connections: u64,
    /// Requests.
    pub requests: u64,
    /// Those of them that were refused.
    pub exceptions: u64,
    /// When it last asked; `None` when it never did.
    pub last_at: Option<Timestamp>,
}

/// The counters at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Connections open now.
    pub connections: u64,
    /// Connections that were let in.
    pub accepted: u64,
    /// Connections that the firewall did not let in.
    pub refused: u64,
    /// Connections that were ended because what came is no Modbus, or because of waiting in vain.
    pub broken: u64,
    /// Bytes that came.
    pub received: u64,
    /// Bytes that were sent.
    pub sent: u64,
    /// Requests by function code.
    pub functions: BTreeMap<u8, u64>,
    /// Refusals by exception code.
    pub exceptions: BTreeMap<u8, u64>,
    /// The masters heard of last.
    pub clients: Vec<Client>,
}

fn one_of(counters: &[AtomicU64; CODES], code: u8) -> &AtomicU64 {
    let [.., last] = counters;
    counters.get(usize::from(code)).unwrap_or(last)
}

fn nonzero(counters: &[AtomicU64; CODES]) -> BTreeMap<u8, u64> {
    (0..).zip(counters).map(|(code, count)| (code, count.load(Relaxed))).filter(|(_, count)| *count > 0).collect()
}

/// A connection that is open; counted until dropped.
pub(crate) struct Connection {
    counters: Counters,
    client: Arc<Seen>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.counters.0.connections.fetch_sub(1, Relaxed);
        self.client.connections.fetch_sub(1, Relaxed);
    }
}

impl Connection {
    /// A request of this function code came, and was refused with `exception` if any.
    pub(crate) fn asked(&self, function: u8, exception: Option<ExceptionCode>, at: Timestamp) {
        let inner = &self.counters.0;
        one_of(&inner.functions, function).fetch_add(1, Relaxed);
        self.client.requests.fetch_add(1, Relaxed);
        self.client.last_at.store(at.as_millis(), Relaxed);
        if let Some(code) = exception {
            one_of(&inner.exceptions, code.as_u8()).fetch_add(1, Relaxed);
            self.client.exceptions.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.counters.0.received.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.counters.0.sent.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn broke(&self) {
        self.counters.0.broken.fetch_add(1, Relaxed);
    }
}

impl Counters {
    fn clients(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Arc<Seen>>> {
        self.0.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counters at this moment.
    pub fn read(&self) -> Counted {
        let clients = self.clients();
        let client = |(source, seen): (&IpAddr, &Arc<Seen>)| Client {
            source: *source,
            connections: seen.connections.load(Relaxed),
            requests: seen.requests.load(Relaxed),
            exceptions: seen.exceptions.load(Relaxed),
            last_at: Some(seen.last_at.load(Relaxed)).filter(|at| *at != 0).map(Timestamp),
        };
        Counted {
            connections: self.0.connections.load(Relaxed),
            accepted: self.0.accepted.load(Relaxed),
            refused: self.0.refused.load(Relaxed),
            broken: self.0.broken.load(Relaxed),
            received: self.0.received.load(Relaxed),
            sent: self.0.sent.load(Relaxed),
            functions: nonzero(&self.0.functions),
            exceptions: nonzero(&self.0.exceptions),
            clients: clients.iter().map(client).collect(),
        }
    }

    pub(crate) fn refused(&self) {
        self.0.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn opened(&self, source: IpAddr) -> Connection {
        self.0.connections.fetch_add(1, Relaxed);
        self.0.accepted.fetch_add(1, Relaxed);
        let mut clients = self.clients();
        if clients.len() >= CLIENTS && !clients.contains_key(&source) {
            let idle = |(_, seen): &(&IpAddr, &Arc<Seen>)| seen.connections.load(Relaxed) == 0;
            let oldest =
                clients.iter().filter(idle).min_by_key(|(_, seen)| seen.last_at.load(Relaxed)).map(|(source, _)| *source);
            // When all are connected, who comes now is counted but not listed.
            match oldest {
                Some(oldest) => drop(clients.remove(&oldest)),
                None => {
                    let client = Arc::<Seen>::default();
                    client.connections.fetch_add(1, Relaxed);
                    return Connection { counters: self.clone(), client };
                }
            }
        }
        let client = Arc::clone(clients.entry(source).or_default());
        client.connections.fetch_add(1, Relaxed);
        Connection { counters: self.clone(), client }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masters_are_remembered_within_bounds_and_who_is_connected_is_not_forgotten() {
        let counters = Counters::default();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        let connected = counters.opened(address(1));
        connected.asked(3, None, Timestamp(5));
        for number in 2..200 {
            let connection = counters.opened(address(number));
            connection.asked(4, Some(ExceptionCode::IllegalDataAddress), Timestamp(i64::from(number) + 10));
        }
        let counted = counters.read();
        assert_eq!((counted.connections, counted.accepted, counted.clients.len()), (1, 199, CLIENTS));
        assert_eq!(counted.functions, BTreeMap::from([(3, 1), (4, 198)]));
        assert_eq!(counted.exceptions, BTreeMap::from([(2, 198)]));
        let first = counted.clients.iter().find(|client| client.source == address(1)).unwrap();
        assert_eq!((first.connections, first.requests, first.last_at), (1, 1, Some(Timestamp(5))));
        assert!(counted.clients.iter().any(|client| client.source == address(199)));
        drop(connected);
        assert_eq!(counters.read().connections, 0);
    }
}
