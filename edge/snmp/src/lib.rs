//! What the gateway says by SNMP: an agent that answers, notifications that are sent, and the MIB that describes both.
//!
//! The [`mib`] is written down once; the file that others load ([`mib::text`]) and the [`Tree`] that answers come from it. The tree
//! is pure: a [`Site`] and whoever knows its values ([`Facts`]). The protocol itself is that of `async-snmp`, which nothing outside
//! this crate sees: [`serve`] stands behind a relay, because the library owns its socket and asks nobody who may come, and
//! [`notify()`] sends.
//!
//! Only what can be kept secret is spoken: SNMPv3 with authentication by SHA-2 and encryption by AES ([`Credentials`]). SNMPv2c is
//! read-only and for whoever insists; SNMPv1 is not there. Nothing can be written.
//!
//! Source: RFC 2578 to 2580 (SMIv2), 3411 to 3418 (SNMPv3), 3826 (AES), 7860 (SHA-2).

mod agent;
mod counters;
mod credentials;
mod engine;
pub mod mib;
mod notify;
mod probe;
mod relay;
mod site;
mod tree;
mod value;

pub use agent::{Access, Plant, Running, ServeError, serve};
pub use counters::{Counted, Counters, Talk};
pub use credentials::{Authentication, Credentials, CredentialsError, Privacy};
pub use engine::{Engine, EngineError, EngineState};
pub use notify::{Notification, NotifyError, Receiver, notify};
pub use probe::{ProbeStep, Probed, probe};
pub use relay::version;
pub use site::{Alarm, AlarmState, Criticality, Device, DeviceState, Facts, Load, Site};
pub use tree::{Found, Rows, Tree};
pub use value::{Datum, plain};
