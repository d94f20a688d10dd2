//! The security policy: shown, compared, changed, confirmed, taken back, as a file, and the proof of what listens.

use super::may;
use super::policy_view::{self, SocketsView, StateView};
use crate::app::{App, Shared};
use crate::policy::difference::{self, Change};
use crate::policy::effects::{self, Effect};
use crate::policy::file::{self, FileFault};
use crate::policy::risk::{self, Risk};
use crate::policy::{ApplyError, PROBATION_S, Policy, presets};
use crate::rights;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Source};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::routes;
use haubert_service::session::Session;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody else changed it.
const POLICY_CHANGED: Code = Code::new("policy_changed_meanwhile", 409, "The policy has changed meanwhile");
/// Nobody could come in any more.
const LAST_WAY_IN: Code = Code::new("last_way_in", 409, "This would close the last way in; that can only be done at the machine");
/// There is no probation.
const NOTHING_TO_CONFIRM: Code = Code::new("nothing_to_confirm", 409, "Nothing waits for a confirmation");
/// The file is refused.
const POLICY_FILE_WRONG: Code = Code::new("policy_file_wrong", 422, "The policy file is refused");
/// Shortest and longest time to confirm, seconds.
const WINDOW_S: std::ops::RangeInclusive<u32> = 10..=600;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::POLICY_VIEW), routes!(get_policy))
        .routes(may(rights::POLICY_CHANGE), routes!(put_policy))
        .routes(may(rights::POLICY_VIEW), routes!(preview_policy))
        .routes(may(rights::POLICY_CHANGE), routes!(confirm_policy, take_back_policy))
        .routes(may(rights::POLICY_VIEW), routes!(get_policy_file))
        .routes(may(rights::POLICY_VIEW), routes!(list_sockets))
}

impl From<ApplyError> for Problem {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Invalid(fault) => {
                Self::new(codes::INVALID).field(&format!("policy.{}", fault.path.join(".")), fault.code, fault.reason)
            }
            ApplyError::LastWayIn => Self::new(LAST_WAY_IN),
            ApplyError::Changed => Self::new(POLICY_CHANGED),
            ApplyError::NothingToConfirm => Self::new(NOTHING_TO_CONFIRM),
            ApplyError::Store(error) => error.into(),
        }
    }
}

fn refused(fault: &FileFault) -> Problem {
    let field = format!("line {}", fault.line);
    Problem::new(POLICY_FILE_WRONG).detail(fault).field(&field, "not_valid", &fault.reason)
}

/// The policy in force, what uses each service, the ports and the reference architectures.
#[utoipa::path(get, path = "/policy", tag = "policy", responses((status = 200, body = StateView)))]
async fn get_policy(State(app): State<Shared>, source: Source) -> Json<StateView> {
    Json(policy_view::state(&app, source.0).await)
}

/// A whole policy, to take the place of the one that was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PolicyBody {
    /// Of the policy that was read.
    revision: u64,
    policy: Policy,
    /// Seconds to confirm, 10 to 600, when the change could cut somebody off; 120 when absent.
    confirm_within_s: Option<u32>,
}

/// Puts a whole policy in force, all of it or nothing. What could cut its author off is on probation: it is taken back unless
/// it is confirmed in time, over a connection made after the change.
#[utoipa::path(put, path = "/policy", tag = "policy", request_body = PolicyBody, responses((status = 200, body = StateView)))]
async fn put_policy(State(app): State<Shared>, source: Source, Json(body): Json<PolicyBody>) -> Result<Json<StateView>, Problem> {
    let window_s = body.confirm_within_s.unwrap_or(PROBATION_S);
    if !WINDOW_S.contains(&window_s) {
        return Err(Problem::invalid("confirm_within_s", "out_of_range", "between 10 and 600 seconds"));
    }
    app.policy.apply(body.policy, body.revision, window_s).await?;
    Ok(Json(policy_view::state(&app, source.0).await))
}

