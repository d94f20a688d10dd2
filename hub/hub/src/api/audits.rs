//! The auditor's work: everything about each measure on one sheet, and closing, after which nothing is changed unnoticed.

use super::assessments::{AnswerView, SummaryView, summary};
use super::evidence::EvidenceView;
use super::findings::{FindingView, of_audit};
use super::standing::{MeasureView, ThemeView, measure, stand, themes};
use crate::closing::{Fault, Statement, faults, statement};
use crate::hub::Hub;
use crate::labels::written;
use crate::standing::Asked;
use crate::store::entity::audit_work::audit_closing;
use crate::store::entity::standing::{answer, assessment};
use crate::store::{AuditRecord, Closing};
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::Time;
use haubert_trust::is_stated;
use http::StatusCode;
use serde::Serialize;

/// What closing an audit stated, and whether it still holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditClosing)]
pub(super) struct ClosingView {
    #[schema(required)]
    pub(super) closed_at: Option<Time>,
    #[schema(required)]
    closed_by: Option<String>,
    /// What was signed, letter by letter.
    statement: String,
    /// Ed25519 of `haubert statement v1`, a zero byte and the statement; base64.
    signature: String,
    /// What checks it, base64.
    public_key: String,
    /// Whether everything is as it was stated.
    pub(super) is_whole: bool,
    /// What is not.
    faults: Vec<Fault>,
}

/// Everything about a measure.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditSheetMeasure)]
struct SheetMeasure {
    /// How it stands, as the organisation declares it and as gateways prove it.
    #[serde(flatten)]
    standing: MeasureView,
    urn: String,
    /// What the organisation answered in its newest self-assessment.
    own_answers: Vec<AnswerView>,
    /// What the auditor answered.
    audit_answers: Vec<AnswerView>,
    /// Ids of evidence attached to it.
    files: Vec<String>,
    /// Ids of findings about it.
    findings: Vec<String>,
}

/// Everything about an audit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditSheet)]
pub(super) struct SheetView {
    audit: SummaryView,
    /// The organisation's newest self-assessment.
    #[schema(required)]
    own: Option<SummaryView>,
    themes: Vec<ThemeView>,
    measures: Vec<SheetMeasure>,
    /// Evidence of the organisation, attached or not.
    files: Vec<EvidenceView>,
    /// Findings of this audit.
    findings: Vec<FindingView>,
}

async fn found(hub: &Hub, id: &str) -> Result<(assessment::Model, OrganisationId), Problem> {
    let audit = hub.store.assessment(id).await?.filter(|row| row.kind == "audit").ok_or_else(Problem::not_found)?;
    let organisation = audit.organisation_id.parse().map_err(|_| Problem::not_found())?;
    Ok((audit, organisation))
}

fn of_measure(answers: &[answer::Model], urn: &str) -> Vec<AnswerView> {
    answers.iter().filter(|answer| answer.node == urn).cloned().map(Into::into).collect()
}

