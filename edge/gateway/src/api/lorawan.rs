//! The LoRaWAN input: settings, how it stands, what came over the line, and a try.

use super::may;
use super::mqtt::MqttStanding;
use super::outlets::{OutletFailure, OutletTrial};
use crate::app::{App, Shared};
use crate::inputs::lorawan::{LorawanSettings, test};
use crate::policy::Service;
use crate::rights;
use axum::extract::State;
use haubert_model::Secret;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::SOURCES_VIEW), routes!(get_lorawan))
        .routes(may(rights::SOURCES_CHANGE), routes!(put_lorawan))
        .routes(may(rights::SOURCES_RUN), routes!(test_lorawan))
}

/// What came over the line since the start.
#[derive(Debug, Serialize, ToSchema)]
struct LorawanCounters {
    connections: u64,
    events: u64,
    /// New ones.
    uplinks: u64,
    /// Uplinks that had been taken already.
    repeated: u64,
    /// Uplinks of sensors that nobody has taken in.
    strangers: u64,
    /// Uplinks of which nothing, or not all, was understood.
    not_understood: u64,
    /// Messages that are no events of the network server.
    refused: u64,
}

/// The LoRaWAN input.
#[derive(Debug, Serialize, ToSchema)]
struct Lorawan {
    settings: LorawanSettings,
    /// Whether there is a password; it is never given out.
    password_set: bool,
    state: MqttStanding,
    /// Whether the security policy allows it.
    allowed: bool,
    #[schema(required)]
    connected_since: Option<Time>,
    #[schema(required)]
    event_at: Option<Time>,
    #[schema(required)]
    /// `name_unknown`, `connection_failed`, `no_answer`, `peer_…`, `tls_failed`, `tls_settings`, `refused_…`, `connection_ended`,
    /// `message_refused`.
    failure: Option<OutletFailure>,
    #[schema(required)]
    /// The last message that was refused: `topic`, `too_large`, `not_json`, `other_sensor`, `not_valid`, `encrypted`.
    refusal: Option<OutletFailure>,
    counters: LorawanCounters,
}

/// Settings to put in force, or to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LorawanChange {
    settings: LorawanSettings,
    /// A new password; an empty one for none. Absent: the one in force, for the same broker and user.
    #[serde(default)]
    password: Option<Secret>,
}

fn view(app: &App) -> Lorawan {
    let (account, standing) = (app.lorawan.account(), app.lorawan.standing());
    let counted = standing.counted;
    Lorawan {
        settings: account.settings.clone(),
        password_set: account.password.is_some(),
        state: standing.phase.into(),
        allowed: app.policy.allows(Service::Lorawan),
        connected_since: standing.connected_since.map(Time),
        event_at: standing.event_at.map(Time),
        failure: standing.failure.map(OutletFailure::from),
        refusal: standing.refusal.map(OutletFailure::from),
        counters: LorawanCounters {
            connections: counted.connections,
            events: counted.events,
            uplinks: counted.uplinks,
            repeated: counted.repeated,
            strangers: counted.strangers,
            not_understood: counted.not_understood,
            refused: counted.refused,
        },
    }
}

#[utoipa::path(get, path = "/inputs/lorawan", tag = "inputs", responses((status = 200, body = Lorawan)))]
async fn get_lorawan(State(app): State<Shared>) -> Json<Lorawan> {
    Json(view(&app))
}

#[utoipa::path(put, path = "/inputs/lorawan", tag = "inputs", request_body = LorawanChange, responses((status = 200, body = Lorawan)))]
async fn put_lorawan(State(app): State<Shared>, Json(change): Json<LorawanChange>) -> Result<Json<Lorawan>, Problem> {
    let account = app.lorawan.account().drafted(change.settings, change.password)?;
    if account.settings.enabled {
        app.require(Service::Lorawan)?;
    }
    app.lorawan.change(account).await?;
    Ok(Json(view(&app)))
}

/// Goes to the broker as these settings say, and asks for the events; what is in force stays as it is.
#[utoipa::path(post, path = "/inputs/lorawan/test", tag = "inputs", request_body = LorawanChange, responses((status = 200, body = OutletTrial)))]
async fn test_lorawan(State(app): State<Shared>, Json(change): Json<LorawanChange>) -> Result<Json<OutletTrial>, Problem> {
    app.require(Service::Lorawan)?;
    // A broker must be named, whether or not it is to be used already.
    let settings = LorawanSettings { enabled: true, ..change.settings };
    let account = app.lorawan.account().drafted(settings, change.password)?;
    Ok(Json(test(&app.lorawan, &account).await.into()))
}
