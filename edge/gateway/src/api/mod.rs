//! The HTTP API: one module per resource. `haubert_service::api` gives each route its access, its description and its checks.

mod buses;
mod consumption;
mod devices;
mod diagnostics;
mod discoveries;
mod events;
mod exports;
mod history;
mod history_check;
mod home;
mod hub_link;
mod live;
mod loads;
mod profile_trials;
mod profiles;
mod series;
mod site;
mod zones;

use crate::app::Shared;
use crate::store::accounts::profile;
use axum::Router;
use haubert_service::api::{Api, Described, RouteEntry, Served};
use haubert_service::door::Door;
use haubert_service::guard::Access;
use haubert_service::problem::Problem;
use haubert_service::session::Sessions;
use std::sync::Arc;
use utoipa::OpenApi;
use uuid::Uuid;

/// Whoever is signed in may look.
const LOOK: Access = Access::SignedIn;
/// Who names loads and zones.
const NAME: Access = Access::Profiles(&[profile::ADVANCED_USER, profile::ADMIN]);
/// Who owns sources and site.
const SOURCES: Access = Access::Profiles(&[profile::ADMIN]);
/// Who owns the link to the hub.
const LINK: Access = Access::Profiles(&[profile::ADMIN, profile::CYBER_SECURITY]);

#[derive(OpenApi)]
#[openapi(info(title = "haubert-gateway", description = "Meters, their history and their health. Times are RFC 3339, UTC."))]
struct Description;

/// Every route, without state.
fn declared<A: Api<Shared>>(api: A) -> A {
    let api = site::routes(api.door());
    let api = zones::routes(api);
    let api = loads::routes(api);
    let api = buses::routes(api);
    let api = profiles::routes(api);
    let api = profile_trials::routes(api);
    let api = devices::routes(api);
    let api = discoveries::routes(api);
    let api = live::routes(api);
    let api = home::routes(api);
    let api = series::routes(api);
    let api = exports::routes(api);
    let api = history::routes(api);
    let api = history_check::routes(api);
    let api = consumption::routes(api);
    let api = diagnostics::routes(api);
    let api = events::routes(api);
    hub_link::routes(api)
}

/// The API of a running gateway.
pub fn build(app: Shared, sessions: Sessions, door: Arc<Door>) -> Router {
    declared(Served::default()).build(app, sessions, door)
}

/// The API's description and its table of routes, for the committed documents.
pub fn description() -> (utoipa::openapi::OpenApi, Vec<RouteEntry>) {
    declared(Described::new(Description::openapi())).finish()
}

/// A text that a person gave as a name: trimmed, 1 to 80 characters, no control characters.
fn name(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Problem::invalid(field, "required", "give a name")),
        1..=80 if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err(Problem::invalid(field, "not_valid", "at most 80 characters, none of them a control character")),
    }
}

/// A new identity.
fn new_id() -> Uuid {
    Uuid::new_v4()
}
