//! Whom an outgoing client believes: the authorities that an owner chose for that one link, and what they have revoked.
//!
//! Nothing comes from the system's store: a gateway talks to a handful of servers whose owners are known, and any of the hundred
//! public authorities could otherwise vouch for an impostor. An empty list believes nobody.

use crate::strength::{PublicKeyKind, is_self_issued, is_weak_signature};
use crate::{Fingerprint, PeerFault, PkiError, certificates_der, crypto_provider, fingerprint_sha256};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, Der, ServerName, TrustAnchor, UnixTime};
use rustls::server::VerifierBuilderError;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use std::sync::Arc;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Certificates that a peer may send; more are looked at by nobody.
const MAX_SENT: usize = 8;

/// What is demanded of revocation lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Revocation {
    /// A list that is there is obeyed, even when out of date; an authority without a list is believed.
    #[default]
    WhereGiven,
    /// Every certificate below the trusted authority must be covered by a list that is in date.
    Required,
}

/// Authorities and their revocation lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorities {
    /// Certificates that are believed: authorities, or single servers pinned by their own self-signed certificate.
    pub certificates: Vec<CertificateDer<'static>>,
    /// Revocation lists of theirs.
    pub crls: Vec<CertificateRevocationListDer<'static>>,
    /// What is demanded of the lists.
    pub revocation: Revocation,
}

impl Authorities {
    /// Those in a PEM text, without revocation lists.
    ///
    /// # Errors
    /// [`PkiError::Certificate`].
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        Ok(Self { certificates: certificates_der(pem)?, ..Self::default() })
    }

    /// As webpki takes them. One that cannot be read cannot vouch for anybody either.
    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.certificates.iter().cloned());
        roots
    }

    /// Whether lists are demanded and there is none at all: webpki then does not look at revocation.
    pub(crate) fn lacks_lists(&self) -> bool {
        self.revocation == Revocation::Required && self.crls.is_empty()
    }
}

/// How a client knows its server.
#[derive(Debug, Clone)]
pub enum PeerTrust {
    /// By the fingerprint of its authority, which the server must send along (enrolment).
    Fingerprint(Fingerprint),
    /// By authorities.
    Authorities(Authorities),
}

impl PeerTrust {
    /// By the authorities in a PEM text, without revocation lists.
    ///
    /// # Errors
    /// [`PkiError::Certificate`].
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        Authorities::from_pem(pem).map(Self::Authorities)
    }

    pub(crate) fn verifier(&self) -> Result<Arc<dyn ServerCertVerifier>, VerifierBuilderError> {
        let (inner, list_missing): (Arc<dyn ServerCertVerifier>, bool) = match self {
            Self::Fingerprint(fingerprint) => (Arc::new(PinnedAuthority { fingerprint: *fingerprint }), false),
            Self::Authorities(authorities) if authorities.certificates.is_empty() => (Arc::new(Nobody), false),
            Self::Authorities(authorities) => (verifier(authorities)?, authorities.lacks_lists()),
        };
        Ok(Arc::new(Strict { inner, list_missing }))
    }
}

fn verifier(authorities: &Authorities) -> Result<Arc<WebPkiServerVerifier>, VerifierBuilderError> {
    let mut builder = WebPkiServerVerifier::builder_with_provider(Arc::new(authorities.roots()), crypto_provider())
        .with_crls(authorities.crls.iter().cloned());
    builder = match authorities.revocation {
        Revocation::WhereGiven => builder.allow_unknown_revocation_status(),
        Revocation::Required => builder.enforce_revocation_expiration(),
    };
    builder.build()
}

/// Whether the verifier understands a revocation list; what it does not, it would refuse together with every server.
pub(crate) fn crl_is_usable(crl: CertificateRevocationListDer<'static>) -> bool {
    let mut roots = RootCertStore::empty();
    // A builder wants one, any one.
    roots.roots.push(TrustAnchor {
        subject: Der::from_slice(&[]),
        subject_public_key_info: Der::from_slice(&[]),
        name_constraints: None,
    });
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), crypto_provider()).with_crls([crl]).build().is_ok()
}

const fn refused(reason: CertificateError) -> Error {
    Error::InvalidCertificate(reason)
}

fn weak(fault: PeerFault) -> Error {
    refused(CertificateError::Other(OtherError(Arc::new(fault))))
}

/// Adds to a verifier's word what it does not look at: how much was sent, how strong the keys are, and lists that are demanded.
pub(crate) fn strictly<T>(
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    list_missing: bool,
    believed: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    if intermediates.len() > MAX_SENT {
        return Err(refused(CertificateError::BadEncoding));
    }
    let believed = believed()?;
    check_strength(end_entity, true)?;
    intermediates.iter().try_for_each(|certificate| check_strength(certificate, false))?;
    if list_missing { Err(refused(CertificateError::UnknownRevocationStatus)) } else { Ok(believed) }
}

/// What webpki lets pass: keys too short to be believed, wherever they stand in the chain that was sent.
fn check_strength(der: &CertificateDer<'_>, is_leaf: bool) -> Result<(), Error> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| refused(CertificateError::BadEncoding))?;
    if !PublicKeyKind::of(certificate.public_key()).is_strong() {
        return Err(weak(PeerFault::WeakKey));
    }
    // Nobody relies on the signature that an authority makes under itself.
    let relied_upon = is_leaf || !is_self_issued(&certificate);
    if relied_upon && is_weak_signature(&certificate.signature_algorithm) {
        return Err(weak(PeerFault::WeakSignature));
    }
    Ok(())
}

/// Adds to a verifier what it does not look at.
#[derive(Debug)]
struct Strict {
    inner: Arc<dyn ServerCertVerifier>,
    /// Lists are demanded and there is none at all: webpki then does not look at revocation.
    list_missing: bool,
}

impl ServerCertVerifier for Strict {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let believed = || self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        strictly(end_entity, intermediates, self.list_missing, believed)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &crypto_provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &crypto_provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        crypto_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Believes nobody: webpki's builder refuses an empty list outright, but a link that is not set up yet must fail at its server.
#[derive(Debug)]
struct Nobody;

/// Accepts a chain that verifies against the one authority with this fingerprint, found among the certificates sent.
#[derive(Debug)]
struct PinnedAuthority {
    fingerprint: Fingerprint,
}

/// The handshake's own signature is [`Strict`]'s affair; these verify chains only.
macro_rules! chain_only {
    () => {
        fn verify_tls12_signature(
            &self,
            _message: &[u8],
            _certificate: &CertificateDer<'_>,
            _signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(refused(CertificateError::ApplicationVerificationFailure))
        }

        fn verify_tls13_signature(
            &self,
            _message: &[u8],
            _certificate: &CertificateDer<'_>,
            _signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(refused(CertificateError::ApplicationVerificationFailure))
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            Vec::new()
        }
    };
}

impl ServerCertVerifier for Nobody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Err(refused(CertificateError::UnknownIssuer))
    }

    chain_only!();
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = intermediates
            .iter()
            .take(MAX_SENT)
            .find(|certificate| fingerprint_sha256(certificate) == self.fingerprint)
            .ok_or(refused(CertificateError::UnknownIssuer))?;
        let only = Authorities { certificates: vec![authority.clone().into_owned()], ..Authorities::default() };
        let verifier = verifier(&only).map_err(|error| Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    chain_only!();
}
