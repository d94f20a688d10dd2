//! Polling at a fixed offered load: ours and its rivals take turns on the same simulated plant, within one run.
//!
//! The load is offered by a clock and not by a saturated loop, since such a loop measures the host's idle states. What was
//! read is counted at the simulator, so that nobody is believed about himself.

pub(crate) mod rtu;
pub(crate) mod tcp;
mod window;

pub(crate) use window::Window;
