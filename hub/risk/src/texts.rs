//! A text of a framework: in the language that it was written in, and in those that it was translated into.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text in one or several languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    written: String,
    translated: BTreeMap<String, String>,
}

impl Texts {
    /// As it was written, and translations by language code.
    pub fn new(written: String, translated: BTreeMap<String, String>) -> Self {
        Self { written, translated }
    }

    /// In `language` (`fr`), or else as it was written.
    pub fn get(&self, language: &str) -> &str {
        self.translated.get(language).unwrap_or(&self.written)
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// The languages that it was translated into.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.translated.keys().map(String::as_str)
    }
}
