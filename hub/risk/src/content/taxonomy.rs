//! What a port is made of, and what threatens it: lists with ids that everything else refers to.

use super::{ContentError, Files, read, text};
use haubert_model::Words;
use serde::{Deserialize, Serialize};

/// Where a list comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// In words.
    pub source: String,
    /// What may be done with it.
    pub licence: String,
    /// Whether the source was read.
    pub verified: bool,
    /// What a reader must know.
    pub note: String,
}

/// A thing in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TaxonomyEntry)]
pub struct Entry {
    /// What refers to it says this.
    pub id: String,
    /// Its title.
    pub title: Words,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Words>,
    /// The kind that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// As MISP names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misp: Option<String>,
}

/// Things that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TaxonomyFamily)]
pub struct Family {
    /// What refers to it says this.
    pub id: String,
    /// Its title.
    pub title: Words,
    /// As MISP names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misp: Option<String>,
    /// What belongs to it.
    #[serde(alias = "item", alias = "entry")]
    pub entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct FamiliesFile {
    provenance: Provenance,
    #[serde(alias = "class", alias = "family")]
    families: Vec<Family>,
}

#[derive(Debug, Deserialize)]
struct EntriesFile {
    provenance: Provenance,
    #[serde(default, rename = "kind")]
    kinds: Vec<Entry>,
    #[serde(alias = "service", alias = "actor", alias = "impact", alias = "source")]
    entries: Vec<Entry>,
}

/// A list, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Listed<T> {
    /// Where it comes from.
    pub provenance: Provenance,
    /// What is in it.
    pub items: Vec<T>,
}

/// A MISP taxonomy, as the repository of MISP has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MispTaxonomy {
    /// First part of a machine tag.
    pub namespace: String,
    /// What it is about.
    pub description: String,
    /// Counts up.
    pub version: u64,
    /// Whether a thing has one of these at most.
    #[serde(default)]
    pub exclusive: bool,
    /// Second parts.
    pub predicates: Vec<MispPredicate>,
    /// Third parts, by second part.
    #[serde(default)]
    pub values: Vec<MispValues>,
}

/// Second part of a machine tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MispPredicate {
    /// As it stands in the tag.
    pub value: String,
    /// As people read it.
    #[serde(default)]
    pub expanded: Option<String>,
    /// What it means.
    #[serde(default)]
    pub description: Option<String>,
    /// How it is shown elsewhere.
    #[serde(default)]
    pub colour: Option<String>,
}

/// Third parts of a machine tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MispValues {
    /// Of which second part.
    pub predicate: String,
    /// Which ones.
    pub entry: Vec<MispPredicate>,
}

/// What a port is made of, and what threatens it.
#[derive(Debug)]
pub struct Taxonomies {
    /// Ten classes of supporting assets.
    pub assets: Listed<Family>,
    /// Families of threats.
    pub threats: Listed<Family>,
    /// Business values.
    pub services: Listed<Entry>,
    /// Kinds of actors, as the port's community names them.
    pub actor_kinds: Vec<Entry>,
    /// Actors.
    pub actors: Listed<Entry>,
    /// What can follow.
    pub impacts: Listed<Entry>,
    /// Who or what causes it.
    pub sources: Listed<Entry>,
    /// Taxonomies of MISP.
    pub misp: Vec<MispTaxonomy>,
}

fn families(file: &str) -> Result<Listed<Family>, ContentError> {
    let found: FamiliesFile = read(file)?;
    Ok(Listed { provenance: found.provenance, items: found.families })
}

fn entries(file: &str) -> Result<(Vec<Entry>, Listed<Entry>), ContentError> {
    let found: EntriesFile = read(file)?;
    Ok((found.kinds, Listed { provenance: found.provenance, items: found.entries }))
}

impl Taxonomies {
    pub(super) fn load() -> Result<Self, ContentError> {
        let (actor_kinds, actors) = entries("taxonomies/actors.toml")?;
        let mut names: Vec<String> = Files::iter().filter(|name| name.ends_with("/machinetag.json")).map(Into::into).collect();
        names.sort_unstable();
        let misp = names.into_iter().map(|file| {
            let found = serde_json::from_str(&text(&file)?);
            found.map_err(|source| ContentError::Json { file, source })
        });
        Ok(Self {
            assets: families("taxonomies/assets.toml")?,
            threats: families("taxonomies/threats.toml")?,
            services: entries("taxonomies/services.toml")?.1,
            actor_kinds,
            actors,
            impacts: entries("taxonomies/impacts.toml")?.1,
            sources: entries("taxonomies/sources.toml")?.1,
            misp: misp.collect::<Result<_, _>>()?,
        })
    }
}

impl MispTaxonomy {
    /// Whether it has the machine tag `namespace:predicate` or `namespace:predicate="value"`.
    pub fn has(&self, tag: &str) -> bool {
        let Some(rest) = tag.strip_prefix(&self.namespace).and_then(|rest| rest.strip_prefix(':')) else { return false };
        let (predicate, value) = match rest.split_once('=') {
            None => (rest, None),
            Some((predicate, value)) => (predicate, Some(value.trim_matches('"'))),
        };
        match value {
            None => self.predicates.iter().any(|known| known.value == predicate),
            Some(value) => {
                let values = self.values.iter().filter(|values| values.predicate == predicate);
                values.flat_map(|values| &values.entry).any(|known| known.value == value)
            }
        }
    }
}
