//! Files: settings, how they stand, what went, a try, and going back.

use super::may;
use super::outlets::{OutletFailure, OutletState, OutletTrial};
use crate::app::{App, Shared};
use crate::outlets::files::{self, FilesSettings, SentFile, test};
use crate::policy::Service;
use crate::rights;
use axum::extract::State;
use haubert_model::Secret;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Query};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::{List, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What the list of files answers.
type SentFiles = List<SentFile>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::OUTLETS_VIEW), routes!(get_files))
        .routes(may(rights::OUTLETS_VIEW), routes!(list_files))
        .routes(may(rights::OUTLETS_CHANGE), routes!(put_files))
        .routes(may(rights::OUTLETS_CHANGE), routes!(new_files_key))
        .routes(may(rights::OUTLETS_RUN), routes!(test_files))
        .routes(may(rights::OUTLETS_RUN), routes!(send_files_again))
}

/// What went since the start.
#[derive(Debug, Serialize, ToSchema)]
struct FilesCounters {
    conversations: u64,
    files: u64,
    bytes: u64,
    /// Periods in which nothing was recorded.
    empty: u64,
}

/// How far an export has come.
#[derive(Debug, Serialize, ToSchema)]
struct FilesReached {
    export: String,
    /// All before this time has been sent.
    reached: Time,
}

/// Files.
#[derive(Debug, Serialize, ToSchema)]
struct Files {
    settings: FilesSettings,
    /// Whether there is a password; it is never given out.
    password_set: bool,
    /// The line for the server's `authorized_keys`.
    #[schema(required)]
    key_line: Option<String>,
    state: OutletState,
    /// Whether the security policy allows it.
    allowed: bool,
    #[schema(required)]
    sent_at: Option<Time>,
    /// `name_unknown`, `connection_failed`, `no_answer`, `peer_…`, `tls_failed`, `tls_settings`, `tls_refused`, `greeting_refused`,
    /// `host_key_unknown`, `key_missing`, `login_refused`, `folder_refused`, `file_refused`, `file_incomplete`, `connection_ended`,
    /// `answer_not_understood`, `history_unreadable`, `store_failed`.
    #[schema(required)]
    failure: Option<OutletFailure>,
    exports: Vec<FilesReached>,
    counters: FilesCounters,
}

/// Settings to put in force, or to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FilesChange {
    settings: FilesSettings,
    /// A new password; an empty one for none. Absent: the one in force, for the same server and user.
    #[serde(default)]
    password: Option<Secret>,
}

/// What to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FilesAgain {
    /// Name of the export.
    export: String,
    /// From the period on that holds this time.
    from: Time,
}

async fn view(app: &App) -> Result<Files, Problem> {
    let (account, standing, reached) = (app.files.account(), app.files.standing(), app.files.reached().await?);
    let counted = standing.counted;
    let is_there = |name: &str| account.settings.exports.iter().any(|export| export.name == name);
    Ok(Files {
        settings: account.settings.clone(),
        password_set: account.password.is_some(),
        key_line: app.files.key_line(),
        state: standing.phase.into(),
        allowed: app.policy.allows(Service::FileExport),
        sent_at: standing.sent_at.map(Time),
        failure: standing.failure.map(OutletFailure::from),
        exports: reached
            .into_iter()
            .filter(|reached| is_there(&reached.export))
            .map(|reached| FilesReached { export: reached.export, reached: Time(reached.at) })
            .collect(),
        counters: FilesCounters {
            conversations: counted.conversations,
            files: counted.files,
            bytes: counted.bytes,
            empty: counted.empty,
        },
    })
}

#[utoipa::path(get, path = "/outlets/files", tag = "outlets", responses((status = 200, body = Files)))]
async fn get_files(State(app): State<Shared>) -> Result<Json<Files>, Problem> {
    Ok(Json(view(&app).await?))
}

#[utoipa::path(put, path = "/outlets/files", tag = "outlets", request_body = FilesChange, responses((status = 200, body = Files)))]
async fn put_files(State(app): State<Shared>, Json(change): Json<FilesChange>) -> Result<Json<Files>, Problem> {
    let account = app.files.account().drafted(change.settings, change.password)?;
    if account.settings.enabled {
        app.require(Service::FileExport)?;
    }
    app.files.change(account).await?;
    Ok(Json(view(&app).await?))
}

/// Makes a new SSH key for the gateway, in place of the one there may be: servers that knew that one must be told.
#[utoipa::path(post, path = "/outlets/files/key", tag = "outlets", responses((status = 200, body = Files)))]
async fn new_files_key(State(app): State<Shared>) -> Result<Json<Files>, Problem> {
    app.files.new_key().await.map_err(|error| Problem::internal("make an SSH key", &error))?;
    Ok(Json(view(&app).await?))
}

/// Writes a small file as these settings say and takes it away; what is in force stays as it is.
#[utoipa::path(post, path = "/outlets/files/test", tag = "outlets", request_body = FilesChange, responses((status = 200, body = OutletTrial)))]
async fn test_files(State(app): State<Shared>, Json(trial): Json<FilesChange>) -> Result<Json<OutletTrial>, Problem> {
    app.require(Service::FileExport)?;
    app.outlets()?;
    // What is not yet known is what a test is for: the key that the server shows.
    let settings = FilesSettings { enabled: false, ..trial.settings };
    if settings.host.trim().is_empty() {
        return Err(Problem::invalid("host", "required", "give the server's name or address"));
    }
    let account = app.files.account().drafted(settings, trial.password)?;
    Ok(Json(test(&app.files, &account).await.into()))
}

/// Which files.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Files of a page, 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<i64>,
}

/// Files that went, newest first.
#[utoipa::path(get, path = "/outlets/files/sent", tag = "outlets", params(Ask), responses((status = 200, body = SentFiles)))]
async fn list_files(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Json<SentFiles>, Problem> {
    let limit = ask.limit.unwrap_or(50).clamp(1, 200);
    let items = app.read(move |tx| files::list(tx, ask.cursor, limit)).await?;
    let full = items.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = items.last().filter(|_| full).map(|file| file.id.to_string());
    Ok(Json(List { items, next_cursor }))
}

/// Sends the files of an export again from a time on, each in place of itself.
#[utoipa::path(post, path = "/outlets/files/again", tag = "outlets", request_body = FilesAgain, responses((status = 200, body = Files)))]
async fn send_files_again(State(app): State<Shared>, Json(again): Json<FilesAgain>) -> Result<Json<Files>, Problem> {
    let account = app.files.account();
    let export = account.settings.exports.iter().find(|export| export.name == again.export).cloned();
    let export = export.ok_or_else(|| Problem::invalid("export", "not_found", "there is no such export"))?;
    if again.from.0 >= app.clock.now() {
        return Err(Problem::invalid("from", "out_of_range", "a time in the past"));
    }
    app.files.again(export, again.from.0).await?;
    Ok(Json(view(&app).await?))
}
