//! What this program has opened itself, told by whoever opened it: what the sockets of the process are compared with.

use super::services::Service;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TransportProtocol)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A listener that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The services it is for; it is open while one of them is on.
    pub services: &'static [Service],
    /// Its protocol.
    pub protocol: Protocol,
    /// Where it listens.
    pub address: SocketAddr,
    /// The part of the program that opened it.
    pub opened_by: &'static str,
}

/// The listeners that are open; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Listeners(Arc<Mutex<Vec<(u64, Open)>>>);

/// Stands for a listener as long as it is open.
#[derive(Debug)]
#[must_use = "dropping it says that the listener is closed"]
pub struct Opened {
    listeners: Listeners,
    number: u64,
}

impl Listeners {
    /// Tells of a listener; dropping what this gives tells of its end.
    pub fn opened(&self, open: Open) -> Opened {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = known.last().map_or(0, |(number, _)| number.wrapping_add(1));
        known.push((number, open));
        Opened { listeners: self.clone(), number }
    }

    /// Those that are open.
    pub fn open(&self) -> Vec<Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(_, open)| open.clone()).collect()
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.listeners.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(number, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_known_as_long_as_it_is_open() {
        let listeners = Listeners::default();
        let open = |port| Open {
            services: &[Service::WebView],
            protocol: Protocol::Tcp,
            address: SocketAddr::from(([0, 0, 0, 0], port)),
            opened_by: "test",
        };
        let (one, two) = (listeners.opened(open(1)), listeners.opened(open(2)));
        drop(one);
        assert_eq!(listeners.open(), [open(2)]);
        let three = listeners.opened(open(3));
        drop(two);
        assert_eq!(listeners.open(), [open(3)]);
        drop(three);
        assert!(listeners.open().is_empty());
    }
}
