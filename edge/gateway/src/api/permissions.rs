//! The table profile × permission.

use super::may;
use crate::accounts::permissions;
use crate::app::Shared;
use crate::rights::{self, profile};
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::permission::RightsTable;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::session::Session;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::PERMISSIONS_VIEW), routes!(read_permissions))
        .routes(may(rights::PERMISSIONS_CHANGE), routes!(put_permissions))
}

/// The table, and what is needed to edit it.
#[derive(Debug, Serialize, ToSchema)]
struct Permissions {
    /// The four profiles, from least to most.
    profiles: Vec<&'static str>,
    /// Every permission, in order of the programs' documents.
    permissions: Vec<String>,
    /// The table in force.
    table: RightsTable,
    /// The table as shipped.
    defaults: RightsTable,
    /// What each profile cannot lose.
    guarded: RightsTable,
    /// Permissions that set the plant up.
    operation: BTreeSet<String>,
    /// Permissions that guard it. A profile that has some of both needs to be wanted expressly.
    security: BTreeSet<String>,
}

/// A table to be put in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PermissionsChange {
    table: RightsTable,
    /// Whether a profile may both set the plant up and guard it.
    #[serde(default)]
    allow_both: bool,
}

fn view(app: &Shared) -> Permissions {
    Permissions {
        profiles: profile::ALL.to_vec(),
        permissions: rights::ALL.iter().map(ToString::to_string).collect(),
        table: (*app.rights.table()).clone(),
        defaults: rights::shipped(),
        guarded: RightsTable::of(&[(profile::CYBER_SECURITY, &permissions::GUARDED)]),
        operation: permissions::written(&permissions::OPERATION),
        security: permissions::written(&permissions::SECURITY),
    }
}

/// Who may do what.
#[utoipa::path(get, path = "/permissions", tag = "accounts", responses((status = 200, body = Permissions)))]
async fn read_permissions(State(app): State<Shared>) -> Json<Permissions> {
    Json(view(&app))
}

/// Puts another table in force, at once. The sessions of profiles whose row changes end, but for the one that asks.
#[utoipa::path(put, path = "/permissions", tag = "accounts", request_body = PermissionsChange, responses((status = 200, body = Permissions)))]
async fn put_permissions(
    State(app): State<Shared>,
    session: Session,
    Json(body): Json<PermissionsChange>,
) -> Result<Json<Permissions>, Problem> {
    permissions::check(&body.table, body.allow_both)?;
    let table = body.table.clone();
    app.db.call(move |tx| permissions::keep(tx, &table)).await?;
    let changed = permissions::changed(&app.rights.table(), &body.table);
    app.rights.replace(body.table);
    let own = session.id();
    app.sessions.end_where(|record, id| id != own && changed.contains(&record.profile.as_str())).await?;
    Ok(Json(view(&app)))
}
