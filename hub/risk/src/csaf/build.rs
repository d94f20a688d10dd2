//! What is kept of an advisory, held together: every reference is found, or the advisory is refused.

use super::wire::{Branch, File, FullName, ProductStatus, ProductTree, Relationship, Scores};
use super::{
    Advisory, CsafError, MAX_PRODUCTS, MAX_VULNERABILITIES, Product, Remediation, RemediationFor, Status, Tlp, Versions,
    Vulnerability, wire,
};
use std::collections::{BTreeSet, HashMap};

/// Longest short text, in characters.
const MAX_TEXT: usize = 1_000;
/// Longest name of a branch, in characters.
const MAX_BRANCH: usize = 300;
/// Longest remediation that is kept, in characters; more is cut, since the publisher has it whole.
const MAX_DETAILS: usize = 4_000;
/// References from vulnerabilities to products, of all of them together.
const MAX_REFERENCES: usize = 500_000;
/// Products that one is made of.
const MAX_PARTS: usize = 16;

fn wrong(at: &'static str, reason: impl Into<String>) -> CsafError {
    CsafError::Inconsistent { at, reason: reason.into() }
}

fn text(at: &'static str, text: String) -> Result<String, CsafError> {
    match text.trim().is_empty() || text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
        true => Err(wrong(at, format!("1 to {MAX_TEXT} characters, none of them a control character"))),
        false => Ok(text),
    }
}

fn few<T>(what: &'static str, things: &[T], most: usize) -> Result<(), CsafError> {
    if things.len() > most { Err(CsafError::TooMany { what, most }) } else { Ok(()) }
}

fn time(at: &'static str, text: &str) -> Result<i64, CsafError> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(jiff::Timestamp::as_millisecond).map_err(|_| wrong(at, "not a time in RFC 3339"))
}

/// A label that nobody knows is refused: what it would allow is unknown.
fn tlp(label: &str) -> Result<Tlp, CsafError> {
    match label {
        "WHITE" | "CLEAR" => Ok(Tlp::Clear),
        "GREEN" => Ok(Tlp::Green),
        "AMBER" => Ok(Tlp::Amber),
        "AMBER+STRICT" => Ok(Tlp::AmberStrict),
        "RED" => Ok(Tlp::Red),
        _ => Err(wrong("document.distribution.tlp.label", "not a label of TLP")),
    }
}

/// What the branches above a product say of it.
#[derive(Clone, Default)]
struct Above {
    vendor: Option<String>,
    family: Option<String>,
    product: Option<String>,
    versions: Option<Versions>,
    is_qualified: bool,
}

impl Above {
    fn with(mut self, branch: &Branch) -> Self {
        let name = Some(branch.name.clone());
        match branch.category.as_str() {
            "vendor" => self.vendor = name,
            "product_family" => self.family = name,
            "product_name" => self.product = name,
            "product_version" => self.versions = Some(Versions::One(branch.name.clone())),
            "product_version_range" => self.versions = Some(Versions::Range(branch.name.clone())),
            _ => self.is_qualified = true,
        }
        self
    }

    fn product(self, name: String) -> Product {
        Product {
            name,
            vendor: self.vendor,
            family: self.family,
            product: self.product,
            versions: self.versions.unwrap_or(Versions::Unsaid),
            is_qualified: self.is_qualified,
            parts: Vec::new(),
        }
    }
}

/// Products by their ids.
#[derive(Default)]
struct Products {
    list: Vec<Product>,
    places: HashMap<String, u32>,
}

impl Products {
    fn put(&mut self, full: FullName, make: impl FnOnce(String) -> Product) -> Result<(), CsafError> {
        let place = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        if self.list.len() >= MAX_PRODUCTS {
            return Err(CsafError::TooMany { what: "products", most: MAX_PRODUCTS });
        }
        if self.places.insert(full.product_id, place).is_some() {
            return Err(wrong("product_tree", "two products have one id"));
        }
        self.list.push(make(text("product name", full.name)?));
        Ok(())
    }

