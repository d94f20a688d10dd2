//! axum's extractors with our answers: what is wrong comes back as a problem that names the field.

use crate::problem::{Problem, codes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Largest body of an API request, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// A JSON body, in or out.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
            value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        });
        if !is_json {
            return Err(Problem::new(codes::UNSUPPORTED_MEDIA_TYPE));
        }
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(inner) if inner.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(codes::TOO_LARGE).detail(format!("at most {MAX_BODY} bytes"))
            }
            _ => Problem::new(codes::BAD_REQUEST),
        })?;
        parse_json(&bytes).map(Self)
    }
}

/// Parses a JSON text; a value that does not fit names its field.
///
/// # Errors
/// A [`Problem`]: `bad_request` when it is not JSON, `invalid` when it does not fit.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { unfit(&path, &inner.to_string()) } else { Problem::new(codes::BAD_REQUEST).detail(inner) }
    })?;
    deserializer.end().map_err(|error| Problem::new(codes::BAD_REQUEST).detail(error))?;
    Ok(value)
}

fn unfit(path: &str, message: &str) -> Problem {
    // serde names a missing or unknown field in its message and points to the object around it.
    let message = message.split(" at line ").next().unwrap_or(message);
    let named = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let (name, code) = match (named("missing field `"), named("unknown field `")) {
        (Some(name), _) => (Some(name), "required"),
        (_, Some(name)) => (Some(name), "unknown"),
        _ => (None, "not_valid"),
    };
    let field = match (path, name) {
        ("." | "", Some(name)) => name.to_owned(),
        (path, Some(name)) if !path.ends_with(name) => format!("{path}.{name}"),
        (path, _) => path.to_owned(),
    };
    // What was given instead is not repeated: it may be a secret in the wrong place.
    let repeats =
        ["invalid type: ", "invalid value: ", "unknown variant "].iter().any(|beginning| message.starts_with(beginning));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if repeats => Problem::invalid(&field, code, format!("expected {expected}")),
        _ => Problem::invalid(&field, code, message),
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query string.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Query::from_request_parts(parts, state).await.map(|axum::extract::Query(value)| Self(value)).map_err(
            |rejection| {
                let text = rejection.body_text();
                let said = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                match said.split_once(": ") {
                    Some((path, message)) if !path.contains(' ') => unfit(path, message),
                    _ => unfit("", said),
                }
            },
        )
    }
}

/// The parameters in the path. One that does not fit cannot name anything: not found.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| Problem::not_found())
    }
}

/// Where the request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Source {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        // Without a connection (a router called directly) all requests count as one source.
        let address =
            parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |info| info.0.ip());
        Ok(Self(address.to_canonical()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        line: Line,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        port: u16,
    }

    #[test]
    fn a_bad_body_names_its_field() {
        let field = |text: &str| {
            parse_json::<Body>(text.as_bytes()).unwrap_err().fields.first().map(|f| (f.field.clone(), f.message_code.clone()))
        };
        let is = |field: &str, code: &str| Some((field.to_owned(), code.to_owned()));
        assert_eq!(field("{}"), is("line", "required"));
        assert_eq!(field(r#"{"line":{}}"#), is("line.port", "required"));
        assert_eq!(field(r#"{"line":{"port":70000}}"#), is("line.port", "not_valid"));
        assert_eq!(field(r#"{"line":{"port":1,"pot":2}}"#), is("line.pot", "unknown"));
        assert_eq!(field(r#"{"line":"#), None);
        assert_eq!(parse_json::<Body>(b"{} x").unwrap_err().code, "invalid");
        assert_eq!(parse_json::<Body>(br#"{"line":{"port":1}} x"#).unwrap_err().code, "bad_request");
        let told = parse_json::<Body>(br#"{"line":{"port":"hunter2"}}"#).unwrap_err().fields;
        assert_eq!(told[0].message, "expected u16", "what was given may be a secret");
        assert_eq!(parse_json::<Body>(br#"{"line":{"port":1}}"#).unwrap().line.port, 1);
    }
}
