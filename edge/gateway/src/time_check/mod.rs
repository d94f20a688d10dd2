//! Whether the time can be trusted: NTP servers are asked, and what they say is held against the gateway's clock.
//!
//! The gateway does not set the clock, and has no right to; the system does (chrony, systemd-timesyncd). What is found here is state,
//! events and notices: nothing of it touches what is recorded (ADR 49).

mod ask;
mod desk;
mod settings;

pub use desk::{Desk, Parts, ServerState, Standing, rounded_ms};
pub use settings::{TimeCheckSettings, TimeServer};
