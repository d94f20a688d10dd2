//! TLS as both halves speak it: version 1.3 only, aws-lc-rs, HTTP/2 first.
//!
//! A gateway trusts exactly one authority. Before enrolment it knows only that authority's fingerprint, given to a person with
//! the token; the server sends the authority at the end of its chain, and the chain must then verify against it as usual.

use crate::{Fingerprint, Identity, PkiError, certificates_der, crypto_provider, fingerprint_sha256};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use std::sync::Arc;

/// Why a TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate could not be read.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The private key could not be read.
    #[error("the private key cannot be read")]
    Key,
    /// rustls refused the pieces (key and certificate do not match, version not available).
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
    /// The authority cannot verify anything.
    #[error("the authority's certificate cannot be used: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// How a client knows the hub.
#[derive(Debug, Clone)]
pub enum HubTrust {
    /// By the fingerprint of its authority (enrolment).
    Fingerprint(Fingerprint),
    /// By its authority's certificate in PEM.
    Authority(String),
}

fn key_der(identity: &Identity) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes()).map_err(|_| TlsError::Key)
}

fn roots(pem: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates_der(pem)? {
        roots.add(certificate)?;
    }
    Ok(roots)
}

fn http_alpn() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

/// A server that shows `identity` and asks clients for nothing.
///
/// # Errors
/// [`TlsError`].
pub fn server_config(identity: &Identity) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(certificates_der(&identity.chain_pem)?, key_der(identity)?)?;
    config.alpn_protocols = http_alpn();
    Ok(config)
}

/// A server that lets in only clients with a certificate of the authority `authority_pem`. Revocation is not decided here but at
/// each request, from the store, so that it bites on connections that are already open.
///
/// # Errors
/// [`TlsError`].
pub fn server_config_mtls(identity: &Identity, authority_pem: &str) -> Result<ServerConfig, TlsError> {
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(authority_pem)?), crypto_provider()).build()?;
    let mut config = ServerConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates_der(&identity.chain_pem)?, key_der(identity)?)?;
    config.alpn_protocols = http_alpn();
    Ok(config)
}

/// A client that trusts the hub as told and, once enrolled, shows `identity`.
///
/// # Errors
/// [`TlsError`].
pub fn client_config(trust: &HubTrust, identity: Option<&Identity>) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(crypto_provider()).with_protocol_versions(&[&rustls::version::TLS13])?;
    let builder = match trust {
        HubTrust::Authority(pem) => builder.with_root_certificates(roots(pem)?),
        HubTrust::Fingerprint(fingerprint) => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(PinnedAuthority { fingerprint: *fingerprint }))
        }
    };
    let mut config = match identity {
        Some(identity) => builder.with_client_auth_cert(certificates_der(&identity.chain_pem)?, key_der(identity)?)?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = http_alpn();
    Ok(config)
}

/// Accepts a chain that verifies against the one authority with this fingerprint, found among the certificates sent.
#[derive(Debug)]
struct PinnedAuthority {
    fingerprint: Fingerprint,
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let authority = intermediates
            .iter()
            .take(8)
            .find(|certificate| fingerprint_sha256(certificate) == self.fingerprint)
            .ok_or(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), crypto_provider())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::PeerIncompatible(rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &crypto_provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        crypto_provider().signature_verification_algorithms.supported_schemes()
    }
}
