//! Zones of the site.

use super::{may, name, new_id};
use crate::app::Shared;
use crate::rights;
use crate::store::{StoreError, topology};
use crate::topology::Zone;
use axum::extract::State;
use haubert_model::ZoneId;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::List;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// What their list answers.
type Zones = List<Zone>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::HIERARCHY_VIEW), routes!(list_zones))
        .routes(may(rights::HIERARCHY_CHANGE), routes!(add_zone))
        .routes(may(rights::HIERARCHY_CHANGE), routes!(put_zone, delete_zone))
}

/// A zone as given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ZoneBody {
    /// Shown name.
    name: String,
    /// The zone that contains it.
    parent_id: Option<ZoneId>,
}

/// The zones.
#[utoipa::path(get, path = "/zones", tag = "site", responses((status = 200, body = Zones)))]
async fn list_zones(State(app): State<Shared>) -> Json<List<Zone>> {
    Json(List::whole(app.topology().zones.clone()))
}

/// Adds a zone.
#[utoipa::path(post, path = "/zones", tag = "site", request_body = ZoneBody, responses((status = 201, body = Zone)))]
async fn add_zone(State(app): State<Shared>, Json(body): Json<ZoneBody>) -> Result<(StatusCode, Json<Zone>), Problem> {
    let zone = Zone { id: ZoneId(new_id()), name: name("name", &body.name)?, parent_id: body.parent_id };
    let kept = zone.clone();
    app.change(move |tx| topology::put_zone(tx, &kept)).await?;
    Ok((StatusCode::CREATED, Json(zone)))
}

/// Renames or moves a zone.
#[utoipa::path(put, path = "/zones/{id}", tag = "site", params(("id" = ZoneId, Path)), request_body = ZoneBody, responses((status = 200, body = Zone)))]
async fn put_zone(State(app): State<Shared>, Path(id): Path<ZoneId>, Json(body): Json<ZoneBody>) -> Result<Json<Zone>, Problem> {
    if !app.topology().zones.iter().any(|zone| zone.id == id) {
        return Err(StoreError::NotFound.into());
    }
    let zone = Zone { id, name: name("name", &body.name)?, parent_id: body.parent_id };
    let kept = zone.clone();
    app.change(move |tx| topology::put_zone(tx, &kept)).await?;
    Ok(Json(zone))
}

/// Removes a zone; what it holds moves to its parent.
#[utoipa::path(delete, path = "/zones/{id}", tag = "site", params(("id" = ZoneId, Path)), responses((status = 204)))]
async fn delete_zone(State(app): State<Shared>, Path(id): Path<ZoneId>) -> Result<StatusCode, Problem> {
    app.change(move |tx| topology::delete_zone(tx, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
