//! Haubert's simulated plant: meters, buses, faults.
//!
//! One physical model feeds all registers of a device, rendered from the same device profiles that the gateway reads with, so
//! whatever is read is consistent (P² + Q² = S², energy is the integral of power) and the same for the same seed. It is a
//! library for tests and a binary for demos. It was written rather than taken because no simulator at hand keeps the time of a
//! serial line or can be told, at run time, to answer wrongly in a given way.

mod answer;
pub mod attack;
mod build;
mod clock;
pub mod control_room;
mod device;
mod fault;
mod identity;
mod image;
mod load;
mod logs;
mod model;
mod plant;
mod ready;
pub mod scene;
mod server;

pub use device::{Counts, TrueValue};
pub use fault::{Fault, FaultError};
pub use plant::{DeviceStats, Plant, PlantError, PlantOptions};
pub use ready::{Ready, ReadyBus, ReadyDevice, ReadyLoad};
pub use scene::{Scene, SceneError};
