//! The BACnet/IP server: a building management system reads the gateway and the meters behind it.
//!
//! What is answered and how lies in `haubert-bacnet`; here is when, to whom and of what (ADR 43).

mod desk;
mod history;
mod instances;
mod plant;
mod settings;
mod site;
mod trial;

pub use desk::{Desk, Parts, Standing};
pub use history::Periods;
pub use settings::BacnetSettings;
pub use trial::converse;
