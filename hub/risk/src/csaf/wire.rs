//! What is read of a CSAF document, as it stands there. Keys that are not named here are left alone.

use super::CsafError;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) document: Document,
    #[serde(default)]
    pub(super) product_tree: ProductTree,
    #[serde(default)]
    pub(super) vulnerabilities: Vec<Vulnerability>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) csaf_version: String,
    pub(super) title: String,
    pub(super) publisher: Publisher,
    pub(super) tracking: Tracking,
    #[serde(default)]
    pub(super) distribution: Option<Distribution>,
    #[serde(default)]
    pub(super) aggregate_severity: Option<AggregateSeverity>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Publisher {
    pub(super) name: String,
    pub(super) namespace: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tracking {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) status: super::Maturity,
    pub(super) initial_release_date: String,
    pub(super) current_release_date: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Distribution {
    #[serde(default)]
    pub(super) tlp: Option<TlpLabel>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TlpLabel {
    pub(super) label: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct AggregateSeverity {
    pub(super) text: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ProductTree {
    #[serde(default)]
    pub(super) branches: Vec<Branch>,
    #[serde(default)]
    pub(super) full_product_names: Vec<FullName>,
    #[serde(default)]
    pub(super) relationships: Vec<Relationship>,
    #[serde(default)]
    pub(super) product_groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Branch {
    pub(super) category: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) branches: Vec<Branch>,
    #[serde(default)]
    pub(super) product: Option<FullName>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FullName {
    pub(super) product_id: String,
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Relationship {
    pub(super) full_product_name: FullName,
    pub(super) product_reference: String,
    pub(super) relates_to_product_reference: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub(super) group_id: String,
    #[serde(default)]
    pub(super) product_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Vulnerability {
    #[serde(default)]
    pub(super) cve: Option<String>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) product_status: ProductStatus,
    #[serde(default)]
    pub(super) scores: Vec<Scores>,
    /// As 2.1 has it in place of `scores`.
    #[serde(default)]
    pub(super) metrics: Vec<Metric>,
    #[serde(default)]
    pub(super) remediations: Vec<Remediation>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ProductStatus {
    #[serde(default)]
    pub(super) first_affected: Vec<String>,
    #[serde(default)]
    pub(super) known_affected: Vec<String>,
    #[serde(default)]
    pub(super) last_affected: Vec<String>,
    #[serde(default)]
    pub(super) first_fixed: Vec<String>,
    #[serde(default)]
    pub(super) fixed: Vec<String>,
    #[serde(default)]
    pub(super) known_not_affected: Vec<String>,
    #[serde(default)]
    pub(super) under_investigation: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Scores {
    #[serde(default)]
    pub(super) cvss_v2: Option<Cvss>,
    #[serde(default)]
    pub(super) cvss_v3: Option<Cvss>,
    #[serde(default)]
    pub(super) cvss_v4: Option<Cvss>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Metric {
    #[serde(default)]
    pub(super) content: Scores,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cvss {
    #[serde(rename = "baseScore")]
    pub(super) base_score: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Remediation {
    pub(super) category: String,
    pub(super) details: String,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) product_ids: Vec<String>,
    #[serde(default)]
    pub(super) group_ids: Vec<String>,
}

/// Depth is bounded by the parser: 128 levels, of which a branch takes two.
pub(super) fn parse(bytes: &[u8]) -> Result<File, CsafError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        // What stands in the document may be long, and is not repeated.
        let what = if error.is_data() { "something is missing or of another kind" } else { "not JSON" };
        CsafError::Unreadable(format!("{what}, at line {} column {}", error.line(), error.column()))
    })
}
