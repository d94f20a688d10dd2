//! The server at a socket with the client of the test button; clients that others wrote are in `tests/system`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod served;
mod support;
