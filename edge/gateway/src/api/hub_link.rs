//! The link to the hub: how it stands, joining, leaving.

use super::may;
use crate::app::{App, Shared};
use crate::policy::Service;
use crate::rights;
use crate::uplink::EnrolError;
use axum::extract::State;
use haubert_link::{LinkError, LinkPhase};
use haubert_model::Secret;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::routes;
use haubert_service::wire::Time;
use haubert_trust::{Fingerprint, PeerFault};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::HUB_LINK_VIEW), routes!(get_link))
        .routes(may(rights::HUB_LINK_CHANGE), routes!(enrol))
        .routes(may(rights::HUB_LINK_CHANGE), routes!(leave))
}

/// How the link stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Phase {
    NotEnrolled,
    /// The security policy has the link off.
    SwitchedOff,
    Connecting,
    Online,
    Offline,
    Refused,
}

/// A failure in a stable code and in words.
#[derive(Debug, Serialize, ToSchema)]
struct Failure {
    code: String,
    detail: String,
}

/// The link to the hub.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkState {
    state: Phase,
    #[schema(required)]
    hub_url: Option<String>,
    backlog_chunks: u64,
    backlog_bytes: u64,
    #[schema(required)]
    last_ack_at: Option<Time>,
    #[schema(required)]
    certificate_expires_at: Option<Time>,
    #[schema(required)]
    error: Option<Failure>,
}

/// What the hub gave for joining it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EnrolmentBody {
    /// Address of the hub, `https://…`.
    hub_url: String,
    /// One-time token.
    #[schema(value_type = String)]
    token: Secret,
    /// SHA-256 of the hub's authority.
    fingerprint: String,
}

pub(super) async fn state(app: &App) -> Result<LinkState, Problem> {
    let enrolled = app.uplink.enrolled();
    let status = app.uplink.status();
    let uplink = app.uplink.clone();
    let backlog =
        if enrolled.is_some() { app.history(move |_| uplink.backlog()).await? } else { haubert_historian::Backlog::default() };
    let phase = match (&enrolled, status.phase) {
        (None, _) => Phase::NotEnrolled,
        _ if !app.policy.allows(Service::HubLink) => Phase::SwitchedOff,
        (_, LinkPhase::Connecting) => Phase::Connecting,
        (_, LinkPhase::Online) => Phase::Online,
        (_, LinkPhase::Offline) => Phase::Offline,
        (_, LinkPhase::Refused) => Phase::Refused,
    };
    Ok(LinkState {
        state: phase,
        hub_url: enrolled.map(|enrolled| enrolled.hub_url),
        backlog_chunks: backlog.chunks,
        backlog_bytes: backlog.bytes,
        last_ack_at: status.last_ack_at.map(Time),
        certificate_expires_at: status.certificate_expires_at.map(Time),
        error: status.error.map(|(code, detail)| Failure { code: code.to_owned(), detail }),
    })
}

/// How the link stands.
#[utoipa::path(get, path = "/hub-link", tag = "hub", responses((status = 200, body = LinkState)))]
async fn get_link(State(app): State<Shared>) -> Result<Json<LinkState>, Problem> {
    state(&app).await.map(Json)
}

/// Joins a hub with the token that it gave.
#[utoipa::path(post, path = "/hub-link/enrolment", tag = "hub", request_body = EnrolmentBody, responses((status = 201, body = LinkState)))]
async fn enrol(State(app): State<Shared>, Json(body): Json<EnrolmentBody>) -> Result<(StatusCode, Json<LinkState>), Problem> {
    app.require(Service::HubLink)?;
    if !body.hub_url.starts_with("https://") {
        return Err(Problem::invalid("hub_url", "not_valid", "an address that begins with https://"));
    }
    let fingerprint: Fingerprint =
        body.fingerprint.parse().map_err(|error| Problem::invalid("fingerprint", "not_valid", format!("{error}")))?;
    app.uplink.enrol(body.hub_url.trim(), body.token, fingerprint).await.map_err(|error| refused(&error))?;
    Ok((StatusCode::CREATED, Json(state(&app).await?)))
}

fn refused(error: &EnrolError) -> Problem {
    match error {
        EnrolError::AlreadyEnrolled => Problem::new(codes::CONFLICT).detail(error),
        EnrolError::Store(inner) => Problem::internal("keep the enrolment", inner),
        EnrolError::Link(LinkError::Local(said)) => Problem::invalid("hub_url", "not_valid", said),
        EnrolError::Link(inner) => {
            let field = match inner {
                LinkError::Untrusted(PeerFault::UnknownAuthority) => "fingerprint",
                LinkError::Refused(_) => "token",
                _ => "hub_url",
            };
            Problem::new(Code::new(inner.code(), 422, "The hub cannot be joined")).detail(inner).field(field, inner.code(), inner)
        }
    }
}

/// Leaves the hub and forgets its credentials. History stays here; the hub keeps what it has.
#[utoipa::path(delete, path = "/hub-link", tag = "hub", responses((status = 204)))]
async fn leave(State(app): State<Shared>) -> Result<StatusCode, Problem> {
    app.uplink.leave().await?;
    Ok(StatusCode::NO_CONTENT)
}
