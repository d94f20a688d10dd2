//! Assessments: what an organisation, or an auditor, answers to the measures of a framework.

use super::name;
use super::organisation_profile::profile;
use super::standing::said;
use crate::frameworks;
use crate::hub::Hub;
use crate::standing::{groups, is_shown, measures, questions};
use crate::store::Changed;
use crate::store::entity::standing::{answer, assessment};
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::{Framework, Interval, Profile, Question, QuestionKind, Score, score};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Somebody else has changed it since it was seen.
pub(super) const CHANGED_MEANWHILE: Code = Code::new("changed_meanwhile", 409, "Somebody else has changed this since you saw it");
/// Longest comment or reason, in characters.
const MAX_WORDS: usize = 4_000;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AssessmentKind {
    /// The organisation.
    #[serde(rename = "self")]
    Own,
    /// An auditor.
    Audit,
}

impl AssessmentKind {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Audit => "audit",
        }
    }

    fn from_code(code: &str) -> Self {
        if code == Self::Audit.code() { Self::Audit } else { Self::Own }
    }
}

/// Whether it can still be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum AssessmentState {
    Open,
    Closed,
}

/// An assessment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AssessmentSummary)]
pub(super) struct SummaryView {
    id: String,
    organisation_id: String,
    /// `ref_id` of the framework.
    framework: String,
    title: String,
    kind: AssessmentKind,
    state: AssessmentState,
    created_at: Time,
    created_by: String,
    /// Measures that concern the organisation.
    pub(super) asked: usize,
    /// Those of which every question is answered, or that do not apply.
    pub(super) answered: usize,
    /// What the answers make, as they are declared, all themes together. Nothing when the framework is gone.
    #[schema(required)]
    total: Option<Interval>,
}

/// What their list answers.
type SummaryViewList = List<SummaryView>;

/// What is to be begun.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssessmentBody {
    /// `ref_id` of a framework.
    framework: String,
    title: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = Answer)]
pub(super) struct AnswerView {
    /// Urn of the question, or of the measure itself.
    subject: String,
    /// Urn of the measure.
    node: String,
    /// Urn of what was chosen; of several, with a space between them.
    #[schema(required)]
    choice: Option<String>,
    /// A score given without a choice.
    #[schema(required)]
    score: Option<i32>,
    /// An answer in words.
    #[schema(required)]
    words: Option<String>,
    /// Why it does not concern the organisation.
    #[schema(required)]
    not_applicable: Option<String>,
    comment: String,
    /// Counts its changes.
    revision: i32,
    changed_at: Time,
    changed_by: String,
}

impl From<answer::Model> for AnswerView {
    fn from(row: answer::Model) -> Self {
        Self {
            subject: row.subject,
            node: row.node,
            choice: row.choice,
            score: row.score,
            words: row.words,
            not_applicable: row.not_applicable,
            comment: row.comment,
            revision: row.revision,
            changed_at: Time(Timestamp(row.changed_at)),
            changed_by: row.changed_by,
        }
    }
}

/// What an answer's past answers.
type AnswerViewList = List<AnswerView>;

/// An assessment with its answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Assessment)]
pub(super) struct AssessmentView {
    #[serde(flatten)]
    summary: SummaryView,
    /// The organisation's profile today: it decides what is asked.
    profile: Profile,
    /// Groups of measures that concern the organisation; all, when there are none.
    groups: Vec<String>,
    /// What the answers make, as they are declared. Nothing when the framework is gone.
    #[schema(required)]
    score: Option<Score>,
    answers: Vec<AnswerView>,
}

/// What is answered.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerBody {
    subject: String,
    node: String,
    /// Urn of what is chosen; of several, with a space between them.
    #[serde(default)]
    choice: Option<String>,
    #[serde(default)]
    score: Option<i32>,
    #[serde(default)]
    words: Option<String>,
    #[serde(default)]
    not_applicable: Option<String>,
    #[serde(default)]
    comment: String,
    /// The revision that this one replaces; 0 when there was none.
    revision: i32,
}

/// Of which question or measure.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Subject {
    /// Its urn.
    subject: String,
}

/// An assessment's summary, and what it was reckoned from and with.
pub(super) struct Summed {
    pub(super) summary: SummaryView,
    profile: Profile,
    groups: Vec<String>,
    score: Option<Score>,
}

