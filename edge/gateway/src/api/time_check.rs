//! The check of the time: who is asked, and what they say.

use super::may;
use super::outlets::OutletFailure;
use crate::app::{App, Shared};
use crate::policy::Service;
use crate::rights;
use crate::time_check::{ServerState, TimeCheckSettings, rounded_ms};
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use haubert_sntp::Trust;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::OUTLETS_VIEW), routes!(get_time_check)).routes(may(rights::OUTLETS_CHANGE), routes!(put_time_check))
}

/// A server, as it was last asked.
#[derive(Debug, Serialize, ToSchema)]
struct TimeServerState {
    host: String,
    port: u16,
    /// Whether it told the time the last time it was asked.
    reachable: bool,
    /// How many servers away from a reference clock.
    #[schema(required)]
    stratum: Option<u8>,
    /// What must be added to the gateway's time to have the server's, ms.
    #[schema(required)]
    offset_ms: Option<i64>,
    /// How long question and answer took on the way, ms.
    #[schema(required)]
    round_trip_ms: Option<i64>,
    /// By how much the offset may be wrong at most, ms.
    #[schema(required)]
    uncertainty_ms: Option<i64>,
    /// When it last told the time.
    #[schema(required)]
    answered_at: Option<Time>,
    /// It contradicts what most of the servers say.
    contradicts: bool,
    /// It wants no more questions, and gets none until it is taken out and named again.
    denied: bool,
    /// `name_unknown`, `connection_failed`, `no_answer`, `server_denies`, `asked_too_often`, `server_not_set`, `answer_insane`,
    /// `no_randomness`.
    #[schema(required)]
    failure: Option<OutletFailure>,
}

impl From<ServerState> for TimeServerState {
    fn from(state: ServerState) -> Self {
        let ms = |us: u64| rounded_ms(i64::try_from(us).unwrap_or(i64::MAX));
        Self {
            host: state.server.host,
            port: state.server.port,
            reachable: state.sample.is_some(),
            stratum: state.sample.map(|sample| sample.stratum),
            offset_ms: state.sample.map(|sample| rounded_ms(sample.offset_us)),
            round_trip_ms: state.sample.map(|sample| ms(sample.round_trip_us)),
            uncertainty_ms: state.sample.map(|sample| ms(sample.distance_us)),
            answered_at: state.answered_at.map(Time),
            contradicts: state.contradicts,
            denied: state.denied,
            failure: state.failure.map(OutletFailure::from),
        }
    }
}

/// What NTP servers say of the gateway's clock. Nothing sets the clock by them.
#[derive(Debug, Serialize, ToSchema)]
struct TimeCheck {
    settings: TimeCheckSettings,
    /// Whether the security policy allows it.
    allowed: bool,
    /// Whether the time can be trusted.
    state: Trust,
    /// Since when it is so.
    #[schema(required)]
    since: Option<Time>,
    /// What most of the servers agree on: what must be added to the gateway's time, ms.
    #[schema(required)]
    offset_ms: Option<i64>,
    /// When the last round ended.
    #[schema(required)]
    checked_at: Option<Time>,
    /// The gateway's time.
    now: Time,
    servers: Vec<TimeServerState>,
}

fn view(app: &App) -> TimeCheck {
    let standing = app.time_check.standing();
    TimeCheck {
        settings: app.time_check.settings().as_ref().clone(),
        allowed: app.policy.allows(Service::NtpCheck),
        state: standing.trust,
        since: standing.since.map(Time),
        offset_ms: standing.offset_us.map(rounded_ms),
        checked_at: standing.checked_at.map(Time),
        now: Time(app.clock.now()),
        servers: standing.servers.into_iter().map(TimeServerState::from).collect(),
    }
}

/// What NTP servers say of the gateway's clock.
#[utoipa::path(get, path = "/time/check", tag = "time", responses((status = 200, body = TimeCheck)))]
async fn get_time_check(State(app): State<Shared>) -> Json<TimeCheck> {
    Json(view(&app))
}

/// Says who is asked. Servers that are new are asked at once.
#[utoipa::path(put, path = "/time/check", tag = "time", request_body = TimeCheckSettings, responses((status = 200, body = TimeCheck)))]
async fn put_time_check(State(app): State<Shared>, Json(settings): Json<TimeCheckSettings>) -> Result<Json<TimeCheck>, Problem> {
    let settings = settings.checked()?;
    if settings.enabled {
        app.require(Service::NtpCheck)?;
    }
    app.time_check.change(settings).await?;
    Ok(Json(view(&app)))
}
