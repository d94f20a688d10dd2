//! Alarms: what is wrong now, what was, and who has seen it.

use super::may;
use crate::app::Shared;
use crate::rights;
use crate::store::alarms::{self, Alarm, Counts, Filter, MAX_NOTE, Which};
use axum::extract::State;
use haubert_alarms::{AlarmRuleId, Criticality};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::session::Session;
use haubert_service::wire::{List, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What their list answers.
type Alarms = List<Alarm>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::ALARMS_VIEW), routes!(list_alarms))
        .routes(may(rights::ALARMS_VIEW), routes!(count_alarms))
        .routes(may(rights::ALARMS_RUN), routes!(acknowledge_alarm))
        .routes(may(rights::ALARMS_RUN), routes!(acknowledge_alarms))
}

/// Which alarms.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Ask {
    #[serde(default)]
    #[param(inline)]
    which: Which,
    #[param(inline)]
    criticality: Option<Criticality>,
    /// Raised by this rule.
    #[param(value_type = Option<String>)]
    rule: Option<AlarmRuleId>,
    /// Raised from then on.
    #[param(value_type = Option<String>)]
    from: Option<Time>,
    /// Raised before.
    #[param(value_type = Option<String>)]
    to: Option<Time>,
    /// Alarms of a page, 1 to 500; 100 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<i64>,
}

/// Alarms, newest first.
#[utoipa::path(get, path = "/alarms", tag = "alarms", params(Ask), responses((status = 200, body = Alarms)))]
async fn list_alarms(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Json<Alarms>, Problem> {
    let limit = ask.limit.unwrap_or(100).clamp(1, 500);
    let filter = Filter {
        which: ask.which,
        criticality: ask.criticality,
        rule: ask.rule,
        from: ask.from.map(|from| from.0),
        to: ask.to.map(|to| to.0),
        before: ask.cursor,
        limit,
    };
    let items = app.read(move |tx| alarms::list(tx, &filter)).await?;
    let full = items.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = items.last().filter(|_| full).map(|alarm| alarm.id.to_string());
    Ok(Json(List { items, next_cursor }))
}

/// How many alarms need somebody.
#[utoipa::path(get, path = "/alarms/counts", tag = "alarms", responses((status = 200, body = Counts)))]
async fn count_alarms(State(app): State<Shared>) -> Result<Json<Counts>, Problem> {
    Ok(Json(app.read(alarms::count).await?))
}

/// An acknowledgement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlarmAcknowledgement)]
struct Acknowledgement {
    /// What was found, or done; at most 500 characters.
    #[serde(default)]
    note: String,
}

/// An acknowledgement of all that wait.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlarmAcknowledgements)]
struct Acknowledgements {
    /// The newest alarm that was seen: those that come after it go on waiting.
    newest: i64,
    /// As for one.
    #[serde(default)]
    note: String,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlarmsAcknowledged)]
struct Acknowledged {
    acknowledged: usize,
}

fn checked(note: &str) -> Result<String, Problem> {
    let note = note.trim();
    match note.chars().count() {
        length if length > MAX_NOTE => Err(Problem::invalid("note", "too_long", format!("at most {MAX_NOTE} characters"))),
        _ => Ok(note.to_owned()),
    }
}

/// Says that somebody has seen an alarm.
#[utoipa::path(post, path = "/alarms/{id}/acknowledgement", tag = "alarms", params(("id" = i64, Path)), request_body = Acknowledgement, responses((status = 200, body = Alarm)))]
async fn acknowledge_alarm(
    State(app): State<Shared>,
    session: Session,
    Path(id): Path<i64>,
    Json(body): Json<Acknowledgement>,
) -> Result<Json<Alarm>, Problem> {
    let (note, now) = (checked(&body.note)?, app.clock.now());
    let alarm = app.db.call(move |tx| alarms::acknowledge(tx, id, &session.user_name, now, &note)).await?;
    app.alarms.changed();
    Ok(Json(alarm))
}

/// Says that somebody has seen all alarms that wait, up to the newest of them.
#[utoipa::path(post, path = "/alarms/acknowledgements", tag = "alarms", request_body = Acknowledgements, responses((status = 200, body = Acknowledged)))]
async fn acknowledge_alarms(
    State(app): State<Shared>,
    session: Session,
    Json(body): Json<Acknowledgements>,
) -> Result<Json<Acknowledged>, Problem> {
    let (note, now) = (checked(&body.note)?, app.clock.now());
    let acknowledged = app.db.call(move |tx| alarms::acknowledge_all(tx, body.newest, &session.user_name, now, &note)).await?;
    app.alarms.changed();
    Ok(Json(Acknowledged { acknowledged }))
}
