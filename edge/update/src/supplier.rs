//! Whose releases are believed: the supplier's root, built in where a release was made with one (ADR 23).
//!
//! A root that is built in is as safe as the program that carries it, which the launcher proves at every start; and nobody replaces
//! it by replacing a file. So a configured root counts only for a build that has none: for development, and for whoever builds and
//! signs for himself.

use haubert_bundle::archive::MAX_METADATA;
use haubert_bundle::seal::bounded;
use std::io;
use std::path::Path;

static BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/supplier-root.json"));

/// The root that counts: the one built in, else the one in the file `configured`.
///
/// # Errors
/// What the system said of the file; `InvalidData` when it is larger than any root.
pub fn root(configured: &Path) -> io::Result<Vec<u8>> {
    choose(BUILT_IN, configured)
}

fn choose(built_in: &[u8], configured: &Path) -> io::Result<Vec<u8>> {
    if !built_in.is_empty() {
        return Ok(built_in.to_owned());
    }
    bounded(configured, MAX_METADATA)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn a_root_that_is_built_in_cannot_be_configured_away() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("root.json");
        assert_eq!(choose(b"", &file).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(&file, "configured").unwrap();
        assert_eq!(choose(b"", &file).unwrap(), b"configured");
        assert_eq!(choose(b"built in", &file).unwrap(), b"built in");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(choose(b"built in", &file).unwrap(), b"built in");
    }

    #[test]
    fn a_file_without_an_end_is_no_root() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("root.json");
        File::create(&file).unwrap().set_len(1 << 30).unwrap();
        assert_eq!(choose(b"", &file).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
