//! Identities: self-signed, asked for, uploaded, taken back.

use super::view::InspectionView;
use super::{bytes_of, may};
use crate::app::Shared;
use crate::certificates::state::Origin;
use crate::certificates::uses::IdentityUse;
use crate::rights;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_model::Secret;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::routes;
use haubert_trust::{Inspection, KeyKind, MAX_UPLOAD, SELF_SIGNED_DAYS, Subject, Upload, UploadFault, Wanted};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

const REFUSED: Code = Code::new("certificate_unfit", 422, "The certificate cannot be used");

/// Deriving keys from passphrases is work by design; one at a time is enough for people.
static UNPACKING: Semaphore = Semaphore::const_new(1);

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    let change = may(rights::CERTIFICATES_CHANGE);
    api.routes(may(rights::CERTIFICATES_VIEW), routes!(get_certificate_file))
        .routes(change, routes!(preview_identity))
        .routes(change, routes!(put_identity, delete_identity))
        .routes(change, routes!(make_self_signed))
        .routes(change, routes!(make_request, delete_request))
        .routes(change, routes!(undo_identity))
}

/// The kind of a new key.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CertificateKeyKind)]
enum NewKey {
    /// ECDSA on P-256.
    #[default]
    EcP256,
    /// ECDSA on P-384.
    EcP384,
    /// RSA of 3072 bits.
    Rsa3072,
}

impl From<NewKey> for KeyKind {
    fn from(kind: NewKey) -> Self {
        match kind {
            NewKey::EcP256 => Self::EcP256,
            NewKey::EcP384 => Self::EcP384,
            NewKey::Rsa3072 => Self::Rsa3072,
        }
    }
}

/// Whose a certificate is to be. What is empty is left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = CertificateSubject)]
struct SubjectBody {
    /// The first name when empty.
    common_name: String,
    organization: String,
    unit: String,
    locality: String,
    state: String,
    /// Two capital letters.
    country: String,
}

/// What a certificate is to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WantedCertificate)]
struct WantedBody {
    /// DNS names and IP addresses; a server needs one at least.
    names: Vec<String>,
    #[serde(default)]
    subject: SubjectBody,
    #[serde(default)]
    key: NewKey,
    /// Life in days, 1 to 1095; only for self-signed ones.
    days: Option<u32>,
}

impl WantedBody {
    fn read(self, of: IdentityUse) -> Result<(Wanted, KeyKind), Problem> {
        let trimmed = |text: &str| text.trim().to_owned();
        let names: Vec<String> = self.names.iter().map(|name| trimmed(name)).filter(|name| !name.is_empty()).collect();
        if names.is_empty() && of.purpose() == haubert_trust::Purpose::Server {
            return Err(Problem::invalid("names", "required", "a server needs a name at least"));
        }
        let subject = Subject {
            common_name: trimmed(&self.subject.common_name),
            organization: trimmed(&self.subject.organization),
            unit: trimmed(&self.subject.unit),
            locality: trimmed(&self.subject.locality),
            state: trimmed(&self.subject.state),
            country: trimmed(&self.subject.country),
        };
        Ok((Wanted { subject, names, purpose: of.purpose() }, self.key.into()))
    }
}

/// An identity that comes from elsewhere: PEM, or PKCS#12.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IdentityUpload)]
struct UploadBody {
    /// Certificates in PEM, with the private key unless it waits here with its request.
    #[schema(value_type = Option<String>)]
    pem: Option<Secret>,
    /// A PKCS#12 file in base64.
    pkcs12: Option<String>,
    /// Its passphrase.
    #[schema(value_type = Option<String>)]
    passphrase: Option<Secret>,
}

async fn look(app: &Shared, of: IdentityUse, body: UploadBody) -> Result<Inspection, Problem> {
    let refused = |field: &str, fault: UploadFault| Problem::new(codes::INVALID).field(field, fault.code(), fault);
    let upload = match (body.pem, body.pkcs12) {
        (Some(pem), None) => Upload::from_pem(pem.expose()).map_err(|fault| refused("pem", fault))?,
        (None, Some(text)) => {
            let bytes = bytes_of("pkcs12", &text, MAX_UPLOAD)?;
            let passphrase = body.passphrase.unwrap_or_else(|| Secret::new(String::new()));
            let _place = UNPACKING.acquire().await.map_err(|_| Problem::new(codes::UNAVAILABLE))?;
            let unpacked = tokio::task::spawn_blocking(move || Upload::from_pkcs12(&bytes, &passphrase)).await;
            unpacked
                .map_err(|_| Problem::new(codes::UNAVAILABLE))?
                .map_err(|fault| refused(if fault == UploadFault::Passphrase { "passphrase" } else { "pkcs12" }, fault))?
        }
        _ => return Err(Problem::invalid("pem", "required", "either PEM or PKCS#12")),
    };
    Ok(app.certificates.inspect(of, upload))
}