    fn branches(&mut self, branches: Vec<Branch>, above: &Above) -> Result<(), CsafError> {
        for mut branch in branches {
            let here = above.clone().with(&branch);
            // Every product below carries it.
            if text("branch", std::mem::take(&mut branch.name))?.chars().nth(MAX_BRANCH).is_some() {
                return Err(wrong("branch", format!("at most {MAX_BRANCH} characters")));
            }
            if let Some(full) = branch.product {
                self.put(full, |name| here.clone().product(name))?;
            }
            self.branches(branch.branches, &here)?;
        }
        Ok(())
    }

    fn places(&self, ids: &[String]) -> Result<Vec<u32>, CsafError> {
        let place = |id: &String| self.places.get(id).copied().ok_or_else(|| wrong("product_id", "refers to no product"));
        ids.iter().map(place).collect()
    }

    /// What products that are made of others are made of in the end.
    fn relate(&mut self, relationships: Vec<Relationship>) -> Result<(), CsafError> {
        few("relationships", &relationships, MAX_PRODUCTS)?;
        let mut ends = HashMap::new();
        for one in relationships {
            let id = one.full_product_name.product_id.clone();
            self.put(one.full_product_name, |name| Above::default().product(name))?;
            ends.insert(id, [one.product_reference, one.relates_to_product_reference]);
        }
        let mut made_of: HashMap<u32, [u32; 2]> = HashMap::new();
        for (id, [first, second]) in ends {
            if let [whole, first, second] = self.places(&[id, first, second])?[..] {
                made_of.insert(whole, [first, second]);
            }
        }
        for whole in made_of.keys() {
            let (mut next, mut seen, mut parts) = (vec![*whole], BTreeSet::new(), Vec::new());
            while let Some(at) = next.pop().filter(|_| seen.len() <= 4 * MAX_PARTS) {
                match made_of.get(&at) {
                    Some(ends) if seen.insert(at) => next.extend(ends),
                    None if seen.insert(at) && parts.len() < MAX_PARTS => parts.push(at),
                    _ => {}
                }
            }
            parts.sort_unstable();
            if let Some(product) = usize::try_from(*whole).ok().and_then(|at| self.list.get_mut(at)) {
                product.parts = parts;
            }
        }
        Ok(())
    }
}

fn score(scores: Vec<Scores>) -> Option<f64> {
    let all = scores.into_iter().flat_map(|scores| [scores.cvss_v2, scores.cvss_v3, scores.cvss_v4]).flatten();
    all.map(|cvss| cvss.base_score).filter(|score| (0.0..=10.0).contains(score)).max_by(f64::total_cmp)
}

fn statuses(status: ProductStatus, products: &Products) -> Result<Vec<(Status, Vec<u32>)>, CsafError> {
    let mut found = Vec::new();
    for (status, lists) in [
        (Status::Affected, vec![status.known_affected, status.first_affected, status.last_affected]),
        (Status::UnderInvestigation, vec![status.under_investigation]),
        (Status::Fixed, vec![status.fixed, status.first_fixed]),
        (Status::NotAffected, vec![status.known_not_affected]),
    ] {
        let mut places = products.places(&lists.concat())?;
        places.sort_unstable();
        places.dedup();
        if !places.is_empty() {
            found.push((status, places));
        }
    }
    Ok(found)
}

fn cve(cve: Option<String>) -> Result<Option<String>, CsafError> {
    match cve {
        Some(cve)
            if cve.len() <= 30 && cve.starts_with("CVE-") && cve.bytes().all(|b| b.is_ascii_digit() || b"CVE-".contains(&b)) =>
        {
            Ok(Some(cve))
        }
        None => Ok(None),
        Some(_) => Err(wrong("vulnerabilities.cve", "not the name of a CVE")),
    }
}

