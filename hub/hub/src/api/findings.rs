//! Findings of audits. The auditor says what was found and whether it is mended; the organisation says what it has done about it,
//! and nothing else.

use super::assessments::CHANGED_MEANWHILE;
use super::name;
use crate::days;
use crate::frameworks::short_name;
use crate::hub::Hub;
use crate::store::Changed;
use crate::store::entity::audit_work::{finding, finding_change};
use crate::store::entity::standing::assessment;
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::{Conformity, FindingState};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Longest text, in characters.
const MAX_WORDS: usize = 4_000;
/// Most evidence that a finding names.
const MAX_EVIDENCE: usize = 50;

/// What the auditor says of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = FindingSaid)]
pub(crate) struct Said {
    /// Short name of the measure.
    pub(super) measure: String,
    pub(super) grade: Conformity,
    pub(super) title: String,
    /// What was seen.
    pub(super) seen: String,
    /// Ids of evidence.
    pub(crate) evidence: Vec<String>,
    pub(super) recommendation: String,
    /// A day, `2027-03-31`.
    #[serde(default)]
    #[schema(required)]
    pub(super) due: Option<String>,
}

impl Said {
    /// What a closed audit has stated of it, and nobody changes any more.
    pub(crate) fn stated(&self) -> (&str, Conformity, &str, &str, &[String], &str) {
        (&self.measure, self.grade, &self.title, &self.seen, &self.evidence, &self.recommendation)
    }
}

/// What the organisation has done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = FindingCorrection)]
pub(super) struct Correction {
    pub(super) words: String,
    /// Ids of evidence.
    evidence: Vec<String>,
    at: Time,
    by: String,
}

/// What the auditor says of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = FindingVerdict)]
pub(super) struct Verdict {
    pub(super) is_accepted: bool,
    pub(super) words: String,
    at: Time,
    by: String,
}

/// Everything that is said of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = FindingContent)]
pub(super) struct Content {
    #[serde(flatten)]
    pub(super) said: Said,
    pub(super) state: FindingState,
    #[serde(default)]
    #[schema(required)]
    pub(super) correction: Option<Correction>,
    #[serde(default)]
    #[schema(required)]
    pub(super) verdict: Option<Verdict>,
}

/// A finding.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Finding)]
pub(super) struct FindingView {
    pub(super) id: String,
    /// The audit.
    assessment_id: String,
    #[serde(flatten)]
    pub(super) content: Content,
    /// Whether it should have been corrected by now.
    is_overdue: bool,
    /// Counts its changes.
    revision: i32,
    created_at: Time,
    created_by: String,
    changed_at: Time,
    changed_by: String,
}

/// What their list answers.
type FindingViewList = List<FindingView>;

impl FindingView {
    pub(super) fn measure(&self) -> &str {
        &self.content.said.measure
    }
}

/// What was said of a finding from a time on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FindingChange)]
struct ChangeView {
    revision: i32,
    #[serde(flatten)]
    content: Content,
    changed_at: Time,
    changed_by: String,
}

/// A finding with its past.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FindingWithPast)]
pub(super) struct PastView {
    #[serde(flatten)]
    finding: FindingView,
    /// From the first to the one that counts.
    changes: Vec<ChangeView>,
}

/// What the auditor sets.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FindingBody {
    measure: String,
    grade: Conformity,
    title: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    recommendation: String,
    #[serde(default)]
    due: Option<String>,
    /// The revision that this one replaces; 0 for a new one.
    revision: i32,
}

/// What the organisation answers.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrectionBody {
    words: String,
    #[serde(default)]
    evidence: Vec<String>,
    /// The revision that this one replaces.
    revision: i32,
}

/// What the auditor makes of the answer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerdictBody {
    /// Whether it is done; else the finding is open again.
    is_accepted: bool,
    #[serde(default)]
    words: String,
    /// The revision that this one replaces.
    revision: i32,
}

