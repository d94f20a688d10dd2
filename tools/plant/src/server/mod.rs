//! The rim: sockets, pseudo-terminals and the control channel.

pub(crate) mod control;
mod frame;
pub(crate) mod serial;
pub(crate) mod tcp;