/// What to compare with the policy in force: exactly one of these.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewBody {
    /// A whole policy.
    policy: Option<Policy>,
    /// A reference architecture: what it sets, over the policy in force.
    preset: Option<String>,
    /// A policy file.
    file: Option<String>,
}

/// What a change would do. Nothing is changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyPreview)]
struct PreviewView {
    /// The policy as it would be.
    policy: Policy,
    /// Each value that would change.
    changes: Vec<Change>,
    /// What would stop and start.
    effects: Vec<Effect>,
    /// Why it would be on probation; empty when it would not.
    risks: Vec<Risk>,
    /// This very address would not be let in any more.
    cuts_you_off: bool,
}

/// Compares a policy, a reference architecture or a file with the policy in force.
#[utoipa::path(post, path = "/policy/preview", tag = "policy", request_body = PreviewBody, responses((status = 200, body = PreviewView)))]
async fn preview_policy(
    State(app): State<Shared>,
    source: Source,
    session: Session,
    Json(body): Json<PreviewBody>,
) -> Result<Json<PreviewView>, Problem> {
    let before = app.policy.current();
    let policy = match body {
        PreviewBody { policy: Some(policy), preset: None, file: None } => policy,
        PreviewBody { policy: None, preset: Some(id), file: None } => {
            presets::of(&id).ok_or_else(|| Problem::invalid("preset", "unknown", "there is no such architecture"))?.over(&before)
        }
        PreviewBody { policy: None, preset: None, file: Some(text) } => file::parse(&text).map_err(|fault| refused(&fault))?,
        _ => return Err(Problem::invalid("policy", "required", "exactly one of policy, preset and file")),
    };
    policy.check().map_err(ApplyError::Invalid)?;
    if risk::closes_every_way_in(&policy) {
        return Err(Problem::new(LAST_WAY_IN));
    }
    Ok(Json(preview(&app, &before, policy, source, &session)))
}

fn preview(app: &App, before: &Policy, policy: Policy, source: Source, session: &Session) -> PreviewView {
    let topology = app.topology();
    let people = vec![(session.user_name.clone(), Some(source.0))];
    PreviewView {
        changes: difference::between(before, &policy),
        effects: effects::of(before, &policy, &policy_view::situation(app, &topology, people)),
        risks: risk::of(before, &policy),
        cuts_you_off: risk::refuses(&policy, source.0),
        policy,
    }
}

/// Which change is confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmationBody {
    /// Of the policy that is on probation.
    revision: u64,
}

/// Ends the probation: the policy stays.
#[utoipa::path(post, path = "/policy/confirmation", tag = "policy", request_body = ConfirmationBody, responses((status = 200, body = StateView)))]
async fn confirm_policy(
    State(app): State<Shared>,
    source: Source,
    Json(body): Json<ConfirmationBody>,
) -> Result<Json<StateView>, Problem> {
    app.policy.confirm(body.revision).await?;
    Ok(Json(policy_view::state(&app, source.0).await))
}

/// Takes the change that is on probation back at once.
#[utoipa::path(delete, path = "/policy/confirmation", tag = "policy", responses((status = 204)))]
async fn take_back_policy(State(app): State<Shared>) -> Result<StatusCode, Problem> {
    app.policy.take_back().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The policy in force as a file.
#[utoipa::path(get, path = "/policy/file", tag = "policy", responses((status = 200, content_type = "application/toml", body = String)))]
async fn get_policy_file(State(app): State<Shared>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/toml"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"haubert-policy.toml\""),
    ];
    (headers, file::print(&app.policy.current())).into_response()
}

/// What the process really listens on and is connected to, read from the kernel's tables and compared with what its parts say.
#[utoipa::path(get, path = "/policy/services", tag = "policy", responses((status = 200, body = SocketsView)))]
async fn list_sockets(State(app): State<Shared>) -> Result<Json<SocketsView>, Problem> {
    policy_view::sockets(&app).map(Json)
}
