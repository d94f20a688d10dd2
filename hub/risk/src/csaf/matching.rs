//! Which assets an advisory bears on, and how surely.
//!
//! An asset is the product of an advisory when maker and product have the same name, however it is written, and the version is the
//! one meant. Whatever is less than that is *possibly*: never is more claimed than what was matched, and what was not matched is
//! never said to be safe.

use super::version::{Answer, in_range, is};
use super::{Advisory, Product, Remediation, Severity, Status, Versions, Vulnerability};
use crate::inventory::fold;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Words at the end of a company's name that say its legal form.
const FORMS: [&str; 30] = [
    "ag",
    "gmbh",
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "kg",
    "kgaa",
    "ltd",
    "limited",
    "llc",
    "llp",
    "plc",
    "pte",
    "sa",
    "sas",
    "sasu",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "se",
    "oy",
    "oyj",
    "ab",
    "as",
    "group",
];

/// In place of a maker that is not said. No name of a maker folds to it.
const UNSAID: &str = "?";

/// An asset, as far as matching needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Who made it.
    pub make: String,
    /// Which product it is.
    pub model: String,
    /// Its version; empty when it is not known.
    pub version: String,
}

/// How an asset stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdvisoryState)]
pub enum State {
    /// It has the vulnerability.
    Affected,
    /// It may have it: somebody must look.
    Possibly,
    /// The publisher is finding out.
    UnderInvestigation,
    /// It no longer has it.
    Fixed,
    /// It never had it.
    NotAffected,
}

/// Why it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdvisoryWhy)]
pub enum Why {
    /// Maker, product and version are those that are named.
    SameVersion,
    /// Maker and product are named, and the version is in the range that is given.
    InRange,
    /// The version of the asset is not known here.
    VersionUnknown,
    /// The version of the asset cannot be held against what is given.
    VersionUnclear,
    /// The advisory gives the versions in words.
    RangeInWords,
    /// The advisory gives no version.
    VersionUnsaid,
    /// The advisory means it together with something else, or only in some form.
    OnlyWithMore,
    /// The advisory names its family.
    SameFamily,
    /// The advisory gives a full name only, and it begins with maker and product.
    FullName,
}

impl Why {
    const fn is_certain(self) -> bool {
        matches!(self, Self::SameVersion | Self::InRange)
    }
}

/// What a vulnerability means for an asset.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = AdvisoryBearing)]
pub struct Bearing {
    /// `CVE-…`.
    #[schema(required)]
    pub cve: Option<String>,
    /// Its title.
    #[schema(required)]
    pub title: Option<String>,
    /// CVSS base score, 0 to 10.
    #[schema(required)]
    pub score: Option<f64>,
    /// How serious that is.
    #[schema(required)]
    pub severity: Option<Severity>,
    /// How the asset stands.
    pub state: State,
    /// Why.
    pub why: Why,
    /// The product of the advisory that it was matched to.
    pub product: String,
    /// What can be done.
    pub remediations: Vec<Remediation>,
}

/// Words of a name, folded. Single letters side by side are one word: `S.A.S.` is `SAS`.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut letters = false;
    for word in text.split(|sign: char| !sign.is_alphanumeric()).map(fold).filter(|word| !word.is_empty()) {
        let is_letter = word.chars().nth(1).is_none();
        match words.last_mut() {
            Some(last) if is_letter && letters => last.push_str(&word),
            _ => words.push(word),
        }
        letters = is_letter;
    }
    words
}

/// A maker's name without accents, case, punctuation and legal form.
fn vendor(name: &str) -> String {
    let mut words = words(name);
    while words.len() > 1 && words.last().is_some_and(|word| FORMS.contains(&word.as_str())) {
        words.pop();
    }
    words.concat()
}

fn vendor_of(product: &Product) -> String {
    product.vendor.as_deref().map(vendor).unwrap_or_default()
}

pub(super) fn vendor_key(product: &Product) -> String {
    match vendor_of(product) {
        unsaid if unsaid.is_empty() => UNSAID.to_owned(),
        vendor => vendor,
    }
}

/// A product's name without accents, case and punctuation, and without its maker before it.
fn model(name: &str, vendor: &str) -> String {
    let name = fold(name);
    match name.strip_prefix(vendor) {
        Some(rest) if !vendor.is_empty() && !rest.is_empty() => rest.to_owned(),
        _ => name,
    }
}

/// Assets by their makers.
#[derive(Debug, Default)]
pub struct Index<'a> {
    by_vendor: HashMap<String, Vec<(usize, String, &'a Item)>>,
}

impl<'a> Index<'a> {
    /// Of these assets. One of which maker or product is not known is never matched.
    pub fn new(items: &'a [Item]) -> Self {
        let mut index = Self::default();
        for (at, item) in items.iter().enumerate() {
            let vendor = vendor(&item.make);
            let model = model(&item.model, &vendor);
            if !vendor.is_empty() && !model.is_empty() {
                index.by_vendor.entry(vendor).or_default().push((at, model, item));
            }
        }
        index
    }

    /// Whether any asset is of one of these makers, as [`Advisory::vendor_keys`] gives them.
    pub fn has_any(&self, vendor_keys: &[impl AsRef<str>]) -> bool {
        vendor_keys.iter().map(AsRef::as_ref).any(|key| key == UNSAID || self.by_vendor.contains_key(key))
    }

