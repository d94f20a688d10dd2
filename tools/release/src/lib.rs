//! The supplier's side of an update: keys, roots, signatures, the bundle, the list of components and of licences.
//!
//! It runs on the release machine (the root keys on another, without a network) and is never shipped.

// A tool of ours, run by us, that reads only our own files.
#![allow(clippy::disallowed_methods)]

pub mod keys;
pub mod licences;
pub mod publish;
pub mod root;
pub mod sbom;
pub mod supplier;

/// What went wrong, for the person at the terminal.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Version of the specification that the metadata follow.
const SPEC: &str = "1.0.0";
