//! The firewall: what a source may ask for, decided before anything of it is parsed.
//!
//! The core decides; it is pure and takes time as an argument. [`Guard`] holds one core for a whole program and gives each
//! listener its [`Gate`]; what a gate lets in is an [`Admission`], which counts as long as it lives, and which meters the
//! connection's bits through [`Metered`]. Datagrams pass [`GuardedUdp`].

mod admission;
mod bucket;
mod connections;
mod core;
mod guard;
mod metered;
mod network;
mod patience;
mod settings;
mod source;
mod table;
mod turns;
mod udp;

pub use admission::{Admission, InFlight};
pub use bucket::{Bucket, Rate};
pub use core::SourceView;
pub use guard::{Gate, Guard, Listener};
pub use metered::Metered;
pub use network::{Network, NotANetwork};
pub use patience::{Patience, Stall};
pub use settings::{ListenerRule, MAX_CONNECTIONS, Settings, SettingsFault, SlowClients};
pub use source::{Source, Transport};
pub use table::{Block, Cause, MAX_SOURCES};
pub use udp::GuardedUdp;

/// Why somebody is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The source is blocked.
    #[error("the source is blocked")]
    Blocked,
    /// The listener's lists do not let the source in.
    #[error("the listener is not open to this source")]
    NotListed,
    /// Every connection that it may have is busy.
    #[error("too many connections")]
    TooManyConnections,
    /// All sources together ask for too much; or a reserved source, which is never blocked, asks for more than its limit.
    #[error("too many requests")]
    Busy,
}

/// What people should hear about, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A source is blocked from now on.
    Blocked(Block),
    /// Its time is over.
    Ended(Block),
    /// Somebody lifted it.
    Lifted(Block),
}
