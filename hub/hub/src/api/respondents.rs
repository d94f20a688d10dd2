//! Respondents: who answers which measure of an assessment.

use crate::hub::Hub;
use crate::store::Changed;
use crate::store::entity::standing::respondent;
use axum::extract::State;
use haubert_model::Timestamp;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Problem, codes};
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use serde::{Deserialize, Serialize};

/// Longest name, in characters.
const MAX_NAME: usize = 100;

/// Who answers a measure.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Respondent)]
pub(super) struct RespondentView {
    /// Urn of the measure.
    node: String,
    who: String,
    changed_at: Time,
    changed_by: String,
}

/// What their list answers.
type RespondentViewList = List<RespondentView>;

/// Who is to answer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RespondentBody {
    /// Urns of measures.
    nodes: Vec<String>,
    /// A name of the organisation's own people; nobody, when it is empty.
    who: String,
}

async fn of(hub: &Hub, assessment: &str) -> Result<Json<List<RespondentView>>, Problem> {
    let view = |row: respondent::Model| RespondentView {
        node: row.node,
        who: row.who,
        changed_at: Time(Timestamp(row.changed_at)),
        changed_by: row.changed_by,
    };
    Ok(Json(List::whole(hub.store.respondents(assessment).await?.into_iter().map(view).collect())))
}

#[utoipa::path(get, path = "/assessments/{id}/respondents", tag = "standing", operation_id = "list_respondents", params(("id" = String, Path)), responses((status = 200, body = RespondentViewList)))]
pub(super) async fn list(State(hub): State<Hub>, Path(id): Path<String>) -> Result<Json<List<RespondentView>>, Problem> {
    hub.store.assessment(&id).await?.ok_or_else(Problem::not_found)?;
    of(&hub, &id).await
}

#[utoipa::path(put, path = "/assessments/{id}/respondents", tag = "standing", operation_id = "set_respondents", params(("id" = String, Path)), request_body = RespondentBody, responses((status = 200, body = RespondentViewList)))]
pub(super) async fn set(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<String>,
    Json(body): Json<RespondentBody>,
) -> Result<Json<List<RespondentView>>, Problem> {
    let assessment = hub.store.assessment(&id).await?.filter(|row| row.kind == "self").ok_or_else(Problem::not_found)?;
    let who = body.who.trim();
    if who.chars().count() > MAX_NAME || who.chars().any(char::is_control) {
        return Err(Problem::invalid("who", "not_valid", format!("at most {MAX_NAME} characters")));
    }
    let framework = hub.frameworks.find(&assessment.framework)?;
    let framework = framework.framework()?;
    if !body.nodes.iter().all(|urn| framework.measures().any(|node| node.urn == *urn)) {
        return Err(Problem::invalid("nodes", "not_found", "the framework has no such measure"));
    }
    let row = |node: String| respondent::Model {
        assessment_id: id.clone(),
        node,
        who: who.to_owned(),
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name.clone(),
    };
    match hub.store.set_respondents(&id, body.nodes.into_iter().map(row).collect()).await? {
        Changed::Kept(()) => of(&hub, &id).await,
        Changed::Meanwhile => Err(Problem::new(codes::CONFLICT).detail("the assessment is closed")),
    }
}
