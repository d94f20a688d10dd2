//! The ways out: interfaces, the route that is taken, Wi-Fi, modem and VPN, as evidence and alarm.
//!
//! All of it is read: from what the kernel tells everybody, and from a file that a small privileged helper writes. Nothing depends
//! on it: an outage changes nothing but the backlog (ADR 49).

mod desk;
mod look;
mod settings;

pub use desk::{Desk, LinkStanding, Parts, Standing};
pub use look::{Helper, Seen};
pub use settings::LinkSettings;
