//! What exactly is wrong with metadata that `tough` has refused, for a code that tells an operator where to look.
//!
//! Nothing is trusted here: whatever this finds, the answer is no.

use crate::archive::MAX_METADATA;
use crate::known::self_signed_version;
use crate::{Archive, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tough::error::Error as Tough;
use tough::schema::{Role, RoleType, Root, Signed, Snapshot, Targets, Timestamp};

/// The newest version of `<n>.<role>.json` in the bundle.
pub(crate) fn newest(archive: &Archive, role: &str) -> Option<(u64, String)> {
    let numbered = archive.names().filter_map(|name| {
        let number = name.strip_prefix("metadata/")?.strip_suffix(&format!(".{role}.json"))?;
        Some((number.parse().ok()?, name.to_owned()))
    });
    numbered.max_by_key(|(number, _)| *number)
}

/// `trusted` is the newest root that the bundle's chain led to.
pub(crate) fn diagnose(archive: &Archive, error: &Tough, known_root: &[u8], trusted: &[u8]) -> Refusal {
    let known = self_signed_version(known_root).unwrap_or(0);
    let offered = newest(archive, "root").map_or(0, |(version, _)| version);
    let Ok(root) = serde_json::from_slice::<Signed<Root>>(trusted) else { return Refusal::NoSupplierKey };
    if let Tough::VerifyMetadata { role: RoleType::Root, .. } | Tough::ParseMetadata { role: RoleType::Root, .. } = error {
        let next = format!("metadata/{}.root.json", root.signed.version.get() + 1);
        return signature::<Root>(archive, &root.signed, Some(next)).unwrap_or(Refusal::Altered("the root metadata".to_owned()));
    }
    if offered < known {
        return Refusal::RootReplayed { known, offered };
    }
    let timestamp = Some("metadata/timestamp.json".to_owned());
    let named = |role| newest(archive, role).map(|(_, name)| name);
    let fault = signature::<Timestamp>(archive, &root.signed, timestamp)
        .or_else(|| signature::<Snapshot>(archive, &root.signed, named("snapshot")))
        .or_else(|| signature::<Targets>(archive, &root.signed, named("targets")));
    if let Some(fault) = fault {
        return fault;
    }
    // Each part is genuine: then they do not belong together, or are old.
    match error {
        Tough::OlderMetadata { role, .. } => Refusal::OlderMetadata(role.to_string()),
        Tough::OlderSnapshotInTimestamp { .. } | Tough::SnapshotRoleRollback { .. } | Tough::SnapshotRoleMissing { .. } => {
            Refusal::OlderMetadata("snapshot".to_owned())
        }
        Tough::MaxSizeExceeded { .. } | Tough::MaxUpdatesExceeded { .. } => Refusal::TooLarge(error.to_string()),
        _ => Refusal::Mixed(first_line(&error.to_string())),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}

/// What is wrong with the signatures of a role's file, if anything.
fn signature<T: Role + Serialize + DeserializeOwned>(archive: &Archive, root: &Root, name: Option<String>) -> Option<Refusal> {
    let role = T::TYPE.to_string();
    let bytes = match archive.read(&name?, MAX_METADATA) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Some(Refusal::Incomplete(format!("the {role} metadata"))),
        Err(error) => return Some(error),
    };
    let Ok(signed) = serde_json::from_slice::<Signed<T>>(&bytes) else {
        return Some(Refusal::Altered(format!("the {role} metadata")));
    };
    if root.verify_role(&signed).is_ok() {
        return None;
    }
    let keys = root.roles.get(&T::TYPE).map(|keys| keys.keyids.as_slice()).unwrap_or_default();
    Some(match signed.signatures.iter().filter(|signature| keys.contains(&signature.keyid)).count() {
        _ if signed.signatures.is_empty() => Refusal::NoSignature(role),
        0 => Refusal::WrongKey(role),
        _ => Refusal::Altered(format!("the {role} metadata")),
    })
}
