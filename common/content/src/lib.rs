//! Content: what Haubert knows about devices, as data and not as code.
//!
//! A device profile says where a model keeps its quantities (`content/device-profiles/<vendor>/<model>.toml`). Profiles are
//! embedded in the binary and can be added from a folder, so a new meter needs no Rust. The parser refuses what it does not
//! know and what cannot be true (addresses past 65535, a unit that is not the quantity's) and always names file, line and
//! field, because the person who reads the message wrote the file minutes ago.
//!
//! Sensors that are heard by radio have payload decoders instead (`content/payload-decoders`).
//!
//! The gateway decodes with a profile; the simulated plant encodes with the same one. Neither knows a model by name.

mod alternative;
mod catalogue;
mod check;
mod codec;
mod error;
mod identity;
mod kind;
mod locate;
mod log;
mod names;
mod number;
mod payload;
mod point;
mod profile;
mod raw;

pub use alternative::{Alternative, AlternativeOption, Growth, decide, is_telling, verdict};
pub use catalogue::{Catalogue, embedded, embedded_text, load_dir, load_dir_each};
pub use error::{ContentError, ProfileError};
pub use identity::{
    ClockBlock, ClockLayout, Identification, Identify, ModbusIdentity, ModbusMatch, SocomecIdentity, SunSpecIdentity,
};
pub use kind::{RegisterType, WordOrder};
pub use log::{LogBlock, LogHeader, LogRecords, LogWindow, PeriodMark};
pub use names::{NameBlock, TextLayout};
pub use number::parse_scale;
pub use payload::{
    About, Decoded, Decoder, DecoderCatalogue, MAX_DECODER_BYTES, Measured, Own, decoder_schema, embedded_decoders, parse_decoder,
};
pub use point::{ChannelSpec, Part, Point, ResolvedPoint};
pub use profile::{Addressing, Profile, ProfileId, ReadLimits, parse};

/// Largest profile file accepted, in bytes.
pub const MAX_PROFILE_BYTES: usize = 64 * 1024;

/// The JSON Schema of a profile file, as committed in `content/device-profiles/schema.json`.
pub fn profile_schema() -> String {
    let schema = schemars::schema_for!(raw::RawProfile);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
