//! The identity of a sensor's radio.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The 64-bit identity that a maker gives to a LoRaWAN device; written as sixteen hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DevEui(pub u64);

/// The text is not sixteen hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a DevEUI has sixteen hexadecimal digits")]
pub struct NotADevEui;

impl fmt::Display for DevEui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for DevEui {
    type Err = NotADevEui;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotADevEui);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| NotADevEui)
    }
}

impl Serialize for DevEui {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DevEui {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for DevEui {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("Identity of a LoRaWAN device: sixteen hexadecimal digits."))
            .pattern(Some("^[0-9a-f]{16}$"))
            .build()
            .into()
    }
}

impl utoipa::ToSchema for DevEui {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_digits_and_nothing_else() {
        let eui: DevEui = "A84041ffff1234Ab".parse().unwrap();
        assert_eq!(eui.to_string(), "a84041ffff1234ab");
        for wrong in ["", "a84041ffff1234a", "a84041ffff1234abc", "+84041ffff1234ab", "a84041ffff1234ag", "a84041ffff1234é"] {
            assert_eq!(wrong.parse::<DevEui>(), Err(NotADevEui), "{wrong}");
        }
    }
}
