//! What was before: every change has an author, a time and a way back.

use crate::hub::Hub;
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::Problem;
use haubert_service::wire::{List, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What has a past.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum PastKind {
    /// Subject: its id.
    Risk,
    /// Subject: its id.
    Action,
    /// Subject: `FS-01`.
    Scenario,
    /// Subject: the organisation's id.
    Path,
    /// Subject: the organisation's id.
    Study,
}

/// Whose past.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Of {
    #[param(inline)]
    kind: PastKind,
    subject: String,
}

/// What somebody had written before somebody changed it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Former)]
pub(super) struct FormerView {
    revision: i32,
    /// As it stood.
    #[schema(value_type = Object)]
    document: Value,
    changed_at: Time,
    changed_by: String,
}

/// What their list answers.
type FormerViewList = List<FormerView>;

#[utoipa::path(get, path = "/organisations/{id}/past", tag = "standing", operation_id = "list_former", description = "What stood there before each change, or before it was removed; the newest first.", params(("id" = OrganisationId, Path), Of), responses((status = 200, body = FormerViewList)))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Path(id): Path<OrganisationId>,
    Query(of): Query<Of>,
) -> Result<Json<List<FormerView>>, Problem> {
    let kind = match of.kind {
        PastKind::Risk => "risk",
        PastKind::Action => "action",
        PastKind::Scenario => "scenario",
        PastKind::Path => "path",
        PastKind::Study => "study",
    };
    let rows = hub.store.former(id, kind, &of.subject).await?;
    let view = |row: crate::store::entity::register::former::Model| {
        let document = serde_json::from_str(&row.document).map_err(|error| Problem::internal("read what was before", &error))?;
        Ok(FormerView {
            revision: row.revision,
            document,
            changed_at: Time(Timestamp(row.changed_at)),
            changed_by: row.changed_by,
        })
    };
    Ok(Json(List::whole(rows.into_iter().map(view).collect::<Result<_, Problem>>()?)))
}
