//! The server as masters meet it over loopback: in, out of and beside the specification.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod any_bytes;
mod conformance;
mod hostile;
mod peers;
mod pki;
mod plant;
mod secured;
mod stopping;
mod support;
