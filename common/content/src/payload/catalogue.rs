//! The decoders that ship with Haubert.

use super::{Decoder, parse_decoder};
use crate::{ContentError, ProfileId};
use std::collections::BTreeMap;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../content/payload-decoders"]
struct Embedded;

/// Decoders by name.
#[derive(Debug, Clone, Default)]
pub struct DecoderCatalogue(BTreeMap<ProfileId, Decoder>);

impl DecoderCatalogue {
    /// The decoder of this name.
    pub fn get(&self, id: &ProfileId) -> Option<&Decoder> {
        self.0.get(id)
    }

    /// Every decoder, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Decoder> {
        self.0.values()
    }
}

/// The decoders that ship with Haubert.
///
/// # Errors
/// [`ContentError::Profiles`]; a test keeps it from happening in a released binary.
pub fn embedded_decoders() -> Result<DecoderCatalogue, ContentError> {
    let mut catalogue = DecoderCatalogue::default();
    let mut errors = Vec::new();
    for file in Embedded::iter().filter(|file| file.ends_with(".toml") && !file.ends_with(".samples.toml")) {
        let Some(content) = Embedded::get(&file) else { continue };
        match parse_decoder(&file, &String::from_utf8_lossy(&content.data)) {
            Ok(decoder) => drop(catalogue.0.insert(decoder.id.clone(), decoder)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(catalogue) } else { Err(ContentError::Profiles(errors)) }
}
