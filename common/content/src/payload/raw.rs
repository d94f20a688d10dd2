//! The file format, field by field. Semantic checks are in `check`; here is only what TOML and serde can say.
//! Doc comments of this file are the descriptions in the JSON Schema.

use super::{About, Mark, Number};
use haubert_model::{Fluid, Quantity, Unit, Usage};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// A Haubert payload decoder: how one model of sensor packs its values.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Payload decoder")]
pub(super) struct RawDecoder {
    /// Maker.
    pub(super) vendor: String,
    /// Model or models that send the same.
    pub(super) model: String,
    /// Where the format comes from: document, repository.
    #[schemars(with = "String")]
    pub(super) source: Spanned<String>,
    /// True when each field was checked against the maker's own document or a real device.
    #[serde(default)]
    pub(super) verified: bool,
    /// What may flow where it measures; the first is proposed.
    #[schemars(with = "Vec<Fluid>")]
    pub(super) fluids: Spanned<Vec<Fluid>>,
    /// Usage proposed when a sensor is taken in.
    pub(super) usage: Option<Usage>,
    /// Loads that it can have, 1 to 64.
    #[schemars(with = "u8")]
    #[serde(default = "one")]
    pub(super) loads: Spanned<u8>,
    /// Usual time between two uplinks as shipped, in minutes, 1 to 10080.
    #[schemars(with = "u16")]
    pub(super) interval_minutes: Spanned<u16>,
    /// Shapes of payload; the first that fits is read.
    #[schemars(with = "Vec<RawFrame>")]
    pub(super) frames: Vec<Spanned<RawFrame>>,
}

fn one() -> Spanned<u8> {
    Spanned::new(0..0, 1)
}

/// One shape of payload: either `fields` at fixed places, or `elements` one after the other.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFrame {
    /// LoRaWAN ports; any when absent.
    #[serde(default)]
    pub(super) ports: Vec<u8>,
    /// Condition on a byte of the payload.
    pub(super) when: Option<RawWhen>,
    /// Which byte of a number comes first.
    pub(super) order: RawOrder,
    /// Numbers at fixed places.
    #[serde(default)]
    #[schemars(with = "Vec<RawField>")]
    pub(super) fields: Vec<Spanned<RawField>>,
    /// What an element begins with.
    pub(super) marked_by: Option<Mark>,
    /// Elements that are known; the first that is not ends the reading.
    #[serde(default)]
    #[schemars(with = "Vec<RawElement>")]
    pub(super) elements: Vec<Spanned<RawElement>>,
}

/// Which byte of a number comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawOrder {
    /// The most significant.
    Big,
    /// The least significant.
    Little,
}

/// A condition on one byte: masked, it is one of these.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWhen {
    /// Which byte, from 0.
    pub(super) at: u8,
    /// Bits that count.
    #[serde(default = "all_bits")]
    pub(super) mask: u8,
    /// What they may be.
    pub(super) is: Vec<u8>,
}

const fn all_bits() -> u8 {
    0xFF
}

/// An element: channel and type, and what follows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawElement {
    /// Its channel; any when absent: the load is then the channel's number plus one.
    pub(super) channel: Option<u8>,
    /// Its type.
    #[serde(rename = "type")]
    pub(super) kind: u8,
    /// Bytes that follow channel and type.
    pub(super) length: u8,
    /// Numbers in these bytes; none when it is only to be passed over.
    #[serde(default)]
    #[schemars(with = "Vec<RawField>")]
    pub(super) fields: Vec<Spanned<RawField>>,
}

/// A number within the bytes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    /// What is measured.
    pub(super) quantity: Option<Quantity>,
    /// What the sensor says of itself instead.
    pub(super) own: Option<About>,
    /// Unit of value × scale: always the quantity's own.
    pub(super) unit: Option<Unit>,
    /// Load, from 1; 1 when absent.
    pub(super) load: Option<u8>,
    /// First byte, from 0, of the payload or of the element's data.
    #[serde(default)]
    pub(super) at: u8,
    /// How many, 1 to 8.
    pub(super) bytes: u8,
    /// How they are a number.
    #[serde(default = "unsigned")]
    pub(super) number: Number,
    /// Value is number × scale; decimal text, `"1"` when absent.
    pub(super) scale: Option<String>,
    /// Bits of an unsigned number that count, moved to the right.
    #[serde(default)]
    pub(super) mask: u64,
    /// Bit patterns that say that there is no value.
    #[serde(default)]
    pub(super) absent: Vec<u64>,
    /// The field is there only under this condition; its byte counts as `at` does.
    pub(super) when: Option<RawWhen>,
}

const fn unsigned() -> Number {
    Number::Unsigned
}
