//! From the file's shape to what the product works with; what does not hang together is refused.

use super::wire::{
    RawChoice, RawFramework, RawGroup, RawLibrary, RawMappingSet, RawNode, RawQuestion, RawScore, RawTexts, Scalar, Translations,
};
use super::{Library, LibraryError, MAX_NODES, Mapping, MappingSet};
use crate::framework::{Choice, Framework, Group, Node, Question, ScoreStep};
use crate::texts::Texts;
use std::collections::HashMap;

/// Scores of a framework that does not say.
const SCORES: (u32, u32) = (0, 100);
/// Questions of a node, and choices of a question: the most that public ones have is 102.
const MAX_QUESTIONS: usize = 256;

fn inconsistent<T>(at: &str, reason: impl Into<String>) -> Result<T, LibraryError> {
    Err(LibraryError::Inconsistent { at: at.to_owned(), reason: reason.into() })
}

fn texts(written: Scalar, translations: &Option<Translations>, field: impl Fn(&RawTexts) -> &Scalar) -> Texts {
    let translated = translations.iter().flatten();
    let translated = translated.filter_map(|(language, texts)| Some((language.clone(), field(texts).0.clone()?)));
    Texts::new(written.0.unwrap_or_default(), translated.collect())
}

pub(super) fn library(raw: RawLibrary) -> Result<Library, LibraryError> {
    let Some(ref_id) = raw.ref_id.0 else { return inconsistent(&raw.urn, "a library needs a ref_id") };
    let version = raw.version.0.as_deref().unwrap_or("1").trim().parse();
    let Ok(version) = version else { return inconsistent(&raw.urn, "its version is a whole number") };
    let mut mappings = raw.objects.requirement_mapping_sets.unwrap_or_default();
    mappings.extend(raw.objects.requirement_mapping_set);
    Ok(Library {
        name: texts(raw.name, &raw.translations, |texts| &texts.name),
        description: texts(raw.description, &raw.translations, |texts| &texts.description),
        ref_id,
        locale: raw.locale,
        copyright: texts(raw.copyright, &raw.translations, |texts| &texts.copyright),
        version,
        provider: raw.provider.0,
        packager: raw.packager.0,
        framework: raw.objects.framework.map(framework).transpose()?,
        mappings: mappings.into_iter().map(mapping_set).collect(),
        urn: raw.urn,
    })
}

fn mapping_set(raw: RawMappingSet) -> MappingSet {
    let mappings = raw.requirement_mappings.into_iter().map(|pair| Mapping {
        source: pair.source_requirement_urn,
        target: pair.target_requirement_urn,
        relationship: pair.relationship,
    });
    MappingSet {
        name: raw.name.0.unwrap_or_default(),
        source: raw.source_framework_urn,
        target: raw.target_framework_urn,
        mappings: mappings.collect(),
        urn: raw.urn,
    }
}

fn framework(raw: RawFramework) -> Result<Framework, LibraryError> {
    if raw.requirement_nodes.len() > MAX_NODES {
        return Err(LibraryError::TooMany { what: "nodes", most: MAX_NODES });
    }
    let (min_score, max_score) = (raw.min_score.unwrap_or(SCORES.0), raw.max_score.unwrap_or(SCORES.1));
    if min_score >= max_score {
        return inconsistent(&raw.urn, "the best score is above the least one");
    }
    let mut framework = Framework {
        name: texts(raw.name, &raw.translations, |texts| &texts.name),
        description: texts(raw.description, &raw.translations, |texts| &texts.description),
        ref_id: raw.ref_id.0.unwrap_or_default(),
        min_score,
        max_score,
        scores: raw.scores_definition.unwrap_or_default().into_iter().map(score_step).collect(),
        groups: raw.implementation_groups_definition.unwrap_or_default().into_iter().filter_map(group).collect(),
        nodes: Vec::with_capacity(raw.requirement_nodes.len()),
        urn: raw.urn,
    };
    let mut positions = HashMap::new();
    for raw in raw.requirement_nodes {
        let parent = match &raw.parent_urn {
            None => None,
            // Above what it is above: so there are no circles.
            Some(urn) => match positions.get(urn) {
                Some(position) => Some(*position),
                None => return inconsistent(&raw.urn, format!("its heading {urn} does not stand before it")),
            },
        };
        let depth = parent.and_then(|at: usize| framework.nodes.get(at)).map_or(0, |above: &Node| above.depth.saturating_add(1));
        if positions.insert(raw.urn.clone(), framework.nodes.len()).is_some() {
            return inconsistent(&raw.urn, "there are two of that name");
        }
        let node = node(raw, parent, depth, &framework)?;
        // Some public libraries name groups that they do not define: those have no title.
        for group in &node.groups {
            if !framework.groups.iter().any(|known| known.ref_id == *group) {
                framework.groups.push(untitled(group));
            }
        }
        framework.nodes.push(node);
    }
    Ok(framework)
}

