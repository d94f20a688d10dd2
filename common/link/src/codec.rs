//! CBOR, with nesting and size bounded: the bytes come from the other side.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Content type of every message.
pub const MEDIA_TYPE: &str = "application/vnd.haubert.link.v1+cbor";

/// Nested deeper than any message of ours.
const MAX_DEPTH: usize = 16;

/// A message could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// It could not be written.
    #[error("cannot write the message: {0}")]
    Encode(String),
    /// It is not the message that was expected.
    #[error("cannot read the message: {0}")]
    Decode(String),
    /// There are bytes after the message.
    #[error("there are bytes after the message")]
    Trailing,
}

/// A message as bytes.
///
/// # Errors
/// [`CodecError::Encode`].
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(message, &mut bytes).map_err(|error| CodecError::Encode(error.to_string()))?;
    Ok(bytes)
}

/// The message in `bytes`, whole. Fields that this version does not know are skipped.
///
/// # Errors
/// [`CodecError::Decode`] and [`CodecError::Trailing`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH)
        .map_err(|error| CodecError::Decode(error.to_string()))?;
    if rest.is_empty() { Ok(value) } else { Err(CodecError::Trailing) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{ChunksRequest, Hello};
    use proptest::prelude::*;

    #[test]
    fn trailing_bytes_and_deep_nesting_are_refused() {
        let mut bytes = encode(&1u8).unwrap();
        bytes.push(0);
        assert!(matches!(decode::<u8>(&bytes), Err(CodecError::Trailing)));
        assert!(matches!(decode::<Hello>(&[0x81; 100_000]), Err(CodecError::Decode(_))));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = decode::<Hello>(&bytes);
            let _ = decode::<ChunksRequest>(&bytes);
        }
    }
}
