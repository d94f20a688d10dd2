//! The ways out of a gateway: which there are, and whether those that should be up are.
//!
//! Pure: texts of the system come in ([`kernel`]: sysfs and proc, which anybody may read; [`Status`]: a file of a small privileged
//! helper, for what only root may see), and out comes what holds of each expected link ([`judge`]). Nothing is changed, and nothing
//! depends on it: a link that is down is evidence and an alarm, never a reason to record less.

mod expected;
mod judge;
pub mod kernel;
mod status;

pub use expected::{Expected, Kind};
pub use judge::{Evidence, Finding, LinkState, Reason, judge};
pub use kernel::Interface;
pub use status::{IpsecConnection, MAX_STATUS_BYTES, Modem, Status, StatusError, Tunnel, TunnelPeer};
