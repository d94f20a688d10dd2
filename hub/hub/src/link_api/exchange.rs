//! Messages in and out: bounded, of our type, of our version; every no has a code.

use crate::hub::Hub;
use crate::store::{Caller, StoreError};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use haubert_link::message::{
    ChunksRequest, EnrolmentRequest, EventsRequest, Hello, Live, PostureReport, Refusal, RefusalCode, RenewalRequest,
    SeriesRequest, UpdatePieceRequest, UpdateRequest, VERSION,
};
use haubert_link::{MEDIA_TYPE, decode, encode};
use haubert_model::GatewayId;
use haubert_service::https::PeerCertificate;
use haubert_trust::CertificateInfo;
use http::request::Parts;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A message of the link, in or out.
pub(super) struct Cbor<T>(pub(super) T);

/// A message with the bytes it came in.
pub(super) struct Raw<T>(pub(super) T, pub(super) Bytes);

/// A no.
#[derive(Debug)]
pub(super) struct No(pub(super) Refusal);

impl No {
    pub(super) fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self(Refusal { code, detail: detail.into(), cursor: None })
    }

    pub(super) fn at(code: RefusalCode, detail: impl Into<String>, cursor: u64) -> Self {
        Self(Refusal { code, detail: detail.into(), cursor: Some(cursor) })
    }
}

pub(super) fn refuse(code: RefusalCode, detail: &str) -> Response {
    No::new(code, detail).into_response()
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "link request failed");
        Self::new(RefusalCode::HubFailed, "the hub failed; its log says why")
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            RefusalCode::VersionUnsupported | RefusalCode::BadMessage | RefusalCode::BadRequestForCertificate => {
                StatusCode::BAD_REQUEST
            }
            RefusalCode::TokenUnknown | RefusalCode::TokenUsed | RefusalCode::TokenExpired => StatusCode::FORBIDDEN,
            RefusalCode::CertificateUnknown | RefusalCode::Revoked => StatusCode::FORBIDDEN,
            RefusalCode::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            RefusalCode::BadChunk | RefusalCode::SeriesUnknown | RefusalCode::CursorConflict => StatusCode::CONFLICT,
            RefusalCode::HubFailed | RefusalCode::Other => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Cbor(self.0)).into_response()
    }
}

impl<T: Serialize> IntoResponse for Cbor<T> {
    fn into_response(self) -> Response {
        match encode(&self.0) {
            Ok(bytes) => ([(header::CONTENT_TYPE, MEDIA_TYPE)], bytes).into_response(),
            Err(error) => {
                tracing::error!(%error, "cannot write a message of the link");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// Messages that carry their version.
pub(super) trait Versioned {
    fn version(&self) -> u16;
}

macro_rules! versioned {
    ($($message:ty),+) => {$(impl Versioned for $message { fn version(&self) -> u16 { self.version } })+};
}
versioned!(
    EnrolmentRequest,
    RenewalRequest,
    Hello,
    SeriesRequest,
    ChunksRequest,
    Live,
    PostureReport,
    EventsRequest,
    UpdateRequest,
    UpdatePieceRequest
);

/// What every version's messages have.
#[derive(Deserialize)]
struct VersionOnly {
    version: u16,
}

fn read<T: DeserializeOwned + Versioned>(bytes: &[u8]) -> Result<T, No> {
    let decoded = decode::<T>(bytes);
    // A later version may have other fields: say that rather than "cannot be read".
    let version = match &decoded {
        Ok(message) => Some(message.version()),
        Err(_) => decode::<VersionOnly>(bytes).ok().map(|only| only.version),
    };
    match (version, decoded) {
        (Some(version), _) if version != VERSION => Err(No::new(
            RefusalCode::VersionUnsupported,
            format!("the gateway speaks version {version}, this hub version {VERSION}"),
        )),
        (_, Ok(message)) => Ok(message),
        (_, Err(error)) => Err(No::new(RefusalCode::BadMessage, error.to_string())),
    }
}

impl<T: DeserializeOwned + Versioned, S: Send + Sync> FromRequest<S> for Raw<T> {
    type Rejection = No;

    async fn from_request(request: Request, state: &S) -> Result<Self, No> {
        if request.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind != MEDIA_TYPE) {
            return Err(No::new(RefusalCode::VersionUnsupported, format!("content type {MEDIA_TYPE} is expected")));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| No::new(RefusalCode::BadMessage, rejection.body_text()))?;
        read(&bytes).map(|message| Self(message, bytes))
    }
}

impl<T: DeserializeOwned + Versioned, S: Send + Sync> FromRequest<S> for Cbor<T> {
    type Rejection = No;

    async fn from_request(request: Request, state: &S) -> Result<Self, No> {
        Raw::from_request(request, state).await.map(|Raw(message, _)| Self(message))
    }
}

/// The gateway that calls, by its certificate.
pub(super) struct Calling(pub(super) GatewayId);

impl FromRequestParts<Hub> for Calling {
    type Rejection = No;

    async fn from_request_parts(parts: &mut Parts, hub: &Hub) -> Result<Self, No> {
        let unknown = || No::new(RefusalCode::CertificateUnknown, "the certificate was not given out by this hub");
        let shown = parts.extensions.get::<Option<PeerCertificate>>().and_then(Option::as_ref).ok_or_else(unknown)?;
        let info = CertificateInfo::from_der(&shown.0).map_err(|_| unknown())?;
        match hub.store.caller(&info.serial).await? {
            Caller::Gateway(gateway) if info.gateway == Some(gateway) => Ok(Self(gateway)),
            Caller::Revoked => Err(No::new(RefusalCode::Revoked, "the gateway was revoked")),
            Caller::Gateway(_) | Caller::Unknown => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_named_even_when_its_fields_differ() {
        #[derive(Serialize)]
        struct Later {
            version: u16,
            other: &'static str,
        }
        let code = |bytes: &[u8]| read::<RenewalRequest>(bytes).unwrap_err().0.code;
        assert_eq!(code(&encode(&Later { version: 2, other: "" }).unwrap()), RefusalCode::VersionUnsupported);
        assert_eq!(
            code(&encode(&RenewalRequest { version: 9, csr_pem: String::new() }).unwrap()),
            RefusalCode::VersionUnsupported
        );
        assert_eq!(code(&encode(&Later { version: 1, other: "" }).unwrap()), RefusalCode::BadMessage);
        assert_eq!(code(b"\xff\x00nonsense"), RefusalCode::BadMessage);
    }
}
