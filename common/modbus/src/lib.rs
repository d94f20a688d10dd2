//! The Modbus codec: requests, responses and their two framings, as pure functions over bytes.
//!
//! No socket, no clock, no runtime: masters, servers, the simulator and fuzzing all stand on the same functions.
//! Written here rather than taken from a crate because every consumer needs what the crates at hand do not give: exceptions
//! in the order that the specification asks for instead of closed connections, hard length limits before anything is
//! allocated, and answers that are checked against the request they claim to answer.
//!
//! Source: *Modbus Application Protocol V1.1b3*, *Modbus Messaging on TCP/IP V1.0b*, *Modbus over Serial Line V1.02*.

mod cursor;
mod exception;
pub mod limits;
mod request;
mod response;
pub mod rtu;
pub mod tcp;

pub use exception::{ExceptionCode, exception_pdu};
pub use request::{Request, Table};
pub use response::{Malformed, Response, ResponseError};
