//! The release tool as a person uses it, and the lists it makes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod command_line;
mod lists;
mod own_code;
