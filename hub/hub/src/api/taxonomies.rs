//! What a port is made of, and what threatens it.

use crate::frameworks;
use haubert_risk::content::{Entry, Family, Listed};
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use serde::Serialize;

/// The lists, each with where it comes from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Taxonomies)]
pub(super) struct TaxonomiesView {
    assets: Listed<Family>,
    threats: Listed<Family>,
    services: Listed<Entry>,
    actor_kinds: Vec<Entry>,
    actors: Listed<Entry>,
    impacts: Listed<Entry>,
    sources: Listed<Entry>,
}

#[utoipa::path(get, path = "/taxonomies", tag = "scenarios", operation_id = "read_taxonomies", responses((status = 200, body = TaxonomiesView)))]
pub(super) async fn read() -> Result<Json<TaxonomiesView>, Problem> {
    let taxonomies = &frameworks::content()?.taxonomies;
    Ok(Json(TaxonomiesView {
        assets: taxonomies.assets.clone(),
        threats: taxonomies.threats.clone(),
        services: taxonomies.services.clone(),
        actor_kinds: taxonomies.actor_kinds.clone(),
        actors: taxonomies.actors.clone(),
        impacts: taxonomies.impacts.clone(),
        sources: taxonomies.sources.clone(),
    }))
}
