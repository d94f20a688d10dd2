//! The WEBVIEW, inside the program.

use rust_embed::RustEmbed;

/// What `web/webview` was built to, or the page that says that it was not.
#[derive(RustEmbed)]
#[folder = "$WEBVIEW_DIST"]
pub(crate) struct Webview;
