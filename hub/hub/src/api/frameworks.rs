//! The frameworks: what organisations are asked.

use crate::frameworks::is_shipped;
use crate::hub::Hub;
use axum::extract::State;
use haubert_risk::library::{Library, Licence};
use haubert_risk::{Framework, Importance, Node, Question, QuestionKind, Texts};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::Problem;
use haubert_service::wire::List;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// In which language.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Language {
    /// Two letters, such as `fr`. A text that is not translated comes as it was written.
    #[serde(default)]
    lang: String,
}

/// A framework.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FrameworkSummary)]
pub(super) struct SummaryView {
    ref_id: String,
    urn: String,
    name: String,
    description: String,
    /// Who wrote it.
    #[schema(required)]
    provider: Option<String>,
    /// Whose it is, and what may be done with it.
    #[schema(required)]
    copyright: Option<String>,
    licence: Licence,
    version: u64,
    /// How many measures it has.
    measures: usize,
    /// Languages that it was translated into.
    languages: BTreeSet<String>,
    /// Whether it came with the program.
    shipped: bool,
}

/// What their list answers.
type SummaryViewList = List<SummaryView>;

/// What can be chosen.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FrameworkChoice)]
struct ChoiceView {
    urn: String,
    text: String,
    #[schema(required)]
    score: Option<u32>,
}

/// What is asked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FrameworkQuestion)]
struct QuestionView {
    urn: String,
    kind: QuestionKind,
    text: String,
    /// Whom it is for, when it is not for all: `ot`.
    #[schema(required)]
    group: Option<String>,
    choices: Vec<ChoiceView>,
}

/// A measure, or a heading.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FrameworkNode)]
struct NodeView {
    urn: String,
    /// Position of the heading above it.
    #[schema(required)]
    parent: Option<usize>,
    depth: u8,
    #[schema(required)]
    ref_id: Option<String>,
    name: String,
    description: String,
    annotation: String,
    typical_evidence: String,
    assessable: bool,
    groups: Vec<String>,
    weight: u32,
    importance: Importance,
    questions: Vec<QuestionView>,
}

/// A group of measures, or what a score means.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FrameworkGroup)]
struct GroupView {
    ref_id: String,
    name: String,
    description: String,
}

/// What a score means.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FrameworkScore)]
struct ScoreView {
    score: u32,
    name: String,
    description: String,
}

/// A framework with everything in it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Framework)]
pub(super) struct FrameworkView {
    #[serde(flatten)]
    summary: SummaryView,
    min_score: u32,
    max_score: u32,
    scores: Vec<ScoreView>,
    groups: Vec<GroupView>,
    /// A heading stands before what is below it.
    nodes: Vec<NodeView>,
}

pub(super) fn summary(library: &Library, framework: &Framework, lang: &str) -> SummaryView {
    SummaryView {
        ref_id: framework.ref_id.clone(),
        urn: framework.urn.clone(),
        name: framework.name.get(lang).to_owned(),
        description: framework.description.get(lang).to_owned(),
        provider: library.provider.clone(),
        copyright: library.copyright_in(lang),
        licence: library.licence(),
        version: library.version,
        measures: framework.measures().count(),
        languages: library.languages(),
        shipped: is_shipped(library),
    }
}

fn question(question: &Question, text: impl Fn(&Texts) -> String) -> QuestionView {
    let choices = question.choices.iter();
    QuestionView {
        urn: question.urn.clone(),
        kind: question.kind,
        text: text(&question.text),
        group: question.group.clone(),
        choices: choices
            .map(|choice| ChoiceView { urn: choice.urn.clone(), text: text(&choice.text), score: choice.score })
            .collect(),
    }
}

fn node(node: &Node, text: impl Fn(&Texts) -> String) -> NodeView {
    NodeView {
        urn: node.urn.clone(),
        parent: node.parent,
        depth: node.depth,
        ref_id: node.ref_id.clone(),
        name: text(&node.name),
        description: text(&node.description),
        annotation: text(&node.annotation),
        typical_evidence: text(&node.typical_evidence),
        assessable: node.assessable,
        groups: node.groups.clone(),
        weight: node.weight,
        importance: node.importance,
        questions: node.questions.iter().map(|asked| question(asked, &text)).collect(),
    }
}

#[utoipa::path(get, path = "/frameworks", tag = "frameworks", operation_id = "list_frameworks", params(Language), responses((status = 200, body = SummaryViewList)))]
pub(super) async fn list(State(hub): State<Hub>, Query(language): Query<Language>) -> Result<Json<List<SummaryView>>, Problem> {
    let libraries = hub.frameworks.all()?;
    let with_framework = libraries.iter().filter_map(|library| Some((library, library.framework.as_ref()?)));
    let items = with_framework.map(|(library, framework)| summary(library, framework, &language.lang)).collect();
    Ok(Json(List { items, next_cursor: None }))
}

#[utoipa::path(get, path = "/frameworks/{ref_id}", tag = "frameworks", operation_id = "read_framework", params(("ref_id" = String, Path), Language), responses((status = 200, body = FrameworkView)))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Path(ref_id): Path<String>,
    Query(language): Query<Language>,
) -> Result<Json<FrameworkView>, Problem> {
    let found = hub.frameworks.find(&ref_id)?;
    let framework = found.framework()?;
    let text = |texts: &Texts| texts.get(&language.lang).to_owned();
    Ok(Json(FrameworkView {
        summary: summary(found.library(), framework, &language.lang),
        min_score: framework.min_score,
        max_score: framework.max_score,
        scores: framework
            .scores
            .iter()
            .map(|step| ScoreView { score: step.score, name: text(&step.name), description: text(&step.description) })
            .collect(),
        groups: framework
            .groups
            .iter()
            .map(|group| GroupView {
                ref_id: group.ref_id.clone(),
                name: text(&group.name),
                description: text(&group.description),
            })
            .collect(),
        nodes: framework.nodes.iter().map(|asked| node(asked, text)).collect(),
    }))
}
