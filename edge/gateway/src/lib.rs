//! The gateway: reads meters, keeps their history, shows it, and hands it on.
//!
//! [`run`] wires the parts; everything else has one subject. What is measured flows one way: [`field`] → [`live`] and
//! [`recording`] → history → [`api`] and [`uplink`]. What is configured flows the other way: [`api`] → [`store`] → a new
//! [`topology::Topology`] → whoever watches it.

pub mod accounts;
pub mod alarms;
pub mod api;
pub mod app;
pub mod args;
mod assets;
pub mod audit;
pub mod audit_cli;
pub mod backfill;
pub mod backup;
pub mod boot;
pub mod certificates;
pub mod chronicle;
pub mod clock_watch;
pub mod config;
pub mod consumption;
pub mod dial;
pub mod export;
pub mod field;
pub mod firewall;
pub mod firewall_cli;
pub mod history_cli;
pub mod history_settings;
pub mod inputs;
pub mod integrity;
pub mod links;
pub mod listening;
pub mod live;
pub mod metrics;
pub mod notices;
pub mod outlets;
pub mod overview;
pub mod own_thread;
pub mod pictures;
mod places;
pub mod policy;
pub mod posture;
pub mod profiles;
pub mod rates;
pub mod recording;
pub mod references;
pub mod rights;
pub mod rounds;
pub mod run;
pub mod sandbox;
pub mod shedding;
pub mod storage;
pub mod store;
mod supervision;
pub mod time_check;
pub mod topology;
pub mod update;
pub mod uplink;
