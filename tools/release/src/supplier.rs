//! A supplier in a folder, as the tests of everything that takes bundles need one: its own keys, its roots, its releases.

use crate::keys::Keys;
use crate::publish::{Publication, entries, pack};
use crate::{Outcome, root};
use haubert_bundle::{Release, Version};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Keys and roots below one folder. Two of three root keys sign.
#[derive(Debug, Clone)]
pub struct Supplier {
    dir: PathBuf,
    /// The keys that hold now.
    pub keys: Keys,
    /// What its releases are for.
    pub product: String,
    /// Until when its metadata hold.
    pub expires: Timestamp,
}

impl Supplier {
    /// A new one, with a first root.
    ///
    /// # Errors
    /// What the system said.
    pub async fn new(dir: &Path, product: &str, expires: Timestamp) -> Outcome<Self> {
        let keys = Keys::make(&dir.join("keys-1"), 3)?;
        root::make(&dir.join("roots"), &keys, 2, expires, &[]).await?;
        Ok(Self { dir: dir.to_owned(), keys, product: product.to_owned(), expires })
    }

    /// Folder of the roots.
    pub fn roots(&self) -> PathBuf {
        self.dir.join("roots")
    }

    /// A root's file; the first is what products carry.
    pub fn root(&self, version: u64) -> PathBuf {
        self.roots().join(root::file_name(version))
    }

    /// Replaces every key but two root keys.
    ///
    /// # Errors
    /// What the system said.
    pub async fn rotate(&mut self) -> Outcome<()> {
        let number = root::newest(&self.roots())?.map_or(1, |root| root.signed.version.get() + 1);
        let keys = Keys::make(&self.dir.join(format!("keys-{number}")), 3)?;
        root::make(&self.roots(), &keys, 2, self.expires, &self.keys.root).await?;
        self.keys = keys;
        Ok(())
    }

    /// The entries of a release, which a test may spoil.
    ///
    /// # Errors
    /// What the system said.
    pub async fn entries(&self, number: u64, version: Version, files: &[(&str, &[u8])]) -> Outcome<Vec<(String, Vec<u8>)>> {
        let release = Release {
            product: self.product.clone(),
            version,
            architecture: std::env::consts::ARCH.to_owned(),
            released_on: "2026-11-22".to_owned(),
            notes: BTreeMap::from([
                ("en".to_owned(), "Test release.".to_owned()),
                ("fr".to_owned(), "Version d’essai.".to_owned()),
            ]),
        };
        self.entries_of(number, &release, files).await
    }

    /// As [`Supplier::entries`], of any description.
    ///
    /// # Errors
    /// What the system said.
    pub async fn entries_of(&self, number: u64, release: &Release, files: &[(&str, &[u8])]) -> Outcome<Vec<(String, Vec<u8>)>> {
        let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        let roots = self.roots();
        entries(&Publication { roots: &roots, keys: &self.keys, number, expires: self.expires, release, files }).await
    }

    /// A bundle.
    ///
    /// # Errors
    /// What the system said.
    pub async fn bundle(&self, number: u64, version: Version, files: &[(&str, &[u8])], to: &Path) -> Outcome<()> {
        pack(&self.entries(number, version, files).await?, to)
    }
}
