//! How sensors pack their values into a few bytes: payload decoders, as data and not as code.
//!
//! A decoder (`content/payload-decoders/<vendor>/<model>.toml`) describes the frames of one model: fields at fixed places, or
//! elements that say by channel and type what they are. Reading is pure and total: whatever bytes a radio brings, there comes out
//! a list of values and how far they were understood.

mod catalogue;
mod check;
mod decode;
mod raw;

pub use catalogue::{DecoderCatalogue, embedded_decoders};
pub use decode::{Decoded, Measured, Own};

use crate::{ProfileError, ProfileId, locate};
use haubert_model::{Decimal, Fluid, Quantity, Usage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Largest decoder file accepted, in bytes.
pub const MAX_DECODER_BYTES: usize = 64 * 1024;

/// How one model's payloads are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoder {
    /// Its name: the path of its file without `.toml`, such as `milesight/em300-th`.
    pub id: ProfileId,
    /// Maker.
    pub vendor: String,
    /// Model or models that send the same.
    pub model: String,
    /// Where the format comes from.
    pub source: String,
    /// Whether each field was checked against the maker's own document or a real device.
    pub verified: bool,
    /// What may flow where it measures; the first is proposed.
    pub fluids: Vec<Fluid>,
    /// Usage proposed when a sensor is taken in.
    pub usage_hint: Option<Usage>,
    /// Loads that it can have; which of them, the site says.
    pub loads: u8,
    /// Usual time between two uplinks as the maker ships it, in s.
    pub interval_s: u32,
    frames: Vec<Frame>,
}

/// One shape of payload. The first that fits is read.
#[derive(Debug, Clone, PartialEq)]
struct Frame {
    /// LoRaWAN ports; any when empty.
    ports: Vec<u8>,
    when: Option<When>,
    is_big: bool,
    body: Body,
}

#[derive(Debug, Clone, PartialEq)]
enum Body {
    /// Fields at fixed places.
    Fixed(Vec<Field>),
    /// One element after the other.
    Elements { marked_by: Mark, known: Vec<Element> },
}

/// What an element begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mark {
    /// A byte of channel and a byte of type.
    ChannelAndType,
    /// A byte of type.
    Type,
}

#[derive(Debug, Clone, PartialEq)]
struct Element {
    /// `None`: any; then the channel tells the load.
    channel: Option<u8>,
    kind: u8,
    /// Bytes that follow channel and type.
    length: usize,
    fields: Vec<Field>,
}

/// A condition on one byte, counted from the beginning of the payload (of a field within an element: of its data).
#[derive(Debug, Clone, PartialEq)]
struct When {
    at: usize,
    mask: u8,
    is: Vec<u8>,
}

/// A number within the bytes.
#[derive(Debug, Clone, PartialEq)]
struct Field {
    what: What,
    /// Load, from 1; `None` within an element of any channel.
    load: Option<u8>,
    at: usize,
    bytes: usize,
    number: Number,
    scale: Decimal,
    /// Bits that count, moved to the right; all when 0.
    mask: u64,
    /// Bit patterns that say that there is no value.
    absent: Vec<u64>,
    when: Option<When>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Quantity(Quantity),
    Own(About),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Number {
    Unsigned,
    Signed,
    /// IEEE 754, four bytes.
    Float,
}

/// What a sensor says of itself rather than of what it measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// What is left in its battery, in percent.
    BatteryPercent,
    /// The voltage of its battery, in volts.
    BatteryVolts,
}

/// Reads a decoder. `file_name` is relative to the folder of decoders (`milesight/em300-th.toml`) and names it.
///
/// # Errors
/// [`ProfileError`] with file, line and field: not TOML, an unknown key, a wrong type, or something that cannot be true.
pub fn parse_decoder(file_name: &str, text: &str) -> Result<Decoder, ProfileError> {
    let whole = |message: String| ProfileError { file: file_name.to_owned(), line: None, field: None, message };
    let id = ProfileId::of_file(file_name).ok_or_else(|| {
        whole("a decoder is named by lower-case letters, digits and dashes, as in vendor/model.toml".to_owned())
    })?;
    if text.len() > MAX_DECODER_BYTES {
        return Err(whole(format!("{} bytes; a decoder has at most {MAX_DECODER_BYTES}", text.len())));
    }
    let raw: raw::RawDecoder = toml::from_str(text).map_err(|error| locate::from_toml(file_name, text, &error))?;
    check::decoder(id, raw).map_err(|fault| ProfileError {
        file: file_name.to_owned(),
        line: fault.span.map(|span| locate::line_of(text, span.start)),
        field: Some(fault.field.to_owned()),
        message: fault.message,
    })
}

/// The JSON Schema of a decoder file, as committed in `content/payload-decoders/schema.json`.
pub fn decoder_schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(raw::RawDecoder)).unwrap_or_default();
    text.push('\n');
    text
}
