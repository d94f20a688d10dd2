//! How the gateway stands against what is asked of it.

use super::may;
use crate::app::Shared;
use crate::posture::assess::{Answer, Finding};
use crate::posture::{self, Posture};
use crate::rights;
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::POSTURE_VIEW), routes!(get_posture))
}

/// How the gateway stands, found out for this answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Posture)]
struct PostureView {
    /// When it was found out.
    at: Time,
    /// Version of the program.
    version: &'static str,
    /// The technical note's thirteen settings.
    settings: Vec<Answer>,
    /// IEC 62443-4-2 for a network and embedded device at SL-C 2, and what IIoT gateways are asked besides. Self-assessed.
    requirements: Vec<Answer>,
    /// What was looked at, with the proof.
    findings: Vec<Finding>,
}

/// How the gateway stands.
#[utoipa::path(get, path = "/posture", tag = "security", responses((status = 200, body = PostureView)))]
async fn get_posture(State(app): State<Shared>) -> Result<Json<PostureView>, Problem> {
    let Posture { at, settings, requirements, findings } = posture::now(&app).await?;
    Ok(Json(PostureView { at: Time(at), version: env!("CARGO_PKG_VERSION"), settings, requirements, findings }))
}
