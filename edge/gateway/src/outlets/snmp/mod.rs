//! The SNMP agent: a supervision that knows SNMP reads devices, values and alarms here, and is told of alarms.
//!
//! What is answered and how lies in `haubert-snmp`; here is when, to whom and with which secrets (ADR 41).

mod alarms;
mod desk;
mod engine;
mod passwords;
mod plant;
mod settings;
mod site;
mod standing;
mod telling;
mod trial;

pub use desk::{Desk, Parts};
pub use engine::begin_anew;
pub use passwords::{Account, NewPasswords};
pub use settings::{SnmpReceiver, SnmpSettings, SnmpUser};
pub use standing::{Failure, Standing, Told};
pub use trial::{Step, StepName, converse};
