//! The Modbus TCP server: a SCADA written for the meters reads them here, in their own register maps.

mod behind;
mod desk;
mod door;
mod own_map;
mod settings;
mod site;
mod trial;
mod units;
mod writes;
mod writing;

pub use desk::{Desk, Parts};
pub use door::Standing;
pub use own_map::UnitState;
pub use settings::ModbusServerSettings;
pub use site::Site;
pub use trial::{Step, Told, converse, knock};
pub use units::Given;
pub use writes::WriteRule;
