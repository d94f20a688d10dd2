//! Errors as RFC 9457 problem details with stable codes.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Display;

/// A public error code: what programs test. Each crate lists its own in a table; a code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// `snake_case` name.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// One line for people.
    pub title: &'static str,
}

impl Code {
    /// Declares a code.
    pub const fn new(code: &'static str, status: u16, title: &'static str) -> Self {
        Self { code, status, title }
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal, $status:literal, $title:literal);+ $(;)?) => {
        /// The codes that both binaries use.
        pub mod codes {
            use super::Code;
            $(#[doc = $title] pub const $name: Code = Code::new($code, $status, $title);)+
            /// Every code of this module, for the reference page.
            pub const ALL: &[Code] = &[$($name),+];
        }
    };
}

codes!(
    BAD_REQUEST = "bad_request", 400, "The request cannot be read";
    NOT_SIGNED_IN = "not_signed_in", 401, "Sign in first";
    WRONG_CREDENTIALS = "wrong_credentials", 401, "Wrong name or password";
    NOT_ALLOWED = "not_allowed", 403, "Your profile may not do this";
    PASSWORD_OVERDUE = "password_overdue", 403, "Change your password first: it is too old";
    PASSWORD_CHANGE_REQUIRED = "password_change_required", 403, "Choose a password of your own first";
    SECOND_FACTOR_REQUIRED = "second_factor_required", 401, "The password is right; a second factor is needed";
    WRONG_CODE = "wrong_code", 401, "The code is wrong or was used before";
    PASSKEY_REFUSED = "passkey_refused", 401, "This passkey does not open an account here";
    SECOND_FACTOR_SETUP_REQUIRED = "second_factor_setup_required", 403, "Add a second factor first";
    PASSKEY_NEEDS_HOST_NAME = "passkey_needs_host_name", 422, "Passkeys work under a host name, not under an IP address";
    CEREMONY_OVER = "ceremony_over", 409, "This took too long; begin again";
    ONE_TIME_PASSWORD_EXPIRED = "one_time_password_expired", 403, "The password that you were given is too old; ask for another";
    SIGN_IN_AGAIN = "sign_in_again", 403, "Sign out and in again first: you have no password to show that it is you";
    ACCOUNT_CLOSED = "account_closed", 403, "This account is closed";
    PROVIDER_FACTOR_MISSING = "provider_factor_missing", 403, "The identity provider did not ask for a second factor, and you have none here";
    CROSS_SITE = "cross_site", 403, "The request does not come from this application";
    SETUP_CODE_WRONG = "setup_code_wrong", 403, "The set-up code is not right";
    SETUP_DONE = "setup_done", 409, "The set-up is done already";
    NOT_FOUND = "not_found", 404, "There is no such thing";
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "This method is not possible here";
    CONFLICT = "conflict", 409, "The request contradicts what is there";
    NOT_EMPTY = "not_empty", 409, "It is not empty";
    TOO_LARGE = "too_large", 413, "The request is too large";
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", 415, "A JSON body is expected";
    INVALID = "invalid", 422, "Some fields are not valid";
    TOO_MANY_ATTEMPTS = "too_many_attempts", 429, "Too many attempts; wait a little";
    TOO_MANY_REQUESTS = "too_many_requests", 429, "Too many requests; wait a little";
    INTERNAL = "internal", 500, "Something failed here; the log says what";
    AUDIT_UNAVAILABLE = "audit_unavailable", 503, "The audit trail cannot be written, so nothing is changed";
    UNAVAILABLE = "unavailable", 503, "This cannot be done right now";
);

/// A field that is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// Path of the field in the body (`line.port`).
    pub field: String,
    /// Stable code of the message.
    pub message_code: String,
    /// The message in English.
    pub message: String,
}

/// An error as the API answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// `urn:haubert:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// One line for people, always the same for a code.
    pub title: Cow<'static, str>,
    /// HTTP status.
    pub status: u16,
    /// What happened this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Box<str>>,
    /// Stable code for programs.
    pub code: Cow<'static, str>,
    /// The fields at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// Seconds to wait before the next try; also in the header `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}

impl Problem {
    /// The problem of this code.
    pub fn new(code: Code) -> Self {
        Self {
            kind: format!("urn:haubert:problem:{}", code.code).into(),
            title: Cow::Borrowed(code.title),
            status: code.status,
            detail: None,
            code: Cow::Borrowed(code.code),
            fields: Vec::new(),
            retry_after_s: None,
        }
    }

    /// Too many attempts: the next may come after this many seconds.
    pub fn wait(seconds: u64) -> Self {
        let problem = Self::new(codes::TOO_MANY_ATTEMPTS).detail(format!("try again in {seconds} s"));
        Self { retry_after_s: Some(u32::try_from(seconds).unwrap_or(u32::MAX)), ..problem }
    }

    /// Says what happened this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Display) -> Self {
        self.detail = Some(detail.to_string().into());
        self
    }

    /// Names a field at fault.
    #[must_use]
    pub fn field(mut self, field: &str, message_code: &str, message: impl Display) -> Self {
        self.fields.push(FieldProblem {
            field: field.to_owned(),
            message_code: message_code.to_owned(),
            message: message.to_string(),
        });
        self
    }

    /// One field is not valid.
    pub fn invalid(field: &str, message_code: &str, message: impl Display) -> Self {
        Self::new(codes::INVALID).field(field, message_code, message)
    }

    /// There is no such thing.
    pub fn not_found() -> Self {
        Self::new(codes::NOT_FOUND)
    }

    /// Something failed here: logs `error` with its sources, shows nothing of it.
    pub fn internal(operation: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            let said = inner.to_string();
            if !text.contains(&said) {
                text.push_str(": ");
                text.push_str(&said);
            }
            source = inner.source();
        }
        tracing::error!(operation, error = text, "request failed");
        Self::new(codes::INTERNAL)
    }
}

impl From<crate::StoreError> for Problem {
    fn from(error: crate::StoreError) -> Self {
        Self::internal("use the store", &error)
    }
}

/// Code of the problem that a response is, left in its extensions for whoever stands around the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemCode(pub Cow<'static, str>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response.extensions_mut().insert(ProblemCode(self.code));
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_well_formed() {
        for (at, code) in codes::ALL.iter().enumerate() {
            assert!(code.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(StatusCode::from_u16(code.status).unwrap().is_client_error() || code.status >= 500);
            assert!(codes::ALL[..at].iter().all(|other| other.code != code.code));
        }
    }

    #[test]
    fn a_problem_reads_as_rfc_9457() {
        let problem = Problem::invalid("name", "required", "give a name").detail("the name is empty");
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "urn:haubert:problem:invalid");
        assert_eq!(json["status"], 422);
        assert_eq!(json["fields"][0]["field"], "name");
    }
}
