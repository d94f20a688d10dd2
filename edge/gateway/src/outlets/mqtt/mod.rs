//! The MQTT client: what is measured goes to a broker of the site, now and for the record.
//!
//! Two lanes, as to the hub (ADR 5, ADR 40): newest values as they come, at most once; recorded ones from the historian, in the
//! order of sealing, each acknowledged before the place reached moves on. The outbox is that place and no second copy of the data.

mod broker;
mod conversation;
mod desk;
mod settings;
mod speaker;
mod standing;
mod trial;

pub use broker::Account;
pub use desk::{Desk, Parts};
pub use settings::{MqttFormat, MqttSettings};
pub use standing::{Counted, Standing};
pub use trial::converse as test;
