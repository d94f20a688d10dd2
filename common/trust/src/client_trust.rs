//! Whom a server lets in: clients that its owner's authorities vouch for, and that these have not revoked.

use crate::peer_trust::strictly;
use crate::{Authorities, Revocation, crypto_provider};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::sync::Arc;

/// What asks every client for a certificate of these authorities.
///
/// # Errors
/// When there is no authority, or a list cannot be read.
pub(crate) fn clients(authorities: &Authorities) -> Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError> {
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities.roots()), crypto_provider())
        .with_crls(authorities.crls.iter().cloned());
    builder = match authorities.revocation {
        Revocation::WhereGiven => builder.allow_unknown_revocation_status(),
        Revocation::Required => builder.enforce_revocation_expiration(),
    };
    Ok(Arc::new(Strict { inner: builder.build()?, list_missing: authorities.lacks_lists() }))
}

/// Adds to webpki's verifier what it does not look at: the strength of keys, and lists that are demanded and not there.
#[derive(Debug)]
struct Strict {
    inner: Arc<dyn ClientCertVerifier>,
    list_missing: bool,
}

impl ClientCertVerifier for Strict {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let believed = || self.inner.verify_client_cert(end_entity, intermediates, now);
        strictly(end_entity, intermediates, self.list_missing, believed)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
