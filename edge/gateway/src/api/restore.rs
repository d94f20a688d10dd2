//! A restore: upload, verify wholly, look at what would change, confirm.

use super::may;
use super::storage::{NamedConfirmBody, confirmed};
use crate::app::Shared;
use crate::backup::desk::{Phase, Restores};
use crate::backup::summary::{Content, Difference};
use crate::rights;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use futures_util::StreamExt;
use haubert_model::Secret;
use haubert_service::api::Api;
use haubert_service::door::Door;
use haubert_service::extract::{Json, Source};
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_service::session::Session;
use haubert_service::wire::Time;
use haubert_trust::{Opener, RecoveryKey, Unlock};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use utoipa::ToSchema;

/// Bytes between two notes of how much is here.
const NOTE_EVERY: u64 = 1 << 20;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::BACKUPS_VIEW), routes!(get_restore))
        .routes(may(rights::BACKUPS_CHANGE), routes!(upload_backup))
        .routes(may(rights::BACKUPS_CHANGE), routes!(verify_backup))
        .routes(may(rights::BACKUPS_CHANGE), routes!(apply_backup))
        .routes(may(rights::BACKUPS_CHANGE), routes!(forget_backup))
}

/// How a restore stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RestorePhase {
    None,
    Uploading,
    Uploaded,
    Verifying,
    Verified,
    Preparing,
    /// The gateway begins again with it.
    Committed,
    Failed,
}

/// What opens a backup.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BackupOpener {
    Passphrase,
    RecoveryKey,
}

/// A backup that is known to be whole, and what would change with it.
#[derive(Debug, Serialize, ToSchema)]
struct VerifiedView {
    made_at: Time,
    version: String,
    content: Content,
    #[schema(required)]
    samples: Option<u64>,
    #[schema(required)]
    first: Option<Time>,
    #[schema(required)]
    last: Option<Time>,
    differences: Vec<Difference>,
}

/// A restore.
#[derive(Debug, Serialize, ToSchema)]
struct RestoreView {
    phase: RestorePhase,
    /// Bytes of the file that are here.
    bytes: u64,
    /// How much of the step is done, 0 to 1.
    #[schema(required)]
    progress: Option<f64>,
    #[schema(required)]
    opener: Option<BackupOpener>,
    #[schema(required)]
    verified: Option<VerifiedView>,
    /// Why it failed.
    #[schema(required)]
    code: Option<&'static str>,
    #[schema(required)]
    detail: Option<String>,
}

impl RestoreView {
    fn now(restores: &Restores) -> Self {
        let (phase, bytes) = restores.now();
        let plain = |phase| Self { phase, bytes, progress: None, opener: None, verified: None, code: None, detail: None };
        match phase {
            Phase::None => plain(RestorePhase::None),
            Phase::Uploading(bytes) => Self { bytes, ..plain(RestorePhase::Uploading) },
            Phase::Uploaded(opener) => {
                let opener = match opener {
                    Opener::Passphrase => BackupOpener::Passphrase,
                    Opener::Recovery => BackupOpener::RecoveryKey,
                };
                Self { opener: Some(opener), ..plain(RestorePhase::Uploaded) }
            }
            Phase::Verifying(done) => Self { progress: Some(done), ..plain(RestorePhase::Verifying) },
            Phase::Preparing(done) => Self { progress: Some(done), ..plain(RestorePhase::Preparing) },
            Phase::Committed => plain(RestorePhase::Committed),
            Phase::Failed(code, detail) => Self { code: Some(code), detail: Some(detail), ..plain(RestorePhase::Failed) },
            Phase::Verified(verified) => {
                let (verified, differences) = *verified;
                let view = VerifiedView {
                    made_at: Time(verified.about.made_at),
                    version: verified.about.version,
                    content: verified.content,
                    samples: verified.about.history_from.map(|_| verified.end.samples),
                    first: verified.span.map(|(first, _)| Time(first)),
                    last: verified.span.map(|(_, last)| Time(last)),
                    differences,
                };
                Self { verified: Some(view), ..plain(RestorePhase::Verified) }
            }
        }
    }
}

