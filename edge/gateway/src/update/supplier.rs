//! Whose releases are believed: the root that the program carries, else the one in a file that the gateway can read but not write.

use crate::config::UpdateConfig;
use haubert_update::supplier;
use std::path::PathBuf;

/// Where the root is.
#[derive(Debug, Clone)]
pub struct Supplier {
    file: PathBuf,
}

impl Supplier {
    /// As built in, or configured.
    pub fn of(config: &UpdateConfig) -> Self {
        Self { file: config.supplier_root.clone() }
    }

    /// The root's bytes; `None` when there is none.
    pub fn root(&self) -> Option<Vec<u8>> {
        supplier::root(&self.file).ok()
    }
}
