//! Signs a folder of files as a release and packs it into a bundle.

use crate::keys::{Keys, sources};
use crate::root::{self, file_name};
use crate::{Outcome, SPEC};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use haubert_bundle::archive::Writer;
use haubert_bundle::{RELEASE, Release};
use jiff::Timestamp as Time;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use tough::TargetName;
use tough::editor::signed::SignedRole;
use tough::schema::{Hashes, KeyHolder, Metafile, Role, Root, Snapshot, Target, Targets, Timestamp};

/// What to publish.
#[derive(Debug, Clone)]
pub struct Publication<'a> {
    /// Folder of the roots.
    pub roots: &'a Path,
    /// The keys; the root keys are not needed.
    pub keys: &'a Keys,
    /// Number of this publication; larger than every one before.
    pub number: u64,
    /// When the timestamp expires: how long the bundle can be installed.
    pub expires: Time,
    /// What the release says of itself.
    pub release: &'a Release,
    /// Its files, by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// The entries of a bundle, in order; a test may change them before [`pack`].
///
/// # Errors
/// Keys that do not fit the root; what the system said.
pub async fn entries(publication: &Publication<'_>) -> Outcome<Vec<(String, Vec<u8>)>> {
    let number = NonZeroU64::new(publication.number).ok_or("publications are counted from 1")?;
    let newest = root::newest(publication.roots)?.ok_or("there is no root")?.signed;
    let mut files = publication.files.clone();
    files.insert(RELEASE.to_owned(), serde_json::to_vec_pretty(publication.release)?);

    let mut targets = Targets::new(SPEC.to_owned(), number, publication.expires);
    for (name, bytes) in &files {
        let hashes = Hashes { sha256: digest(&SHA256, bytes).as_ref().to_vec().into(), _extra: HashMap::new() };
        let target = Target { length: bytes.len() as u64, hashes, custom: HashMap::new(), _extra: HashMap::new() };
        targets.add_target(TargetName::new(name.as_str())?, target);
    }
    let targets = sign(targets, &newest, &publication.keys.targets).await?;
    let mut snapshot = Snapshot::new(SPEC.to_owned(), number, publication.expires);
    snapshot.meta.insert("targets.json".to_owned(), meta(&targets));
    let snapshot = sign(snapshot, &newest, &publication.keys.snapshot).await?;
    let mut timestamp = Timestamp::new(SPEC.to_owned(), number, publication.expires);
    timestamp.meta.insert("snapshot.json".to_owned(), meta(&snapshot));
    let timestamp = sign(timestamp, &newest, &publication.keys.timestamp).await?;

    let mut entries = Vec::new();
    for version in 1..=newest.version.get() {
        let name = file_name(version);
        entries.push((format!("metadata/{name}"), std::fs::read(publication.roots.join(&name))?));
    }
    entries.push(("metadata/timestamp.json".to_owned(), timestamp.buffer().clone()));
    entries.push((format!("metadata/{number}.snapshot.json"), snapshot.buffer().clone()));
    entries.push((format!("metadata/{number}.targets.json"), targets.buffer().clone()));
    entries.extend(files.into_iter().map(|(name, bytes)| (format!("targets/{name}"), bytes)));
    Ok(entries)
}

async fn sign<T: Role + Serialize + Clone>(role: T, root: &Root, key: &PathBuf) -> Outcome<SignedRole<T>> {
    Ok(SignedRole::new(role, &KeyHolder::Root(root.clone()), &sources([key]), &SystemRandom::new()).await?)
}

fn meta<T: Role + Serialize>(role: &SignedRole<T>) -> Metafile {
    let hashes = Hashes { sha256: role.sha256().to_vec().into(), _extra: HashMap::new() };
    Metafile {
        length: Some(*role.length()),
        hashes: Some(hashes),
        version: role.signed().signed.version(),
        _extra: HashMap::new(),
    }
}

/// Packs entries into a bundle file.
///
/// # Errors
/// A name that no bundle may have; what the system said.
pub fn pack(entries: &[(String, Vec<u8>)], file: &Path) -> Outcome<()> {
    let mut writer = Writer::new(std::io::BufWriter::new(std::fs::File::create(file)?))?;
    for (name, bytes) in entries {
        writer.add(name, bytes)?;
    }
    Ok(writer.finish()?.into_inner().map_err(|error| error.into_error())?.sync_all()?)
}

/// Signs and packs.
///
/// # Errors
/// As [`entries`] and [`pack`].
pub async fn publish(publication: &Publication<'_>, file: &Path) -> Outcome<()> {
    pack(&entries(publication).await?, file)
}
