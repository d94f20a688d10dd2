//! The whole system: the real programs, real and foreign devices, real TLS, on free ports in temporary folders.
//!
//! The programs are those in `target/debug`; `make test` builds them first.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod access;
mod alarms;
mod audit;
mod backfill;
mod bacnet;
mod bad_input;
mod bit_rot;
mod chain;
mod conformance;
mod demo;
mod disk_errors;
mod failing_disk;
mod files;
mod firewall;
mod foreign;
mod hostile;
mod hub_disk;
mod invariants;
mod lorawan;
mod mail;
mod metrics;
mod modbus_masters;
mod mqtt;
mod mqtt_failures;
mod outlets;
mod past_cves;
mod people;
mod policy;
mod power_cuts;
mod push;
mod releases;
mod sandbox;
mod secrets;
mod snmp;
mod stage;
mod storage;
mod surroundings;
mod switches;
mod tampering;
mod time;
mod time_and_links;
mod tls_peers;
mod tls_server;
mod update_attacks;
mod updates;
