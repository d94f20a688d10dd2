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

mod bad_input;
mod chain;
mod demo;
mod foreign;
mod invariants;
mod stage;
mod surroundings;
