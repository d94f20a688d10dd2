//! What a gateway believes of a bundle, with a real supplier's keys.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod controls;
mod refusals;
mod sealed;
mod stage;
