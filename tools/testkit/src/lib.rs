//! Starts the real programs, each in a folder of its own and on free ports, and speaks to them as a browser would.
//!
//! The whole-system tests and the demo use it. Nothing here is shipped.

// It reads only what it or a program under test wrote.
#![allow(clippy::disallowed_methods)]

mod api;
mod peers;
mod program;
mod until;

pub use api::{Answer, Api};
pub use peers::{LibmodbusServer, PymodbusServer, mbpoll, tools_dir};
pub use program::{Error, Program, bin_dir};
pub use until::until;
