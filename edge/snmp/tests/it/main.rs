//! The agent in one process with a manager of the same library; managers that others wrote are in `tests/system`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod agent;
mod many;
