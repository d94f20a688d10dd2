//! Field buses against peers on real sockets and pseudo-terminals, well-behaved and hostile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod discovery;
mod hostile;
mod hostile_plant;
mod logs;
mod master;
mod periods;
mod plant;
mod profiles;
mod rtu;
mod serial;
mod storm;
mod support;
