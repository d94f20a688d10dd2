//! Searches for devices, with live progress.

use super::buses::check_line;
use super::may;
use super::switched_off;
use crate::app::{App, Shared};
use crate::field::Search;
use crate::policy::Service;
use crate::policy::lines::held_by;
use crate::rights;
use crate::topology::Line;
use axum::extract::State;
use haubert_fieldbus::{DiscoverySettings, Found, ProgressState};
use haubert_model::DiscoveryId;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// Most hosts of one search.
const MAX_HOSTS: usize = 512;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::SOURCES_RUN), routes!(start)).routes(may(rights::SOURCES_RUN), routes!(get_discovery, cancel))
}

/// Where to look.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DiscoveryBody {
    line: Line,
    /// First unit id, 1 to 247.
    first_unit: u8,
    /// Last unit id.
    last_unit: u8,
    /// Over TCP: look at these hosts too, on the line's port.
    #[serde(default)]
    hosts: Vec<String>,
    /// Longest wait for an answer, milliseconds, 50 to 10000; 500 when absent.
    timeout_ms: Option<u64>,
}

/// A device that was found.
#[derive(Debug, Serialize, ToSchema)]
struct FoundView {
    #[serde(flatten)]
    found: Found,
    /// It is configured already.
    already_known: bool,
}

/// A search.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Discovery)]
struct DiscoveryView {
    id: DiscoveryId,
    state: ProgressState,
    /// Addresses tried.
    probed: u32,
    /// Addresses to try.
    total: u32,
    started_at: Time,
    #[schema(required)]
    error: Option<String>,
    found: Vec<FoundView>,
}

fn view(app: &App, search: Search) -> DiscoveryView {
    let topology = app.topology();
    let known = |found: &Found| {
        topology
            .devices
            .iter()
            .filter(|device| device.unit() == Some(found.unit))
            .filter_map(|device| topology.bus(device.bus_id()?))
            .any(|bus| bus.line == found.line)
    };
    let found = search.progress.found.into_iter().map(|found| FoundView { already_known: known(&found), found }).collect();
    DiscoveryView {
        id: search.id,
        state: search.progress.state,
        probed: search.progress.probed,
        total: search.progress.total,
        started_at: Time(search.started_at),
        error: search.progress.error,
        found,
    }
}

/// Starts a search on a line or a range of hosts. Searching all units behind the TCP address of a gateway imports its tree.
#[utoipa::path(post, path = "/discoveries", tag = "sources", request_body = DiscoveryBody, responses((status = 201, body = DiscoveryView)))]
async fn start(State(app): State<Shared>, Json(body): Json<DiscoveryBody>) -> Result<(StatusCode, Json<DiscoveryView>), Problem> {
    app.require(Service::Discovery)?;
    check_line(&body.line)?;
    if let Some(service) = held_by(&app.policy.current(), &body.line) {
        return Err(switched_off(service));
    }
    if !(1..=247).contains(&body.first_unit) {
        return Err(Problem::invalid("first_unit", "out_of_range", "between 1 and 247"));
    }
    if !(body.first_unit..=247).contains(&body.last_unit) {
        return Err(Problem::invalid("last_unit", "out_of_range", "between the first unit and 247"));
    }
    if body.hosts.len() > MAX_HOSTS {
        return Err(Problem::invalid("hosts", "too_many", format!("at most {MAX_HOSTS} hosts")));
    }
    let timeout_ms = body.timeout_ms.unwrap_or(500);
    if !(50..=10_000).contains(&timeout_ms) {
        return Err(Problem::invalid("timeout_ms", "out_of_range", "between 50 and 10000"));
    }
    let settings = DiscoverySettings {
        line: body.line,
        hosts: body.hosts,
        first_unit: body.first_unit,
        last_unit: body.last_unit,
        timeout: Duration::from_millis(timeout_ms),
    };
    let search = app.searches.start(&app.field, settings).await;
    Ok((StatusCode::CREATED, Json(view(&app, search))))
}

/// How far a search is, and what it found so far.
#[utoipa::path(get, path = "/discoveries/{id}", tag = "sources", params(("id" = DiscoveryId, Path)), responses((status = 200, body = DiscoveryView)))]
async fn get_discovery(State(app): State<Shared>, Path(id): Path<DiscoveryId>) -> Result<Json<DiscoveryView>, Problem> {
    let search = app.searches.get(id).ok_or_else(Problem::not_found)?;
    Ok(Json(view(&app, search)))
}

/// Ends a search; what it found can still be read.
#[utoipa::path(delete, path = "/discoveries/{id}", tag = "sources", params(("id" = DiscoveryId, Path)), responses((status = 204)))]
async fn cancel(State(app): State<Shared>, Path(id): Path<DiscoveryId>) -> Result<StatusCode, Problem> {
    if app.searches.cancel(id) { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
