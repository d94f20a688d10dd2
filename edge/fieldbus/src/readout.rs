//! What one turn of a device brought, as columns: at a hundred thousand values each second, what all turns have in common must
//! not be said with each value.

use haubert_model::{Decimal, DeviceId, PointRef, Quality, Quantity, Reading, Reason, Timestamp};
use std::sync::Arc;

/// Points by load (from 1) and quantity, in the order of the values of a turn. Turns that read alike share one, so that the same
/// place in memory means the same order.
pub type Points = Arc<[(u8, Quantity)]>;

/// A value, or the lack of one, for each point of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Readout {
    /// The device.
    pub device: DeviceId,
    /// The instant that the turn was scheduled for if it kept it, else its end.
    pub at: Timestamp,
    /// Which points.
    pub points: Points,
    /// In their order.
    pub values: Vec<Taken>,
}

/// What was read of one point, or why nothing was: 24 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// When the answer that carried it arrived.
    pub at: Timestamp,
    mantissa: i64,
    exponent: i8,
    /// Why it is as good as it is.
    pub reason: Reason,
    missing: bool,
}

const _: () = assert!(size_of::<Taken>() == 24);

impl Taken {
    /// A usable value; the reason may reserve its quality.
    pub const fn measured(value: Decimal, at: Timestamp, reason: Reason) -> Self {
        Self { at, mantissa: value.mantissa, exponent: value.exponent, reason, missing: false }
    }

    /// No usable value, because of `reason`.
    pub const fn missing(at: Timestamp, reason: Reason) -> Self {
        Self { at, mantissa: 0, exponent: 0, reason, missing: true }
    }

    /// The value, in the quantity's unit.
    pub const fn value(&self) -> Option<Decimal> {
        if self.missing { None } else { Some(Decimal::new(self.mantissa, self.exponent)) }
    }

    /// Whether there is no value.
    pub const fn is_missing(&self) -> bool {
        self.missing
    }

    /// How far to trust it.
    pub const fn quality(&self) -> Quality {
        if self.missing { Quality::Bad } else { self.reason.quality() }
    }

    /// As the reading of a point.
    pub const fn of(&self, point: PointRef) -> Reading {
        Reading { point, value: self.value(), at: self.at, reason: self.reason }
    }
}

impl Readout {
    /// Readings of one device, as a turn of their own order.
    pub fn of(device: DeviceId, at: Timestamp, readings: &[Reading]) -> Self {
        let points = readings.iter().map(|reading| (reading.point.channel, reading.point.quantity)).collect();
        let taken = |reading: &Reading| match reading.value {
            Some(value) => Taken::measured(value, reading.at, reading.reason),
            None => Taken::missing(reading.at, reading.reason),
        };
        Self { device, at, points, values: readings.iter().map(taken).collect() }
    }

    /// With the point beside each value.
    pub fn readings(&self) -> impl Iterator<Item = Reading> + '_ {
        self.points.iter().zip(&self.values).map(|((channel, quantity), taken)| {
            taken.of(PointRef { device: self.device, channel: *channel, quantity: *quantity })
        })
    }
}