/// The chain in use, PEM: for people and programs that are to trust it.
#[utoipa::path(get, path = "/certificates/identities/{purpose}/certificate", tag = "certificates", params(("purpose" = inline(IdentityUse), Path)),
    responses((status = 200, content_type = "application/x-pem-file", body = String)))]
async fn get_certificate_file(State(app): State<Shared>, Path(of): Path<IdentityUse>) -> Result<Response, Problem> {
    let identity = app.certificates.identity(of).ok_or_else(Problem::not_found)?;
    let mut response = identity.chain_pem.into_response();
    let named = format!("attachment; filename=\"gateway-{}.pem\"", of.code());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-pem-file"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::try_from(named).map_err(|_| Problem::new(codes::INTERNAL))?);
    Ok(response)
}

/// Looks at an upload without using it: everything that speaks against it, and what is worth knowing.
#[utoipa::path(post, path = "/certificates/identities/{purpose}/preview", tag = "certificates", params(("purpose" = inline(IdentityUse), Path)),
    request_body = UploadBody, responses((status = 200, body = InspectionView)))]
async fn preview_identity(
    State(app): State<Shared>,
    Path(of): Path<IdentityUse>,
    Json(body): Json<UploadBody>,
) -> Result<Json<InspectionView>, Problem> {
    Ok(Json(InspectionView::of(&look(&app, of, body).await?, app.clock.now())))
}

/// Puts an upload to use, unless something speaks against it. New connections show it at once; those that are open go on. What
/// was in use can be taken back.
#[utoipa::path(put, path = "/certificates/identities/{purpose}", tag = "certificates", params(("purpose" = inline(IdentityUse), Path)),
    request_body = UploadBody, responses((status = 204)))]
async fn put_identity(
    State(app): State<Shared>,
    Path(of): Path<IdentityUse>,
    Json(body): Json<UploadBody>,
) -> Result<StatusCode, Problem> {
    let found = look(&app, of, body).await?;
    let faults: Vec<&'static str> = found
        .findings
        .iter()
        .filter(|finding| finding.grade == haubert_trust::Grade::Error)
        .map(|finding| finding.code)
        .collect();
    let refused =
        || faults.iter().fold(Problem::new(REFUSED).detail(faults.join(", ")), |told, code| told.field("pem", code, code));
    let identity = found.accepted().ok_or_else(refused)?;
    app.certificates.install(of, identity, Origin::Uploaded).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets an identity of a client, with the one before. The HTTPS server's stays.
#[utoipa::path(delete, path = "/certificates/identities/{purpose}", tag = "certificates", params(("purpose" = inline(IdentityUse), Path)),
    responses((status = 204)))]
async fn delete_identity(State(app): State<Shared>, Path(of): Path<IdentityUse>) -> Result<StatusCode, Problem> {
    app.certificates.remove(of).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new key with a self-signed certificate and puts it to use.
#[utoipa::path(post, path = "/certificates/identities/{purpose}/self-signed", tag = "certificates", params(("purpose" = inline(IdentityUse), Path)),
    request_body = WantedBody, responses((status = 204)))]
async fn make_self_signed(
    State(app): State<Shared>,
    Path(of): Path<IdentityUse>,
    Json(body): Json<WantedBody>,
) -> Result<StatusCode, Problem> {
    let days = body.days.unwrap_or(SELF_SIGNED_DAYS);
    if !(1..=SELF_SIGNED_DAYS).contains(&days) {
        return Err(Problem::invalid("days", "out_of_range", format!("1 to {SELF_SIGNED_DAYS}")));
    }
    let (wanted, key) = body.read(of)?;
    app.certificates.make_self_signed(of, wanted, key, days).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new key and a request for a certificate over it. The key waits here; the request that waited before is forgotten.
#[utoipa::path(post, path = "/certificates/identities/{purpose}/request", tag = "certificates", params(("purpose" = inline(IdentityUse), Path)),
    request_body = WantedBody, responses((status = 204)))]
async fn make_request(
    State(app): State<Shared>,
    Path(of): Path<IdentityUse>,
    Json(body): Json<WantedBody>,
) -> Result<StatusCode, Problem> {
    let (wanted, key) = body.read(of)?;
    app.certificates.make_request(of, wanted, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets the request that waits, and its key.
#[utoipa::path(delete, path = "/certificates/identities/{purpose}/request", tag = "certificates", params(("purpose" = inline(IdentityUse), Path)),
    responses((status = 204)))]
async fn delete_request(State(app): State<Shared>, Path(of): Path<IdentityUse>) -> Result<StatusCode, Problem> {
    app.certificates.drop_request(of).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back the identity that was in use before; doing it again takes that back.
#[utoipa::path(post, path = "/certificates/identities/{purpose}/undo", tag = "certificates", params(("purpose" = inline(IdentityUse), Path)),
    responses((status = 204)))]
async fn undo_identity(State(app): State<Shared>, Path(of): Path<IdentityUse>) -> Result<StatusCode, Problem> {
    app.certificates.undo(of).await?;
    Ok(StatusCode::NO_CONTENT)
}
