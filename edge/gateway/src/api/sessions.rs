//! Who is signed in, and who is locked out.

use super::may;
use crate::app::Shared;
use crate::rights;
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::session::{Session, SessionEntry};
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What their list answers.
type SessionEntries = List<SessionEntry>;

/// What their list answers.
type Lockouts = List<Lockout>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::SESSIONS_VIEW), routes!(list_sessions))
        .routes(may(rights::SESSIONS_CHANGE), routes!(end_session))
        .routes(may(rights::ACCOUNTS_VIEW), routes!(list_lockouts))
        .routes(may(rights::ACCOUNTS_CHANGE), routes!(lift_lockout))
}

/// A lock that holds now.
#[derive(Debug, Serialize, ToSchema)]
struct Lockout {
    /// Number in this run of the program.
    id: u64,
    /// `pair`: an account from a source; `account`: an account from everywhere new; `source`: a source, whatever the account.
    kind: &'static str,
    /// The account; `null` when nobody has the name that was tried, or for a source.
    #[schema(required)]
    user: Option<String>,
    /// The source; `null` for an account from everywhere.
    #[schema(required)]
    source: Option<String>,
    /// Wrong tries that led to it.
    failures: u32,
    /// When the first of them was.
    since: Time,
    /// When it ends.
    until: Time,
}

/// Every live session.
#[utoipa::path(get, path = "/sessions", tag = "accounts", responses((status = 200, body = SessionEntries)))]
async fn list_sessions(State(app): State<Shared>, session: Session) -> Result<Json<List<SessionEntry>>, Problem> {
    Ok(Json(List::whole(app.sessions.list(&session).await?)))
}

/// Ends a session, whose ever it is.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "accounts", params(("id" = String, Path)), responses((status = 204)))]
async fn end_session(State(app): State<Shared>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    match app.sessions.end_where(|_, of| of == id).await? {
        0 => Err(Problem::not_found()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// The locks that hold now.
#[utoipa::path(get, path = "/lockouts", tag = "accounts", responses((status = 200, body = Lockouts)))]
async fn list_lockouts(State(app): State<Shared>) -> Json<List<Lockout>> {
    let view = |(lock, is_anybody): (haubert_service::lockout::Lock, bool)| Lockout {
        id: lock.id,
        kind: lock.key.kind(),
        // What nobody is called may be a password typed into the wrong field.
        user: lock.key.name().filter(|_| is_anybody).map(str::to_owned),
        source: lock.key.source().map(str::to_owned),
        failures: lock.failures,
        since: Time(lock.since),
        until: Time(lock.until),
    };
    Json(List::whole(app.lockouts.locks().into_iter().map(view).collect()))
}

/// Ends a lock.
#[utoipa::path(delete, path = "/lockouts/{id}", tag = "accounts", params(("id" = u64, Path)), responses((status = 204)))]
async fn lift_lockout(State(app): State<Shared>, Path(id): Path<u64>) -> Result<StatusCode, Problem> {
    app.lockouts.lift(id).await.ok_or_else(Problem::not_found)?;
    Ok(StatusCode::NO_CONTENT)
}
