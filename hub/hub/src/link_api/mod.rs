//! The hub's side of the link: enrolment on the main listener, everything else on the one with mutual TLS.
//!
//! TLS has checked that a certificate is of our authority and in its time; whether its gateway may still speak is read from the
//! store at each request, so revocation bites on connections that are open.

mod check;
mod enrolment;
mod exchange;
mod updates;
mod uplink;

use crate::hub::Hub;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use exchange::refuse;
use haubert_link::message::RefusalCode;
use haubert_link::{MAX_REQUEST, path};

/// Enrolment requests are a token and a certificate request.
const MAX_ENROLMENT: usize = 64 * 1024;

/// For the main listener.
pub(crate) fn enrolment_router(hub: Hub) -> Router {
    Router::new().route(path::ENROLMENT, post(enrolment::enrol)).layer(DefaultBodyLimit::max(MAX_ENROLMENT)).with_state(hub)
}

/// For the listener with mutual TLS.
pub(crate) fn router(hub: Hub) -> Router {
    Router::new()
        .route(path::HELLO, post(uplink::hello))
        .route(path::SERIES, post(uplink::series))
        .route(path::CHUNKS, post(uplink::chunks))
        .route(path::LIVE, post(uplink::live))
        .route(path::EVENTS, post(uplink::events))
        .route(path::POSTURE, post(uplink::posture))
        .route(path::UPDATE, post(updates::offer))
        .route(path::UPDATE_PIECE, post(updates::piece))
        .route(path::RENEWAL, post(enrolment::renew))
        .fallback(|| async { refuse(RefusalCode::VersionUnsupported, "no such path; this hub speaks version 1 of the link") })
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(hub)
}