#[utoipa::path(get, path = "/audits/{id}/sheet", tag = "audits", operation_id = "read_audit_sheet", params(("id" = String, Path)), responses((status = 200, body = SheetView)))]
pub(super) async fn sheet(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<SheetView>, Problem> {
    let (audit, organisation) = found(&hub, &id).await?;
    let stand = stand(&hub, organisation).await?;
    let answers = hub.store.answers(&id).await?;
    let own_answers = match &stand.own {
        Some(own) => hub.store.answers(&own.id).await?,
        None => Vec::new(),
    };
    let files = super::evidence::of_organisation(&hub, organisation, false).await?;
    let findings = of_audit(&hub, &id).await?;
    let about = |asked: &Asked| SheetMeasure {
        standing: measure(asked),
        urn: asked.node.urn.clone(),
        own_answers: of_measure(&own_answers, &asked.node.urn),
        audit_answers: of_measure(&answers, &asked.node.urn),
        files: files.iter().filter(|file| file.is_attached_to(asked.id())).map(|file| file.id.clone()).collect(),
        findings: findings.iter().filter(|one| one.measure() == asked.id()).map(|one| one.id.clone()).collect(),
    };
    let measures = stand.asked.iter().map(about).collect();
    let own = match stand.own {
        Some(own) => Some(summary(&hub, own, &own_answers).await?.summary),
        None => None,
    };
    let themes = themes(&stand.asked);
    Ok(Json(SheetView { audit: summary(&hub, audit, &answers).await?.summary, own, themes, measures, files, findings }))
}

fn view(hub: &Hub, record: &AuditRecord, row: Option<audit_closing::Model>) -> ClosingView {
    let public_key = hub.statements.public_key();
    let Some(row) = row else {
        let (statement, signature, faults) = (String::new(), String::new(), vec![Fault::Statement]);
        return ClosingView { closed_at: None, closed_by: None, statement, signature, public_key, is_whole: false, faults };
    };
    let mut found = Vec::new();
    let is_ours = is_stated(&row.statement, &row.signature, &public_key);
    match serde_json::from_str::<Statement>(&row.statement) {
        Ok(stated) => {
            let is_told = (&stated.closed_by, &stated.closed_at) == (&row.closed_by, &written(Timestamp(row.closed_at)));
            if !is_ours || !is_told {
                found.push(Fault::Statement);
            }
            found.extend(faults(record, &stated));
        }
        Err(_) => found.push(Fault::Statement),
    }
    ClosingView {
        closed_at: Some(Time(Timestamp(row.closed_at))),
        closed_by: Some(row.closed_by),
        statement: row.statement,
        signature: row.signature,
        public_key,
        is_whole: found.is_empty(),
        faults: found,
    }
}

/// Whether a closed audit is as it was when it was closed.
#[utoipa::path(get, path = "/audits/{id}/closing", tag = "audits", operation_id = "verify_audit", params(("id" = String, Path)), responses((status = 200, body = ClosingView)))]
pub(super) async fn verify(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<ClosingView>, Problem> {
    closing(&hub, &id).await?.map(Json).ok_or_else(Problem::not_found)
}

/// What closing an audit stated, and whether it still holds; nothing of one that was never closed.
pub(super) async fn closing(hub: &Hub, id: &str) -> Result<Option<ClosingView>, Problem> {
    let Some(record) = hub.store.audit_record(id).await? else { return Ok(None) };
    let row = hub.store.audit_closing(id).await?;
    // One that was closed and says that it is open, or nothing more of it, is no audit that was never closed.
    let was_closed = row.is_some() || (record.audit.closed && record.audit.kind == "audit");
    Ok(was_closed.then(|| view(hub, &record, row)))
}

/// Closes an audit: its answers and what its findings state are not changed any more, and a signed statement tells if they are.
#[utoipa::path(post, path = "/audits/{id}/closing", tag = "audits", operation_id = "close_audit", params(("id" = String, Path)), responses((status = 201, body = ClosingView)))]
pub(super) async fn close(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<ClosingView>), Problem> {
    found(&hub, &id).await?;
    let now = hub.now();
    let closing = |record: &AuditRecord| -> Result<Closing, Problem> {
        let stated = statement(record, written(now), session.user_name.clone())?;
        let evidence = stated.evidence.iter().map(|named| named.evidence.clone()).collect();
        let text = serde_json::to_string(&stated).map_err(|error| Problem::internal("write a statement", &error))?;
        let row = audit_closing::Model {
            assessment_id: record.audit.id.clone(),
            closed_at: now.as_millis(),
            closed_by: session.user_name.clone(),
            signature: hub.statements.sign(&text),
            statement: text,
        };
        Ok(Closing { row, evidence })
    };
    if hub.store.close_audit(&id, closing).await?.is_none() {
        return Err(Problem::new(codes::CONFLICT).detail("the audit is closed"));
    }
    Ok((StatusCode::CREATED, verify(State(hub), Path(id)).await?))
}