/// Reckons up an assessment.
pub(super) async fn summary(hub: &Hub, row: assessment::Model, answers: &[answer::Model]) -> Result<Summed, Problem> {
    let organisation = row.organisation_id.parse().map_err(|_| Problem::not_found())?;
    let (content, profile) = (frameworks::content()?, profile(&hub.store, organisation).await?);
    let (mut asked, mut answered, mut named, mut reached) = (0, 0, Vec::new(), None);
    // An assessment of a framework that is gone still shows what was answered.
    if let Ok(found) = hub.frameworks.find(&row.framework) {
        let framework = found.framework()?;
        named = groups(content, framework, &profile);
        let by_subject: HashMap<&str, &answer::Model> = answers.iter().map(|answer| (answer.subject.as_str(), answer)).collect();
        let is_answered = |question: &Question| {
            by_subject.get(question.urn.as_str()).is_some_and(|answer| answer.choice.is_some() || answer.words.is_some())
        };
        for node in framework.measures().filter(|node| is_shown(node, &named)) {
            asked += 1;
            let whole = by_subject.get(node.urn.as_str());
            let mut questions = questions(node, &profile).peekable();
            answered += usize::from(match questions.peek() {
                _ if whole.is_some_and(|answer| answer.not_applicable.is_some()) => true,
                None => whole.is_some(),
                Some(_) => questions.all(is_answered),
            });
        }
        reached = Some(score(&measures(framework, &named, &profile, &said(answers))));
    }
    let view = SummaryView {
        kind: AssessmentKind::from_code(&row.kind),
        state: if row.closed { AssessmentState::Closed } else { AssessmentState::Open },
        created_at: Time(Timestamp(row.created_at)),
        id: row.id,
        organisation_id: row.organisation_id,
        framework: row.framework,
        title: row.title,
        created_by: row.created_by,
        asked,
        answered,
        total: reached.as_ref().map(|score: &Score| score.total),
    };
    Ok(Summed { summary: view, profile, groups: named, score: reached })
}

#[utoipa::path(get, path = "/organisations/{id}/assessments", tag = "standing", operation_id = "list_assessments", params(("id" = OrganisationId, Path)), responses((status = 200, body = SummaryViewList)))]
pub(super) async fn list(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<List<SummaryView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    let mut items = Vec::new();
    for row in hub.store.assessments(id).await? {
        let answers = hub.store.answers(&row.id).await?;
        items.push(summary(&hub, row, &answers).await?.summary);
    }
    Ok(Json(List { items, next_cursor: None }))
}

async fn begin(
    hub: &Hub,
    session: Session,
    id: OrganisationId,
    body: AssessmentBody,
    kind: AssessmentKind,
) -> Result<(StatusCode, Json<SummaryView>), Problem> {
    super::organisations::found(hub, id).await?;
    if hub.frameworks.find(&body.framework).is_err() {
        return Err(Problem::invalid("framework", "not_found", "there is no such framework"));
    }
    let row = assessment::Model {
        id: hub.new_id()?.to_string(),
        organisation_id: id.to_string(),
        framework: body.framework,
        title: name("title", &body.title)?,
        kind: kind.code().to_owned(),
        closed: false,
        created_at: hub.now().as_millis(),
        created_by: session.user_name,
    };
    hub.store.add_assessment(row.clone()).await?;
    let answers = hub.store.answers(&row.id).await?;
    Ok((StatusCode::CREATED, Json(summary(hub, row, &answers).await?.summary)))
}

#[utoipa::path(post, path = "/organisations/{id}/assessments", tag = "standing", operation_id = "create_assessment", params(("id" = OrganisationId, Path)), request_body = AssessmentBody, responses((status = 201, body = SummaryView)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<OrganisationId>,
    Json(body): Json<AssessmentBody>,
) -> Result<(StatusCode, Json<SummaryView>), Problem> {
    begin(&hub, session, id, body, AssessmentKind::Own).await
}

#[utoipa::path(post, path = "/organisations/{id}/audits", tag = "standing", operation_id = "create_audit", params(("id" = OrganisationId, Path)), request_body = AssessmentBody, responses((status = 201, body = SummaryView)))]
pub(super) async fn create_audit(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<OrganisationId>,
    Json(body): Json<AssessmentBody>,
) -> Result<(StatusCode, Json<SummaryView>), Problem> {
    begin(&hub, session, id, body, AssessmentKind::Audit).await
}

async fn found(hub: &Hub, id: &str) -> Result<assessment::Model, Problem> {
    hub.store.assessment(id).await?.ok_or_else(Problem::not_found)
}

#[utoipa::path(get, path = "/assessments/{id}", tag = "standing", operation_id = "read_assessment", params(("id" = String, Path)), responses((status = 200, body = AssessmentView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<AssessmentView>, Problem> {
    let row = found(&hub, &id).await?;
    let answers = hub.store.answers(&id).await?;
    let Summed { summary, profile, groups, score } = summary(&hub, row, &answers).await?;
    Ok(Json(AssessmentView { summary, profile, groups, score, answers: answers.into_iter().map(Into::into).collect() }))
}

#[utoipa::path(get, path = "/assessments/{id}/answer", tag = "standing", operation_id = "read_answer", params(("id" = String, Path), Subject), responses((status = 200, body = AnswerViewList)))]
pub(super) async fn history(
    State(hub): State<Hub>,
    Path(id): Path<String>,
    Query(Subject { subject }): Query<Subject>,
) -> Result<Json<List<AnswerView>>, Problem> {
    found(&hub, &id).await?;
    let items = hub.store.answer_history(&id, &subject).await?;
    Ok(Json(List { items: items.into_iter().map(Into::into).collect(), next_cursor: None }))
}

