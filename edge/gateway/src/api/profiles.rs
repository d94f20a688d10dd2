//! Device profiles that the gateway knows.

use super::LOOK;
use crate::app::Shared;
use axum::extract::State;
use haubert_model::Fluid;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::wire::List;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.routes(LOOK, routes!(list_profiles))
}

/// A device profile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Profile)]
struct ProfileView {
    id: String,
    vendor: String,
    model: String,
    family: String,
    /// Checked against the vendor's own document.
    verified: bool,
    source: String,
    fluids: Vec<Fluid>,
    /// Loads that it can measure.
    channels: u8,
}

/// The profiles, by name.
#[utoipa::path(get, path = "/profiles", tag = "sources", responses((status = 200, body = List<ProfileView>)))]
async fn list_profiles(State(app): State<Shared>) -> Json<List<ProfileView>> {
    let mut items: Vec<ProfileView> = app
        .catalogue
        .iter()
        .map(|profile| ProfileView {
            id: profile.id.as_str().to_owned(),
            vendor: profile.vendor.clone(),
            model: profile.model.clone(),
            family: profile.family.clone(),
            verified: profile.verified,
            source: profile.source.clone(),
            fluids: profile.fluids.clone(),
            channels: profile.channels,
        })
        .collect();
    items.sort_by(|a, b| a.id.cmp(&b.id));
    Json(List::whole(items))
}
