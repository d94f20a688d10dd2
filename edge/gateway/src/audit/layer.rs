//! What stands around every request to the API: it says who acts, and records what was done or refused.

use super::actor::Request as Known;
use super::{Audit, actions};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use haubert_service::problem::ProblemCode;
use haubert_service::session::SeenSession;
use haubert_trust::audit::{Category, Entry, Outcome};
use http::{Method, StatusCode};
use std::net::SocketAddr;

/// Prefix of what is recorded; everything else is files of the web application.
const PREFIX: &str = "/api/v1/";
/// Longest path that is kept.
const MAX_PATH: usize = 120;

/// Works on the request in the name of whoever sent it, then records it.
pub async fn around(State(audit): State<Audit>, mut request: Request, next: Next) -> Response {
    let Some(path) = request.uri().path().strip_prefix(PREFIX) else { return next.run(request).await };
    // Control characters cannot be in a path; the length is whoever's who asks.
    let path: String = path.chars().take(MAX_PATH).collect();
    let method = request.method().clone();
    let source = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip().to_canonical().to_string());
    let session = SeenSession::default();
    request.extensions_mut().insert(session.clone());
    let known = Known::new(source.unwrap_or_default(), session);
    let response = known.clone().scope(next.run(request)).await;
    // Not for as long as the connection lives: whoever hangs up does not escape the record.
    if let Some(entry) = entry(&audit, &known, &method, &path, &response) {
        let audit = audit.clone();
        let written = tokio::spawn(async move { audit.record(entry).await });
        let _stopping = written.await;
    }
    response
}

fn entry(audit: &Audit, known: &Known, method: &Method, path: &str, response: &Response) -> Option<Entry> {
    let status = response.status();
    let actor = known.actor();
    let (category, action) = actions::of(method, path).unzip();
    let code = response.extensions().get::<ProblemCode>();
    if action.is_some_and(|action| actions::AT_THE_DOOR.contains(&action)) {
        return None;
    }
    if status.is_client_error() {
        let code = code.map_or_else(|| status.as_str(), |code| &*code.0);
        // Looks for what is not there, and pages left open after their session ended, are nobody's doing.
        let harmless = matches!((method, status), (&Method::GET, StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED));
        if harmless {
            return None;
        }
        return audit.refusals().refused(actor, code, status.as_u16(), &format!("{method} {path}"));
    }
    // Changed rows have said who did what already.
    let named = action.is_some_and(|action| !action.starts_with("request_"));
    if known.changes() > 0 && (category == Some(Category::Configuration) || !named) {
        return None;
    }
    let outcome = if status.is_server_error() { Outcome::Failure } else { Outcome::Success };
    let mut entry = Entry::new(actor, category?, action?, outcome).detail("request", format!("{method} {path}"));
    if let Some(code) = code {
        entry = entry.detail("code", &code.0);
    }
    // Pages read on and on are one reading.
    if action == Some("audit_read") { audit.refusals().count(entry) } else { Some(entry) }
}
