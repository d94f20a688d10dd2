//! The file's own shape.

use super::{LibraryError, MAX_BYTES, Relationship};
use crate::framework::{Importance, QuestionKind};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// Deepest nesting: a choice of a question of a node has 9.
const MAX_DEPTH: usize = 32;

pub(super) fn parse(text: &str) -> Result<RawLibrary, LibraryError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: MAX_DEPTH,
            max_nodes: 2_000_000,
            max_events: 4_000_000,
            max_total_scalar_bytes: MAX_BYTES,
            // Nobody writes frameworks with aliases; whoever sends them wants to make much of little.
            max_anchors: 16,
            max_aliases: 16,
        },
        // As YAML 1.2 has it: a choice may say No.
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| LibraryError::Unreadable(error.to_string()))
}

/// A text, also where somebody wrote a number or nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Scalar(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyScalar;

        impl Visitor<'_> for AnyScalar {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(Some(text.to_owned())))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(Some(number.to_string())))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar(Some(number.to_string())))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar(Some(number.to_string())))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }

            fn visit_none<E: de::Error>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
        }

        deserializer.deserialize_any(AnyScalar)
    }
}

/// Fields by language.
pub(super) type Translations = BTreeMap<String, RawTexts>;

/// The texts of an object in a language.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawTexts {
    pub(super) name: Scalar,
    pub(super) description: Scalar,
    pub(super) annotation: Scalar,
    pub(super) typical_evidence: Scalar,
    pub(super) text: Scalar,
    pub(super) value: Scalar,
    pub(super) copyright: Scalar,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawLibrary {
    pub(super) urn: String,
    pub(super) locale: String,
    pub(super) ref_id: Scalar,
    pub(super) name: Scalar,
    #[serde(default)]
    pub(super) description: Scalar,
    #[serde(default)]
    pub(super) copyright: Scalar,
    #[serde(default)]
    pub(super) version: Scalar,
    #[serde(default)]
    pub(super) provider: Scalar,
    #[serde(default)]
    pub(super) packager: Scalar,
    #[serde(default)]
    pub(super) translations: Option<Translations>,
    pub(super) objects: RawObjects,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawObjects {
    #[serde(default)]
    pub(super) framework: Option<RawFramework>,
    #[serde(default)]
    pub(super) requirement_mapping_sets: Option<Vec<RawMappingSet>>,
    #[serde(default)]
    pub(super) requirement_mapping_set: Option<RawMappingSet>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawFramework {
    pub(super) urn: String,
    pub(super) ref_id: Scalar,
    pub(super) name: Scalar,
    #[serde(default)]
    pub(super) description: Scalar,
    #[serde(default)]
    pub(super) translations: Option<Translations>,
    #[serde(default)]
    pub(super) min_score: Option<u32>,
    #[serde(default)]
    pub(super) max_score: Option<u32>,
    #[serde(default)]
    pub(super) scores_definition: Option<Vec<RawScore>>,
    #[serde(default)]
    pub(super) implementation_groups_definition: Option<Vec<RawGroup>>,
    pub(super) requirement_nodes: Vec<RawNode>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawScore {
    pub(super) score: u32,
    pub(super) name: Scalar,
    #[serde(default)]
    pub(super) description: Scalar,
    #[serde(default)]
    pub(super) translations: Option<Translations>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawGroup {
    pub(super) ref_id: Scalar,
    #[serde(default)]
    pub(super) name: Scalar,
    #[serde(default)]
    pub(super) description: Scalar,
    #[serde(default)]
    pub(super) default_selected: Option<bool>,
    #[serde(default)]
    pub(super) translations: Option<Translations>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawNode {
    pub(super) urn: String,
    #[serde(default)]
    pub(super) parent_urn: Option<String>,
    #[serde(default)]
    pub(super) ref_id: Scalar,
    #[serde(default)]
    pub(super) name: Scalar,
    #[serde(default)]
    pub(super) description: Scalar,
    #[serde(default)]
    pub(super) annotation: Scalar,
    #[serde(default)]
    pub(super) typical_evidence: Scalar,
    #[serde(default)]
    pub(super) translations: Option<Translations>,
    pub(super) assessable: bool,
    #[serde(default)]
    pub(super) implementation_groups: Option<Vec<Scalar>>,
    #[serde(default)]
    pub(super) weight: Option<u32>,
    #[serde(default)]
    pub(super) importance: Option<Importance>,
    // In the order of the file.
    #[serde(default)]
    pub(super) questions: Option<Ordered<RawQuestion>>,
    #[serde(default)]
    pub(super) threats: Option<Vec<String>>,
    #[serde(default)]
    pub(super) reference_controls: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawQuestion {
    #[serde(rename = "type")]
    pub(super) kind: QuestionKind,
    pub(super) text: Scalar,
    #[serde(default)]
    pub(super) translations: Option<Translations>,
    #[serde(default)]
    pub(super) choices: Option<Vec<RawChoice>>,
    /// Ours: foreign readers leave it alone.
    #[serde(default)]
    pub(super) haubert_group: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawChoice {
    pub(super) urn: String,
    pub(super) value: Scalar,
    #[serde(default)]
    pub(super) translations: Option<Translations>,
    #[serde(default)]
    pub(super) add_score: Option<u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawMappingSet {
    pub(super) urn: String,
    #[serde(default)]
    pub(super) name: Scalar,
    pub(super) source_framework_urn: String,
    pub(super) target_framework_urn: String,
    pub(super) requirement_mappings: Vec<RawMapping>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawMapping {
    pub(super) source_requirement_urn: String,
    pub(super) target_requirement_urn: String,
    pub(super) relationship: Relationship,
}

/// A map whose order says something.
#[derive(Debug)]
pub(super) struct Ordered<T>(pub(super) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Ordered(pairs))
            }
        }

        deserializer.deserialize_map(Pairs(std::marker::PhantomData))
    }
}
