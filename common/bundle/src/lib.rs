//! A release in one file, and whether it may be believed.
//!
//! A *bundle* is a tar archive ([`archive`]) of a repository of The Update Framework: signed metadata and the files they name.
//! [`verify`] walks the metadata with `tough`, from a root that is known already ([`known`]) to the files' hashes, and refuses
//! with a code of its own for each kind of attack ([`Refusal`]). [`seal`] proves later, at every start, that an unpacked release
//! is still what was signed. Nothing here writes anywhere but into the folder of what is known.

pub mod archive;
mod diagnose;
pub mod known;
mod refusal;
mod release;
pub mod seal;
mod transport;
mod verify;

pub use archive::Archive;
pub use known::Known;
pub use refusal::Refusal;
pub use release::{Release, Version};
pub use verify::{Installed, TargetFile, Verified, label, verify};

/// Name of the target that describes the release.
pub const RELEASE: &str = "release.json";
/// Name of the target that lists components (CycloneDX).
pub const SBOM: &str = "sbom.cdx.json";
/// Name of the target that lists licences.
pub const LICENCES: &str = "licences.json";

/// SHA-256 in lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _never = write!(text, "{byte:02x}");
        text
    })
}
