//! LoRaWAN sensors, heard through a private network server (ChirpStack v4) that publishes what it hears to a broker of the site.
//!
//! What a sensor sends goes the way of what a bus reads: a readout to the intake, and from there to the live table, to history and
//! to the alarms (ADR 46). Nothing is ever published, so that nothing here can command a sensor.

mod desk;
mod sensors;
mod settings;
mod standing;
mod trial;
mod values;

pub use desk::{Desk, NAME, Parts};
pub use sensors::{Heard, Known};
pub use settings::{Account, LorawanSettings};
pub use standing::{Counted, Standing};
pub use trial::converse as test;
