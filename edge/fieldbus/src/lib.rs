//! Meters in: masters of Modbus TCP, RTU and RTU over TCP.
//!
//! Pure parts decide ([`map`]: which values; [`plan`]: which requests; `schedule`: whose turn; `round`: what the answers mean), thin parts act
//! ([`transport`]: one request on one line; [`master`]: one task per bus). Everything else, [`identify()`], [`discovery`] and
//! [`test_device()`], is written against [`Ask`], so that it works on a line of its own and through a running bus alike.
//!
//! Own transports instead of a client crate: those at hand take late answers for the next one, have no time-outs, and give up
//! on noise (see `docs/past-vulnerabilities.md`). Nothing ever writes to a device, save the command that moves the window of a
//! device's own log and what the operator's list lets masters write, where he allows it: a [`Question`] can say nothing else.

pub mod ask;
pub mod backoff;
pub mod discovery;
pub mod event;
pub mod group;
pub mod identify;
pub mod image;
pub mod logs;
pub mod map;
pub mod master;
pub mod memory;
mod orders;
pub mod plan;
pub mod question;
pub mod readout;
pub mod round;
pub mod schedule;
pub mod settings;
pub mod stats;
pub mod status;
pub mod test_device;
pub mod transport;
pub mod urgency;
pub mod writable;

pub use ask::{Ask, BusLine, DirectLine};
pub use discovery::{Discovery, DiscoverySettings, Found, Progress, ProgressState};
pub use event::{BusEvent, EventCode};
pub use group::{Group, Periods};
pub use identify::{Identified, IdentifiedBy, Patience, Place, Presence, identify, settle};
pub use image::Images;
pub use master::{Bus, BusHandle, Commons};
pub use memory::{Memory, Refusals};
pub use plan::RefusedRange;
pub use question::{Allowed, Question, Writes};
pub use readout::{Points, Readout, Taken};
pub use settings::{BusSettings, BusState, DeviceOptions, DeviceSettings, DeviceState, Line, Parity};
pub use stats::{RoundTrip, Totals};
pub use status::{BusStatus, DeviceStatus, ErrorCounts};
pub use test_device::{TestError, TestPoint, TestReport, TestRequest, test_device};
pub use transport::{AskError, Gates, OpenError, Outcome};
pub use urgency::Urgency;
pub use writable::Writable;
