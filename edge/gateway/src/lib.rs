//! The gateway: reads meters, keeps their history, shows it, and hands it on.
//!
//! [`run`] wires the parts; everything else has one subject. What is measured flows one way: [`field`] → [`live`] and
//! [`recording`] → history → [`api`] and [`uplink`]. What is configured flows the other way: [`api`] → [`store`] → a new
//! [`topology::Topology`] → whoever watches it.

pub mod api;
pub mod app;
pub mod args;
mod assets;
pub mod backfill;
pub mod chronicle;
pub mod clock_watch;
pub mod config;
pub mod consumption;
pub mod export;
pub mod field;
pub mod history_cli;
pub mod history_settings;
pub mod integrity;
pub mod live;
pub mod notices;
pub mod overview;
mod places;
pub mod profiles;
pub mod recording;
pub mod run;
pub mod store;
pub mod topology;
pub mod uplink;