fn score_step(raw: RawScore) -> ScoreStep {
    ScoreStep {
        score: raw.score,
        name: texts(raw.name, &raw.translations, |texts| &texts.name),
        description: texts(raw.description, &raw.translations, |texts| &texts.description),
    }
}

fn group(raw: RawGroup) -> Option<Group> {
    Some(Group {
        ref_id: raw.ref_id.0?,
        name: texts(raw.name, &raw.translations, |texts| &texts.name),
        description: texts(raw.description, &raw.translations, |texts| &texts.description),
        default_selected: raw.default_selected.unwrap_or(false),
    })
}

fn untitled(ref_id: &str) -> Group {
    Group { ref_id: ref_id.to_owned(), name: Texts::default(), description: Texts::default(), default_selected: false }
}

fn node(raw: RawNode, parent: Option<usize>, depth: u8, framework: &Framework) -> Result<Node, LibraryError> {
    let groups: Vec<String> = raw.implementation_groups.unwrap_or_default().into_iter().filter_map(|group| group.0).collect();
    let asked = raw.questions.map(|questions| questions.0).unwrap_or_default();
    if asked.len() > MAX_QUESTIONS {
        return Err(LibraryError::TooMany { what: "questions of a measure", most: MAX_QUESTIONS });
    }
    let questions = asked.into_iter().map(|(urn, raw)| question(urn, raw, framework)).collect::<Result<_, _>>()?;
    Ok(Node {
        parent,
        depth,
        ref_id: raw.ref_id.0,
        name: texts(raw.name, &raw.translations, |texts| &texts.name),
        description: texts(raw.description, &raw.translations, |texts| &texts.description),
        annotation: texts(raw.annotation, &raw.translations, |texts| &texts.annotation),
        typical_evidence: texts(raw.typical_evidence, &raw.translations, |texts| &texts.typical_evidence),
        assessable: raw.assessable,
        groups,
        weight: raw.weight.unwrap_or(1),
        importance: raw.importance.unwrap_or_default(),
        questions,
        threats: raw.threats.unwrap_or_default(),
        controls: raw.reference_controls.unwrap_or_default(),
        urn: raw.urn,
    })
}

fn question(urn: String, raw: RawQuestion, framework: &Framework) -> Result<Question, LibraryError> {
    let raw_choices = raw.choices.unwrap_or_default();
    if raw_choices.len() > MAX_QUESTIONS {
        return Err(LibraryError::TooMany { what: "choices of a question", most: MAX_QUESTIONS });
    }
    let choices: Vec<Choice> = raw_choices.into_iter().map(choice).collect();
    let range = framework.min_score..=framework.max_score;
    if let Some(odd) = choices.iter().find(|choice| choice.score.is_some_and(|score| !range.contains(&score))) {
        return inconsistent(&odd.urn, format!("its score is not between {} and {}", range.start(), range.end()));
    }
    // Several choices are named with spaces between them.
    if let Some(odd) = choices.iter().find(|choice| choice.urn.contains(char::is_whitespace)) {
        return inconsistent(&odd.urn, "the urn of a choice has no spaces");
    }
    let text = texts(raw.text, &raw.translations, |texts| &texts.text);
    Ok(Question { urn, kind: raw.kind, text, choices, group: raw.haubert_group })
}

fn choice(raw: RawChoice) -> Choice {
    Choice { text: texts(raw.value, &raw.translations, |texts| &texts.value), score: raw.add_score, urn: raw.urn }
}
