//! Values as the protocol carries them.

use haubert_model::{Decimal, Timestamp};
use jiff::tz::TimeZone;

/// Longest text, in bytes: that of `SnmpAdminString`.
const MAX_TEXT: usize = 255;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// `INTEGER`, `Integer32`.
    Integer(i32),
    /// `Gauge32`, `Unsigned32`.
    Unsigned(u32),
    /// `Counter64`.
    Counter(u64),
    /// `TimeTicks`.
    Ticks(u32),
    /// `OCTET STRING`.
    Bytes(Vec<u8>),
    /// `OBJECT IDENTIFIER`.
    Oid(Vec<u32>),
}

impl Datum {
    /// A text, cut at a letter where it is too long.
    pub fn text(text: &str) -> Self {
        let mut end = text.len().min(MAX_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self::Bytes(text.get(..end).unwrap_or_default().as_bytes().to_vec())
    }

    /// `TruthValue`.
    pub const fn truth(holds: bool) -> Self {
        Self::Integer(if holds { 1 } else { 2 })
    }

    /// `DateAndTime` (RFC 2579), UTC; `None` for a year that it cannot say.
    pub fn date(at: Timestamp) -> Option<Self> {
        let at = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?.to_zoned(TimeZone::UTC);
        let [high, low] = u16::try_from(at.year()).ok()?.to_be_bytes();
        let part = |part: i8| u8::try_from(part).ok();
        let tenths = u8::try_from(at.millisecond() / 100).ok()?;
        let (month, day, hour) = (part(at.month())?, part(at.day())?, part(at.hour())?);
        Some(Self::Bytes(vec![high, low, month, day, hour, part(at.minute())?, part(at.second())?, tenths, b'+', 0, 0]))
    }
}

/// In decimal notation, with all digits: −1234 × 10⁻² is `-12.34`.
pub fn plain(value: Decimal) -> String {
    let Decimal { mantissa, exponent } = value;
    if mantissa == 0 || exponent == 0 {
        return mantissa.to_string();
    }
    let places = usize::from(exponent.unsigned_abs());
    if exponent > 0 {
        return format!("{mantissa}{}", "0".repeat(places));
    }
    let sign = if mantissa < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_those_of_rfc_2579() {
        // 1992-05-26 17:30:15.0 UTC
        let at = Timestamp(706_901_415_000);
        assert_eq!(Datum::date(at), Some(Datum::Bytes(vec![7, 200, 5, 26, 17, 30, 15, 0, b'+', 0, 0])));
        assert_eq!(Datum::date(Timestamp(i64::MAX)), None);
    }

    #[test]
    fn numbers_are_plain() {
        for (mantissa, exponent, text) in
            [(-1234, -2, "-12.34"), (5, -3, "0.005"), (0, -3, "0"), (12, 2, "1200"), (7, 0, "7"), (-5, -1, "-0.5")]
        {
            assert_eq!(plain(Decimal::new(mantissa, exponent)), text);
        }
    }

    proptest! {
        #[test]
        fn a_text_is_cut_at_a_letter(text in ".{0,300}") {
            let Datum::Bytes(bytes) = Datum::text(&text) else { unreachable!() };
            prop_assert!(bytes.len() <= MAX_TEXT && text.starts_with(std::str::from_utf8(&bytes).unwrap()));
        }

        #[test]
        fn a_plain_number_is_the_number(mantissa: i64, exponent in -12i8..6) {
            let value = Decimal::new(mantissa, exponent);
            let read: f64 = plain(value).parse().unwrap();
            prop_assert!((read - value.to_f64()).abs() <= read.abs() * 1e-12);
        }
    }
}
