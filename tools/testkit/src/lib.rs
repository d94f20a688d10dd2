//! Starts the real programs, each in a folder of its own and on free ports, and speaks to them as a browser would.
//!
//! The whole-system tests and the demo use it. Nothing here is shipped.

// It reads only what it or a program under test wrote, and indexing a JSON value by a name gives null, not a panic.
#![allow(clippy::disallowed_methods, clippy::indexing_slicing)]

pub mod access;
mod api;
pub mod bacnet;
pub mod canary;
pub mod capture;
pub mod commission;
mod dice;
pub mod disk;
pub mod drill;
pub mod exim;
pub mod file_servers;
pub mod forge;
pub mod mail;
pub mod mosquitto;
pub mod ntp;
mod own_network;
mod peers;
pub mod policy;
mod postgres;
mod program;
pub mod snmp;
mod until;
pub mod webhooks;
mod witness;

pub use api::{Answer, Api, SECURITY_USER};
pub use dice::Dice;
pub use own_network::{in_own_network, open_ports};
pub use peers::{LibmodbusServer, PymodbusServer, mbpoll, pymodbus_asks, pymodbus_asks_secured, tools_dir};
pub use postgres::Cluster;
pub use program::{Error, Program, bin_dir};
pub use until::until;
pub use witness::{Served, Witness};
