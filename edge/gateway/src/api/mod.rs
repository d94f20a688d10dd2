//! The HTTP API: one module per resource. `haubert_service::api` gives each route its access, its description and its checks.

mod access_rules;
mod accounts;
mod alarm_rules;
mod alarms;
mod audit;
mod backups;
mod bacnet;
mod boot;
mod buses;
mod certificates;
mod consumption;
mod devices;
mod diagnostics;
mod discoveries;
mod events;
mod exports;
mod files;
mod firewall;
mod history;
mod history_check;
mod home;
mod hub_link;
mod links;
mod live;
mod load_shedding;
mod loads;
mod lorawan;
mod lorawan_sensors;
mod mail;
mod metrics;
mod modbus_server;
mod mqtt;
mod outlets;
mod permissions;
mod pictures;
mod policy;
mod policy_view;
mod posture;
mod profile_trials;
mod profiles;
mod push;
mod recovery;
mod references;
mod restore;
mod series;
mod sessions;
mod site;
mod snmp;
mod storage;
mod tariffs;
mod time_check;
mod updates;
mod way_in;
mod zones;

use crate::app::Shared;
use axum::Router;
use axum::middleware::from_fn_with_state;
use haubert_service::api::{Api, Described, RouteEntry, Served};
use haubert_service::door::Door;
use haubert_service::guard::Access;
use haubert_service::permission::Permission;
use haubert_service::problem::Problem;
use haubert_service::session::Sessions;
use std::sync::Arc;
use utoipa::OpenApi;
use uuid::Uuid;

pub(crate) use way_in::switched_off;

/// For those whose profile has `permission`.
const fn may(permission: Permission) -> Access {
    Access::May(permission)
}

#[derive(OpenApi)]
#[openapi(info(title = "haubert-gateway", description = "Meters, their history and their health. Times are RFC 3339, UTC."))]
struct Description;

/// Every route, without state.
fn declared<A: Api<Shared>>(api: A) -> A {
    let api = site::routes(api.door().second_factor_keeper(crate::rights::ACCOUNTS_VIEW, crate::rights::ACCOUNTS_CHANGE));
    let api = recovery::routes(api);
    let api = accounts::routes(api);
    let api = sessions::routes(api);
    let api = permissions::routes(api);
    let api = access_rules::routes(api);
    let api = zones::routes(api);
    let api = loads::routes(api);
    let api = buses::routes(api);
    let api = profiles::routes(api);
    let api = profile_trials::routes(api);
    let api = devices::routes(api);
    let api = discoveries::routes(api);
    let api = lorawan::routes(api);
    let api = lorawan_sensors::routes(api);
    let api = live::routes(api);
    let api = home::routes(api);
    let api = metrics::routes(api);
    let api = series::routes(api);
    let api = exports::routes(api);
    let api = history::routes(api);
    let api = history_check::routes(api);
    let api = consumption::routes(api);
    let api = tariffs::routes(api);
    let api = references::routes(api);
    let api = load_shedding::routes(api);
    let api = pictures::routes(api);
    let api = diagnostics::routes(api);
    let api = events::routes(api);
    let api = audit::routes(api);
    let api = policy::routes(api);
    let api = storage::routes(api);
    let api = backups::routes(api);
    let api = restore::routes(api);
    let api = certificates::routes(api);
    let api = posture::routes(api);
    let api = firewall::routes(api);
    let api = updates::routes(api);
    let api = boot::routes(api);
    let api = alarm_rules::routes(api);
    let api = alarms::routes(api);
    let api = modbus_server::routes(api);
    let api = mqtt::routes(api);
    let api = mail::routes(api);
    let api = files::routes(api);
    let api = push::routes(api);
    let api = snmp::routes(api);
    let api = bacnet::routes(api);
    let api = time_check::routes(api);
    let api = links::routes(api);
    hub_link::routes(api)
}

/// The API of a running gateway.
pub fn build(app: Shared, sessions: Sessions, door: Arc<Door>) -> Router {
    let audit = app.audit.clone();
    declared(Served::default()).build(app, sessions, door).layer(from_fn_with_state(audit, crate::audit::layer::around))
}

/// Pages and API, reached only as the policy lets in.
pub fn behind_policy(app: &Shared, router: Router) -> Router {
    router.layer(from_fn_with_state(Arc::clone(app), way_in::check))
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
