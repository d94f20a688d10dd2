//! From a bundle to a release that may be installed.

use crate::archive::MAX_METADATA;
use crate::diagnose::{diagnose, newest};
use crate::known::{Known, self_signed_version};
use crate::transport::{BASE, FromArchive};
use crate::{Archive, RELEASE, Refusal, Release, Version, archive};
use haubert_model::Timestamp;
use std::collections::BTreeMap;
use std::io;
use tough::schema::{Role, Signed, Targets};
use tough::{ExpirationEnforcement, Limits, RepositoryLoader};
use url::Url;

/// What runs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Program.
    pub product: String,
    /// Its version.
    pub version: Version,
    /// Processor.
    pub architecture: String,
    /// SHA-256 of the installed program, where it came from a bundle.
    pub program: Option<[u8; 32]>,
}

/// A file of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetFile {
    /// Bytes.
    pub length: u64,
    /// SHA-256.
    pub sha256: [u8; 32],
}

/// A release that every check has passed.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What it says of itself.
    pub release: Release,
    /// Its files, by name.
    pub files: BTreeMap<String, TargetFile>,
    /// When the first of its metadata expires.
    pub expires: Timestamp,
    /// What goes into the slot's `metadata` folder, so that it can be proven again without the bundle: the roots and the targets.
    pub evidence: Vec<(String, Vec<u8>)>,
    archive: Archive,
}

impl Verified {
    /// The bundle.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }
}

/// Checks everything. Only `known` is written, and only to learn newer metadata.
///
/// # Errors
/// [`Refusal`].
pub async fn verify(archive: &Archive, known: &mut Known, installed: &Installed, now: Timestamp) -> Result<Verified, Refusal> {
    let now = known.latest_time(now)?;
    let offered = newest(archive, "root").map_or(0, |(version, _)| version);
    let known_version = self_signed_version(known.root()).unwrap_or(0);
    if (1..known_version).contains(&offered) {
        return Err(Refusal::RootReplayed { known: known_version, offered });
    }
    let stage = known.stage()?;
    let base = |text: &str| Url::parse(text).map_err(|error| Refusal::Damaged(error.to_string()));
    // Time is judged below, by a clock that the caller holds and that does not go back.
    let loaded = RepositoryLoader::new(&known.root().to_vec(), base(BASE)?, base("bundle:///targets/")?)
        .transport(FromArchive(archive.clone()))
        .limits(Limits {
            max_root_size: MAX_METADATA,
            max_targets_size: MAX_METADATA,
            max_timestamp_size: MAX_METADATA,
            max_snapshot_size: MAX_METADATA,
            max_root_updates: 64,
        })
        .datastore(stage.dir.clone())
        .expiration_enforcement(ExpirationEnforcement::Unsafe)
        .load()
        .await;
    let trusted = stage.read("root.json")?.unwrap_or_else(|| known.root().to_vec());
    let before = known.root().to_vec();
    known.keep_root(&stage)?;
    let repository = loaded.map_err(|error| diagnose(archive, &error, &before, &trusted))?;
    let mut expires = Timestamp(i64::MAX);
    for (role, at) in [
        ("root", repository.root().signed.expires()),
        ("timestamp", repository.timestamp().signed.expires()),
        ("snapshot", repository.snapshot().signed.expires()),
        ("targets", repository.targets().signed.expires()),
    ] {
        let at = Timestamp(at.as_millisecond());
        if at <= now {
            return Err(Refusal::Expired(role.to_owned()));
        }
        expires = expires.min(at);
    }
    let targets = repository.targets();
    same_number_same_content(known, targets)?;
    let files = files(&targets.signed)?;
    for (name, file) in &files {
        is_whole(archive, name, file)?;
    }
    let release = release(archive)?;
    fits(&release, &files, installed)?;
    let evidence = evidence(archive, targets)?;
    known.keep(&stage)?;
    Ok(Verified { release, files, expires, evidence, archive: archive.clone() })
}

