//! The root: which keys sign what. It is made once, and again whenever a key is replaced; each is signed by a threshold of its
//! own keys and of its predecessor's, so that a gateway can follow the chain from any of them.

use crate::keys::{Keys, sources};
use crate::{Outcome, SPEC};
use aws_lc_rs::rand::SystemRandom;
use jiff::Timestamp;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use tough::editor::signed::SignedRole;
use tough::schema::{KeyHolder, RoleKeys, RoleType, Root, Signed};

/// File name of a root.
pub fn file_name(version: u64) -> String {
    format!("{version}.root.json")
}

/// Makes a root in `folder`: the first, or the successor of the newest one there, signed with `old` too. Tells its file.
///
/// # Errors
/// Keys that do not suffice; what the system said.
pub async fn make(folder: &Path, keys: &Keys, threshold: u64, expires: Timestamp, old: &[PathBuf]) -> Outcome<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let before = newest(folder)?;
    let version = before.as_ref().map_or(1, |root| root.signed.version.get() + 1);
    let threshold = NonZeroU64::new(threshold).ok_or("a threshold of none protects nothing")?;
    if threshold.get() > keys.root.len() as u64 {
        return Err("fewer root keys than the threshold".into());
    }
    let mut root = Root {
        spec_version: SPEC.to_owned(),
        consistent_snapshot: true,
        version: NonZeroU64::new(version).ok_or("version")?,
        expires,
        keys: HashMap::new(),
        roles: HashMap::new(),
        _extra: HashMap::new(),
    };
    let single = |file: &PathBuf| vec![file.clone()];
    let one = NonZeroU64::MIN;
    for (role, files, threshold) in [
        (RoleType::Root, keys.root.clone(), threshold),
        (RoleType::Targets, single(&keys.targets), one),
        (RoleType::Snapshot, single(&keys.snapshot), one),
        (RoleType::Timestamp, single(&keys.timestamp), one),
    ] {
        let mut keyids = Vec::new();
        for source in sources(&files) {
            let key = source.as_sign().await?.tuf_key();
            let id = key.key_id()?;
            root.keys.insert(id.clone(), key);
            keyids.push(id);
        }
        root.roles.insert(role, RoleKeys { keyids, threshold, _extra: HashMap::new() });
    }
    let random = SystemRandom::new();
    let mut signed = SignedRole::new(root.clone(), &KeyHolder::Root(root.clone()), &sources(&keys.root), &random).await?;
    if let Some(before) = &before {
        let holder = KeyHolder::Root(before.signed.clone());
        let by_old = SignedRole::new(root.clone(), &holder, &sources(old), &random).await?;
        signed = signed.add_old_signatures(by_old.signed().signatures.clone())?;
        before
            .signed
            .verify_role(signed.signed())
            .map_err(|error| format!("the keys of the root before do not suffice: {error}"))?;
    }
    root.verify_role(signed.signed())?;
    let file = folder.join(file_name(version));
    std::fs::write(&file, signed.buffer())?;
    Ok(file)
}

/// The newest root of a folder.
///
/// # Errors
/// What the system said, or that it is no root.
pub fn newest(folder: &Path) -> Outcome<Option<Signed<Root>>> {
    let newest = (1..).map(|version| folder.join(file_name(version))).take_while(|file| file.exists()).last();
    newest.map(|file| Ok(serde_json::from_slice(&std::fs::read(file)?)?)).transpose()
}
