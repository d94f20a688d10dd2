//! Records as syslog messages: RFC 5424 with structured data, over TLS, counted by octets (RFC 5425).
//!
//! The trail itself is the spool: what was sent is a number, kept in the configuration store, and after any interruption sending
//! goes on behind it. RFC 5425 has no acknowledgements, so a record counts as delivered only when the connection is still good
//! [`SETTLED`] after it was written, which is longer than the system keeps unacknowledged bytes ([`crate::dial::USER_TIMEOUT`]); what was sent
//! after that point is sent again. Each record arrives at least once; its sequence number tells repetitions.

pub mod message;
mod sender;
#[cfg(test)]
mod tests;

pub use sender::{Parts, Receiver, SendError, SenderState, Sent, Wanted, send_test, work};

use std::time::Duration;

/// A connection that is still good so long after a record was written has delivered it.
pub const SETTLED: Duration = Duration::from_secs(25);