fn vulnerability(one: wire::Vulnerability, products: &Products, groups: &Groups) -> Result<Vulnerability, CsafError> {
    let group = |id: &String| groups.places.get(id).copied().ok_or_else(|| wrong("group_id", "refers to no group"));
    let remediation = |one: wire::Remediation| -> Result<RemediationFor, CsafError> {
        Ok(RemediationFor {
            remediation: Remediation {
                category: text("remediation category", one.category)?,
                details: one.details.chars().take(MAX_DETAILS).collect(),
                // Shown as a link: nothing but an address of the web.
                url: one.url.filter(|url| url.len() <= 2_000 && (url.starts_with("https://") || url.starts_with("http://"))),
            },
            products: products.places(&one.product_ids)?,
            groups: one.group_ids.iter().map(group).collect::<Result<_, _>>()?,
        })
    };
    let metrics = one.metrics.into_iter().map(|metric| metric.content);
    Ok(Vulnerability {
        cve: cve(one.cve)?,
        title: one.title.map(|title| text("vulnerability title", title)).transpose()?,
        score: score(one.scores.into_iter().chain(metrics).collect()),
        products: statuses(one.product_status, products)?,
        remediations: one.remediations.into_iter().map(remediation).collect::<Result<_, _>>()?,
    })
}

fn references(one: &wire::Vulnerability) -> usize {
    let status = &one.product_status;
    let lists = [
        &status.first_affected,
        &status.known_affected,
        &status.last_affected,
        &status.first_fixed,
        &status.fixed,
        &status.known_not_affected,
        &status.under_investigation,
    ];
    let of_remediations = one.remediations.iter().map(|one| one.product_ids.len().saturating_add(one.group_ids.len()));
    lists.into_iter().map(Vec::len).chain(of_remediations).fold(0, usize::saturating_add)
}

/// Groups of products, by their ids.
#[derive(Default)]
struct Groups {
    list: Vec<Vec<u32>>,
    places: HashMap<String, u32>,
}

fn tree(tree: ProductTree) -> Result<(Products, Groups), CsafError> {
    let mut products = Products::default();
    products.branches(tree.branches, &Above::default())?;
    for full in tree.full_product_names {
        products.put(full, |name| Above::default().product(name))?;
    }
    products.relate(tree.relationships)?;
    few("product groups", &tree.product_groups, MAX_PRODUCTS)?;
    let mut groups = Groups::default();
    for (group, place) in tree.product_groups.into_iter().zip(0..) {
        groups.list.push(products.places(&group.product_ids)?);
        groups.places.insert(group.group_id, place);
    }
    Ok((products, groups))
}

pub(super) fn advisory(file: File) -> Result<Advisory, CsafError> {
    let document = file.document;
    if !matches!(document.csaf_version.as_str(), "2.0" | "2.1") {
        return Err(CsafError::VersionUnsupported);
    }
    few("vulnerabilities", &file.vulnerabilities, MAX_VULNERABILITIES)?;
    if file.vulnerabilities.iter().map(references).fold(0, usize::saturating_add) > MAX_REFERENCES {
        return Err(CsafError::TooMany { what: "references to products", most: MAX_REFERENCES });
    }
    let (products, groups) = tree(file.product_tree)?;
    let vulnerabilities = file.vulnerabilities.into_iter().map(|one| vulnerability(one, &products, &groups));
    let tracking = document.tracking;
    let label = document.distribution.and_then(|distribution| distribution.tlp);
    Ok(Advisory {
        title: text("document.title", document.title)?,
        publisher: text("document.publisher.name", document.publisher.name)?,
        namespace: text("document.publisher.namespace", document.publisher.namespace)?,
        id: text("document.tracking.id", tracking.id)?,
        version: text("document.tracking.version", tracking.version)?,
        status: tracking.status,
        released_at: time("document.tracking.current_release_date", &tracking.current_release_date)?,
        first_released_at: time("document.tracking.initial_release_date", &tracking.initial_release_date)?,
        tlp: label.map(|label| tlp(&label.label)).transpose()?,
        severity_words: document.aggregate_severity.map(|one| text("document.aggregate_severity", one.text)).transpose()?,
        vulnerabilities: vulnerabilities.collect::<Result<_, _>>()?,
        products: products.list,
        groups: groups.list,
    })
}
