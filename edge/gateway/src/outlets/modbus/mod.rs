//! The Modbus TCP server: a SCADA written for the meters reads them here, in their own register maps.

mod behind;
mod desk;
mod own_map;
mod settings;
mod site;
mod trial;
mod units;

pub use desk::{Desk, Parts, Standing};
pub use own_map::UnitState;
pub use settings::ModbusServerSettings;
pub use site::Site;
pub use trial::{Step, Told, converse};
pub use units::Given;
