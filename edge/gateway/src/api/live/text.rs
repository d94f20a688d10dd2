//! Newest values as JSON, written straight from readings: at a hundred thousand values a second to each screen, what a general
//! serialiser does for each of them (a key to be searched for what must be escaped, a shortest float) costs more than reading
//! them from the bus.

use super::{APART_MS, Remark};
use haubert_model::{Decimal, DeviceId, LoadId, Quantity, Reading, Reason, Timestamp};
use haubert_service::wire::Time;
use serde::Serialize;
use std::collections::BTreeMap;

/// Beyond this a number is written as a float; below, no float has another shortest form.
const EXACT: u64 = 1_000_000_000_000_000;

/// The text of a `Snapshot`, load by load.
pub(super) struct Text {
    out: String,
    loads: usize,
    occurs: [bool; Quantity::ALL.len()],
    /// The last time written: loads of a device mostly share it.
    time: (Timestamp, String),
}

impl Text {
    pub(super) fn new(now: Timestamp) -> Self {
        let mut text =
            Self { out: String::from("{\"at\":"), loads: 0, occurs: [false; Quantity::ALL.len()], time: (now, json(&Time(now))) };
        text.time(now);
        text.out.push_str(",\"items\":[");
        text
    }

    /// Bytes so far.
    pub(super) const fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether no load was added.
    pub(super) const fn is_empty(&self) -> bool {
        self.loads == 0
    }

    /// Adds a load by those of its readings that are wanted; nothing when there are none.
    pub(super) fn add<'a>(
        &mut self,
        (device, load, channel): (DeviceId, LoadId, u8),
        readings: impl Iterator<Item = &'a Reading> + Clone,
    ) {
        let Some(at) = readings.clone().map(|reading| reading.at).max() else { return };
        if self.loads > 0 {
            self.out.push(',');
        }
        self.loads += 1;
        let mut name = [0; uuid::fmt::Hyphenated::LENGTH];
        self.out.push_str("{\"device_id\":\"");
        self.out.push_str(device.0.hyphenated().encode_lower(&mut name));
        self.out.push_str("\",\"load_id\":\"");
        self.out.push_str(load.0.hyphenated().encode_lower(&mut name));
        self.out.push_str("\",\"channel\":");
        number(&mut self.out, Decimal::new(i64::from(channel), 0), "");
        self.out.push_str(",\"at\":");
        self.time(at);
        self.out.push_str(",\"values\":{");
        let (mut times, mut remarks) = (BTreeMap::new(), BTreeMap::new());
        for (at_first, reading) in std::iter::once(true).chain(std::iter::repeat(false)).zip(readings) {
            let quantity = reading.point.quantity;
            if let Some(occurs) = self.occurs.get_mut(quantity as usize) {
                *occurs = true;
            }
            self.out.push_str(if at_first { "\"" } else { ",\"" });
            // Codes are of letters, digits and underscores.
            self.out.push_str(quantity.code());
            self.out.push_str("\":");
            match reading.value {
                Some(value) => number(&mut self.out, value, ".0"),
                None => self.out.push_str("null"),
            }
            if at.ms_since(reading.at) >= APART_MS {
                times.insert(quantity, Time(reading.at));
            }
            if reading.value.is_none() || reading.reason != Reason::Measured {
                remarks.insert(quantity, Remark { quality: reading.quality(), reason: reading.reason });
            }
        }
        self.out.push_str("},\"times\":");
        self.map(&times);
        self.out.push_str(",\"remarks\":");
        self.map(&remarks);
        self.out.push('}');
    }

    /// The whole.
    pub(super) fn end(mut self) -> String {
        self.out.push_str("],\"units\":");
        let occurs = Quantity::ALL.iter().zip(self.occurs).filter(|(_, occurs)| *occurs);
        let units: BTreeMap<_, _> = occurs.map(|(quantity, _)| (*quantity, quantity.unit())).collect();
        self.map(&units);
        self.out.push('}');
        self.out
    }

    fn time(&mut self, at: Timestamp) {
        if self.time.0 != at {
            self.time = (at, json(&Time(at)));
        }
        self.out.push_str(&self.time.1);
    }

    fn map<T: Serialize>(&mut self, map: &BTreeMap<Quantity, T>) {
        if map.is_empty() {
            self.out.push_str("{}");
        } else {
            self.out.push_str(&json(map));
        }
    }
}

