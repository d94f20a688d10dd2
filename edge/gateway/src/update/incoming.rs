//! A bundle on its way onto the disk: bounded, and gone again when it does not come whole.

use haubert_bundle::Refusal;
use haubert_bundle::archive::MAX_BUNDLE;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// What has come so far.
pub struct Incoming {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Incoming {
    /// Begins anew; what an earlier one has left is gone.
    pub(super) async fn new(dir: &Path) -> io::Result<Self> {
        tokio::fs::create_dir_all(dir).await?;
        let path = dir.join("incoming");
        Ok(Self { file: File::create(&path).await?, path, bytes: 0 })
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] for a file without an end; what the disk says.
    pub async fn add(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        if self.bytes > MAX_BUNDLE {
            discard(&self.path).await;
            return Err(Refusal::TooLarge(format!("more than {MAX_BUNDLE} bytes")));
        }
        Ok(self.file.write_all(piece).await?)
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// It has ended.
    pub(super) async fn whole(mut self) -> io::Result<PathBuf> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        Ok(self.path)
    }

    /// It has broken off.
    pub async fn abandon(self) {
        discard(&self.path).await;
    }
}

/// Removes a file, if it is there.
pub(super) async fn discard(path: &Path) {
    if let Err(error) = tokio::fs::remove_file(path).await
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "a bundle that is of no use stays on the disk");
    }
}
