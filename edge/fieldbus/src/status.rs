//! The diagnostics of a bus, as shown to people.

use crate::plan::RefusedRange;
use crate::settings::{BusState, DeviceState, Line};
use crate::stats::{RoundTrip, Totals};
use haubert_model::{BusId, DeviceId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A bus at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BusStatus {
    /// Identity.
    pub id: BusId,
    /// Shown name.
    pub name: String,
    /// How it is reached.
    pub line: Line,
    /// Health.
    pub state: BusState,
    /// When it last changed.
    pub since: Timestamp,
    /// Requests per second, over the last ten.
    pub requests_per_s: f64,
    /// Values per second.
    pub values_per_s: f64,
    /// Failed requests per second.
    pub errors_per_s: f64,
    /// Counts since the start.
    pub totals: Totals,
    /// Round trips of the latest answers.
    pub round_trip_ms: Option<RoundTrip>,
    /// Time lost before a request that was already due, beyond the silence that the line must keep.
    pub scheduling_ms: Option<RoundTrip>,
    /// How late turns began, after the instant that they were scheduled for.
    pub lateness_ms: Option<RoundTrip>,
    /// Share of time in which the line was taken, 0 to 1.
    pub bus_load: f64,
    /// Share of time that useful answers would have taken of a perfect line with devices that do not think, 0 to 1; serial
    /// lines only. 1 means no hole, no repetition, no pause.
    pub utilisation: Option<f64>,
    /// Time that one round of all devices takes.
    pub cycle_ms: Option<u64>,
    /// Its devices, in the order of their units.
    pub devices: Vec<DeviceStatus>,
}

/// A device at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DeviceStatus {
    /// Identity.
    pub id: DeviceId,
    /// Shown name.
    pub name: String,
    /// Modbus unit id.
    pub unit: u8,
    /// Health.
    pub state: DeviceState,
    /// When it last answered.
    pub last_ok_at: Option<Timestamp>,
    /// Requests sent.
    pub requests: u64,
    /// Failed ones.
    pub errors: ErrorCounts,
    /// Round trips of its latest answers.
    pub round_trip_ms: Option<RoundTrip>,
    /// Of these, what neither wire nor silence took: what the device takes to answer.
    pub think_ms: Option<RoundTrip>,
    /// Unneeded registers that are read between two values to spare a request.
    pub gap: u16,
    /// Failed rounds in a row.
    pub consecutive_failures: u32,
    /// When it is asked again, while it does not answer.
    pub next_try_at: Option<Timestamp>,
    /// How many ranges it refused.
    pub refused_ranges: usize,
    /// Ranges that it refused and that are avoided.
    pub refused: Vec<RefusedRange>,
    /// Each value is asked for on its own: so it is set, or so the device wants it.
    pub one_request_per_value: bool,
}

impl DeviceStatus {
    /// A device of which nothing is known yet.
    pub(crate) fn new(id: DeviceId, name: String, unit: u8, state: DeviceState) -> Self {
        Self {
            id,
            name,
            unit,
            state,
            last_ok_at: None,
            requests: 0,
            errors: ErrorCounts::default(),
            round_trip_ms: None,
            think_ms: None,
            gap: 0,
            consecutive_failures: 0,
            next_try_at: None,
            refused_ranges: 0,
            refused: Vec::new(),
            one_request_per_value: false,
        }
    }
}

/// Failed requests by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorCounts {
    /// No answer in time.
    pub timeouts: u64,
    /// Wrong CRC.
    pub crc: u64,
    /// Refused.
    pub exceptions: u64,
    /// Damaged otherwise.
    pub malformed: u64,
}
