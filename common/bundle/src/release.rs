//! What a release says of itself. It is a signed target like the others.

use crate::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A version: three numbers, compared in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(pub u32, pub u32, pub u32);

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: Option<&str>| {
            let part = part.filter(|part| !part.is_empty() && part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit()));
            part.filter(|part| part.len() == 1 || !part.starts_with('0')).and_then(|part| part.parse().ok())
        };
        let mut parts = text.split('.');
        match (number(parts.next()), number(parts.next()), number(parts.next()), parts.next()) {
            (Some(major), Some(minor), Some(patch), None) => Ok(Self(major, minor, patch)),
            _ => Err(format!("{text:?} is not a version such as 1.2.3")),
        }
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The content of `release.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Program, such as `haubert-gateway`.
    pub product: String,
    /// Its version.
    pub version: Version,
    /// Processor, as Rust names it: `x86_64`, `aarch64`.
    pub architecture: String,
    /// Day of the release, `2026-11-22`.
    pub released_on: String,
    /// What is new, by language (`en`, `fr`), in plain text.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
}

impl Release {
    /// Reads the file, of at most [`Self::MAX_BYTES`].
    ///
    /// # Errors
    /// [`Refusal::Damaged`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(bytes).map_err(|error| Refusal::Damaged(format!("{}: {error}", crate::RELEASE)))
    }

    /// Longest description read, in bytes.
    pub const MAX_BYTES: u64 = 256 * 1024;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number_and_have_one_spelling() {
        let version = |text: &str| text.parse::<Version>();
        assert!(version("0.10.0").unwrap() > version("0.9.9").unwrap());
        for bad in ["1.2", "1.2.3.4", "01.2.3", "1.2.x", "1..3", "1.2.9999999999", "-1.2.3", ""] {
            assert!(version(bad).is_err(), "{bad}");
        }
        assert_eq!(version("4.5.6").unwrap().to_string(), "4.5.6");
    }
}
