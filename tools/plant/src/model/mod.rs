//! The physics of the simulated plant: pure functions of seed and time.

pub(crate) mod course;
pub(crate) mod electrical;
pub(crate) mod noise;
pub(crate) mod replay;
pub(crate) mod usage;
