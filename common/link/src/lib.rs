//! The protocol between a gateway and the hub: types, client and the order in which things are sent.
//!
//! The gateway opens every connection. It is HTTP/2 over mutual TLS with CBOR bodies: HTTP because proxies, limits and tools
//! exist; CBOR because chunks are bytes. Each message carries the version; golden files per version keep old gateways readable.
//! Nothing counts as delivered before the hub has acknowledged it, and the hub acknowledges only what is durable.
//!
//! [`sync`] decides what to send next and is pure; [`run`] moves the bytes; [`Source`] is what a gateway implements.

mod backoff;
pub mod client;
mod codec;
mod error;
pub mod message;
mod run;
mod source;
pub mod sync;

pub use backoff::Backoff;
pub use client::{Credentials, Link};
pub use codec::{CodecError, MEDIA_TYPE, decode, encode};
pub use error::LinkError;
pub use message::VERSION;
pub use run::{LinkPhase, LinkStatus, run};
pub use source::{BoxFuture, Source, SourceError};

/// Paths of the protocol.
pub mod path {
    /// On the hub's main HTTPS, without a client certificate.
    pub const ENROLMENT: &str = "/link/v1/enrolment";
    /// On the mutual TLS listener, as all that follow.
    pub const HELLO: &str = "/link/v1/hello";
    /// Declarations of series.
    pub const SERIES: &str = "/link/v1/series";
    /// Chunks, in order.
    pub const CHUNKS: &str = "/link/v1/chunks";
    /// The latest values.
    pub const LIVE: &str = "/link/v1/live";
    /// Events, in order.
    pub const EVENTS: &str = "/link/v1/events";
    /// How the gateway stands.
    pub const POSTURE: &str = "/link/v1/posture";
    /// The newest release that the hub has.
    pub const UPDATE: &str = "/link/v1/update";
    /// A piece of it.
    pub const UPDATE_PIECE: &str = "/link/v1/update/piece";
    /// Another certificate.
    pub const RENEWAL: &str = "/link/v1/renewal";
}

/// Largest body that a hub accepts, in bytes.
pub const MAX_REQUEST: usize = 4 * 1024 * 1024;
/// Largest body that a gateway accepts, in bytes.
pub const MAX_RESPONSE: usize = 64 * 1024;
/// Bytes of a release that a hub hands out in one answer.
pub const UPDATE_PIECE: usize = 48 * 1024;
/// Chunk bytes sent in one request.
pub const CHUNK_BATCH: usize = 512 * 1024;
/// Chunks sent in one request.
pub const CHUNK_COUNT: usize = 1000;
/// Series declared in one request.
pub const SERIES_BATCH: usize = 2000;
/// Events sent in one request.
pub const EVENT_BATCH: usize = 500;
