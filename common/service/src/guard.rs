//! What stands before every API route: cross-site requests are refused, the session is looked up, the profile is checked.
//!
//! A cross-site page can send a simple POST with our cookie only if `SameSite=Strict` fails; it can never add the header
//! `X-Haubert-Request`, which needs a CORS permission that is never given. `Origin`, when sent, must be our own host.

use crate::permission::{Action, Permission, Rights};
use crate::problem::{Problem, codes};
use crate::session::{Means, SeenSession, Session, Sessions, Standing};
use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, Uri, header};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody who reaches the port.
    Public,
    /// Whoever is signed in, about themselves: allowed even when nothing else is.
    Own,
    /// Whoever is signed in with a password that nobody else gave, about themselves.
    OwnSettled,
    /// Those whose profile has this permission.
    May(Permission),
}

impl Access {
    /// Whether a request with this session may pass.
    ///
    /// # Errors
    /// `not_signed_in`, `not_allowed`, `password_overdue` or `password_change_required`.
    pub fn check(self, session: Option<&Session>, rights: &Rights) -> Result<(), Problem> {
        if let Some(Means::Key { may_change }) = session.map(|session| session.means) {
            // A program is not its owner: a key that was stolen must not make itself at home.
            let is_within = match self {
                Self::Public => true,
                Self::Own | Self::OwnSettled => false,
                Self::May(permission) => may_change || permission.action == Action::View,
            };
            if !is_within {
                return Err(Problem::new(codes::NOT_ALLOWED));
            }
        }
        match (self, session) {
            (Self::Public, _) | (Self::Own, Some(_)) => Ok(()),
            (_, None) => Err(Problem::new(codes::NOT_SIGNED_IN)),
            // Whoever got hold of a given password must not be able to leave something behind, such as a passkey.
            (Self::OwnSettled, Some(session)) => match session.standing {
                Standing::MustChangePassword => Err(Problem::new(codes::PASSWORD_CHANGE_REQUIRED)),
                Standing::Full | Standing::PasswordOverdue | Standing::MustAddFactor => Ok(()),
            },
            (Self::May(permission), Some(session)) if !rights.allows(&session.profile, permission) => {
                Err(Problem::new(codes::NOT_ALLOWED))
            }
            (Self::May(permission), Some(session)) => match session.standing {
                Standing::Full => Ok(()),
                Standing::PasswordOverdue if permission.action == Action::View => Ok(()),
                Standing::PasswordOverdue => Err(Problem::new(codes::PASSWORD_OVERDUE)),
                Standing::MustAddFactor => Err(Problem::new(codes::SECOND_FACTOR_SETUP_REQUIRED)),
                Standing::MustChangePassword => Err(Problem::new(codes::PASSWORD_CHANGE_REQUIRED)),
            },
        }
    }
}

/// Header that a state-changing request must carry, with the value `1`.
pub const REQUEST_HEADER: &str = "x-haubert-request";

/// Refuses cross-site requests and puts the [`Session`], if there is one, into the request.
pub async fn admit(State(sessions): State<Sessions>, mut request: Request, next: Next) -> Response {
    if let Err(problem) = check_same_site(request.method(), request.uri(), request.headers()) {
        return problem.into_response();
    }
    match sessions.find(request.headers()).await {
        Ok(Some(session)) => {
            // Whoever is signed in may send much, such as a backup: slowed down, not blocked.
            if let Some(admission) = request.extensions().get::<haubert_guard::Admission>() {
                admission.vouch();
            }
            if let Some(seen) = request.extensions().get::<SeenSession>() {
                seen.set(&session);
            }
            request.extensions_mut().insert(session);
        }
        Ok(None) => {}
        Err(error) => return Problem::from(error).into_response(),
    }
    next.run(request).await
}

/// Lets a request through to its handler when `access` allows it.
pub async fn require(
    State(access): State<Access>,
    Extension(rights): Extension<Rights>,
    request: Request,
    next: Next,
) -> Response {
    match access.check(request.extensions().get::<Session>(), &rights) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check_same_site(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let refused = |detail: &str| Err(Problem::new(codes::CROSS_SITE).detail(detail));
    if headers.get(REQUEST_HEADER).is_none_or(|value| value != "1") {
        return refused("the header X-Haubert-Request: 1 is missing");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    // HTTP/2 has the host in the request target, HTTP/1.1 in a header.
    let host = uri.authority().map(|authority| authority.as_str()).or_else(|| headers.get(header::HOST)?.to_str().ok());
    let same = host.is_some_and(|host| {
        origin.to_str().is_ok_and(|origin| origin.strip_prefix("https://").is_some_and(|o| o.eq_ignore_ascii_case(host)))
    });
    if same { Ok(()) } else { refused("the request comes from another origin") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn cross_site_requests_are_refused() {
        let path = Uri::from_static("/api/v1/sites");
        let absolute = Uri::from_static("https://hub.example:8443/api/v1/sites");
        let check = |method: Method, uri: &Uri, pairs: &[(&'static str, &'static str)]| {
            check_same_site(&method, uri, &headers(pairs)).is_ok()
        };
        assert!(check(Method::GET, &path, &[]));
        assert!(!check(Method::POST, &path, &[]));
        assert!(!check(Method::DELETE, &path, &[("x-haubert-request", "0")]));
        assert!(check(Method::POST, &path, &[("x-haubert-request", "1")]));
        let other = [("x-haubert-request", "1"), ("host", "hub.example:8443"), ("origin", "https://evil.example")];
        assert!(!check(Method::POST, &path, &other));
        let own = [("x-haubert-request", "1"), ("host", "hub.example:8443"), ("origin", "https://hub.example:8443")];
        assert!(check(Method::POST, &path, &own));
        assert!(check(Method::POST, &absolute, &[("x-haubert-request", "1"), ("origin", "https://hub.example:8443")]));
        assert!(!check(Method::POST, &absolute, &[("x-haubert-request", "1"), ("origin", "http://hub.example:8443")]));
        assert!(!check(Method::POST, &absolute, &[("x-haubert-request", "1"), ("origin", "null")]));
    }
}
