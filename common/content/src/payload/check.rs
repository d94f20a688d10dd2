//! From what a file says to what can be true: the checks that types cannot make.

use super::raw::{RawDecoder, RawElement, RawField, RawFrame, RawOrder, RawWhen};
use super::{About, Body, Decoder, Element, Field, Frame, Mark, Number, What, When};
use crate::ProfileId;
use crate::check::{Fault, fault};
use crate::number::parse_scale;
use haubert_model::{Decimal, Nature, Unit};
use toml::Spanned;

/// A LoRaWAN payload has at most 242 bytes.
const MAX_PAYLOAD: usize = 242;
const MAX_LOADS: u8 = 64;
const MAX_FRAMES: usize = 32;
const MAX_ELEMENTS: usize = 256;
const MAX_FIELDS: usize = 128;
const WEEK_MINUTES: u16 = 10_080;

pub(super) fn decoder(id: ProfileId, raw: RawDecoder) -> Result<Decoder, Fault> {
    if raw.source.get_ref().trim().is_empty() {
        return Err(fault(&raw.source, "source", "say where the format comes from"));
    }
    if raw.fluids.get_ref().is_empty() {
        return Err(fault(&raw.fluids, "fluids", "name at least one fluid"));
    }
    let loads = *raw.loads.get_ref();
    if !(1..=MAX_LOADS).contains(&loads) {
        return Err(fault(&raw.loads, "loads", format!("{loads} loads; a sensor has 1 to {MAX_LOADS}")));
    }
    let minutes = *raw.interval_minutes.get_ref();
    if !(1..=WEEK_MINUTES).contains(&minutes) {
        return Err(fault(&raw.interval_minutes, "interval_minutes", format!("between 1 and {WEEK_MINUTES}")));
    }
    if raw.frames.is_empty() || raw.frames.len() > MAX_FRAMES {
        let message = format!("{} frames; a decoder has 1 to {MAX_FRAMES}", raw.frames.len());
        return Err(Fault { span: None, field: "frames", message });
    }
    let frames: Result<Vec<Frame>, Fault> = raw.frames.into_iter().map(|one| frame(one, loads)).collect();
    Ok(Decoder {
        id,
        vendor: raw.vendor,
        model: raw.model,
        source: raw.source.into_inner(),
        verified: raw.verified,
        fluids: raw.fluids.into_inner(),
        usage_hint: raw.usage,
        loads,
        interval_s: u32::from(minutes) * 60,
        frames: frames?,
    })
}

fn frame(raw: Spanned<RawFrame>, loads: u8) -> Result<Frame, Fault> {
    let at = Spanned::new(raw.span(), ());
    let RawFrame { ports, when, order, fields, marked_by, elements } = raw.into_inner();
    let body = match (marked_by, fields.is_empty(), elements.is_empty()) {
        (None, false, true) if fields.len() <= MAX_FIELDS => {
            let fields: Result<Vec<Field>, Fault> = fields.into_iter().map(|one| field(one, loads, MAX_PAYLOAD, false)).collect();
            Body::Fixed(fields?)
        }
        (Some(marked_by), true, false) if elements.len() <= MAX_ELEMENTS => {
            let mut known: Vec<Element> = Vec::with_capacity(elements.len());
            for one in elements {
                let place = Spanned::new(one.span(), ());
                let one = element(one, marked_by, loads)?;
                if known.iter().any(|other| other.kind == one.kind && other.channel == one.channel) {
                    return Err(fault(&place, "elements", "this element is stated twice"));
                }
                known.push(one);
            }
            // An element of any channel must not hide one that names it.
            known.sort_by_key(|element| element.channel.is_none());
            Body::Elements { marked_by, known }
        }
        _ => return Err(fault(&at, "frames", "a frame has `fields`, or `marked_by` and `elements`; 1 to 128 or 1 to 256")),
    };
    Ok(Frame { ports, when: when.map(|when| condition(when, &at)).transpose()?, is_big: order == RawOrder::Big, body })
}

