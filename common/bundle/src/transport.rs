//! Hands `tough` the metadata of a bundle.

use crate::Archive;
use crate::archive::MAX_METADATA;
use bytes::Bytes;
use futures_util::stream;
use tough::{Transport, TransportError, TransportErrorKind, TransportStream, async_trait};
use url::Url;

/// Base of the addresses that mean an entry of the bundle.
pub(crate) const BASE: &str = "bundle:///metadata/";

#[derive(Debug, Clone)]
pub(crate) struct FromArchive(pub(crate) Archive);

#[async_trait]
impl Transport for FromArchive {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        let unknown = || TransportError::new(TransportErrorKind::UnsupportedUrlScheme, &url);
        let name = url.as_str().strip_prefix("bundle:///").ok_or_else(unknown)?;
        match self.0.read(name, MAX_METADATA) {
            Ok(Some(bytes)) => Ok(Box::pin(stream::iter([Ok(Bytes::from(bytes))]))),
            Ok(None) => Err(TransportError::new(TransportErrorKind::FileNotFound, &url)),
            Err(error) => Err(TransportError::new_with_cause(TransportErrorKind::Other, &url, error)),
        }
    }
}
