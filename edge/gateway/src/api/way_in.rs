//! What stands before pages and API: whether the policy lets this kind of visitor in, from this address.
//!
//! Pages of ours are told from programs by `Sec-Fetch-Site`, which browsers set and scripts cannot. A program that pretends to be
//! a browser passes for one; it still needs an account. The switch keeps honest programs out, not thieves of passwords.

use crate::app::Shared;
use crate::policy::Service;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use haubert_service::api::PREFIX;
use haubert_service::problem::{Code, Problem};
use http::HeaderMap;
use std::net::SocketAddr;

/// A service is off.
pub(super) const SWITCHED_OFF: Code = Code::new("switched_off", 409, "The security policy has this switched off");
/// The address is not among those named.
pub(super) const SOURCE_NOT_ALLOWED: Code =
    Code::new("source_not_allowed", 403, "The security policy does not let this address in");

/// Lets a request through to pages and API.
pub(super) async fn check(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let service = service_of(request.uri().path(), request.headers());
    let policy = app.policy.current();
    if !policy.allows(service) {
        return switched_off(service).into_response();
    }
    // Without a connection (a router called directly) there is no address to be refused.
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    if from.is_some_and(|from| !policy.admits(service, from)) {
        return Problem::new(SOURCE_NOT_ALLOWED).into_response();
    }
    next.run(request).await
}

/// The problem of a service that is off.
pub(crate) fn switched_off(service: Service) -> Problem {
    Problem::new(SWITCHED_OFF).field(service.id(), "switched_off", "switched off by the security policy")
}

fn service_of(path: &str, headers: &HeaderMap) -> Service {
    let from_page = headers.get("sec-fetch-site").is_some_and(|value| value == "same-origin" || value == "none");
    let is_api = path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_api && !from_page { Service::LocalApi } else { Service::WebView }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_programs() {
        let with = |site: &'static str| HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), site.parse().unwrap())]);
        assert_eq!(service_of("/api/v1/session", &HeaderMap::new()), Service::LocalApi);
        assert_eq!(service_of("/api/v1/session", &with("same-origin")), Service::WebView);
        assert_eq!(service_of("/api/v1/session", &with("cross-site")), Service::LocalApi);
        assert_eq!(service_of("/api/v1x", &HeaderMap::new()), Service::WebView);
        assert_eq!(service_of("/", &HeaderMap::new()), Service::WebView);
    }
}