fn condition<T>(raw: RawWhen, at: &Spanned<T>) -> Result<When, Fault> {
    if raw.is.is_empty() || raw.is.iter().any(|value| value & !raw.mask != 0) {
        return Err(fault(at, "when", "name at least one value, within the mask"));
    }
    Ok(When { at: usize::from(raw.at), mask: raw.mask, is: raw.is })
}

fn element(raw: Spanned<RawElement>, marked_by: Mark, loads: u8) -> Result<Element, Fault> {
    let at = Spanned::new(raw.span(), ());
    let RawElement { channel, kind, length, fields } = raw.into_inner();
    if marked_by == Mark::Type && channel.is_some() {
        return Err(fault(&at, "channel", "elements that begin with a type have no channel"));
    }
    if fields.len() > MAX_FIELDS {
        return Err(fault(&at, "fields", format!("at most {MAX_FIELDS}")));
    }
    let by_channel = marked_by == Mark::ChannelAndType && channel.is_none();
    let length = usize::from(length);
    let fields: Result<Vec<Field>, Fault> = fields.into_iter().map(|one| field(one, loads, length, by_channel)).collect();
    Ok(Element { channel, kind, length, fields: fields? })
}

/// A field that lies within `room` bytes.
fn field(raw: Spanned<RawField>, loads: u8, room: usize, by_channel: bool) -> Result<Field, Fault> {
    let place = Spanned::new(raw.span(), ());
    let wrong = |field: &'static str, message: String| Err(fault(&place, field, message));
    let raw = raw.into_inner();
    let (what, unit) = match (raw.quantity, raw.own) {
        (Some(quantity), None) => (What::Quantity(quantity), quantity.unit()),
        (None, Some(About::BatteryPercent)) => (What::Own(About::BatteryPercent), Unit::Percent),
        (None, Some(About::BatteryVolts)) => (What::Own(About::BatteryVolts), Unit::Volt),
        _ => return wrong("quantity", "name either a quantity, or what the sensor says of itself".to_owned()),
    };
    // As in a device profile: the author says the unit, so that a scale for another one is seen.
    if raw.unit.unwrap_or(Unit::One) != unit {
        return wrong("unit", format!("must be {:?}: `scale` converts to it", unit.symbol()));
    }
    let (at, bytes) = (usize::from(raw.at), usize::from(raw.bytes));
    if !(1..=8).contains(&bytes) || at + bytes > room {
        return wrong("bytes", format!("1 to 8, within {room} bytes"));
    }
    if raw.number == Number::Float && bytes != 4 {
        return wrong("bytes", "a float has 4".to_owned());
    }
    let bits = if bytes == 8 { u64::MAX } else { (1u64 << (bytes * 8)) - 1 };
    if raw.mask & !bits != 0 || (raw.mask != 0 && raw.number != Number::Unsigned) {
        return wrong("mask", "bits of an unsigned number of this width".to_owned());
    }
    if raw.absent.iter().any(|pattern| pattern & !bits != 0) {
        return wrong("absent", "patterns of this width".to_owned());
    }
    let scale = match raw.scale.as_deref().map(parse_scale) {
        None => Decimal::new(1, 0),
        Some(Some(scale)) => scale,
        Some(None) => return wrong("scale", "decimal text between 1e-12 and 1e12, such as \"0.1\"".to_owned()),
    };
    if let What::Quantity(quantity) = what
        && quantity.nature() == Nature::State
        && scale != Decimal::new(1, 0)
    {
        return wrong("scale", "a state has none".to_owned());
    }
    let load = match raw.load {
        Some(_) if by_channel => return wrong("load", "an element of any channel tells the load by its channel".to_owned()),
        Some(load) if !(1..=loads).contains(&load) => return wrong("load", format!("between 1 and {loads}")),
        load => (!by_channel).then(|| load.unwrap_or(1)),
    };
    let when = raw.when.map(|when| condition(when, &place)).transpose()?;
    Ok(Field { what, load, at, bytes, number: raw.number, scale, mask: raw.mask, absent: raw.absent, when })
}
