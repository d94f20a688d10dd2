//! Asking NTP servers what time it is, to know whether one's own clock can be trusted. It sets no clock.
//!
//! Pure: what to send and what came back are bytes ([`Request`], [`Answer`]), one's own time comes in, and out come the offset from
//! each server ([`Sample`]), what servers agree on ([`agree`]), what it says of the clock ([`Watch`]), and when a server may be asked
//! again ([`Manners`]).
//!
//! Sources: RFC 4330 (SNTPv4), of which the rules of a client are kept; RFC 5905 (NTPv4) for the packet (7.3), the on-wire reckoning
//! (8), sanity (9.2, A.5.1.1) and the intersection of intervals (11.2.1).

mod agreement;
mod manners;
mod packet;
mod sample;
mod time;
mod watch;

pub use agreement::{Agreement, agree};
pub use manners::{LEAST_PERIOD_S, Manners};
pub use packet::{Answer, Fault, Kiss, PACKET_BYTES, Request};
pub use sample::Sample;
pub use time::NtpTime;
pub use watch::{Trust, Watch};
