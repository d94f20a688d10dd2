//! The web application from the binary itself: entity tags, long caching for hashed names, the start page for its own paths.

use crate::problem::{Problem, codes};
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

/// Serves the files of `E`; any other path without a file extension gets `index.html`, since the application routes itself.
/// Paths of the API and the link are never answered with a page.
pub fn router<E: RustEmbed + 'static>() -> Router {
    Router::new().fallback(|request: Request| async move { answer::<E>(&request) })
}

fn answer<E: RustEmbed>(request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(codes::METHOD_NOT_ALLOWED).into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with("link/") {
        return Problem::not_found().into_response();
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    let name = if path.is_empty() || (E::get(path).is_none() && !last.contains('.')) { "index.html" } else { path };
    let accepts = |coding: &str| {
        let header = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        header.is_some_and(|value| value.split(',').any(|one| one.split(';').next().is_some_and(|one| one.trim() == coding)))
    };
    // The build may lay compressed forms beside a file.
    let packed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| accepts(coding))
        .find_map(|(coding, suffix)| E::get(&format!("{name}.{suffix}")).map(|file| (file, Some(coding))));
    match packed.or_else(|| E::get(name).map(|file| (file, None))) {
        Some((file, coding)) => send(name, file, coding, request.headers()),
        None => Problem::not_found().into_response(),
    }
}

fn send(name: &str, file: EmbeddedFile, coding: Option<&'static str>, asked: &HeaderMap) -> Response {
    let digest: String = file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{digest}\"");
    // Vite puts a hash into the names below assets/: their content never changes.
    let caching = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mime = mime_guess::from_path(name).first_or_octet_stream();
        let mime = if mime.type_() == mime_guess::mime::TEXT { format!("{mime}; charset=utf-8") } else { mime.to_string() };
        ([(header::CONTENT_TYPE, mime)], file.data.into_owned()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}
