//! Content as it ships: every profile loads, is exercised by samples, and survives a round trip; every fault is well said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::disallowed_methods)]

mod catalogue;
mod faults;
mod payload;
mod round_trip;
mod samples;
mod schema;
