//! The release's own list of what it is made of (CR 7.8).

use haubert_bundle::SBOM;
use haubert_service::files::read_bounded;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::Path;

/// Longest list read, in bytes.
const MAX: u64 = 16 * 1024 * 1024;

/// What is read of a CycloneDX document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    bom_format: String,
    components: Vec<IgnoredAny>,
}

/// How many components the list in a release's folder names; `None` without a list that names any.
pub(super) fn components(release: &Path) -> Option<usize> {
    let document: Document = serde_json::from_slice(&read_bounded(&release.join(SBOM), MAX).ok()?).ok()?;
    (document.bom_format == "CycloneDX" && !document.components.is_empty()).then_some(document.components.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_that_names_something_counts() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(components(dir.path()), None);
        for (text, wanted) in [
            (r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": "a"}, {"name": "b"}]}"#, Some(2)),
            (r#"{"bomFormat": "CycloneDX", "components": []}"#, None),
            (r#"{"bomFormat": "SPDX", "components": [{}]}"#, None),
            ("{}", None),
            ("", None),
        ] {
            std::fs::write(dir.path().join(SBOM), text).unwrap();
            assert_eq!(components(dir.path()), wanted, "{text}");
        }
    }
}
