//! What the last full runs reached, kept in the repository as evidence.

use crate::Record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Where and when a run took place.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Day, UTC.
    pub date: String,
    /// Commit that was measured.
    pub commit: String,
    /// Processor, cores, memory, kernel.
    pub machine: String,
}

/// A record with its circumstances.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// What was reached.
    #[serde(flatten)]
    pub record: Record,
    /// Where and when.
    #[serde(flatten)]
    pub circumstances: Circumstances,
}

fn files<T: serde::de::DeserializeOwned>(folder: &Path) -> Result<Vec<T>, String> {
    let read = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        found.push(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    Ok(found)
}

/// The kept records by their ids.
///
/// # Errors
/// Words on the first file that is not one.
pub fn kept(folder: &Path) -> Result<BTreeMap<String, Kept>, String> {
    Ok(files::<Kept>(folder)?.into_iter().map(|kept| (kept.record.id.clone(), kept)).collect())
}

/// Keeps the records of a run (`from`) in `folder`. Of the `planned` figures, those without a record are forgotten: their test
/// failed before it came to them. Others stay as they are. Gives how many were kept.
///
/// # Errors
/// Words on the first file that cannot be read or written.
pub fn take(from: &Path, folder: &Path, planned: &[&str], circumstances: &Circumstances) -> Result<usize, String> {
    let records = files::<Record>(from)?;
    for id in planned.iter().filter(|id| records.iter().all(|record| record.id != **id)) {
        match std::fs::remove_file(folder.join(format!("{id}.json"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(format!("{id}: {error}")),
            _ => {}
        }
    }
    for record in &records {
        let kept = Kept { record: record.clone(), circumstances: circumstances.clone() };
        let path = folder.join(format!("{}.json", record.id));
        let text = serde_json::to_string_pretty(&kept).map_err(|error| error.to_string())?;
        std::fs::write(&path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(records.len())
}

#[cfg(test)]
mod tests {
    use super::{Circumstances, kept, take};
    use crate::{Record, write};

    #[test]
    fn what_was_planned_and_not_recorded_is_forgotten() {
        let (run, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let circumstances = Circumstances { date: "2026-01-02".into(), commit: "abc".into(), machine: "m".into() };
        let record = |id: &str| Record { id: id.into(), held: true, figure: "1".into() };
        for id in ["06.a", "06.b", "06.c"] {
            write(run.path(), &record(id)).unwrap();
        }
        assert_eq!(take(run.path(), folder.path(), &[], &circumstances), Ok(3));
        std::fs::remove_file(run.path().join("06.b.json")).unwrap();
        assert_eq!(take(run.path(), folder.path(), &["06.a", "06.b", "06.never"], &circumstances), Ok(2));
        let kept = kept(folder.path()).unwrap();
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["06.a", "06.c"]);
        assert_eq!(kept["06.a"].circumstances, circumstances);
    }
}
