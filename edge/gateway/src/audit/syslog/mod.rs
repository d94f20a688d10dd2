//! Records and, where wanted, ordinary events as syslog messages: RFC 5424 with structured data, over TLS, counted by octets
//! (RFC 5425).
//!
//! The trail itself and the table of events are the spool: what was sent is a number, kept in the configuration store, and after any interruption sending
//! goes on behind it. RFC 5425 has no acknowledgements, so a record counts as delivered only when the connection is still good
//! [`SETTLED`] after it was written, which is longer than the system keeps unacknowledged bytes ([`crate::dial::USER_TIMEOUT`]); what was sent
//! after that point is sent again. Each record arrives at least once; its sequence number tells repetitions.

mod events;
mod lane;
pub mod message;
mod sender;
#[cfg(test)]
mod tests;
mod trail;

pub use events::Events;
pub use sender::{Parts, Receiver, SendError, SenderState, Sent, Wanted, send_test, work};

pub use trail::Trail;

use std::time::Duration;

/// Gives this gateway's name in the messages.
pub type Name = Box<dyn Fn() -> String + Send + Sync>;

/// A connection that is still good so long after a record was written has delivered it.
pub const SETTLED: Duration = Duration::from_secs(25);
