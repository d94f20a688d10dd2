//! What can be wrong with content, said so that the author of a file finds the place.

use std::fmt;
use std::path::PathBuf;

/// A fault in a profile file. Displays as `socomec/x.toml:12: field `address`: what is wrong`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileError {
    /// The file, relative to the folder of profiles.
    pub file: String,
    /// Line, from 1, where the fault is.
    pub line: Option<usize>,
    /// Key of the faulty field, where there is one.
    pub field: Option<String>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        f.write_str(": ")?;
        if let Some(field) = &self.field {
            write!(f, "field `{field}`: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ProfileError {}

/// Content that cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// One or more profiles are wrong; all of them are listed.
    #[error("{}", list(.0))]
    Profiles(Vec<ProfileError>),
    /// The folder or a file in it cannot be read.
    #[error("read {path}: {source}")]
    Read {
        /// The path that failed.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// More files than a folder of profiles may hold.
    #[error("{path} holds more than {limit} profile files")]
    TooMany {
        /// The folder.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
}

fn list(errors: &[ProfileError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
