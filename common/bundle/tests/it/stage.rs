//! A supplier and a gateway that knows its first root.

use haubert_bundle::{Archive, Installed, Known, Refusal, Verified, Version, verify};
use haubert_model::Timestamp;
use haubert_release::publish::pack;
use haubert_release::supplier::Supplier;
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const PRODUCT: &str = "haubert-gateway";
pub(crate) type Entries = Vec<(String, Vec<u8>)>;

pub(crate) struct Stage {
    pub(crate) dir: TempDir,
    pub(crate) supplier: Supplier,
    /// The gateway's clock.
    pub(crate) now: Timestamp,
    pub(crate) installed: Installed,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let expires = "2027-06-01T00:00:00Z".parse().unwrap();
        let supplier = Supplier::new(&dir.path().join("supplier"), PRODUCT, expires).await.unwrap();
        let installed = Installed {
            product: PRODUCT.to_owned(),
            version: Version(0, 1, 0),
            architecture: std::env::consts::ARCH.to_owned(),
            program: Some([0; 32]),
        };
        Self { dir, supplier, now: Timestamp(1_795_000_000_000), installed }
    }

    pub(crate) async fn entries(&self, number: u64, version: Version) -> Entries {
        let program = format!("program {version}");
        self.supplier.entries(number, version, &[(PRODUCT, program.as_bytes()), ("page.html", b"<p>")]).await.unwrap()
    }

    pub(crate) fn pack(&self, entries: &Entries) -> PathBuf {
        let file = self.dir.path().join("bundle");
        pack(entries, &file).unwrap();
        file
    }

    pub(crate) fn known(&self) -> Known {
        let pinned = std::fs::read(self.supplier.root(1)).unwrap();
        Known::open(&self.dir.path().join("known"), &pinned).unwrap()
    }

    /// As a gateway that has just started would.
    pub(crate) async fn check(&self, entries: &Entries) -> Result<Verified, Refusal> {
        let archive = Archive::open(&self.pack(entries))?;
        verify(&archive, &mut self.known(), &self.installed, self.now).await
    }

    pub(crate) async fn code(&self, entries: &Entries) -> &'static str {
        match self.check(entries).await {
            Ok(_) => "accepted",
            Err(refusal) => refusal.code(),
        }
    }
}

/// The entry whose name ends so.
pub(crate) fn entry<'a>(entries: &'a mut Entries, end: &str) -> &'a mut Vec<u8> {
    &mut entries.iter_mut().find(|(name, _)| name.ends_with(end)).unwrap().1
}
