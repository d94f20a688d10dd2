//! Libraries: the YAML format in which CISO Assistant's users know frameworks, and keep their own.
//!
//! A library comes from outside: its size, its depth and its aliases are bounded before anything is made of it, and what does not
//! hang together is refused with the name of the node. Keys that this program does not know are left alone, because newer
//! libraries have more of them.

mod build;
mod licence;
#[cfg(test)]
mod tests;
mod wire;

pub use licence::Licence;

use crate::framework::Framework;
use crate::texts::Texts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Largest library accepted, in bytes: the largest public one has 3.5 million.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Most nodes of a framework: the largest public one has 5,880.
const MAX_NODES: usize = 20_000;

/// How one requirement stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// Everything of it is in the other.
    Subset,
    /// Everything of the other is in it.
    Superset,
    /// Both are the same.
    Equal,
    /// They have something in common.
    Intersect,
}

/// A requirement and another in another framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// In the source framework.
    pub source: String,
    /// In the target framework.
    pub target: String,
    /// How the first stands to the second.
    pub relationship: Relationship,
}

/// Which requirements of two frameworks belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingSet {
    /// Names it.
    pub urn: String,
    /// Its title.
    pub name: String,
    /// Urn of the source framework.
    pub source: String,
    /// Urn of the target framework.
    pub target: String,
    /// Pairs.
    pub mappings: Vec<Mapping>,
}

/// A library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Names it everywhere and for ever.
    pub urn: String,
    /// Short name.
    pub ref_id: String,
    /// Language that it was written in.
    pub locale: String,
    /// Title.
    pub name: Texts,
    /// What it is.
    pub description: Texts,
    /// Whose it is and what may be done with it, as the library says.
    pub copyright: Texts,
    /// Counts up.
    pub version: u64,
    /// Who wrote what is in it.
    pub provider: Option<String>,
    /// Who put it into this form.
    pub packager: Option<String>,
    /// Its framework, when it has one.
    pub framework: Option<Framework>,
    /// Its mappings.
    pub mappings: Vec<MappingSet>,
}

impl Library {
    /// Whose it is and what may be done with it, when it says so; in `language`, or else as it was written.
    pub fn copyright_in(&self, language: &str) -> Option<String> {
        let said = self.copyright.get(language);
        (!said.is_empty()).then(|| said.to_owned())
    }

    /// What it says of its licence.
    pub fn licence(&self) -> Licence {
        Licence::of(self.copyright.written())
    }

    /// Languages that it was written in and translated into.
    pub fn languages(&self) -> BTreeSet<String> {
        let framework = self.framework.iter().flat_map(|framework| framework.name.languages());
        framework.chain(self.name.languages()).chain([self.locale.as_str()]).map(str::to_owned).collect()
    }
}

/// Why a library is refused.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// More than [`MAX_BYTES`].
    #[error("the library is too large: at most {MAX_BYTES} bytes")]
    TooLarge,
    /// Not YAML, or not of this form. The text says where.
    #[error("not a library: {0}")]
    Unreadable(String),
    /// More than this program takes.
    #[error("{what}: at most {most}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// What does not hang together.
    #[error("{at}: {reason}")]
    Inconsistent {
        /// Which object, by its urn.
        at: String,
        /// What is wrong.
        reason: String,
    },
}

/// Reads a library.
///
/// # Errors
/// [`LibraryError`].
pub fn read(text: &str) -> Result<Library, LibraryError> {
    if text.len() > MAX_BYTES {
        return Err(LibraryError::TooLarge);
    }
    build::library(wire::parse(text)?)
}
