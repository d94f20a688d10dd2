//! The label: given when its floors are reached, withdrawn with a reason, checked by anybody.

use super::standing::{label_scores, stand};
use crate::frameworks;
use crate::hub::Hub;
use crate::labels::{Badge, LabelState, Statement, end, reminder, state, written};
use crate::store::entity::plan::label_award;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use haubert_model::{OrganisationId, Timestamp, Words};
use haubert_risk::Grade;
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use haubert_trust::random_bytes;
use http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};

const NOT_REACHED: Code = Code::new("grade_not_reached", 409, "Something is missing for this grade");
/// Longest reason, in characters.
pub(super) const MAX_REASON: usize = 1_000;

/// A label that was given.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LabelAward)]
pub(super) struct AwardView {
    id: String,
    /// What the public asks by.
    code: String,
    grade: String,
    title: Words,
    state: LabelState,
    issued_at: Time,
    issued_by: String,
    expires_at: Time,
    /// Days before its end of which the holder is to be reminded now.
    #[schema(required)]
    reminder_days: Option<u32>,
    #[schema(required)]
    withdrawn_because: Option<String>,
    /// Where anybody checks it.
    url: String,
}

/// What their list answers.
type AwardViewList = List<AwardView>;

/// Which grade is given.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AwardBody {
    grade: String,
}

/// Why a label is withdrawn.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Withdrawal {
    reason: String,
}

/// A label, as anybody may see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PublicLabel)]
pub(super) struct PublicView {
    code: String,
    organisation: String,
    label: Words,
    grade: String,
    title: Words,
    says: Words,
    state: LabelState,
    issued_at: Time,
    expires_at: Time,
    #[schema(required)]
    withdrawn_at: Option<Time>,
    /// What was signed, letter by letter.
    statement: String,
    /// Ed25519 of `haubert statement v1`, a zero byte and the statement; base64.
    signature: String,
    /// What checks it, base64.
    public_key: String,
}

/// In which language.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BadgeLanguage {
    /// `fr` or `en`.
    #[serde(default)]
    lang: String,
}

fn grade(id: &str) -> Result<(usize, &'static Grade), Problem> {
    let mut grades = (1..).zip(&frameworks::content()?.label.grades);
    grades.find(|(_, grade)| grade.id == id).ok_or_else(Problem::not_found)
}

fn view(hub: &Hub, row: label_award::Model) -> Result<AwardView, Problem> {
    let expires_at = Timestamp(row.expires_at);
    let state = state(expires_at, row.withdrawn_at.is_some(), hub.now());
    let days = &frameworks::content()?.label.reminders_days;
    Ok(AwardView {
        title: grade(&row.grade)?.1.title.clone(),
        reminder_days: if state == LabelState::Valid { reminder(expires_at, days, hub.now()) } else { None },
        url: format!("{}/#/label/{}", hub.public_url, row.code),
        state,
        issued_at: Time(Timestamp(row.issued_at)),
        expires_at: Time(expires_at),
        id: row.id,
        code: row.code,
        grade: row.grade,
        issued_by: row.issued_by,
        withdrawn_because: row.withdrawn_because,
    })
}

/// A code that can be read out: 16 letters and digits that are not mistaken for each other.
fn new_code() -> Result<String, Problem> {
    const SIGNS: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZ23456789";
    let random = random_bytes::<32>().map_err(|error| Problem::internal("draw a code", &error))?;
    // Those above the largest multiple of the signs are left out, so that all are as likely.
    let even = random.iter().filter(|byte| usize::from(**byte) < 256 - 256 % SIGNS.len());
    let signs = even.filter_map(|byte| SIGNS.get(usize::from(*byte) % SIGNS.len())).take(16);
    let code: String = signs.map(|sign| char::from(*sign)).collect();
    if code.len() == 16 { Ok(code) } else { new_code() }
}

