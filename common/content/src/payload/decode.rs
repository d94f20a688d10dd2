//! Bytes → values. Pure, total, and bounded by the length of the payload.

use super::{About, Body, Decoder, Element, Field, Frame, Mark, Number, What, When};
use crate::codec::scaled;
use haubert_model::{Decimal, Quantity, Reason};

/// A value of one load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Load number within the sensor, from 1.
    pub load: u8,
    /// What.
    pub quantity: Quantity,
    /// In the quantity's unit, or why there is none.
    pub value: Result<Decimal, Reason>,
}

/// What the sensor said of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    /// What.
    pub about: About,
    /// In the unit that [`About`] names.
    pub value: Decimal,
}

/// What a payload says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Values, at most one for each load and quantity: of several the last.
    pub measured: Vec<Measured>,
    /// What the sensor said of itself.
    pub own: Vec<Own>,
    /// Bytes at the end that were not understood; all of them when no frame fits.
    pub left: usize,
}

impl Decoder {
    /// Reads a payload that came on `port`. Loads above the decoder's are left out.
    pub fn decode(&self, port: u8, payload: &[u8]) -> Decoded {
        let mut decoded = Decoded::default();
        match self.frames.iter().find(|frame| frame.fits(port, payload)) {
            Some(frame) => frame.read(payload, &mut decoded),
            None => decoded.left = payload.len(),
        }
        decoded.measured.retain(|one| (1..=self.loads).contains(&one.load));
        decoded
    }

    /// Whether any frame has this quantity.
    pub fn measures(&self, quantity: Quantity) -> bool {
        let has = |fields: &[Field]| fields.iter().any(|field| field.what == What::Quantity(quantity));
        self.frames.iter().any(|frame| match &frame.body {
            Body::Fixed(fields) => has(fields),
            Body::Elements { known, .. } => known.iter().any(|element| has(&element.fields)),
        })
    }
}

impl When {
    fn holds(&self, bytes: &[u8]) -> bool {
        bytes.get(self.at).is_some_and(|byte| self.is.contains(&(byte & self.mask)))
    }
}

impl Frame {
    fn fits(&self, port: u8, payload: &[u8]) -> bool {
        (self.ports.is_empty() || self.ports.contains(&port)) && self.when.as_ref().is_none_or(|when| when.holds(payload))
    }

    fn read(&self, payload: &[u8], decoded: &mut Decoded) {
        match &self.body {
            Body::Fixed(fields) => {
                let read = fields.iter().filter(|field| field.read(payload, self.is_big, None, decoded)).count();
                // Of a payload that is cut short at least one field is missing; what is there counts.
                if read == 0 {
                    decoded.left = payload.len();
                }
            }
            Body::Elements { marked_by, known } => {
                let mut rest = payload;
                while let Some(found) = next(*marked_by, known, rest) {
                    for field in &found.element.fields {
                        field.read(found.data, self.is_big, found.channel, decoded);
                    }
                    rest = found.after;
                }
                decoded.left = rest.len();
            }
        }
    }
}

/// An element that is known, where it stands.
struct Found<'a> {
    element: &'a Element,
    channel: Option<u8>,
    data: &'a [u8],
    after: &'a [u8],
}

/// The element at the head of `rest`.
fn next<'a>(marked_by: Mark, known: &'a [Element], rest: &'a [u8]) -> Option<Found<'a>> {
    let (channel, kind, body) = match (marked_by, rest) {
        (Mark::ChannelAndType, [channel, kind, body @ ..]) => (Some(*channel), *kind, body),
        (Mark::Type, [kind, body @ ..]) => (None, *kind, body),
        _ => return None,
    };
    let fits = |element: &&Element| element.kind == kind && (element.channel.is_none() || element.channel == channel);
    let element = known.iter().find(fits)?;
    let (data, after) = body.split_at_checked(element.length)?;
    Some(Found { element, channel, data, after })
}

impl Field {
    /// Adds what it says to `decoded`; `false` when its bytes are not there.
    fn read(&self, bytes: &[u8], is_big: bool, channel: Option<u8>, decoded: &mut Decoded) -> bool {
        if self.when.as_ref().is_some_and(|when| !when.holds(bytes)) {
            return false;
        }
        let Some(own) = bytes.get(self.at..).and_then(|rest| rest.get(..self.bytes)) else { return false };
        let push = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
        let bits = if is_big { own.iter().fold(0, push) } else { own.iter().rev().fold(0, push) };
        let value = self.value(bits);
        match self.what {
            What::Quantity(quantity) => {
                // Channel 255 has no load after it.
                let Some(load) = self.load.or_else(|| channel?.checked_add(1)) else { return true };
                decoded.measured.retain(|other| (other.load, other.quantity) != (load, quantity));
                decoded.measured.push(Measured { load, quantity, value });
            }
            What::Own(about) => {
                if let Ok(value) = value {
                    decoded.own.retain(|other| other.about != about);
                    decoded.own.push(Own { about, value });
                }
            }
        }
        true
    }

    fn value(&self, bits: u64) -> Result<Decimal, Reason> {
        if self.absent.contains(&bits) {
            return Err(Reason::NotAvailable);
        }
        let raw = match self.number {
            Number::Unsigned if self.mask != 0 => i128::from((bits & self.mask) >> self.mask.trailing_zeros()),
            Number::Unsigned => i128::from(bits),
            Number::Signed => {
                let above = 64 - 8 * u32::try_from(self.bytes).unwrap_or(8);
                i128::from(bits.checked_shl(above).unwrap_or(bits).cast_signed() >> above.min(63))
            }
            Number::Float => {
                let float = f64::from(f32::from_bits(u32::try_from(bits).unwrap_or(u32::MAX))) * self.scale.to_f64();
                if !float.is_finite() {
                    return Err(Reason::NotANumber);
                }
                let exponent = match self.what {
                    What::Quantity(quantity) => quantity.resolution_exponent(),
                    What::Own(_) => -2,
                };
                return Decimal::from_f64(float, exponent).map_err(|_| Reason::OutOfRange);
            }
        };
        scaled(raw, self.scale, 0)
    }
}
