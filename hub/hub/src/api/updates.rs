//! Releases for the fleet.

use crate::hub::Hub;
use crate::shelf::{Kept, ShelfError};
use axum::body::Body;
use axum::extract::State;
use futures_util::StreamExt;
use haubert_bundle::archive::MAX_BUNDLE;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::wire::List;
use http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;
use tokio::io::AsyncWriteExt;

/// A release that gateways are offered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Release)]
pub(super) struct ReleaseView {
    id: String,
    product: String,
    version: String,
    architecture: String,
    /// Day of the release.
    released_on: String,
    /// What is new, by language.
    notes: BTreeMap<String, String>,
    /// Bytes of its bundle.
    bytes: u64,
}

/// All of them.
type ReleaseViewList = List<ReleaseView>;

fn view((id, kept): (String, Kept)) -> ReleaseView {
    let release = kept.release;
    ReleaseView {
        id,
        version: release.version.to_string(),
        product: release.product,
        architecture: release.architecture,
        released_on: release.released_on,
        notes: release.notes,
        bytes: kept.bytes,
    }
}

fn problem(error: &ShelfError) -> Problem {
    match error {
        ShelfError::Refused(refusal) => Problem::new(Code::new(refusal.code(), 422, "This is no release")).detail(refusal),
        ShelfError::Full => Problem::new(codes::CONFLICT).detail(error),
        ShelfError::Disk(error) => Problem::internal("keep a release", error),
    }
}

#[utoipa::path(get, path = "/updates", tag = "updates", operation_id = "list_updates", responses((status = 200, body = ReleaseViewList)))]
pub(super) async fn list(State(hub): State<Hub>) -> Json<ReleaseViewList> {
    Json(List::whole(hub.shelf.list().into_iter().map(view).collect()))
}

#[utoipa::path(post, path = "/updates", tag = "updates", operation_id = "add_update", description = "Takes a bundle, as the release tool makes it; gateways of that product are offered it. Whether it is genuine is checked by each gateway.", request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = ReleaseView)))]
pub(super) async fn add(State(hub): State<Hub>, body: Body) -> Result<(StatusCode, Json<ReleaseView>), Problem> {
    let file = hub.shelf.incoming(&hub.new_id()?.to_string());
    let shelf = hub.shelf.clone();
    let outcome = match receive(&file, body).await {
        Ok(()) => {
            let whole = file.clone();
            let taken = tokio::task::spawn_blocking(move || shelf.take(&whole)).await;
            taken.map_err(|_| Problem::new(codes::UNAVAILABLE)).and_then(|taken| taken.map_err(|error| problem(&error)))
        }
        Err(problem) => Err(problem),
    };
    if outcome.is_err() {
        // It may never have been there, or have become the release.
        let _gone = tokio::fs::remove_file(&file).await;
    }
    Ok((StatusCode::CREATED, Json(view(outcome?))))
}

async fn receive(file: &std::path::Path, body: Body) -> Result<(), Problem> {
    let disk = |error: std::io::Error| Problem::internal("keep a release", &error);
    let mut out = tokio::fs::File::create(file).await.map_err(disk)?;
    let (mut pieces, mut bytes) = (body.into_data_stream(), 0u64);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::new(codes::BAD_REQUEST).detail("the file broke off"))?;
        bytes = bytes.saturating_add(piece.len() as u64);
        if bytes > MAX_BUNDLE {
            return Err(Problem::new(codes::TOO_LARGE).detail(format!("at most {MAX_BUNDLE} bytes")));
        }
        out.write_all(&piece).await.map_err(disk)?;
    }
    out.sync_all().await.map_err(disk)
}

#[utoipa::path(delete, path = "/updates/{id}", tag = "updates", operation_id = "delete_update", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(State(hub): State<Hub>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    match hub.shelf.remove(&id) {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(Problem::not_found()),
        Err(error) => Err(Problem::internal("remove a release", &error)),
    }
}
