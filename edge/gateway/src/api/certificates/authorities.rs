//! Whom each outgoing link believes: authorities, and what they have revoked.

use super::view::InspectionView;
use super::{bytes_of, may};
use crate::app::Shared;
use crate::certificates::uses::TrustUse;
use crate::rights;
use axum::extract::State;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Problem, codes};
use haubert_service::routes;
use haubert_trust::{
    Crl, Fingerprint, Inspection, MAX_CRL, Revocation, Upload, certificates_der, certificates_pem, inspect_authority,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    let change = may(rights::CERTIFICATES_CHANGE);
    api.routes(change, routes!(preview_authorities))
        .routes(change, routes!(add_authorities))
        .routes(change, routes!(remove_authority))
        .routes(change, routes!(add_crl))
        .routes(change, routes!(remove_crl))
        .routes(change, routes!(put_trust))
}

/// Certificates to believe.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AuthoritiesBody {
    /// One or several certificates in PEM.
    pem: String,
}

/// What was found in each certificate.
#[derive(Debug, Serialize, ToSchema)]
struct AuthoritiesPreview {
    certificates: Vec<InspectionView>,
}

/// A revocation list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CrlBody {
    /// The file, DER or PEM, in base64.
    file: String,
}

/// What is demanded of revocation lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrustBody {
    /// Refuse a server whose issuer has no revocation list that is in date.
    crl_required: bool,
}

fn look(app: &Shared, pem: &str) -> Result<Vec<(String, Inspection)>, Problem> {
    let upload = Upload::from_pem(pem).map_err(|fault| Problem::new(codes::INVALID).field("pem", fault.code(), fault))?;
    let now = app.clock.now();
    Ok(upload.certificates.iter().map(|der| (certificates_pem([der.as_ref()]), inspect_authority(der, now))).collect())
}

/// Looks at certificates before they are believed.
#[utoipa::path(post, path = "/certificates/trust/{purpose}/preview", tag = "certificates", params(("purpose" = inline(TrustUse), Path)),
    request_body = AuthoritiesBody, responses((status = 200, body = AuthoritiesPreview)))]
async fn preview_authorities(
    State(app): State<Shared>,
    Path(_of): Path<TrustUse>,
    Json(body): Json<AuthoritiesBody>,
) -> Result<Json<AuthoritiesPreview>, Problem> {
    let now = app.clock.now();
    let certificates = look(&app, &body.pem)?.iter().map(|(_, found)| InspectionView::of(found, now)).collect();
    Ok(Json(AuthoritiesPreview { certificates }))
}

/// Believes certificates on this link from now on: authorities, or single servers by their own certificate.
#[utoipa::path(post, path = "/certificates/trust/{purpose}/authorities", tag = "certificates", params(("purpose" = inline(TrustUse), Path)),
    request_body = AuthoritiesBody, responses((status = 204)))]
async fn add_authorities(
    State(app): State<Shared>,
    Path(of): Path<TrustUse>,
    Json(body): Json<AuthoritiesBody>,
) -> Result<StatusCode, Problem> {
    let looked_at = look(&app, &body.pem)?;
    let fault =
        looked_at.iter().flat_map(|(_, found)| &found.findings).find(|finding| finding.grade == haubert_trust::Grade::Error);
    if let Some(fault) = fault {
        return Err(Problem::new(codes::INVALID).field("pem", fault.code, fault.code));
    }
    app.certificates.believe(of, looked_at.into_iter().map(|(pem, _)| pem).collect()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn fingerprint(text: &str) -> Result<Fingerprint, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// Believes a certificate no longer.
#[utoipa::path(delete, path = "/certificates/trust/{purpose}/authorities/{fingerprint}", tag = "certificates",
    params(("purpose" = inline(TrustUse), Path), ("fingerprint" = String, Path)), responses((status = 204)))]
async fn remove_authority(State(app): State<Shared>, Path((of, id)): Path<(TrustUse, String)>) -> Result<StatusCode, Problem> {
    app.certificates.disbelieve(of, fingerprint(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a revocation list, in place of the one before of the same authority. It must be signed by one that is believed here.
#[utoipa::path(post, path = "/certificates/trust/{purpose}/crls", tag = "certificates", params(("purpose" = inline(TrustUse), Path)),
    request_body = CrlBody, responses((status = 204)))]
async fn add_crl(State(app): State<Shared>, Path(of): Path<TrustUse>, Json(body): Json<CrlBody>) -> Result<StatusCode, Problem> {
    let bytes = bytes_of("file", &body.file, MAX_CRL)?;
    let mut authorities: Vec<Vec<u8>> =
        app.certificates.authorities(of).certificates.iter().map(|certificate| certificate.to_vec()).collect();
    if of == TrustUse::Hub
        && let Some((_, agreed)) = app.uplink.certificates().await?
    {
        authorities.extend(certificates_der(&agreed).unwrap_or_default().iter().map(|certificate| certificate.to_vec()));
    }
    let crl = Crl::read(&bytes, &authorities, app.clock.now())
        .map_err(|fault| Problem::new(codes::INVALID).field("file", fault.code(), fault))?;
    app.certificates.keep_list(of, crl).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets a revocation list.
#[utoipa::path(delete, path = "/certificates/trust/{purpose}/crls/{id}", tag = "certificates",
    params(("purpose" = inline(TrustUse), Path), ("id" = String, Path)), responses((status = 204)))]
async fn remove_crl(State(app): State<Shared>, Path((of, id)): Path<(TrustUse, String)>) -> Result<StatusCode, Problem> {
    app.certificates.drop_list(of, fingerprint(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Demands revocation lists on this link, or not.
#[utoipa::path(put, path = "/certificates/trust/{purpose}", tag = "certificates", params(("purpose" = inline(TrustUse), Path)),
    request_body = TrustBody, responses((status = 204)))]
async fn put_trust(
    State(app): State<Shared>,
    Path(of): Path<TrustUse>,
    Json(body): Json<TrustBody>,
) -> Result<StatusCode, Problem> {
    let revocation = if body.crl_required { Revocation::Required } else { Revocation::WhereGiven };
    app.certificates.set_revocation(of, revocation).await?;
    Ok(StatusCode::NO_CONTENT)
}
