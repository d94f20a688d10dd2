//! The plant as others see it: from the far end of its wires.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::disallowed_methods)]

mod binary;
mod conformance;
mod control;
mod faults;
mod line;
mod physics;
mod replay;
mod scenes;
mod wire;
