//! What objects of measured values say now: a value, and how far it is to be trusted. Pure.

use crate::model::{Device, What};
use crate::site::Facts;
use crate::units::{Shown, exact, rounded};
use crate::wire::tag::Writer;
use haubert_model::{Quality, Quantity, Reading, Reason};

/// `BACnetReliability`.
const NO_FAULT: u32 = 0;
const OVER_RANGE: u32 = 2;
const UNRELIABLE: u32 = 7;
const COMMUNICATION_FAILURE: u32 = 12;

/// What is said of a point at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Said {
    /// In the unit that is shown; not a number while there is none: an old one, or a zero, would pass for measured.
    pub(crate) value: f64,
    /// `BACnetReliability`.
    pub(crate) reliability: u32,
}

impl Said {
    /// In alarm, fault, overridden, out of service.
    pub(crate) const fn flags(&self) -> [bool; 4] {
        [false, self.reliability != NO_FAULT, false, false]
    }
}

fn said(reading: Option<Reading>, shown: Shown) -> Said {
    let usable = reading.filter(|reading| reading.quality() != Quality::Bad);
    let value = usable.and_then(|reading| reading.value).map(|value| value.to_f64() / shown.divisor);
    let reliability = match reading.map(|reading| (reading.quality(), reading.reason)) {
        Some((Quality::Good, _)) => NO_FAULT,
        Some((_, Reason::OutOfRange)) => OVER_RANGE,
        Some((Quality::Uncertain, _)) => UNRELIABLE,
        Some((_, Reason::NotAvailable | Reason::NotANumber | Reason::Refused)) => UNRELIABLE,
        Some(_) | None => COMMUNICATION_FAILURE,
    };
    Said { value: value.unwrap_or(f64::NAN), reliability }
}

/// How an object that has a present value shows it.
pub(crate) fn shown(what: &What) -> Option<(u8, Quantity, Shown)> {
    match *what {
        What::Input(channel, quantity) => Some((channel, quantity, rounded(quantity))),
        What::Exact(channel, quantity) | What::State(channel, quantity) => Some((channel, quantity, exact(quantity))),
        What::Device | What::Log(_) => None,
    }
}

/// What an object's present value is now; `None` when it has none.
pub(crate) fn present(device: &Device, what: &What, facts: &dyn Facts) -> Option<Said> {
    let (channel, quantity, shown) = shown(what)?;
    Some(said(device.point(channel, quantity).and_then(|point| facts.reading(point)), shown))
}

/// Writes a present value as its object has it.
pub(crate) fn write_present<'w>(what: &What, said: &Said, writer: &'w mut Writer) -> &'w mut Writer {
    match what {
        What::Exact(..) => writer.double(said.value),
        // Not a number is no state; that it is not known stands in the flags.
        What::State(..) => writer.enumerated(u32::from(said.value > 0.0)),
        _ => writer.real(said.value as f32),
    }
}
