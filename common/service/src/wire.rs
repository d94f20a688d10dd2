//! Shapes that every answer shares: times as RFC 3339 text, lists with a cursor.

use haubert_model::Timestamp;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// A time as the API writes it: `2026-11-21T10:00:00.000Z`. Read also as milliseconds since the epoch, which charts have at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = if self.0.as_millis() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let time = jiff::Timestamp::from_millisecond(self.0.as_millis()).unwrap_or(limit);
        write!(f, "{time:.3}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time in RFC 3339 or milliseconds since 1970")
            }
            fn visit_i64<E: de::Error>(self, ms: i64) -> Result<Time, E> {
                Ok(Time(Timestamp(ms)))
            }
            fn visit_u64<E: de::Error>(self, ms: u64) -> Result<Time, E> {
                i64::try_from(ms).map(|ms| Time(Timestamp(ms))).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                if let Ok(ms) = text.parse::<i64>() {
                    return Ok(Time(Timestamp(ms)));
                }
                text.parse::<jiff::Timestamp>()
                    .map(|time| Time(Timestamp(time.as_millisecond())))
                    .map_err(|_| E::custom("not a time in RFC 3339 (2026-11-21T10:00:00.000Z)"))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A page of a list. Routes name theirs by an alias (`type Zones = List<Zone>`): what utoipa writes for a generic body itself
/// does not compile beside some crates (`typed-path`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct List<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Give it back as `cursor` to read on; `null` on the last page.
    pub next_cursor: Option<String>,
}

impl<T: PartialSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(T::schema()).description(Some("The items of this page."));
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("Give it back as `cursor` to read on; `null` on the last page."));
        let list = ObjectBuilder::new().property("items", items).required("items");
        list.property("next_cursor", cursor).required("next_cursor").description(Some("A page of a list.")).into()
    }
}

impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> Cow<'static, str> {
        format!("List_{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T> List<T> {
    /// A list that fits in one page.
    pub const fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_milliseconds_and_read_both_ways() {
        let time = Time(Timestamp(1_795_255_200_000));
        let text = serde_json::to_string(&time).unwrap();
        assert_eq!(text, "\"2026-11-21T10:00:00.000Z\"");
        for form in [text.as_str(), "1795255200000", "\"1795255200000\"", "\"2026-11-21T11:00:00+01:00\""] {
            assert_eq!(serde_json::from_str::<Time>(form).unwrap(), time);
        }
        assert!(serde_json::from_str::<Time>("\"yesterday\"").is_err());
        assert!(!Time(Timestamp(i64::MAX)).to_string().is_empty());
    }
}
