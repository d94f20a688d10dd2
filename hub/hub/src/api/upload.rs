//! Files that come as the body of a request, whole and bounded.

use axum::body::Body;
use futures_util::StreamExt as _;
use haubert_service::problem::{Problem, codes};

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// `too_large`, or `bad_request` when it breaks off.
pub(super) async fn receive(body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let (mut pieces, mut whole) = (body.into_data_stream(), Vec::new());
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::new(codes::BAD_REQUEST).detail("the file broke off"))?;
        if whole.len() + piece.len() > most {
            return Err(Problem::new(codes::TOO_LARGE).detail(format!("at most {most} bytes")));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole)
}
