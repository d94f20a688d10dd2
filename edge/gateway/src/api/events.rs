//! What happened.

use super::may;
use crate::app::Shared;
use crate::rights;
use crate::store::events::{self, Event};
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Query};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::List;
use serde::Deserialize;
use utoipa::IntoParams;

/// What their list answers.
type Events = List<Event>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::EVENTS_VIEW), routes!(list_events))
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Page {
    /// Events of a page, 1 to 500; 100 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<i64>,
}

/// Events, newest first.
#[utoipa::path(get, path = "/events", tag = "health", params(Page), responses((status = 200, body = Events)))]
async fn list_events(State(app): State<Shared>, Query(page): Query<Page>) -> Result<Json<List<Event>>, Problem> {
    let limit = page.limit.unwrap_or(100).clamp(1, 500);
    let items = app.read(move |tx| events::list(tx, page.cursor, limit)).await?;
    let full = items.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = items.last().filter(|_| full).map(|event| event.id.to_string());
    Ok(Json(List { items, next_cursor }))
}
