//! Newest values and health, for Prometheus.

use super::may;
use crate::app::Shared;
use crate::metrics::{self, CONTENT_TYPE, Shown};
use crate::rights;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_service::api::Api;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::session::Session;
use http::header;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::MEASUREMENTS_VIEW), routes!(get_metrics))
}

/// The text format of Prometheus, version 0.0.4.
#[utoipa::path(get, path = "/metrics", tag = "live", responses((status = 200, body = String, content_type = "text/plain")))]
async fn get_metrics(State(app): State<Shared>, session: Session) -> Result<Response, Problem> {
    app.outlets()?;
    let may = |permission| app.rights.allows(&session.profile, permission);
    let shown = Shown { alarms: may(rights::ALARMS_VIEW), health: may(rights::DIAGNOSTICS_VIEW) };
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics::text(&app, shown).await?).into_response())
}
