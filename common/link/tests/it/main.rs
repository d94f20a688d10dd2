//! The protocol against its golden files and against servers that misbehave, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::disallowed_methods)]

mod client;
mod golden;
