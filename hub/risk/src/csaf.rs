//! Advisories in the form of CSAF (2.0, and 2.1 where it is the same), and which assets they bear on.
//!
//! An advisory comes from outside: its bytes, depth, products and references are bounded before anything is made of it, and what
//! refers to nothing is refused. What is kept is what matching and people need; notes, references and acknowledgements stay with
//! the publisher. Rejected: a full model of the standard, because most of it would never be looked at.

mod build;
mod matching;
#[cfg(test)]
mod tests;
mod version;
mod wire;

pub use matching::{Bearing, Index, Item, State, Why};
pub use version::{Answer, in_range, newer};

use serde::{Deserialize, Serialize};

/// Largest advisory accepted, in bytes.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Most products, and most relationships between them.
const MAX_PRODUCTS: usize = 20_000;
/// Most vulnerabilities.
const MAX_VULNERABILITIES: usize = 2_000;

/// Whom an advisory may be shown to: TLP 2.0. CSAF 2.0 says `WHITE` for what is `CLEAR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tlp {
    /// Everybody.
    Clear,
    /// The community.
    Green,
    /// The recipients' organisations and those that they serve.
    Amber,
    /// The recipients' organisations.
    AmberStrict,
    /// The recipients.
    Red,
}

impl Tlp {
    /// As stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::AmberStrict => "amber_strict",
            Self::Red => "red",
        }
    }

    /// Whether a library that the whole community reads may have it.
    pub const fn may_be_shared(self) -> bool {
        matches!(self, Self::Clear | Self::Green | Self::Amber)
    }
}

/// Which versions of a product are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versions {
    /// It is not said.
    Unsaid,
    /// This one.
    One(String),
    /// Those in this range: a `vers:` specifier, or words.
    Range(String),
}

/// A product that an advisory speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its full name, as people read it.
    pub name: String,
    /// Who makes it.
    pub vendor: Option<String>,
    /// Its family.
    pub family: Option<String>,
    /// Which product.
    pub product: Option<String>,
    /// Which versions.
    pub versions: Versions,
    /// Only with something more, such as an architecture or a patch level.
    pub is_qualified: bool,
    /// It is one product with, in or on others: their places among the products.
    pub parts: Vec<u32>,
}

/// What is known of a product and a vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has it.
    Affected,
    /// It is being found out.
    UnderInvestigation,
    /// It no longer has it.
    Fixed,
    /// It never had it.
    NotAffected,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Remediation {
    /// As the standard names it: `vendor_fix`, `mitigation`, `workaround`, `none_available`…
    pub category: String,
    /// In words.
    pub details: String,
    /// Where more is said.
    #[schema(required)]
    pub url: Option<String>,
}

/// A remediation, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemediationFor {
    /// What can be done.
    pub remediation: Remediation,
    /// Places of products.
    pub products: Vec<u32>,
    /// Places of groups.
    pub groups: Vec<u32>,
}

/// A vulnerability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vulnerability {
    /// `CVE-…`.
    pub cve: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Highest CVSS base score given for it, 0 to 10.
    pub score: Option<f64>,
    /// What is known of which products, by their places.
    pub products: Vec<(Status, Vec<u32>)>,
    /// What can be done.
    pub remediations: Vec<RemediationFor>,
}

/// How far an advisory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdvisoryStatus)]
pub enum Maturity {
    /// Not yet published.
    Draft,
    /// It will change soon.
    Interim,
    /// It stands until something new is known.
    Final,
}

/// An advisory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advisory {
    /// Its title.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// Address that names the publisher.
    pub namespace: String,
    /// As the publisher names it.
    pub id: String,
    /// Counts up.
    pub version: String,
    /// How far it is.
    pub status: Maturity,
    /// When this version was released, milliseconds since 1970.
    pub released_at: i64,
    /// When the first version was released, milliseconds since 1970.
    pub first_released_at: i64,
    /// Whom it may be shown to, when it says so.
    pub tlp: Option<Tlp>,
    /// How serious the publisher finds it, in the publisher's words.
    pub severity_words: Option<String>,
    /// Products.
    pub products: Vec<Product>,
    /// Groups of products, by their places.
    pub groups: Vec<Vec<u32>>,
    /// Vulnerabilities.
    pub vulnerabilities: Vec<Vulnerability>,
}

impl Advisory {
    /// Highest CVSS base score of its vulnerabilities.
    pub fn score(&self) -> Option<f64> {
        self.vulnerabilities.iter().filter_map(|one| one.score).max_by(f64::total_cmp)
    }

    /// Names of the CVEs among its vulnerabilities, each once, in its order.
    pub fn cves(&self) -> Vec<&str> {
        let mut seen = std::collections::HashSet::new();
        self.vulnerabilities.iter().filter_map(|one| one.cve.as_deref()).filter(|cve| seen.insert(*cve)).collect()
    }

    /// What names it through all of its versions.
    pub fn tracking(&self) -> String {
        format!("{}\n{}", self.namespace, self.id)
    }

    /// Makers that it speaks of, as [`Index`] knows them; `?` when it speaks of products without saying who makes them.
    pub fn vendor_keys(&self) -> Vec<String> {
        let whole = self.products.iter().filter(|product| product.parts.is_empty());
        let mut keys: Vec<String> = whole.map(matching::vendor_key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// How serious a CVSS base score is (CVSS 3.1, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CvssSeverity)]
pub enum Severity {
    /// 0.
    None,
    /// Below 4.
    Low,
    /// Below 7.
    Medium,
    /// Below 9.
    High,
    /// From 9 on.
    Critical,
}

impl Severity {
    /// Of a base score.
    pub fn of(score: f64) -> Self {
        match score {
            score if score >= 9.0 => Self::Critical,
            score if score >= 7.0 => Self::High,
            score if score >= 4.0 => Self::Medium,
            score if score > 0.0 => Self::Low,
            _ => Self::None,
        }
    }
}

/// Why an advisory is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsafError {
    /// More than [`MAX_BYTES`].
    #[error("the advisory is too large: at most {MAX_BYTES} bytes")]
    TooLarge,
    /// Not JSON, or not of this form. The text says where.
    #[error("not a CSAF advisory: {0}")]
    Unreadable(String),
    /// Another version of the standard.
    #[error("only CSAF 2.0 and 2.1 are read")]
    VersionUnsupported,
    /// More than this program takes.
    #[error("{what}: at most {most}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// A field is not as it should be.
    #[error("{at}: {reason}")]
    Inconsistent {
        /// Which.
        at: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// Reads an advisory.
///
/// # Errors
/// [`CsafError`].
pub fn read(bytes: &[u8]) -> Result<Advisory, CsafError> {
    if bytes.len() > MAX_BYTES {
        return Err(CsafError::TooLarge);
    }
    build::advisory(wire::parse(bytes)?)
}
