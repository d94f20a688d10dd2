//! The portal's files, embedded at build time; see `build.rs` for what is there when they have not been built.

use axum::Router;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$HAUBERT_PORTAL_DIST"]
struct Files;

pub(crate) fn router() -> Router {
    haubert_service::assets::router::<Files>()
}
