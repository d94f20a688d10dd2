//! One request at a time at one TCP endpoint, however many buses and searches reach it.
//!
//! Behind a host and port there usually is one serial line or one small device; Socomec's gateways, among others, misbehave
//! under simultaneous requests. Two ports of one host are two lines (serial device servers have a port for each).
//!
//! Here is also the one place where writing is let through or not: every line has its flags from the gates that it was made with.

use crate::question::Writes;
use crate::settings::Line;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Held for the length of one exchange.
pub(super) type Gate = Arc<tokio::sync::Mutex<()>>;

type Endpoint = (String, u16);

/// The gates of one gateway: whoever shares these takes turns at each endpoint. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Gates {
    turns: Arc<Mutex<HashMap<Endpoint, Weak<tokio::sync::Mutex<()>>>>>,
    writing: Writing,
}

/// What lines may write; nothing until somebody allows it. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Writing(Arc<Allowed>);

#[derive(Debug, Default)]
struct Allowed {
    window: AtomicBool,
    listed: AtomicBool,
}

impl Writing {
    fn of(&self, writes: Writes) -> &AtomicBool {
        match writes {
            Writes::Window => &self.0.window,
            Writes::Listed => &self.0.listed,
        }
    }

    pub(super) fn is_allowed(&self, writes: Writes) -> bool {
        self.of(writes).load(Ordering::Relaxed)
    }
}

impl Gates {
    /// Allows or forbids every write of this kind, on every line made with these gates, from the next request on.
    pub fn allow(&self, writes: Writes, allowed: bool) {
        self.writing.of(writes).store(allowed, Ordering::Relaxed);
    }

    /// The flags that a line keeps.
    pub(super) fn writing(&self) -> Writing {
        self.writing.clone()
    }

    /// The gate that every line to the same endpoint shares; none for a serial port, which only one can open. Gates that
    /// nobody holds any more go when the next one is made.
    pub(super) fn of(&self, line: &Line) -> Option<Gate> {
        let endpoint = match line {
            Line::Tcp { host, port } | Line::RtuOverTcp { host, port } => (host.to_ascii_lowercase(), *port),
            Line::Serial { .. } => return None,
        };
        let mut gates = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = gates.get(&endpoint).and_then(Weak::upgrade) {
            return Some(known);
        }
        gates.retain(|_, gate| gate.strong_count() > 0);
        let fresh = Gate::default();
        gates.insert(endpoint, Arc::downgrade(&fresh));
        Some(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_one_gate_as_long_as_somebody_uses_it() {
        let gates = Gates::default();
        let line = |host: &str, port| Line::Tcp { host: host.to_owned(), port };
        let one = gates.of(&line("gate.test", 502)).unwrap();
        assert!(Arc::ptr_eq(&one, &gates.of(&line("GATE.test", 502)).unwrap()));
        assert!(!Arc::ptr_eq(&one, &gates.of(&line("gate.test", 503)).unwrap()));
        let tunnel = Line::RtuOverTcp { host: "gate.test".to_owned(), port: 502 };
        assert!(Arc::ptr_eq(&one, &gates.of(&tunnel).unwrap()));
        drop(one);
        let _another = gates.of(&line("other.test", 1));
        assert_eq!(gates.turns.lock().unwrap().len(), 1);
    }
}