    /// The assets that are a product, by their places, and why.
    fn fits(&self, product: &Product) -> Vec<(usize, Why)> {
        let vendor = vendor_of(product);
        if vendor.is_empty() {
            let name = fold(&product.name);
            // Shorter beginnings would be of too many products.
            let begins = |key: &String, model: &String| model.len() >= 3 && name.starts_with(&format!("{key}{model}"));
            let all = self.by_vendor.iter().flat_map(|(key, items)| items.iter().map(move |item| (key, item)));
            return all.filter(|(key, (_, model, _))| begins(key, model)).map(|(_, (at, ..))| (*at, Why::FullName)).collect();
        }
        let items = self.by_vendor.get(&vendor).map(Vec::as_slice).unwrap_or_default();
        let named = product.product.as_deref().map(|name| model(name, &vendor));
        let family = product.family.as_deref().map(|name| model(name, &vendor));
        let both = family.as_ref().zip(named.as_ref()).map(|(family, named)| format!("{family}{named}"));
        let fit = |(at, model, item): &(usize, String, &Item)| {
            if named.as_ref() == Some(model) || both.as_ref() == Some(model) {
                Some((*at, version(product, item)?))
            } else if family.as_ref() == Some(model) {
                // A version that is not meant is not meant of the family either.
                version(product, item).map(|_| (*at, Why::SameFamily))
            } else {
                None
            }
        };
        items.iter().filter_map(fit).collect()
    }
}

/// How the version of an asset stands to the versions of a product; nothing when it is not meant.
fn version(product: &Product, item: &Item) -> Option<Why> {
    let known = !item.version.trim().is_empty();
    let why = match &product.versions {
        Versions::Unsaid => Why::VersionUnsaid,
        _ if !known => Why::VersionUnknown,
        Versions::One(meant) => match is(&item.version, meant) {
            Answer::Yes => Why::SameVersion,
            Answer::No => return None,
            Answer::Unclear => Why::VersionUnclear,
        },
        Versions::Range(range) => match in_range(&item.version, range) {
            Answer::Yes => Why::InRange,
            Answer::No => return None,
            Answer::Unclear if range.trim().starts_with("vers:") => Why::VersionUnclear,
            Answer::Unclear => Why::RangeInWords,
        },
    };
    Some(if product.is_qualified && why.is_certain() { Why::OnlyWithMore } else { why })
}

/// What can be made of a status, known as surely as `why` says.
fn state(status: Status, why: Why) -> Option<State> {
    match (status, why.is_certain()) {
        (Status::Affected, true) => Some(State::Affected),
        (Status::UnderInvestigation, true) => Some(State::UnderInvestigation),
        (Status::Fixed, true) => Some(State::Fixed),
        (Status::NotAffected, true) => Some(State::NotAffected),
        (Status::Affected | Status::UnderInvestigation, false) => Some(State::Possibly),
        // That something else is safe says nothing of this.
        (Status::Fixed | Status::NotAffected, false) => None,
    }
}

/// Of several findings the surer one counts, and among those the worse.
fn rank(state: State, why: Why) -> (bool, State, Why) {
    (!why.is_certain(), state, why)
}

impl Advisory {
    /// What it means for each asset of `index` that it bears on, by their places: one bearing for each vulnerability of which
    /// anything can be said.
    pub fn bears_on(&self, index: &Index<'_>) -> BTreeMap<usize, Vec<Bearing>> {
        // Which assets each product is.
        let mut meant: HashMap<u32, Vec<(usize, Why)>> = HashMap::new();
        for (product, place) in self.products.iter().zip(0..).filter(|(product, _)| product.parts.is_empty()) {
            let fits = index.fits(product);
            if !fits.is_empty() {
                meant.insert(place, fits);
            }
        }
        for (product, place) in self.products.iter().zip(0..).filter(|(product, _)| !product.parts.is_empty()) {
            let parts = product.parts.iter().filter_map(|part| meant.get(part)).flatten();
            let fits: Vec<(usize, Why)> = parts.map(|(at, _)| (*at, Why::OnlyWithMore)).collect();
            if !fits.is_empty() {
                meant.insert(place, fits);
            }
        }
        let mut found: BTreeMap<usize, Vec<Bearing>> = BTreeMap::new();
        if meant.is_empty() {
            return found;
        }
        for vulnerability in &self.vulnerabilities {
            for (at, (state, why, product)) in best(vulnerability, &meant) {
                found.entry(at).or_default().push(self.bearing(vulnerability, state, why, product));
            }
        }
        found
    }

    fn bearing(&self, vulnerability: &Vulnerability, state: State, why: Why, product: u32) -> Bearing {
        let of_group = |group: &u32| usize::try_from(*group).ok().and_then(|at| self.groups.get(at));
        let remediations = vulnerability.remediations.iter().filter(|one| {
            one.products.contains(&product) || one.groups.iter().filter_map(of_group).any(|group| group.contains(&product))
        });
        let name = usize::try_from(product).ok().and_then(|at| self.products.get(at)).map(|product| product.name.clone());
        Bearing {
            cve: vulnerability.cve.clone(),
            title: vulnerability.title.clone(),
            score: vulnerability.score,
            severity: vulnerability.score.map(Severity::of),
            state,
            why,
            product: name.unwrap_or_default(),
            remediations: remediations.map(|one| one.remediation.clone()).collect(),
        }
    }
}

/// The finding that counts for each asset.
fn best(vulnerability: &Vulnerability, meant: &HashMap<u32, Vec<(usize, Why)>>) -> BTreeMap<usize, (State, Why, u32)> {
    let mut best: BTreeMap<usize, (State, Why, u32)> = BTreeMap::new();
    for (status, products) in &vulnerability.products {
        for product in products {
            for (at, why) in meant.get(product).map(Vec::as_slice).unwrap_or_default() {
                let Some(state) = state(*status, *why) else { continue };
                let is_better = best.get(at).is_none_or(|(known, because, _)| rank(state, *why) < rank(*known, *because));
                if is_better {
                    best.insert(*at, (state, *why, *product));
                }
            }
        }
    }
    best
}
