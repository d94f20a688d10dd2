//! HTTPS push: settings, how it stands, keys, and a try.

use super::may;
use super::outlets::{OutletBacklog, OutletFailure, OutletState, OutletTrial};
use crate::app::{App, Shared};
use crate::outlets::push::{KeysError, PushSettings, test};
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
    api.routes(may(rights::OUTLETS_VIEW), routes!(get_push))
        .routes(may(rights::OUTLETS_CHANGE), routes!(put_push))
        .routes(may(rights::OUTLETS_CHANGE), routes!(new_push_keys))
        .routes(may(rights::OUTLETS_RUN), routes!(test_push))
}

/// What went since the start.
#[derive(Debug, Serialize, ToSchema)]
struct PushCounters {
    /// Requests that the server took.
    requests: u64,
    /// Their bodies.
    bytes: u64,
    /// Recorded values that the server has.
    samples: u64,
}

/// HTTPS push.
#[derive(Debug, Serialize, ToSchema)]
struct Push {
    settings: PushSettings,
    /// Whether there is a password or token; it is never given out.
    password_set: bool,
    /// What checks the Ed25519 signatures: `whpk_` and base64. None until there was something to sign.
    #[schema(required)]
    public_key: Option<String>,
    state: OutletState,
    /// Whether the security policy allows it.
    allowed: bool,
    #[schema(required)]
    sent_at: Option<Time>,
    /// `name_unknown`, `connection_failed`, `no_answer`, `peer_…`, `tls_failed`, `tls_settings`, `login_refused`, `message_refused`,
    /// `connection_ended`, `answer_not_understood`, `key_missing`, `store_failed`.
    #[schema(required)]
    failure: Option<OutletFailure>,
    backlog: OutletBacklog,
    counters: PushCounters,
}

/// Settings to put in force, or to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PushChange {
    settings: PushSettings,
    /// A new password or token; an empty one for none. Absent: the one in force, for the same server and user.
    #[serde(default)]
    password: Option<Secret>,
}

/// New keys.
#[derive(Debug, Serialize, ToSchema)]
struct PushKeys {
    /// What checks the Ed25519 signatures: `whpk_` and base64.
    public_key: String,
    /// The secret that checks the HMAC signatures: `whsec_` and base64. Shown this once.
    secret: String,
}

fn no_keys(error: &KeysError) -> Problem {
    Problem::internal("make keys", error)
}

async fn view(app: &App) -> Result<Push, Problem> {
    let (account, standing) = (app.push.account(), app.push.standing());
    let outbox = app.push.outbox().clone();
    let backlog = app.history(move |_| outbox.backlog()).await?;
    let counted = standing.counted;
    Ok(Push {
        settings: account.settings.clone(),
        password_set: account.password.is_some(),
        public_key: app.push.public_key(),
        state: standing.phase.into(),
        allowed: app.policy.allows(Service::Push),
        sent_at: standing.sent_at.map(Time),
        failure: standing.failure.map(OutletFailure::from),
        backlog: backlog.into(),
        counters: PushCounters { requests: counted.requests, bytes: counted.bytes, samples: counted.samples },
    })
}

#[utoipa::path(get, path = "/outlets/push", tag = "outlets", responses((status = 200, body = Push)))]
async fn get_push(State(app): State<Shared>) -> Result<Json<Push>, Problem> {
    Ok(Json(view(&app).await?))
}

#[utoipa::path(put, path = "/outlets/push", tag = "outlets", request_body = PushChange, responses((status = 200, body = Push)))]
async fn put_push(State(app): State<Shared>, Json(change): Json<PushChange>) -> Result<Json<Push>, Problem> {
    let account = app.push.account().drafted(change.settings, change.password)?;
    if account.settings.enabled {
        app.require(Service::Push)?;
        app.push.have_keys().await.map_err(|error| no_keys(&error))?;
    }
    app.push.change(account).await?;
    Ok(Json(view(&app).await?))
}

/// Makes new keys in place of those there may be: receivers that check signatures must be told, and refuse until they are.
#[utoipa::path(post, path = "/outlets/push/keys", tag = "outlets", responses((status = 200, body = PushKeys)))]
async fn new_push_keys(State(app): State<Shared>) -> Result<Json<PushKeys>, Problem> {
    let secret = app.push.new_keys().await.map_err(|error| no_keys(&error))?;
    let keys = app.push.public_key().zip(secret);
    let (public_key, secret) = keys.ok_or_else(|| Problem::new(haubert_service::problem::codes::INTERNAL))?;
    Ok(Json(PushKeys { public_key, secret: secret.expose().to_owned() }))
}

/// Goes to the server as these settings say and hands over a message that says nothing; what is in force stays as it is.
#[utoipa::path(post, path = "/outlets/push/test", tag = "outlets", request_body = PushChange, responses((status = 200, body = OutletTrial)))]
async fn test_push(State(app): State<Shared>, Json(trial): Json<PushChange>) -> Result<Json<OutletTrial>, Problem> {
    app.require(Service::Push)?;
    app.outlets()?;
    // An address is wanted, whether it is in use or not.
    let account = app.push.account().drafted(PushSettings { enabled: true, history: true, ..trial.settings }, trial.password)?;
    app.push.have_keys().await.map_err(|error| no_keys(&error))?;
    Ok(Json(test(&app.push, &account).await.into()))
}
