//! A Modbus TCP server: masters read through it what [`Plant`] answers.
//!
//! Our own loop, for what was measured of those at hand (a peer that only connects stops them, a failed handshake ends them, a bad
//! request closes the connection instead of being refused): nothing a peer does ends the loop, every wait has an end, what comes
//! is bounded before anything is allocated, and each request has exactly one answer, in the order of their coming.
//!
//! The same conversation is held plainly ([`serve`]) and inside TLS ([`serve_secured`]), where a master proves who it is.
//!
//! Source: *Modbus Messaging on TCP/IP Implementation Guide V1.0b*, *Modbus Application Protocol V1.1b3*, *MODBUS/TCP Security
//! Protocol Specification*.

mod alarm;
mod connection;
mod conversation;
mod counters;
mod plant;
mod role;
mod serve;

pub use counters::{Client, Counted, Counters};
pub use plant::{Answer, Outcome, Peer, Plant};
pub use serve::{Patience, Running, serve, serve_secured};
