//! The security policy: one document that says what this gateway may do, kept, followed and shown.
//!
//! [`services`] lists what can be switched; [`document`] is the policy as file, store and wire have it. [`Policies`] keeps the
//! one in force and puts a change that could cut its author off on probation. Whoever listens, connects or acts follows
//! [`Policies::subscribe`] or asks [`Policies::allows`] first. [`difference`] and [`effects`] say what a change would do.

pub mod cli;
pub mod difference;
pub mod document;
pub mod effects;
pub mod file;
mod keeper;
pub mod lines;
pub mod listeners;
pub mod presets;
pub mod risk;
pub mod services;
pub mod sockets;

pub use document::{Policy, TlsVersion};
pub use keeper::{ApplyError, Kept, PROBATION_S, Policies, Probation};
pub use services::Service;
