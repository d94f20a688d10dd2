//! Certificates: who the gateway says it is, whom it believes, and what expires.

mod authorities;
mod identities;
mod view;

use super::may;
use crate::app::Shared;
use crate::certificates::CertificateFailure;
use crate::certificates::state::Alarms;
use crate::rights;
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_trust::PkiError;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use view::{IdentityView, TrustView};

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    let api = api.routes(may(rights::CERTIFICATES_VIEW), routes!(get_certificates));
    let api = api.routes(may(rights::CERTIFICATES_CHANGE), routes!(put_alarms));
    authorities::routes(identities::routes(api))
}

/// Everything about certificates.
#[derive(Debug, Serialize, ToSchema)]
struct CertificatesView {
    identities: Vec<IdentityView>,
    trust: Vec<TrustView>,
    /// Days before an expiry at which it is told, longest first.
    alarm_days: Vec<u16>,
    /// Names under which browsers reach the gateway, as its start-up file says.
    names: Vec<String>,
}

/// When to speak of an expiry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AlarmsBody {
    /// One to eight steps of 1 to 366 days.
    days: Vec<u16>,
}

/// Identities, trust stores and alarms.
#[utoipa::path(get, path = "/certificates", tag = "certificates", responses((status = 200, body = CertificatesView)))]
async fn get_certificates(State(app): State<Shared>) -> Result<Json<CertificatesView>, Problem> {
    let state = app.certificates.now();
    let hub = app.uplink.certificates().await?;
    Ok(Json(CertificatesView {
        identities: view::identities(&state, hub.as_ref(), app.clock.now()),
        trust: view::trust(&state, hub.as_ref(), app.clock.now()),
        alarm_days: state.alarms.days().to_vec(),
        names: app.certificates.names().to_vec(),
    }))
}

/// Chooses when an expiry is told.
#[utoipa::path(put, path = "/certificates/alarms", tag = "certificates", request_body = AlarmsBody, responses((status = 204)))]
async fn put_alarms(State(app): State<Shared>, Json(body): Json<AlarmsBody>) -> Result<StatusCode, Problem> {
    let alarms = Alarms::new(body.days)
        .ok_or_else(|| Problem::invalid("days", "out_of_range", "one to eight steps, each from 1 to 366 days"))?;
    app.certificates.set_alarms(alarms).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<CertificateFailure> for Problem {
    fn from(failure: CertificateFailure) -> Self {
        match failure {
            CertificateFailure::Store(error) => error.into(),
            CertificateFailure::Pki(PkiError::Name(said)) => {
                Self::invalid("names", "not_valid", format!("{said}: a DNS name or an IP address is expected"))
            }
            CertificateFailure::Pki(PkiError::Subject(field)) => {
                Self::invalid(&format!("subject.{field}"), "not_valid", "too long, or with characters that do not belong there")
            }
            CertificateFailure::Pki(error) => Self::internal("make the certificate", &error),
        }
    }
}

/// Bytes that come as base64 in a body.
fn bytes_of(field: &str, text: &str, limit: usize) -> Result<Vec<u8>, Problem> {
    use base64::Engine as _;
    let too_large = || Problem::new(codes::INVALID).field(field, "upload_too_large", format!("at most {limit} bytes"));
    if text.len() / 4 * 3 > limit + 3 {
        return Err(too_large());
    }
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|error| Problem::invalid(field, "not_valid", format!("not base64: {error}")))?;
    if bytes.len() > limit { Err(too_large()) } else { Ok(bytes) }
}
