//! The address under which the browser knows this program: what a passkey is bound to.
//!
//! It is taken from the request, because a gateway has as many names as its network gives it. That is safe: the browser makes
//! a passkey for the name it sees, and uses it for no other; a lying request only fails its own ceremony.

use crate::problem::{Problem, codes};
use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use webauthn_rs::WebauthnBuilder;
use webauthn_rs::prelude::{Url, Webauthn};

/// Scheme, host and port of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site(Option<Url>);

impl<S: Send + Sync> FromRequestParts<S> for Site {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        // HTTP/2 has the host in the request target, HTTP/1.1 in a header.
        let header = || parts.headers.get(header::HOST)?.to_str().ok();
        let host = parts.uri.authority().map(|authority| authority.as_str()).or_else(header);
        Ok(Self::of(host.unwrap_or_default()))
    }
}

impl Site {
    fn of(host: &str) -> Self {
        let plain = host.len() <= 260 && !host.contains(['/', '@', '?', '#', '\\']);
        Self(plain.then(|| Url::parse(&format!("https://{host}")).ok()).flatten())
    }

    /// The host as the browser shows it, without port.
    pub(super) fn host(&self) -> Option<&str> {
        self.0.as_ref()?.host_str()
    }

    /// The host name, when it is a name: WebAuthn knows no IP addresses.
    pub(super) fn name(&self) -> Option<&str> {
        self.0.as_ref()?.domain()
    }

    /// What checks passkeys of this site.
    ///
    /// # Errors
    /// `passkey_needs_host_name`.
    pub(super) fn webauthn(&self, shown_as: &str) -> Result<Webauthn, Problem> {
        let named = self.0.as_ref().and_then(|url| Some((url, url.domain()?)));
        let (url, name) = named.ok_or_else(|| Problem::new(codes::PASSKEY_NEEDS_HOST_NAME))?;
        WebauthnBuilder::new(name, url)
            .map(|builder| builder.rp_name(shown_as))
            .and_then(WebauthnBuilder::build)
            .map_err(|error| Problem::internal("prepare a passkey ceremony", &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_addresses() {
        for (host, name) in [
            ("gateway.local", Some("gateway.local")),
            ("Quay-7.Example.ORG:8443", Some("quay-7.example.org")),
            ("localhost:443", Some("localhost")),
            ("192.0.2.7", None),
            ("[2001:db8::1]:8443", None),
            ("", None),
            ("user@gateway.local", None),
            ("gateway.local/x", None),
        ] {
            assert_eq!(Site::of(host).name(), name, "{host}");
            assert_eq!(Site::of(host).webauthn("x").is_ok(), name.is_some(), "{host}");
        }
        assert_eq!(Site::of("192.0.2.7:8443").host(), Some("192.0.2.7"));
        assert_eq!(Site::of(&"a".repeat(1_000_000)).name(), None);
    }
}
