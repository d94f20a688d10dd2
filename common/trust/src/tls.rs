//! TLS as both halves speak it: version 1.3, aws-lc-rs, and 1.2 only where the owner's policy asks for it.
//!
//! rustls has only suites with AEAD and an ephemeral key exchange, no renegotiation and no compression; what is left to choose is
//! chosen here, once (lines of the ANSSI TLS guide): the server's order of suites (R13), no early data (R23), tickets that are
//! worth less than a day because their keys are thrown away (R20), and for clients no resumption at all: a server proves itself
//! anew at each connection, so that an expiry or a revocation bites at the next one.

use crate::client_trust::clients;
use crate::{Authorities, Identity, PeerTrust, PkiError, certificates_der, crypto_provider};
use rustls::client::Resumption;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::NoServerSessionStorage;
use rustls::{ClientConfig, ServerConfig, SupportedProtocolVersion, version};
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

/// Versions that are spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TlsVersions {
    /// 1.3 and nothing else.
    #[default]
    Tls13,
    /// 1.3, and 1.2 for peers that know no better.
    Tls12AndLater,
    /// 1.2 and nothing else: for peers that want one session resumed again and again, as FTP servers do.
    Tls12,
}

impl TlsVersions {
    fn list(self) -> &'static [&'static SupportedProtocolVersion] {
        static TLS13: &[&SupportedProtocolVersion] = &[&version::TLS13];
        static TLS12_AND_LATER: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
        static TLS12: &[&SupportedProtocolVersion] = &[&version::TLS12];
        match self {
            Self::Tls13 => TLS13,
            Self::Tls12AndLater => TLS12_AND_LATER,
            Self::Tls12 => TLS12,
        }
    }
}

fn key_der(identity: &Identity) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes()).map_err(|_| TlsError::Key)
}

/// HTTP/2 first, then HTTP/1.1: for [`ClientConfig::alpn_protocols`] of HTTP clients.
pub fn http_alpn() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

/// A server that shows `identity`, asks clients for nothing and speaks 1.3 only.
///
/// # Errors
/// [`TlsError`].
pub fn server_config(identity: &Identity) -> Result<ServerConfig, TlsError> {
    server_config_with(identity, TlsVersions::Tls13)
}

/// A server that shows `identity` and asks clients for nothing.
///
/// # Errors
/// [`TlsError`].
pub fn server_config_with(identity: &Identity, versions: TlsVersions) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(versions.list())?
        .with_no_client_auth()
        .with_single_cert(certificates_der(&identity.chain_pem)?, key_der(identity)?)?;
    harden(&mut config);
    // Stateless, under keys that change every six hours and are forgotten after twelve. A reload forgets them at once.
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
    Ok(config)
}

/// A server that lets in only clients with a certificate of the authority `authority_pem`, shown at every connection. Revocation
/// is not decided here but at each request, from the store, so that it bites on connections that are already open.
///
/// # Errors
/// [`TlsError`].
pub fn server_config_mtls(identity: &Identity, authority_pem: &str) -> Result<ServerConfig, TlsError> {
    let mut config = server_config_for(identity, &Authorities::from_pem(authority_pem)?, TlsVersions::Tls13)?;
    config.alpn_protocols = http_alpn();
    Ok(config)
}

/// A server that shows `identity` and lets in only clients for whom `authorities` vouch, shown at every connection; a revocation bites
/// at the next one. No application protocol is offered: the caller adds its own.
///
/// # Errors
/// [`TlsError`]; [`TlsError::Verifier`] when there is no authority.
pub fn server_config_for(
    identity: &Identity,
    authorities: &Authorities,
    versions: TlsVersions,
) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(versions.list())?
        .with_client_cert_verifier(clients(authorities)?)
        .with_single_cert(certificates_der(&identity.chain_pem)?, key_der(identity)?)?;
    harden(&mut config);
    config.alpn_protocols.clear();
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn harden(config: &mut ServerConfig) {
    config.alpn_protocols = http_alpn();
    config.ignore_client_order = true;
    config.max_early_data_size = 0;
    config.require_ems = true;
    config.session_storage = Arc::new(NoServerSessionStorage {});
}

/// A client that believes whom `trust` says and, where it must prove itself, shows `identity`. Every outgoing link is made here:
/// a server that cannot be verified is refused, always. No application protocol is offered; the caller adds its own.
///
/// # Errors
/// [`TlsError`].
pub fn client_config(trust: &PeerTrust, identity: Option<&Identity>, versions: TlsVersions) -> Result<ClientConfig, TlsError> {
    // "Dangerous" is rustls' word for verifiers of one's own; this one wraps rustls' and only ever refuses more.
    let builder = ClientConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(versions.list())?
        .dangerous()
        .with_custom_certificate_verifier(trust.verifier()?);
    let mut config = match identity {
        Some(identity) => builder.with_client_auth_cert(certificates_der(&identity.chain_pem)?, key_der(identity)?)?,
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    config.require_ems = true;
    Ok(config)
}
