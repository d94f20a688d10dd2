//! Backups, sent as they are made.

use super::may;
use crate::app::{Shared, record};
use crate::backup::cli::SHORTEST;
use crate::backup::make::{Wanted, make};
use crate::export;
use crate::rights;
use crate::storage::desk::BackupNote;
use crate::store::events::{NewEvent, Severity};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_model::{Secret, Timestamp};
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_service::wire::Time;
use haubert_trust::SealedFor;
use http::{HeaderName, header};
use serde::Deserialize;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use utoipa::ToSchema;

/// Pieces that wait for a slow reader.
const WAITING: usize = 8;
/// Bytes of a piece.
const PIECE: usize = 128 * 1024;
/// How long a reader may take nothing: what is measured meanwhile waits in the history's log.
const PATIENCE: Duration = Duration::from_secs(30);
/// One at a time: each holds a snapshot of the history.
static PLACE: Semaphore = Semaphore::const_new(1);
/// About how many bytes will come, for a bar of progress.
const ESTIMATE: HeaderName = HeaderName::from_static("x-estimated-bytes");

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::BACKUPS_RUN), routes!(make_backup_for_recovery))
        .routes(may(rights::BACKUPS_CHANGE), routes!(make_backup_with_passphrase))
}

/// What to put in.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BackupBody {
    /// Whether the history goes in.
    history: bool,
    /// Only samples from this time on; all when absent.
    #[schema(value_type = Option<String>)]
    since: Option<Time>,
}

/// What to put in, and what opens it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PassphraseBackupBody {
    /// At least 12 characters.
    #[schema(value_type = String)]
    passphrase: Secret,
    /// Whether the history goes in.
    history: bool,
    /// Only samples from this time on; all when absent.
    #[schema(value_type = Option<String>)]
    since: Option<Time>,
}

/// A backup that the recovery key opens, sent as it is made: configuration, accounts, keys, own profiles, and the history if
/// wanted. A connection that breaks off means that it is not whole.
#[utoipa::path(post, path = "/backups/recovery", tag = "storage", request_body = BackupBody,
    responses((status = 200, content_type = "application/octet-stream", body = String)))]
async fn make_backup_for_recovery(State(app): State<Shared>, Json(body): Json<BackupBody>) -> Result<Response, Problem> {
    let public = app.storage.recovery()?.ok_or_else(|| Problem::new(codes::CONFLICT).detail("there is no recovery key yet"))?;
    send(app, SealedFor::Recovery(public), body)
}

/// As `/backups/recovery`, opened by a passphrase. Whoever knows that can read all of it, so this is for those who may read all.
#[utoipa::path(post, path = "/backups/passphrase", tag = "storage", request_body = PassphraseBackupBody,
    responses((status = 200, content_type = "application/octet-stream", body = String)))]
async fn make_backup_with_passphrase(
    State(app): State<Shared>,
    Json(body): Json<PassphraseBackupBody>,
) -> Result<Response, Problem> {
    match body.passphrase.expose().chars().count() {
        SHORTEST..=256 => {}
        _ => return Err(Problem::invalid("passphrase", "passphrase_length", format!("between {SHORTEST} and 256 characters"))),
    }
    send(app, SealedFor::Passphrase(body.passphrase), BackupBody { history: body.history, since: body.since })
}

fn send(app: Shared, sealed_for: SealedFor, body: BackupBody) -> Result<Response, Problem> {
    let place = PLACE.try_acquire().map_err(|_| Problem::new(codes::CONFLICT).detail("a backup is being made"))?;
    let topology = app.topology();
    let from = body.since.map_or(Timestamp(i64::MIN), |since| since.0);
    let size = |name: &str| std::fs::metadata(app.data_dir.join(name)).map_or(0, |file| file.len());
    let estimate = size("config.db").saturating_add(if body.history { size("history.db") } else { 0 });
    let wanted = Wanted {
        config: app.data_dir.join("config.db"),
        key: app.storage.key().clone(),
        history: body.history.then(|| (app.history.clone(), from)),
        history_identity: app.history.identity().unwrap_or_default(),
        site: topology.site.name.clone(),
        now: app.clock.now(),
        sealed_for,
    };
    let zone = jiff::tz::TimeZone::get(&topology.site.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let name = export::of_range(&topology.site.name, "backup", wanted.now, wanted.now, &zone, "haubert-backup");
    let (pieces, received) = mpsc::channel::<io::Result<Bytes>>(WAITING);
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let mut pipe = Pipe { pieces, handle: handle.clone(), sent: 0 };
        let outcome = make(&wanted, io::BufWriter::with_capacity(PIECE, &mut pipe));
        match outcome {
            Ok(end) => handle.block_on(noted(&app, pipe.sent, wanted.history.is_some().then_some(end.samples))),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "backup broken off");
                // An error ends the connection without the mark of the end, so that nobody takes the part for the whole.
                let _gone = pipe.pieces.blocking_send(Err(io::Error::other("the backup cannot be made")));
            }
        }
    });
    let stream =
        futures_util::stream::unfold(
            received,
            |mut received| async move { received.recv().await.map(|piece| (piece, received)) },
        );
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, export::attachment(&name)),
        (ESTIMATE, estimate.to_string()),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}

async fn noted(app: &Arc<crate::app::App>, bytes: u64, samples: Option<u64>) {
    let at = app.clock.now();
    if let Err(error) = app.storage.note(move |notes| notes.last_backup = Some(BackupNote { at, bytes, samples })).await {
        tracing::error!(error = &error as &dyn std::error::Error, "the backup is not noted");
    }
    record(&app.db, NewEvent::new(at, Severity::Info, "backup_made", [("bytes", bytes.to_string())])).await;
}

/// Hands pieces to the connection; a reader that takes nothing for long ends it.
struct Pipe {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    handle: Handle,
    sent: u64,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let send = self.pieces.send(Ok(Bytes::copy_from_slice(bytes)));
        match self.handle.block_on(tokio::time::timeout(PATIENCE, send)) {
            Ok(Ok(())) => {
                self.sent += bytes.len() as u64;
                Ok(bytes.len())
            }
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
