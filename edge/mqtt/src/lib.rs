//! What the gateway says by MQTT, 3.1.1 and 5: sessions with a broker, and the messages that go over them.
//!
//! Messages are pure: a [`Site`] and what was measured become [`Publication`]s, as JSON of our own ([`json`]), as Sparkplug B
//! ([`sparkplug`]), or as announcements that Home Assistant understands ([`home_assistant`]). A [`Session`] is one connection over
//! a stream that somebody else has opened and secured; it neither reconnects nor keeps anything, because what must not be lost is
//! kept by whoever publishes, until [`Session::publish`] says that the broker has it.
//!
//! Source: *MQTT Version 3.1.1* and *MQTT Version 5.0* (OASIS), *Sparkplug Specification 3.0.0* (Eclipse).

pub mod alarms;
pub mod home_assistant;
pub mod json;
mod publication;
mod session;
mod site;
pub mod sparkplug;

pub use publication::{Publication, Qos};
pub use session::{Expecting, Inbox, Login, Receipt, Received, Refusal, Session, SessionError, Version};
pub use site::{Device, Load, Recorded, RecordedSample, Site, Topics, topic_level};
