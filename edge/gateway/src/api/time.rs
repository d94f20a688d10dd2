//! Times on the wire: RFC 3339, UTC, milliseconds.

use haubert_model::Timestamp;
use serde::Serializer;

/// `2026-11-21T10:00:00.000Z`; times beyond the calendar are clamped to its ends.
pub fn text(at: Timestamp) -> String {
    let clamped = at.0.clamp(jiff::Timestamp::MIN.as_millisecond(), jiff::Timestamp::MAX.as_millisecond());
    let moment = jiff::Timestamp::from_millisecond(clamped).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{moment:.3}")
}

/// For `#[serde(serialize_with)]`.
pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*at))
}

/// For optional times.
pub fn serialize_option<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serialize(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// Reads a time given in a query.
pub fn parse(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|moment| Timestamp(moment.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip_with_milliseconds() {
        assert_eq!(text(Timestamp(1_763_715_600_000)), "2025-11-21T09:00:00.000Z");
        assert_eq!(parse("2025-11-21T10:00:00.250+01:00"), Some(Timestamp(1_763_715_600_250)));
        assert_eq!(parse("yesterday"), None);
    }
}
