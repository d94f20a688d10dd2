//! Looking at every byte of the history: begun, stopped, and done unasked at night.

use super::may;
use crate::app::{App, Shared};
use crate::integrity::Outcome;
use crate::integrity::schedule::Schedule;
use crate::rights;
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_service::wire::Time;
use http::StatusCode;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::HISTORY_RUN), routes!(start_history_check, stop_history_check))
        .routes(may(rights::HISTORY_CHANGE), routes!(put_check_schedule))
}

/// A look at every byte that is under way.
#[derive(Debug, Serialize, ToSchema)]
struct RunningCheck {
    started_at: Time,
    /// How much is done, 0 to 1.
    progress: f64,
}

/// A look at every byte that has ended.
#[derive(Debug, Serialize, ToSchema)]
struct FinishedCheck {
    at: Time,
    took_ms: u64,
    outcome: Outcome,
    /// What is damaged, or why the look failed.
    findings: Vec<String>,
}

/// Looks at every byte.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckView {
    #[schema(required)]
    running: Option<RunningCheck>,
    #[schema(required)]
    last: Option<FinishedCheck>,
    /// Days between two looks at night; `null` is only when asked.
    #[schema(required)]
    every_days: Option<u16>,
    /// Not before then will be looked unasked.
    #[schema(required)]
    next_at: Option<Time>,
}

impl CheckView {
    pub(super) fn now(app: &App) -> Self {
        let (running, last) = app.integrity.now();
        let zone = TimeZone::get(&app.topology().site.time_zone).unwrap_or(TimeZone::UTC);
        Self {
            running: running.map(|running| RunningCheck { started_at: Time(running.started_at), progress: running.progress }),
            last: last.map(|last| FinishedCheck {
                at: Time(last.at),
                took_ms: last.took_ms,
                outcome: last.outcome,
                findings: last.findings,
            }),
            every_days: app.integrity.schedule().every_days,
            next_at: app.integrity.next_at(&zone).map(Time),
        }
    }
}

/// Begins a look at every byte of the history, in the background; `GET /history` shows how far it is and what it found.
#[utoipa::path(post, path = "/history/check", tag = "history", responses((status = 202)))]
async fn start_history_check(State(app): State<Shared>) -> Result<StatusCode, Problem> {
    if app.integrity.start(app.history.clone()) {
        Ok(StatusCode::ACCEPTED)
    } else {
        Err(Problem::new(codes::CONFLICT).detail("a check is under way"))
    }
}

/// Ends the look under way; what the last whole one found stays.
#[utoipa::path(delete, path = "/history/check", tag = "history", responses((status = 204)))]
async fn stop_history_check(State(app): State<Shared>) -> Result<StatusCode, Problem> {
    if app.integrity.stop() {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(codes::CONFLICT).detail("no check is under way"))
    }
}

/// How often the history is looked at without being asked.
#[utoipa::path(put, path = "/history/check/schedule", tag = "history", request_body = Schedule, responses((status = 200, body = Schedule)))]
async fn put_check_schedule(State(app): State<Shared>, Json(wanted): Json<Schedule>) -> Result<Json<Schedule>, Problem> {
    if !wanted.is_valid() {
        return Err(Problem::invalid("every_days", "out_of_range", "between 1 and 366 days, or none"));
    }
    app.integrity.set_schedule(wanted).await?;
    Ok(Json(wanted))
}