#[utoipa::path(get, path = "/organisations/{id}/labels", tag = "labels", operation_id = "list_labels", params(("id" = OrganisationId, Path)), responses((status = 200, body = AwardViewList)))]
pub(super) async fn list(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<List<AwardView>>, Problem> {
    super::organisations::found(&hub, id).await?;
    let items = hub.store.awards(id).await?.into_iter().map(|row| view(&hub, row)).collect::<Result<_, _>>()?;
    Ok(Json(List { items, next_cursor: None }))
}

/// Gives a grade of which nothing is missing.
#[utoipa::path(post, path = "/organisations/{id}/labels", tag = "labels", operation_id = "give_label", params(("id" = OrganisationId, Path)), request_body = AwardBody, responses((status = 201, body = AwardView)))]
pub(super) async fn give(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<OrganisationId>,
    Json(body): Json<AwardBody>,
) -> Result<(StatusCode, Json<AwardView>), Problem> {
    let organisation = hub.store.organisation(id).await?.ok_or_else(Problem::not_found)?;
    let label = &frameworks::content()?.label;
    let Ok((rank, wanted)) = grade(&body.grade) else {
        return Err(Problem::invalid("grade", "not_found", "the label has no such grade"));
    };
    let scores = label_scores(&stand(&hub, id).await?);
    let reached = label.reached(|track| scores.of(track), scores.audit()).map(|grade| grade.id.as_str());
    let reached = reached.and_then(|id| grade(id).ok()).map_or(0, |(rank, _)| rank);
    if reached < rank {
        return Err(Problem::new(NOT_REACHED));
    }
    let issued_at = hub.now();
    let Some(expires_at) = end(issued_at, wanted.months) else { return Err(Problem::new(codes::INTERNAL)) };
    let code = new_code()?;
    let statement = Statement {
        label: label.id.clone(),
        code: code.clone(),
        organisation: organisation.name,
        grade: wanted.id.clone(),
        issued_at: written(issued_at),
        expires_at: written(expires_at),
    };
    let statement = serde_json::to_string(&statement).map_err(|error| Problem::internal("write a statement", &error))?;
    let row = label_award::Model {
        id: hub.new_id()?.to_string(),
        organisation_id: id.to_string(),
        code,
        grade: wanted.id.clone(),
        signature: hub.statements.sign(&statement),
        statement,
        issued_at: issued_at.as_millis(),
        issued_by: session.user_name,
        expires_at: expires_at.as_millis(),
        withdrawn_at: None,
        withdrawn_because: None,
    };
    hub.store.add_award(row.clone()).await?;
    Ok((StatusCode::CREATED, Json(view(&hub, row)?)))
}

#[utoipa::path(post, path = "/labels/{id}/withdrawal", tag = "labels", operation_id = "withdraw_label", params(("id" = String, Path)), request_body = Withdrawal, responses((status = 204)))]
pub(super) async fn withdraw(
    State(hub): State<Hub>,
    Path(id): Path<String>,
    Json(body): Json<Withdrawal>,
) -> Result<StatusCode, Problem> {
    match body.reason.trim().chars().count() {
        0 => return Err(Problem::invalid("reason", "required", "say why")),
        1..=MAX_REASON => {}
        _ => return Err(Problem::invalid("reason", "too_long", format!("at most {MAX_REASON} characters"))),
    }
    match hub.store.withdraw_award(&id, body.reason.trim(), hub.now()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}

async fn public(hub: &Hub, code: &str) -> Result<(label_award::Model, Statement), Problem> {
    let row = hub.store.award_by_code(code).await?.ok_or_else(Problem::not_found)?;
    let statement = serde_json::from_str(&row.statement).map_err(|error| Problem::internal("read a statement", &error))?;
    Ok((row, statement))
}

/// Whether a label is genuine and counts. For everybody.
#[utoipa::path(get, path = "/label/{code}", tag = "labels", operation_id = "verify_label", params(("code" = String, Path)), responses((status = 200, body = PublicView)))]
pub(super) async fn verify(State(hub): State<Hub>, Path(code): Path<String>) -> Result<Json<PublicView>, Problem> {
    let (row, statement) = public(&hub, &code).await?;
    let (_, grade) = grade(&row.grade)?;
    Ok(Json(PublicView {
        label: frameworks::content()?.label.title.clone(),
        title: grade.title.clone(),
        says: grade.says.clone(),
        state: state(Timestamp(row.expires_at), row.withdrawn_at.is_some(), hub.now()),
        issued_at: Time(Timestamp(row.issued_at)),
        expires_at: Time(Timestamp(row.expires_at)),
        withdrawn_at: row.withdrawn_at.map(|at| Time(Timestamp(at))),
        organisation: statement.organisation,
        public_key: hub.statements.public_key(),
        code: row.code,
        grade: row.grade,
        statement: row.statement,
        signature: row.signature,
    }))
}

/// The badge of a label, as it counts now. For everybody.
#[utoipa::path(get, path = "/label/{code}/badge", tag = "labels", operation_id = "read_badge", params(("code" = String, Path), BadgeLanguage), responses((status = 200, content_type = "image/svg+xml", body = String)))]
pub(super) async fn badge(
    State(hub): State<Hub>,
    Path(code): Path<String>,
    Query(BadgeLanguage { lang }): Query<BadgeLanguage>,
) -> Result<Response, Problem> {
    let (row, statement) = public(&hub, &code).await?;
    let label = &frameworks::content()?.label;
    let (rank, grade) = grade(&row.grade)?;
    let svg = Badge {
        label: &label.title,
        grade: &grade.title,
        rank,
        grades: label.grades.len(),
        organisation: &statement.organisation,
        code: &row.code,
        until: statement.expires_at.split('T').next().unwrap_or_default(),
        state: state(Timestamp(row.expires_at), row.withdrawn_at.is_some(), hub.now()),
    }
    .svg(lang == "fr");
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "no-cache"),
        // It is there to be shown on its holder's own site.
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    Ok((headers, svg).into_response())
}
