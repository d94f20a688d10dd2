//! The gateway: reads meters, keeps their history, shows it, and hands it on.
//!
//! [`run`] wires the parts; everything else has one subject. What is measured flows one way: [`field`] → [`live`] and
//! [`recording`] → history → [`api`] and [`uplink`]. What is configured flows the other way: [`api`] → [`store`] → a new
//! [`topology::Topology`] → whoever watches it.

pub mod api;
pub mod app;
pub mod args;
mod assets;
pub mod clock_watch;
pub mod config;
pub mod consumption;
pub mod field;
pub mod live;
pub mod notices;
pub mod recording;
pub mod run;
pub mod store;
pub mod topology;
pub mod uplink;
