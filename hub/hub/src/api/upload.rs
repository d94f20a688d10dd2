//! Files that come as the body of a request, whole and bounded.

use axum::body::{Body, Bytes, to_bytes};
use haubert_service::problem::{Problem, codes};

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// `too_large`, also when it breaks off: the two cannot be told apart.
pub(super) async fn receive(body: Body, most: usize) -> Result<Bytes, Problem> {
    to_bytes(body, most).await.map_err(|_| Problem::new(codes::TOO_LARGE).detail(format!("at most {most} bytes")))
}