/// None of what is written here can fail to be.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The shortest digits of a number; `whole` follows those of a whole one.
fn number(out: &mut String, value: Decimal, whole: &str) {
    let magnitude = value.mantissa.unsigned_abs();
    if magnitude >= EXACT || !(-9..=0).contains(&value.exponent) {
        return out.push_str(&json(&value.to_f64()));
    }
    // From the last digit to the first; zeros at the end of a fraction are left out.
    let (mut rest, mut decimals) = (magnitude, value.exponent.unsigned_abs());
    while decimals > 0 && rest.is_multiple_of(10) {
        rest /= 10;
        decimals -= 1;
    }
    let mut digits = [b'0'; 24];
    let mut length = 0;
    for (spot, place) in digits.iter_mut().rev().zip(0u8..) {
        if decimals > 0 && place == decimals {
            *spot = b'.';
        } else {
            // Fifteen digits, a point and at most nine zeros before them: there is room for all.
            if rest == 0 && (place > decimals + u8::from(decimals > 0) || (decimals == 0 && place > 0)) {
                break;
            }
            *spot = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        length += 1;
    }
    if value.mantissa < 0 {
        out.push('-');
    }
    let text = digits.get(digits.len() - length..).and_then(|digits| std::str::from_utf8(digits).ok());
    out.push_str(text.unwrap_or_default());
    if decimals == 0 {
        out.push_str(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::PointRef;
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    fn written(mantissa: i64, exponent: i8) -> String {
        let mut out = String::new();
        number(&mut out, Decimal::new(mantissa, exponent), ".0");
        out
    }

    #[test]
    fn numbers_look_as_they_should() {
        let cases = [(0, 0), (0, -3), (7, 0), (-7, -1), (2300, -1), (-2305, -1), (5, -3), (120, -9), (9, 2)];
        let texts = ["0.0", "0.0", "7.0", "-0.7", "230.0", "-230.5", "0.005", "0.00000012", "900.0"];
        assert_eq!(cases.map(|(mantissa, exponent)| written(mantissa, exponent)), texts);
    }

    proptest! {
        #[test]
        fn a_number_reads_as_the_float_that_it_is(mantissa: i64, exponent in -12i8..6, small in -100_000i64..100_000) {
            for mantissa in [mantissa, small, mantissa >> 13] {
                let read: f64 = written(mantissa, exponent).parse().unwrap();
                prop_assert_eq!(read, Decimal::new(mantissa, exponent).to_f64());
            }
        }
    }

    #[test]
    fn a_load_is_told_with_what_is_unexpected_of_its_values() {
        let (device, load) = (DeviceId(Uuid::from_u128(1)), LoadId(Uuid::from_u128(2)));
        let point = |quantity| PointRef { device, channel: 3, quantity };
        let readings = [
            Reading::measured(point(Quantity::VoltageL1), Decimal::new(2305, -1), Timestamp(5_000), Reason::Measured),
            Reading::measured(point(Quantity::Frequency), Decimal::new(50, 0), Timestamp(3_000), Reason::Implausible),
            Reading::missing(point(Quantity::Volume), Timestamp(5_000), Reason::NoAnswer),
        ];
        let mut text = Text::new(Timestamp(6_000));
        assert!(text.is_empty());
        text.add((device, load, 3), [].iter());
        text.add((device, load, 3), readings.iter());
        text.add((device, load, 4), readings.iter().take(1));
        assert!(!text.is_empty());
        let said: serde_json::Value = serde_json::from_str(&text.end()).unwrap();
        assert_eq!((&said["at"], said["items"].as_array().unwrap().len()), (&json!("1970-01-01T00:00:06.000Z"), 2));
        assert_eq!(said["units"], json!({"voltage_l1": "V", "frequency": "Hz", "volume": "m³"}));
        let expected = json!({
            "device_id": device, "load_id": load, "channel": 3, "at": "1970-01-01T00:00:05.000Z",
            "values": {"voltage_l1": 230.5, "frequency": 50.0, "volume": null},
            "times": {"frequency": "1970-01-01T00:00:03.000Z"},
            "remarks": {
                "frequency": {"quality": "uncertain", "reason": "implausible"},
                "volume": {"quality": "bad", "reason": "no_answer"},
            },
        });
        assert_eq!(said["items"][0], expected);
        assert_eq!(said["items"][1]["channel"], 4);
    }
}
