//! Files of evidence over the network: in and out in pieces, so that none is held whole for as long as somebody's line takes.

use crate::evidence::{FilesError, Incoming};
use crate::hub::Hub;
use crate::store::entity::audit_work::evidence_version;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use haubert_model::OrganisationId;
use haubert_service::headers::attachment;
use haubert_service::problem::{Problem, codes};
use http::header;
use std::io::{self, Read as _};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
/// Pieces that wait to be written or sent.
const WAITING: usize = 4;
/// A line on which nothing moves for so long is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Whatever a browser makes of the file, it runs nothing and reaches nobody.
const SANDBOX: &str = "sandbox; default-src 'none'";

fn problem(error: FilesError) -> Problem {
    match error {
        FilesError::Refused(refusal) => Problem::invalid("file", refusal.code(), refusal),
        FilesError::TooLarge => Problem::new(codes::TOO_LARGE).detail(error),
        FilesError::BrokenOff => Problem::new(codes::BAD_REQUEST).detail(error),
        FilesError::Disk(error) => Problem::internal("keep a file of evidence", &error),
    }
}

fn disk(error: &io::Error) -> Problem {
    Problem::internal("use the files of evidence", error)
}

/// Runs what blocks.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::new(codes::UNAVAILABLE))
}

/// Takes in a file and looks at it.
pub(super) async fn receive(hub: &Hub, name: &str, body: Body) -> Result<Incoming, Problem> {
    let place = hub.evidence.places.clone().try_acquire_owned();
    let place = place.map_err(|_| Problem::new(codes::UNAVAILABLE).detail("too many files are on their way; try again"))?;
    let (pieces, mut waiting) = mpsc::channel::<Option<Bytes>>(WAITING);
    let (files, id, name) = (hub.evidence.clone(), hub.new_id()?.to_string(), name.to_owned());
    let writer = tokio::task::spawn_blocking(move || {
        let _place = place;
        // Only what says that it has ended has come whole.
        files.take_in(&id, &name, || waiting.blocking_recv().ok_or(FilesError::BrokenOff))
    });
    let mut body = body.into_data_stream();
    while let Ok(next) = tokio::time::timeout(PATIENCE, body.next()).await {
        let piece = match next {
            Some(Ok(piece)) => Some(piece),
            Some(Err(_)) => break,
            None => None,
        };
        let is_last = piece.is_none();
        // The writer may have had enough: then it says why.
        if pieces.send(piece).await.is_err() || is_last {
            break;
        }
    }
    drop(pieces);
    writer.await.map_err(|_| Problem::new(codes::UNAVAILABLE))?.map_err(problem)
}

/// Makes a file that was taken in one of the organisation's; gives its digest.
pub(super) async fn place(hub: &Hub, organisation: OrganisationId, file: Incoming) -> Result<String, Problem> {
    let (files, digest) = (hub.evidence.clone(), file.sha256.clone());
    blocking(move || files.place(organisation, &file)).await?.map_err(|error| disk(&error))?;
    Ok(digest)
}

/// Removes files that are nobody's any more.
pub(super) async fn discard(hub: &Hub, organisation: OrganisationId, digests: Vec<String>) -> Result<(), Problem> {
    let files = hub.evidence.clone();
    let all = move || digests.iter().try_for_each(|digest| files.remove(organisation, digest));
    blocking(all).await?.map_err(|error| disk(&error))
}

/// Sends a file, to be saved and never shown.
pub(super) async fn send(hub: &Hub, organisation: OrganisationId, version: evidence_version::Model) -> Result<Response, Problem> {
    let place = hub.evidence.places.clone().try_acquire_owned();
    let place = place.map_err(|_| Problem::new(codes::UNAVAILABLE).detail("too many files are on their way; try again"))?;
    let (files, digest) = (hub.evidence.clone(), version.sha256.clone());
    let mut file = blocking(move || files.read(organisation, &digest)).await?.map_err(|error| disk(&error))?;
    let (pieces, waiting) = mpsc::channel::<io::Result<Bytes>>(WAITING);
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _place = place;
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece);
            let is_last = !matches!(read, Ok(1..));
            let piece = match read {
                Ok(0) => return,
                Ok(_) => Ok(piece.into()),
                Err(error) => {
                    tracing::error!(%error, "a file of evidence is not as it was written");
                    // It ends the connection, so that nobody takes the part for the whole.
                    Err(io::Error::other("the file is damaged"))
                }
            };
            let sent = handle.block_on(tokio::time::timeout(PATIENCE, pieces.send(piece)));
            if is_last || !matches!(sent, Ok(Ok(()))) {
                return;
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&version.file_name)),
        (header::CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
        (header::CONTENT_LENGTH, version.bytes.to_string()),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(waiting))).into_response())
}
