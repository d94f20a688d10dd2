//! What a bus tells the rest of the gateway.

use crate::readout::Readout;
use crate::settings::DeviceState;
use haubert_model::{BusId, DeviceId, Timestamp};

/// Sent by a bus, in order. The channel is bounded: a bus whose events nobody takes waits, and memory does not grow.
#[derive(Debug, Clone, PartialEq)]
pub enum BusEvent {
    /// A device was read.
    Readout(Readout),
    /// A device's state changed.
    DeviceState {
        /// The device.
        device: DeviceId,
        /// Its new state.
        state: DeviceState,
    },
    /// Something that the operator may want to know.
    Event {
        /// When.
        at: Timestamp,
        /// The bus.
        bus: BusId,
        /// The device, when it is about one.
        device: Option<DeviceId>,
        /// What.
        code: EventCode,
        /// More, for people; empty when there is nothing to add.
        detail: String,
    },
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventCode {
    /// The line cannot be opened, or broke and cannot be opened again.
    BusDown,
    /// The line is open again.
    BusUp,
    /// A device that answered does not any more.
    DeviceOffline,
    /// A device answers again.
    DeviceOnline,
    /// A device refused a range; it is read in other ranges from now on.
    RangeRefused,
    /// A device's profile is not in the catalogue.
    ProfileUnknown,
}

impl EventCode {
    /// The stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BusDown => "bus_down",
            Self::BusUp => "bus_up",
            Self::DeviceOffline => "device_offline",
            Self::DeviceOnline => "device_online",
            Self::RangeRefused => "range_refused",
            Self::ProfileUnknown => "profile_unknown",
        }
    }
}
