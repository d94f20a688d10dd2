//! Gateways ask what there is, and fetch it in pieces, each on the link that they have opened.

use super::exchange::{Calling, Cbor, No};
use crate::hub::Hub;
use axum::extract::State;
use haubert_link::UPDATE_PIECE;
use haubert_link::message::{RefusalCode, UpdateAnswer, UpdateOffer, UpdatePiece, UpdatePieceRequest, UpdateRequest};

pub(super) async fn offer(State(hub): State<Hub>, _: Calling, Cbor(ask): Cbor<UpdateRequest>) -> Cbor<UpdateAnswer> {
    let newest = hub.shelf.newest(&ask.product, &ask.architecture);
    let offer = newest.map(|(bundle, kept)| UpdateOffer { bundle, version: kept.release.version.to_string(), bytes: kept.bytes });
    Cbor(UpdateAnswer { offer })
}

pub(super) async fn piece(
    State(hub): State<Hub>,
    _: Calling,
    Cbor(ask): Cbor<UpdatePieceRequest>,
) -> Result<Cbor<UpdatePiece>, No> {
    let shelf = hub.shelf.clone();
    let read = tokio::task::spawn_blocking(move || shelf.piece(&ask.bundle, ask.offset, UPDATE_PIECE)).await;
    match read {
        Ok(Ok(Some(bytes))) => Ok(Cbor(UpdatePiece { bytes: bytes.into() })),
        Ok(Ok(None)) => Err(No::new(RefusalCode::BadMessage, "there is no such release any more")),
        Ok(Err(error)) => {
            tracing::error!(%error, "a release cannot be read");
            Err(No::new(RefusalCode::HubFailed, "the release cannot be read"))
        }
        Err(_) => Err(No::new(RefusalCode::HubFailed, "interrupted")),
    }
}
