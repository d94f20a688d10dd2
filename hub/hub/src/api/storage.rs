//! Whether the hub's database is sound.

use crate::hub::Hub;
use crate::storage::{self, State as StorageState};
use crate::store::Trouble;
use axum::extract::State;
use haubert_service::extract::Json;
use haubert_service::problem::{Problem, codes};
use haubert_service::wire::Time;
use http::StatusCode;
use serde::Serialize;

/// What is known of the hub's database.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Storage)]
pub(super) struct StorageView {
    /// What the last whole look found, or a later one that found damage.
    state: StorageState,
    /// A look is under way.
    is_running: bool,
    /// When the last look ended.
    #[schema(required)]
    checked_at: Option<Time>,
    /// How long it took, milliseconds.
    took_ms: u64,
    /// Chunks of history that it unpacked.
    chunks: u64,
    /// What is damaged, in words; at most 100.
    findings: Vec<String>,
    /// What writes suffer from.
    #[schema(required)]
    trouble: Option<Trouble>,
    /// Since when.
    #[schema(required)]
    trouble_since: Option<Time>,
}

#[utoipa::path(get, path = "/storage", tag = "storage", operation_id = "read_storage", responses((status = 200, body = StorageView)))]
pub(super) async fn read(State(hub): State<Hub>) -> Json<StorageView> {
    let (is_running, last, trouble) = hub.storage.now();
    Json(StorageView {
        state: last.state,
        is_running,
        checked_at: last.at.map(Time),
        took_ms: last.took_ms,
        chunks: last.chunks,
        findings: last.findings,
        trouble: trouble.map(|(trouble, _)| trouble),
        trouble_since: trouble.map(|(_, since)| Time(since)),
    })
}

#[utoipa::path(post, path = "/storage/check", tag = "storage", operation_id = "check_storage", description = "Begins to look at everything that is kept, in the background.", responses((status = 202)))]
pub(super) async fn check(State(hub): State<Hub>) -> Result<StatusCode, Problem> {
    if storage::start(&hub) { Ok(StatusCode::ACCEPTED) } else { Err(Problem::new(codes::CONFLICT).detail("a look is under way")) }
}
