//! Whether an unpacked release is still what was signed: the check of every start.
//!
//! A slot's `metadata` folder holds the chain of roots and the signed list of files. Expiry does not matter here, since what was
//! installed must keep running; everything else does: a changed, missing or *additional* file breaks the seal, and so does a list
//! that the supplier's keys have not signed.

use crate::archive::MAX_METADATA;
use crate::known::self_signed_version;
use crate::verify::files;
use crate::{RELEASE, Release, TargetFile};
use aws_lc_rs::digest::{Context, SHA256};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use tough::schema::{Root, Signed, Targets};

/// Name of the folder of evidence.
pub const METADATA: &str = "metadata";

/// An unbroken seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// What the release says of itself.
    pub release: Release,
    /// Its files.
    pub files: BTreeMap<String, TargetFile>,
}

/// No unbroken seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// There is no manifest: a development build.
    Unsigned,
    /// Something was changed: these files, at most 20, each with what is wrong.
    Tampered(Vec<String>),
}

/// Checks a slot's folder against `pinned`, the supplier's root.
///
/// # Errors
/// [`Broken`].
pub fn check(slot: &Path, pinned: &[u8]) -> Result<Seal, Broken> {
    let said = |what: &str| Broken::Tampered(vec![what.to_owned()]);
    let evidence = slot.join(METADATA);
    if !evidence.exists() {
        return Err(Broken::Unsigned);
    }
    let targets = signed_targets(&evidence, pinned).map_err(|file| Broken::Tampered(vec![format!("metadata/{file}")]))?;
    let files = files(&targets).map_err(|_| said("metadata/targets.json"))?;
    let mut wrong = Vec::new();
    for (name, file) in &files {
        match digest(&slot.join(name)) {
            Ok((length, sha256)) if length == file.length && sha256 == file.sha256 => {}
            Ok(_) => wrong.push(format!("{name}: changed")),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    for entry in fs::read_dir(slot).map_err(|error| said(&error.to_string()))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != METADATA && !files.contains_key(&name) {
            wrong.push(format!("{name}: does not belong here"));
        }
    }
    wrong.truncate(20);
    if !wrong.is_empty() {
        return Err(Broken::Tampered(wrong));
    }
    let release = bounded(&slot.join(RELEASE), Release::MAX_BYTES).ok().and_then(|bytes| Release::parse(&bytes).ok());
    Ok(Seal { release: release.ok_or_else(|| said(RELEASE))?, files })
}

/// The list of files, when the chain of roots leads from `pinned` to its signature; else the file that does not fit.
fn signed_targets(evidence: &Path, pinned: &[u8]) -> Result<Targets, String> {
    let mut root: Signed<Root> = document(pinned, "root").ok_or("the supplier's key")?;
    self_signed_version(pinned).ok_or("the supplier's key")?;
    for _ in 0..64 {
        let name = format!("{}.root.json", root.signed.version.get() + 1);
        if !evidence.join(&name).exists() {
            break;
        }
        let next = bounded(&evidence.join(&name), MAX_METADATA).map_err(|_| name.clone())?;
        let next: Signed<Root> = document(&next, "root").ok_or_else(|| name.clone())?;
        let follows = next.signed.version.get() == root.signed.version.get() + 1;
        if !follows || root.signed.verify_role(&next).is_err() || next.signed.verify_role(&next).is_err() {
            return Err(name);
        }
        root = next;
    }
    let name = || "targets.json".to_owned();
    let bytes = bounded(&evidence.join("targets.json"), MAX_METADATA).map_err(|_| name())?;
    let targets: Signed<Targets> = document(&bytes, "targets").ok_or_else(name)?;
    root.signed.verify_role(&targets).map_err(|_| name())?;
    Ok(targets.signed)
}

/// A document of this type. The library takes any type for the one that it expects, and signs over that one: a changed byte there
/// would go unnoticed.
fn document<T: DeserializeOwned>(bytes: &[u8], kind: &str) -> Option<Signed<T>> {
    #[derive(Deserialize)]
    struct Envelope {
        signed: Typed,
    }
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "_type")]
        kind: String,
    }
    let found: Envelope = serde_json::from_slice(bytes).ok()?;
    if found.signed.kind == kind { serde_json::from_slice(bytes).ok() } else { None }
}

/// A whole file of at most `limit` bytes.
///
/// # Errors
/// What the system said; `InvalidData` when it is longer.
pub fn bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "too long"));
    }
    Ok(bytes)
}

/// Length and SHA-256 of a plain file.
///
/// # Errors
/// What the system said, or that it is no plain file.
pub fn digest(path: &Path) -> io::Result<(u64, [u8; 32])> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a plain file"));
    }
    digest_of(File::open(path)?)
}

/// Length and SHA-256 of what can be read.
///
/// # Errors
/// What the system said.
pub fn digest_of(mut input: impl Read) -> io::Result<(u64, [u8; 32])> {
    let mut context = Context::new(&SHA256);
    let (mut length, mut piece) = (0u64, vec![0; 64 * 1024]);
    loop {
        let read = input.read(&mut piece)?;
        if read == 0 {
            let mut sha256 = [0; 32];
            sha256.copy_from_slice(context.finish().as_ref());
            return Ok((length, sha256));
        }
        context.update(piece.get(..read).unwrap_or_default());
        length = length.saturating_add(read as u64);
    }
}
