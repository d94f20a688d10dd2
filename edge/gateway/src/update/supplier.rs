//! Whose releases are believed: the supplier's root, in a file that the gateway can read but not write.

use crate::config::UpdateConfig;
use std::path::PathBuf;

/// Where the root is.
#[derive(Debug, Clone)]
pub struct Supplier {
    file: PathBuf,
}

impl Supplier {
    /// As configured.
    pub fn of(config: &UpdateConfig) -> Self {
        Self { file: config.supplier_root.clone() }
    }

    /// The root's bytes; `None` when there is none.
    pub fn root(&self) -> Option<Vec<u8>> {
        haubert_service::files::read_bounded(&self.file, haubert_bundle::archive::MAX_METADATA).ok()
    }
}
