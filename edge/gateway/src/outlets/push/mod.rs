//! HTTPS push: what is measured goes to a server as signed JSON, one request after the other.
//!
//! Recorded values go from the historian in the order of sealing, and the place reached moves on once the server has said yes;
//! newest values and alarms go as they change. Each request is signed as Standard Webhooks have it (ADR 48).

mod desk;
mod document;
mod keys;
mod news;
mod server;
mod settings;
mod trial;

pub use desk::{Counted, Desk, KeysError, Parts};
pub use document::Message;
pub use server::Account;
pub use settings::PushSettings;
pub use trial::converse as test;
