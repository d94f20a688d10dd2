//! The picture of an organisation's data path.

use super::assessments::CHANGED_MEANWHILE;
use super::standing::{Stand, stand};
use crate::hub::Hub;
use crate::store::entity::standing::organisation_document;
use crate::store::{Changed, StoreError};
use axum::extract::State;
use haubert_model::{OrganisationId, Timestamp};
use haubert_risk::chain::{Path as DataPath, PathView};
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::session::Session;
use haubert_service::wire::Time;
use serde::{Deserialize, Serialize};

/// What the store calls it.
const KIND: &str = "path";

/// A picture, and how its rings stand.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DataPathPicture)]
pub(super) struct PictureView {
    pub(super) path: DataPath,
    pub(super) view: PathView,
    /// Counts its changes; 0 before the first.
    revision: i32,
    #[schema(required)]
    changed_at: Option<Time>,
    #[schema(required)]
    changed_by: Option<String>,
}

/// A picture to be kept.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DataPathBody)]
pub(super) struct PictureBody {
    path: DataPath,
    /// The revision that this one replaces; 0 when there was none.
    revision: i32,
}

#[utoipa::path(get, path = "/organisations/{id}/path", tag = "standing", operation_id = "read_data_path", params(("id" = OrganisationId, Path)), responses((status = 200, body = PictureView)))]
pub(super) async fn read(State(hub): State<Hub>, Path(id): Path<OrganisationId>) -> Result<Json<PictureView>, Problem> {
    super::organisations::found(&hub, id).await?;
    Ok(Json(picture(&hub, id, &stand(&hub, id).await?).await?))
}

/// The picture of an organisation, as things stand.
pub(super) async fn picture(hub: &Hub, id: OrganisationId, stand: &Stand) -> Result<PictureView, Problem> {
    let row = hub.store.document(id, KIND).await?;
    let path: DataPath = match &row {
        None => DataPath::default(),
        Some(row) => serde_json::from_str(&row.document).map_err(|error| StoreError::Damaged(format!("data path: {error}")))?,
    };
    Ok(PictureView {
        view: path.view(|measure| stand.known(measure)),
        path,
        revision: row.as_ref().map_or(0, |row| row.revision),
        changed_at: row.as_ref().map(|row| Time(Timestamp(row.changed_at))),
        changed_by: row.map(|row| row.changed_by),
    })
}

#[utoipa::path(put, path = "/organisations/{id}/path", tag = "standing", operation_id = "set_data_path", params(("id" = OrganisationId, Path)), request_body = PictureBody, responses((status = 200, body = PictureView)))]
pub(super) async fn set(
    State(hub): State<Hub>,
    session: Session,
    Path(id): Path<OrganisationId>,
    Json(body): Json<PictureBody>,
) -> Result<Json<PictureView>, Problem> {
    super::organisations::found(&hub, id).await?;
    body.path.check().map_err(|fault| Problem::invalid(&fault.at, "not_valid", fault.reason))?;
    let document = serde_json::to_string(&body.path).map_err(|error| Problem::internal("write a data path", &error))?;
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
