//! The storage key: where it lives, its change, the recovery key, and the end of everything.

use super::may;
use crate::app::{App, Shared, record};
use crate::rights;
use crate::storage::desk::Again;
use crate::storage::keyring::Place;
use crate::storage::{DATABASES, StorageError, free_bytes};
use crate::store::events::{NewEvent, Severity};
use axum::Extension;
use axum::extract::State;
use haubert_model::Secret;
use haubert_service::api::Api;
use haubert_service::door::Door;
use haubert_service::extract::{Json, Source};
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_service::session::Session;
use haubert_service::wire::Time;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::STORAGE_VIEW), routes!(get_storage))
        .routes(may(rights::STORAGE_CHANGE), routes!(rotate_storage_key))
        .routes(may(rights::STORAGE_CHANGE), routes!(make_recovery_key))
        .routes(may(rights::STORAGE_CHANGE), routes!(factory_reset))
}

/// Where the storage key lives.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum KeyPlace {
    /// In a file that only the gateway's user reads.
    File,
    /// Wrapped by a credential that systemd unseals.
    Sealed,
}

/// The recovery key, of which only the paper knows more.
#[derive(Debug, Serialize, ToSchema)]
struct RecoveryView {
    /// By which one recovery key is told from another.
    mark: String,
    #[schema(required)]
    since: Option<Time>,
}

/// The last backup.
#[derive(Debug, Serialize, ToSchema)]
struct LastBackup {
    at: Time,
    bytes: u64,
    #[schema(required)]
    samples: Option<u64>,
}

/// The storage.
#[derive(Debug, Serialize, ToSchema)]
struct StorageView {
    key_place: KeyPlace,
    /// What a sealed key is bound to: `tpm2`, `host`, `host+tpm2`.
    #[schema(required)]
    bound_to: Option<String>,
    /// By which one storage key is told from another.
    key_mark: String,
    #[schema(required)]
    key_since: Option<Time>,
    #[schema(required)]
    recovery: Option<RecoveryView>,
    /// When the gateway last began: another time after a change of the key than before.
    began_at: Time,
    /// Bytes encrypted with the key.
    bytes: u64,
    /// Bytes free on the disk; a change of the key needs as many as are encrypted.
    free_bytes: u64,
    #[schema(required)]
    last_backup: Option<LastBackup>,
    #[schema(required)]
    last_verified_at: Option<Time>,
}

/// One's own password, once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmBody {
    /// Password of whoever asks.
    #[schema(value_type = String)]
    password: Secret,
}

/// A recovery key, shown once.
#[derive(Debug, Serialize, ToSchema)]
struct RecoveryKeyView {
    /// Eight groups of five.
    recovery_key: String,
    mark: String,
}

/// What destroys or replaces everything is confirmed twice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedConfirmBody {
    /// Name of the site, as it is shown.
    pub(super) site: String,
    /// Password of whoever asks.
    #[schema(value_type = String)]
    pub(super) password: Secret,
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Store(error) => error.into(),
            StorageError::Refused(said) => Self::new(codes::CONFLICT).detail(said),
            StorageError::Room { needed, free } => {
                Self::new(codes::CONFLICT).detail(format!("{needed} bytes are needed on the disk, {free} are free"))
            }
            error => Self::internal("use the storage", &error),
        }
    }
}

fn bytes(app: &App) -> u64 {
    DATABASES.iter().filter_map(|name| std::fs::metadata(app.data_dir.join(name)).ok()).map(|file| file.len()).sum()
}

/// Where the storage key lives, and what there is for a bad day.
#[utoipa::path(get, path = "/storage", tag = "storage", responses((status = 200, body = StorageView)))]
async fn get_storage(State(app): State<Shared>) -> Result<Json<StorageView>, Problem> {
    let notes = app.storage.notes().await?;
    let (key_place, bound_to) = match app.storage.place() {
        Place::File => (KeyPlace::File, None),
        Place::Sealed(bound) => (KeyPlace::Sealed, Some(bound)),
    };
    let since = notes.recovery_since.map(Time);
    Ok(Json(StorageView {
        key_place,
        bound_to,
        key_mark: app.storage.key().mark(),
        key_since: notes.key_since.map(Time),
        recovery: app.storage.recovery()?.map(|public| RecoveryView { mark: public.mark(), since }),
        began_at: Time(app.storage.began_at()),
        bytes: bytes(&app),
        free_bytes: free_bytes(&app.data_dir)?,
        last_backup: notes.last_backup.map(|last| LastBackup { at: Time(last.at), bytes: last.bytes, samples: last.samples }),
        last_verified_at: notes.last_verified.map(Time),
    }))
}

/// Changes the storage key: the gateway ends its round in order, copies everything under a new key, destroys the old one and
/// begins again. Measuring stops meanwhile, about a second for 50 MB; an event says how it went.
#[utoipa::path(post, path = "/storage/rotate", tag = "storage", responses((status = 202)))]
async fn rotate_storage_key(State(app): State<Shared>) -> Result<StatusCode, Problem> {
    let (needed, free) = (bytes(&app).saturating_add(8 << 20), free_bytes(&app.data_dir)?);
    if free < needed {
        return Err(StorageError::Room { needed, free }.into());
    }
    if app.restores.is_busy() {
        return Err(Problem::new(codes::CONFLICT).detail("a restore is under way"));
    }
    app.storage.again(Again::Rotate);
    Ok(StatusCode::ACCEPTED)
}

/// Makes a recovery key, which opens the storage when its seal is lost, and backups that are made for it. It is shown once; the one
/// before opens the storage no more.
#[utoipa::path(post, path = "/storage/recovery-key", tag = "storage", request_body = ConfirmBody,
    responses((status = 201, body = RecoveryKeyView)))]
async fn make_recovery_key(
    State(app): State<Shared>,
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    source: Source,
    Json(body): Json<ConfirmBody>,
) -> Result<(StatusCode, Json<RecoveryKeyView>), Problem> {
    door.confirm_own_password(&session, body.password, source).await?;
    let now = app.clock.now();
    let made = app.storage.renew_recovery(now).await?;
    let mark = made.public().map_err(StorageError::from)?.mark();
    record(&app.db, NewEvent::new(now, Severity::Info, "recovery_key_made", [("mark", mark.clone())])).await;
    Ok((StatusCode::CREATED, Json(RecoveryKeyView { recovery_key: made.text().expose().to_owned(), mark })))
}

/// Destroys everything, keys first, and begins as a new gateway: accounts, configuration, history, audit trail.
#[utoipa::path(post, path = "/storage/reset", tag = "storage", request_body = NamedConfirmBody, responses((status = 202)))]
async fn factory_reset(
    State(app): State<Shared>,
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    source: Source,
    Json(body): Json<NamedConfirmBody>,
) -> Result<StatusCode, Problem> {
    confirmed(&app, &door, (&session, source), body).await?;
    app.storage.reset()?;
    Ok(StatusCode::ACCEPTED)
}

/// Refuses whoever does not name the site and give the password.
pub(super) async fn confirmed(
    app: &App,
    door: &Door,
    (session, source): (&Session, Source),
    body: NamedConfirmBody,
) -> Result<(), Problem> {
    if body.site.trim() != app.topology().site.name.trim() {
        return Err(Problem::invalid("site", "not_the_site", "this is not the name of the site"));
    }
    door.confirm_own_password(session, body.password, source).await
}