/// Two targets files with one number and different content: one of them is not the supplier's publication.
fn same_number_same_content(known: &Known, offered: &Signed<Targets>) -> Result<(), Refusal> {
    let stored = known.stored("targets.json")?.and_then(|bytes| serde_json::from_slice::<Signed<Targets>>(&bytes).ok());
    match stored {
        Some(stored) if stored.signed.version == offered.signed.version && stored.signed != offered.signed => {
            Err(Refusal::Mixed(format!("targets {} has two contents", stored.signed.version)))
        }
        _ => Ok(()),
    }
}

/// The files that targets metadata name, each with a plain name.
pub(crate) fn files(targets: &Targets) -> Result<BTreeMap<String, TargetFile>, Refusal> {
    let mut files = BTreeMap::new();
    for (name, target) in &targets.targets {
        if !archive::is_plain(name.raw()) || name.raw() == "metadata" {
            return Err(Refusal::UnsafeName(name.raw().chars().take(100).collect()));
        }
        let sha256 = <[u8; 32]>::try_from(target.hashes.sha256.as_ref());
        let sha256 = sha256.map_err(|_| Refusal::Altered(format!("the hash of {}", name.raw())))?;
        files.insert(name.raw().to_owned(), TargetFile { length: target.length, sha256 });
    }
    Ok(files)
}

fn is_whole(archive: &Archive, name: &str, file: &TargetFile) -> Result<(), Refusal> {
    let entry = format!("targets/{name}");
    let len = archive.len(&entry).ok_or_else(|| Refusal::Incomplete(name.to_owned()))?;
    if len > file.length {
        return Err(Refusal::TooLarge(format!("{name} has {len} bytes instead of {}", file.length)));
    }
    if archive.copy(&entry, &mut io::sink())? != file.sha256 {
        return Err(Refusal::Altered(name.to_owned()));
    }
    Ok(())
}

fn release(archive: &Archive) -> Result<Release, Refusal> {
    let bytes = archive.read(&format!("targets/{RELEASE}"), Release::MAX_BYTES)?;
    Release::parse(&bytes.ok_or_else(|| Refusal::Incomplete(RELEASE.to_owned()))?)
}

/// What a bundle says it is, unproven: for a shelf that only keeps it (the hub). Whoever installs verifies.
///
/// # Errors
/// [`Refusal`] of the container and of its description.
pub fn label(archive: &Archive) -> Result<Release, Refusal> {
    release(archive)
}

fn fits(release: &Release, files: &BTreeMap<String, TargetFile>, installed: &Installed) -> Result<(), Refusal> {
    if release.product != installed.product {
        return Err(Refusal::WrongProduct(release.product.clone()));
    }
    if release.architecture != installed.architecture {
        return Err(Refusal::WrongArchitecture(release.architecture.clone()));
    }
    let program = files.get(&release.product).ok_or_else(|| Refusal::Incomplete(release.product.clone()))?;
    if release.version < installed.version {
        return Err(Refusal::Older { installed: installed.version.to_string(), offered: release.version.to_string() });
    }
    match installed.program {
        _ if release.version > installed.version => Ok(()),
        Some(sha256) if sha256 != program.sha256 => Err(Refusal::SameVersionDiffers(release.version.to_string())),
        _ => Err(Refusal::AlreadyInstalled(release.version.to_string())),
    }
}

fn evidence(archive: &Archive, targets: &Signed<Targets>) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
    let mut evidence = Vec::new();
    for name in archive.names() {
        if let Some(file) = name.strip_prefix("metadata/").filter(|file| file.ends_with(".root.json")) {
            evidence.push((file.to_owned(), archive.read(name, MAX_METADATA)?.unwrap_or_default()));
        }
    }
    let entry = format!("metadata/{}.targets.json", targets.signed.version);
    let bytes = archive.read(&entry, MAX_METADATA)?.ok_or_else(|| Refusal::Incomplete("the targets metadata".to_owned()))?;
    evidence.push(("targets.json".to_owned(), bytes));
    Ok(evidence)
}
