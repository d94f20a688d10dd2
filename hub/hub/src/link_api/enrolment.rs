//! From a one-time token to a certificate, and from one certificate to the next.

use super::exchange::{Calling, Cbor, No};
use crate::hub::Hub;
use crate::store::TokenState;
use axum::extract::State;
use haubert_link::message::{EnrolmentRequest, EnrolmentResponse, RefusalCode, RenewalRequest, RenewalResponse};
use haubert_model::GatewayId;
use haubert_service::extract::Source;
use haubert_trust::{GATEWAY_DAYS, Issued, PkiError, Token};

fn issue(hub: &Hub, csr_pem: &str, gateway: GatewayId) -> Result<Issued, No> {
    hub.authority.issue_gateway(csr_pem, gateway, hub.now(), GATEWAY_DAYS).map_err(|error| match error {
        PkiError::Request(_) | PkiError::RequestKey => No::new(RefusalCode::BadRequestForCertificate, error.to_string()),
        other => {
            tracing::error!(error = %other, "cannot issue a certificate");
            No::new(RefusalCode::HubFailed, "the hub failed; its log says why")
        }
    })
}

pub(super) async fn enrol(
    State(hub): State<Hub>,
    source: Source,
    Cbor(ask): Cbor<EnrolmentRequest>,
) -> Result<Cbor<EnrolmentResponse>, No> {
    let (key, at) = (source.0.to_string(), hub.clock.monotonic_ms());
    if let Some(ms) = hub.wrong_tokens.refused_for(&key, at) {
        return Err(No::new(RefusalCode::TooManyAttempts, format!("try again in {} s", ms.div_ceil(1000))));
    }
    let refused = |code, detail: &str| {
        hub.wrong_tokens.failed(&key, at);
        tracing::warn!(source = %source.0, ?code, "enrolment refused");
        No::new(code, detail)
    };
    let unknown = || refused(RefusalCode::TokenUnknown, "nobody gave out this token, or a newer one replaced it");
    let digest = Token::parse(ask.token.expose()).ok_or_else(unknown)?.digest();
    let gateway = match hub.store.token_state(digest, hub.now()).await? {
        TokenState::Good(gateway) => gateway,
        TokenState::Used => return Err(refused(RefusalCode::TokenUsed, "the token was used before; ask for a new one")),
        TokenState::Expired => return Err(refused(RefusalCode::TokenExpired, "the token's time is over; ask for a new one")),
        TokenState::Unknown => return Err(unknown()),
    };
    // A request that cannot be signed does not burn the token.
    let issued = issue(&hub, &ask.csr_pem, gateway)?;
    if !hub.store.enrol(digest, gateway, &issued.info, hub.now()).await? {
        return Err(refused(RefusalCode::TokenUsed, "the token was used before; ask for a new one"));
    }
    tracing::info!(%gateway, source = %source.0, "gateway enrolled");
    Ok(Cbor(EnrolmentResponse {
        gateway,
        certificate_pem: issued.pem,
        authority_pem: hub.authority.certificate_pem().to_owned(),
        link_url: hub.link_url.clone(),
    }))
}

pub(super) async fn renew(
    State(hub): State<Hub>,
    Calling(gateway): Calling,
    Cbor(ask): Cbor<RenewalRequest>,
) -> Result<Cbor<RenewalResponse>, No> {
    let issued = issue(&hub, &ask.csr_pem, gateway)?;
    hub.store.add_certificate(gateway, &issued.info, hub.now()).await?;
    tracing::info!(%gateway, "certificate renewed");
    Ok(Cbor(RenewalResponse { certificate_pem: issued.pem, authority_pem: hub.authority.certificate_pem().to_owned() }))
}