/// What opens the file: one of both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnlockBody {
    #[schema(value_type = Option<String>)]
    passphrase: Option<Secret>,
    #[schema(value_type = Option<String>)]
    recovery_key: Option<Secret>,
}

fn busy() -> Problem {
    Problem::new(codes::CONFLICT).detail("another step is under way")
}

/// How the restore stands.
#[utoipa::path(get, path = "/restore", tag = "storage", responses((status = 200, body = RestoreView)))]
async fn get_restore(State(app): State<Shared>) -> Json<RestoreView> {
    Json(RestoreView::now(&app.restores))
}

/// Takes in a backup file: the body is its bytes. Nothing here is changed by it.
#[utoipa::path(post, path = "/restore", tag = "storage",
    request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = RestoreView)))]
async fn upload_backup(State(app): State<Shared>, body: Body) -> Result<(StatusCode, Json<RestoreView>), Problem> {
    let restores = app.restores.clone();
    let begun = restores.begin_upload().map_err(|error| Problem::internal("take in a backup", &error))?;
    let (file, room) = begun.ok_or_else(busy)?;
    let guard = Forgetting(Some(restores.clone()));
    let mut file = tokio::fs::File::from_std(file);
    let mut pieces = body.into_data_stream();
    let (mut bytes, mut told) = (0u64, 0u64);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::new(codes::BAD_REQUEST).detail("the upload broke off"))?;
        bytes = bytes.saturating_add(piece.len() as u64);
        if bytes > room {
            return Err(Problem::new(codes::TOO_LARGE).detail(format!("there is room for {room} bytes")));
        }
        file.write_all(&piece).await.map_err(|error| Problem::internal("take in a backup", &error))?;
        if bytes - told >= NOTE_EVERY {
            told = bytes;
            restores.uploaded(bytes);
        }
    }
    file.sync_all().await.map_err(|error| Problem::internal("take in a backup", &error))?;
    guard.keep();
    restores.end_upload(bytes);
    Ok((StatusCode::CREATED, Json(RestoreView::now(&restores))))
}

/// Forgets an upload that does not come to its end, also when the request is dropped.
struct Forgetting(Option<Restores>);

impl Forgetting {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Forgetting {
    fn drop(&mut self) {
        if let Some(restores) = &self.0 {
            restores.forget();
        }
    }
}

/// Begins to read the file wholly, in the background; `GET /restore` shows how far it is, and then what is in it.
#[utoipa::path(post, path = "/restore/verify", tag = "storage", request_body = UnlockBody, responses((status = 202)))]
async fn verify_backup(State(app): State<Shared>, Json(body): Json<UnlockBody>) -> Result<StatusCode, Problem> {
    let unlock = match (body.passphrase, body.recovery_key) {
        (Some(passphrase), None) => Unlock::Passphrase(passphrase),
        (None, Some(typed)) => Unlock::Recovery(
            RecoveryKey::parse(typed.expose())
                .map_err(|error| Problem::invalid("recovery_key", "recovery_key_mistyped", error))?,
        ),
        _ => return Err(Problem::invalid("passphrase", "required", "a passphrase or a recovery key")),
    };
    if app.restores.begin_verify(unlock) { Ok(StatusCode::ACCEPTED) } else { Err(busy()) }
}

/// Puts the verified backup in the place of what is here: it is made ready in the background, then the gateway begins again with
/// it. All sessions end.
#[utoipa::path(post, path = "/restore/apply", tag = "storage", request_body = NamedConfirmBody, responses((status = 202)))]
async fn apply_backup(
    State(app): State<Shared>,
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    source: Source,
    Json(body): Json<NamedConfirmBody>,
) -> Result<StatusCode, Problem> {
    confirmed(&app, &door, (&session, source), body).await?;
    if app.restores.begin_apply() { Ok(StatusCode::ACCEPTED) } else { Err(busy()) }
}

/// Forgets the file, or stops what is being done with it.
#[utoipa::path(delete, path = "/restore", tag = "storage", responses((status = 204)))]
async fn forget_backup(State(app): State<Shared>) -> Result<StatusCode, Problem> {
    if app.restores.forget() { Ok(StatusCode::NO_CONTENT) } else { Err(busy()) }
}