fn code<T: Serialize>(value: T) -> Result<String, Problem> {
    let value = serde_json::to_value(value).map_err(|error| Problem::internal("write a finding", &error))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

fn parsed<T: DeserializeOwned>(code: &str) -> Result<T, Problem> {
    serde_json::from_value(code.into()).map_err(|error| Problem::internal("read a finding", &error))
}

/// What an auditor says of a finding, as stored.
pub(crate) fn stored_said(document: &str) -> Result<Said, Problem> {
    content(document).map(|content| content.said)
}

fn content(document: &str) -> Result<Content, Problem> {
    serde_json::from_str(document).map_err(|error| Problem::internal("read a finding", &error))
}

fn document(content: &Content) -> Result<String, Problem> {
    serde_json::to_string(content).map_err(|error| Problem::internal("write a finding", &error))
}

fn view(row: finding::Model, today: Date) -> Result<FindingView, Problem> {
    let content = content(&row.document)?;
    let is_done = content.state == FindingState::Verified || content.said.grade == Conformity::GoodPractice;
    Ok(FindingView {
        id: row.id,
        assessment_id: row.assessment_id,
        is_overdue: !is_done && days::is_over(content.said.due.as_deref(), today),
        content,
        revision: row.revision,
        created_at: Time(Timestamp(row.created_at)),
        created_by: row.created_by,
        changed_at: Time(Timestamp(row.changed_at)),
        changed_by: row.changed_by,
    })
}

/// How the findings of an organisation's audits weigh, and how far they are.
pub(super) async fn weights(hub: &Hub, id: OrganisationId) -> Result<Vec<(Conformity, FindingState)>, Problem> {
    let rows = hub.store.findings_of(id).await?;
    rows.into_iter().map(|row| Ok((parsed(&row.grade)?, parsed(&row.state)?))).collect()
}

/// The findings of an audit.
pub(super) async fn of_audit(hub: &Hub, id: &str) -> Result<Vec<FindingView>, Problem> {
    let today = hub.today();
    hub.store.findings(id).await?.into_iter().map(|row| view(row, today)).collect()
}

/// The findings of every audit of an organisation.
pub(super) async fn of_every_audit(hub: &Hub, id: OrganisationId) -> Result<Vec<FindingView>, Problem> {
    let today = hub.today();
    hub.store.findings_of(id).await?.into_iter().map(|row| view(row, today)).collect()
}

async fn audit(hub: &Hub, id: &str) -> Result<assessment::Model, Problem> {
    let row = hub.store.assessment(id).await?.ok_or_else(Problem::not_found)?;
    if row.kind == "audit" { Ok(row) } else { Err(Problem::not_found()) }
}

fn closed() -> Problem {
    Problem::new(codes::CONFLICT).detail("the audit is closed")
}

fn words(field: &str, text: &str) -> Result<String, Problem> {
    if text.chars().count() > MAX_WORDS {
        return Err(Problem::invalid(field, "too_long", format!("at most {MAX_WORDS} characters")));
    }
    Ok(text.trim().to_owned())
}

/// Evidence that is there, of the organisation that is audited.
async fn evidence(hub: &Hub, audit: &assessment::Model, ids: Vec<String>) -> Result<Vec<String>, Problem> {
    let unknown = || Problem::invalid("evidence", "not_found", format!("evidence of the organisation, at most {MAX_EVIDENCE}"));
    if ids.len() > MAX_EVIDENCE {
        return Err(unknown());
    }
    for id in &ids {
        let found = hub.store.evidence(id).await?.map(|evidence| evidence.row);
        if !found.is_some_and(|row| row.organisation_id == audit.organisation_id && row.removed_at.is_none()) {
            return Err(unknown());
        }
    }
    Ok(ids)
}

async fn said(hub: &Hub, audit: &assessment::Model, body: FindingBody) -> Result<Said, Problem> {
    if !hub.frameworks.find(&audit.framework)?.framework()?.measures().any(|node| short_name(node) == body.measure) {
        return Err(Problem::invalid("measure", "not_found", "the framework has no such measure"));
    }
    days::check("due", body.due.as_deref())?;
    Ok(Said {
        measure: body.measure,
        grade: body.grade,
        title: name("title", &body.title)?,
        seen: words("seen", &body.seen)?,
        evidence: evidence(hub, audit, body.evidence).await?,
        recommendation: words("recommendation", &body.recommendation)?,
        due: body.due,
    })
}

/// Keeps what is said now in place of the revision `seen`.
async fn keep(
    hub: &Hub,
    session: Session,
    before: finding::Model,
    content: Content,
    seen: i32,
    is_bound: bool,
) -> Result<Json<FindingView>, Problem> {
    let row = finding::Model {
        grade: code(content.said.grade)?,
        state: code(content.state)?,
        document: document(&content)?,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
        ..before
    };
    let id = row.id.clone();
    match hub.store.set_finding(row, seen, is_bound).await? {
        Changed::Kept(()) => Ok(Json(view(found(hub, &id).await?.0, hub.today())?)),
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}

async fn found(hub: &Hub, id: &str) -> Result<(finding::Model, assessment::Model), Problem> {
    hub.store.finding(id).await?.ok_or_else(Problem::not_found)
}

#[utoipa::path(get, path = "/audits/{id}/findings", tag = "audits", operation_id = "list_findings", params(("id" = String, Path)), responses((status = 200, body = FindingViewList)))]
pub(super) async fn list(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<List<FindingView>>, Problem> {
    audit(&hub, &id).await?;
    Ok(Json(List::whole(of_audit(&hub, &id).await?)))
}

#[utoipa::path(get, path = "/organisations/{id}/findings", tag = "audits", operation_id = "list_findings_of_organisation", params(("id" = OrganisationId, Path)), responses((status = 200, body = FindingViewList)))]
pub(super) async fn of_organisation(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
) -> Result<Json<List<FindingView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    Ok(Json(List::whole(of_every_audit(&hub, id).await?)))
}

#[utoipa::path(post, path = "/audits/{id}/findings", tag = "audits", operation_id = "create_finding", params(("id" = String, Path)), request_body = FindingBody, responses((status = 201, body = FindingView)))]
pub(super) async fn create(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<FindingBody>,
) -> Result<(StatusCode, Json<FindingView>), Problem> {
    let audit = audit(&hub, &id).await?;
    if audit.closed {
        return Err(closed());
    }
    let said = said(&hub, &audit, body).await?;
    let content = Content { said, state: FindingState::Open, correction: None, verdict: None };
    let now = hub.now().as_millis();
    let row = finding::Model {
        id: hub.new_id()?.to_string(),
        assessment_id: id,
        grade: code(content.said.grade)?,
        state: code(content.state)?,
        document: document(&content)?,
        revision: 1,
        created_at: now,
        created_by: session.user_name.clone(),
        changed_at: now,
        changed_by: session.user_name,
    };
    match hub.store.add_finding(row.clone()).await? {
        Changed::Kept(()) => Ok((StatusCode::CREATED, Json(view(row, hub.today())?))),
        Changed::Meanwhile => Err(closed()),
    }
}

#[utoipa::path(get, path = "/findings/{id}", tag = "audits", operation_id = "read_finding", params(("id" = String, Path)), responses((status = 200, body = PastView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<PastView>, Problem> {
    let change = |row: finding_change::Model| -> Result<ChangeView, Problem> {
        let (changed_at, changed_by) = (Time(Timestamp(row.changed_at)), row.changed_by);
        Ok(ChangeView { revision: row.revision, content: content(&row.document)?, changed_at, changed_by })
    };
    let finding = view(found(&hub, &id).await?.0, hub.today())?;
    let changes = hub.store.finding_changes(&id).await?.into_iter().map(change).collect::<Result<_, _>>()?;
    Ok(Json(PastView { finding, changes }))
}

/// Changes what was found. Of a closed audit only the day by which it is to be corrected.
#[utoipa::path(put, path = "/findings/{id}", tag = "audits", operation_id = "update_finding", params(("id" = String, Path)), request_body = FindingBody, responses((status = 200, body = FindingView)))]
pub(super) async fn update(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<FindingBody>,
) -> Result<Json<FindingView>, Problem> {
    let (before, audit) = found(&hub, &id).await?;
    let mut content = content(&before.document)?;
    let seen = body.revision;
    let said = said(&hub, &audit, body).await?;
    let is_bound = said.stated() != content.said.stated();
    if audit.closed && is_bound {
        return Err(closed());
    }
    content.said = said;
    keep(&hub, session, before, content, seen, is_bound).await
}

/// What the organisation has done about a finding.
#[utoipa::path(put, path = "/findings/{id}/correction", tag = "audits", operation_id = "correct_finding", params(("id" = String, Path)), request_body = CorrectionBody, responses((status = 200, body = FindingView)))]
pub(super) async fn correct(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<CorrectionBody>,
) -> Result<Json<FindingView>, Problem> {
    let (before, audit) = found(&hub, &id).await?;
    let mut content = content(&before.document)?;
    let Some(state) = content.state.after_correction(content.said.grade) else {
        return Err(Problem::new(codes::CONFLICT).detail("there is nothing to correct"));
    };
    let words = words("words", &body.words)?;
    if words.is_empty() {
        return Err(Problem::invalid("words", "required", "say what was done"));
    }
    content.state = state;
    let (at, by) = (Time(hub.now()), session.user_name.clone());
    content.correction = Some(Correction { words, evidence: evidence(&hub, &audit, body.evidence).await?, at, by });
    keep(&hub, session, before, content, body.revision, false).await
}

/// Whether the auditor has seen that a finding is corrected.
#[utoipa::path(put, path = "/findings/{id}/verdict", tag = "audits", operation_id = "judge_finding", params(("id" = String, Path)), request_body = VerdictBody, responses((status = 200, body = FindingView)))]
pub(super) async fn judge(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<VerdictBody>,
) -> Result<Json<FindingView>, Problem> {
    let (before, _) = found(&hub, &id).await?;
    let mut content = content(&before.document)?;
    let words = words("words", &body.words)?;
    if !body.is_accepted && words.is_empty() {
        return Err(Problem::invalid("words", "required", "say what is missing"));
    }
    content.state = FindingState::after_look(body.is_accepted);
    let (at, by) = (Time(hub.now()), session.user_name.clone());
    content.verdict = Some(Verdict { is_accepted: body.is_accepted, words, at, by });
    keep(&hub, session, before, content, body.revision, false).await
}
