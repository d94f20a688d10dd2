//! A study by the five workshops of EBIOS Risk Manager.

use super::assessments::CHANGED_MEANWHILE;
use crate::frameworks;
use crate::hub::Hub;
use crate::store::entity::standing::organisation_document;
use crate::store::{Changed, StoreError};
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::study::{Study, StudyView};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::session::Session;
use haubert_service::wire::Time;
use serde::{Deserialize, Serialize};

/// What the store calls it.
const KIND: &str = "study";

/// A study, and what follows from it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RatedStudy)]
pub(super) struct RatedView {
    study: Study,
    view: StudyView,
    /// Counts its changes; 0 before the first.
    revision: i32,
    #[schema(required)]
    changed_at: Option<Time>,
    #[schema(required)]
    changed_by: Option<String>,
}

/// A study to be kept.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StudyBody)]
pub(super) struct Body {
    study: Study,
    /// The revision that this one replaces; 0 when there was none.
    revision: i32,
}

#[utoipa::path(get, path = "/organisations/{id}/study", tag = "plan", operation_id = "read_study", params(("id" = OrganisationId, Path)), responses((status = 200, body = RatedView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<RatedView>, Problem> {
    super::organisations::found(&hub, id).await?;
    let row = hub.store.document(id, KIND).await?;
    let study: Study = match &row {
        None => Study::default(),
        Some(row) => serde_json::from_str(&row.document).map_err(|error| StoreError::Damaged(format!("study: {error}")))?,
    };
    Ok(Json(RatedView {
        view: study.view(),
        study,
        revision: row.as_ref().map_or(0, |row| row.revision),
        changed_at: row.as_ref().map(|row| Time(Timestamp(row.changed_at))),
        changed_by: row.map(|row| row.changed_by),
    }))
}

/// Whether the scenarios and risks that it names are there.
async fn names_what_is_there(hub: &Hub, id: OrganisationId, study: &Study) -> Result<(), Problem> {
    let (scenarios, risks) = (&frameworks::content()?.scenarios, hub.store.risks(id).await?);
    for (at, one) in study.operational.iter().enumerate() {
        let missing = |field: &str| Problem::invalid(&format!("operational.{at}.{field}"), "not_found", "there is none such");
        if one.scenario.as_ref().is_some_and(|id| !scenarios.iter().any(|scenario| scenario.id == *id)) {
            return Err(missing("scenario"));
        }
        if one.risk.as_ref().is_some_and(|id| !risks.iter().any(|risk| risk.id == *id)) {
            return Err(missing("risk"));
        }
    }
    Ok(())
}

#[utoipa::path(put, path = "/organisations/{id}/study", tag = "plan", operation_id = "set_study", params(("id" = OrganisationId, Path)), request_body = Body, responses((status = 200, body = RatedView)))]
pub(super) async fn set(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<OrganisationId>,
    Json(body): Json<Body>,
) -> Result<Json<RatedView>, Problem> {
    super::organisations::found(&hub, id).await?;
    body.study.check().map_err(|fault| Problem::invalid(&fault.at, fault.code, "the study does not hang together here"))?;
    names_what_is_there(&hub, id, &body.study).await?;
    let document = serde_json::to_string(&body.study).map_err(|error| Problem::internal("write a study", &error))?;
    let row = organisation_document::Model {
        organisation_id: id.to_string(),
        kind: KIND.to_owned(),
        revision: body.revision,
        document,
        changed_at: hub.now().as_millis(),
        changed_by: session.user_name,
    };
    match hub.store.set_document(row, body.revision).await? {
        Changed::Kept(()) => read(State(hub), Path(id)).await,
        Changed::Meanwhile => Err(Problem::new(CHANGED_MEANWHILE)),
    }
}