fn check_choice(question: &Question, chosen: &str) -> Result<(), Problem> {
    let chosen: Vec<&str> = chosen.split(' ').collect();
    if chosen.iter().any(|chosen| question.choices.iter().all(|known| known.urn != *chosen)) {
        return Err(Problem::invalid("choice", "not_found", "the question has no such choice"));
    }
    if chosen.len() > 1 && question.kind != QuestionKind::MultipleChoice {
        return Err(Problem::invalid("choice", "too_many", "the question takes one choice"));
    }
    if chosen.iter().collect::<HashSet<_>>().len() < chosen.len() {
        return Err(Problem::invalid("choice", "not_valid", "each choice once"));
    }
    Ok(())
}

fn check(framework: &Framework, body: &AnswerBody) -> Result<(), Problem> {
    let Some(node) = framework.measures().find(|node| node.urn == body.node) else {
        return Err(Problem::invalid("node", "not_found", "the framework has no such measure"));
    };
    let question = node.questions.iter().find(|question| question.urn == body.subject);
    if question.is_none() && body.subject != node.urn {
        return Err(Problem::invalid("subject", "not_found", "the measure has no such question"));
    }
    if let Some(chosen) = &body.choice {
        let Some(question) = question else {
            return Err(Problem::invalid("choice", "not_found", "the measure itself has no choices"));
        };
        check_choice(question, chosen)?;
    }
    let range = i64::from(framework.min_score)..=i64::from(framework.max_score);
    if body.score.is_some_and(|score| !range.contains(&i64::from(score))) {
        return Err(Problem::invalid("score", "not_valid", format!("from {} to {}", range.start(), range.end())));
    }
    if body.not_applicable.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
        return Err(Problem::invalid("not_applicable", "required", "say why"));
    }
    let texts =
        [("comment", Some(&body.comment)), ("words", body.words.as_ref()), ("not_applicable", body.not_applicable.as_ref())];
    match texts.iter().find(|(_, text)| text.is_some_and(|text| text.chars().count() > MAX_WORDS)) {
        Some((field, _)) => Err(Problem::invalid(field, "too_long", format!("at most {MAX_WORDS} characters"))),
        None => Ok(()),
    }
}

async fn keep(
    hub: &Hub,
    session: Session,
    id: String,
    body: AnswerBody,
    kind: AssessmentKind,
) -> Result<Json<AnswerView>, Problem> {
    let assessment = found(hub, &id).await?;
    if assessment.kind != kind.code() {
        return Err(Problem::not_found());
    }
    if assessment.closed {
        return Err(Problem::new(codes::CONFLICT).detail("the assessment is closed"));
    }
    check(hub.frameworks.find(&assessment.framework)?.framework()?, &body)?;
    let row = answer::Model {
        assessment_id: id,
        subject: body.subject,
        revision: body.revision,
        node: body.node,
        choice: body.choice,
        score: body.score,
        words: body.words,
        not_applicable: body.not_applicable,
        comment: body.comment,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
    };
    match hub.store.set_answer(row, body.revision).await? {
        Changed::Kept(row) => Ok(Json(row.into())),
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

#[utoipa::path(put, path = "/assessments/{id}/answer", tag = "standing", operation_id = "set_answer", params(("id" = String, Path)), request_body = AnswerBody, responses((status = 200, body = AnswerView)))]
pub(super) async fn set(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<AnswerBody>,
) -> Result<Json<AnswerView>, Problem> {
    keep(&hub, session, id, body, AssessmentKind::Own).await
}

#[utoipa::path(put, path = "/audits/{id}/answer", tag = "standing", operation_id = "set_audit_answer", params(("id" = String, Path)), request_body = AnswerBody, responses((status = 200, body = AnswerView)))]
pub(super) async fn set_in_audit(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<AnswerBody>,
) -> Result<Json<AnswerView>, Problem> {
    keep(&hub, session, id, body, AssessmentKind::Audit).await
}

/// Closes a self-assessment: its answers are not changed any more.
#[utoipa::path(post, path = "/assessments/{id}/closing", tag = "standing", operation_id = "close_assessment", params(("id" = String, Path)), responses((status = 200, body = SummaryView)))]
pub(super) async fn close(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<SummaryView>, Problem> {
    if found(&hub, &id).await?.kind != AssessmentKind::Own.code() {
        return Err(Problem::not_found());
    }
    if !hub.store.close_own(&id).await? {
        return Err(Problem::new(codes::CONFLICT).detail("the assessment is closed"));
    }
    let answers = hub.store.answers(&id).await?;
    Ok(Json(summary(&hub, found(&hub, &id).await?, &answers).await?.summary))
}
