//! Two slots, of which one runs.
//!
//! A release lives in a folder of its own, a *slot*. An update fills the slot that does not run, proves it, and lets it run on
//! probation; only what has shown itself healthy stays, anything else gives way to the slot before, whatever happens meanwhile.
//! [`state`] is the pure rule, [`slots`] the folders on disk, [`launch`] the small parent process that starts what is due,
//! [`supplier`] says whose releases are believed.

pub mod launch;
pub mod slots;
pub mod state;
pub mod supplier;

pub use slots::{InstallError, Slots};
pub use state::{Kind, Past, Reason, Slot, State, Tampered, Trial};

/// Exit code with which a program asks its launcher to be started again (`EX_TEMPFAIL`).
pub const START_AGAIN: i32 = 75;
