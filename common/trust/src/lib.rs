//! Identity and trust: keys in files, passwords, tokens, certificates and the TLS configurations made of them.
//!
//! Everything here that both halves must do the same way lives here once, on one provider (aws-lc-rs). Time comes in as an
//! argument; the only IO is reading and writing key material, because its file modes are part of what is promised.
//! Certificates are made by rcgen and checked by rustls' webpki; nothing here parses a signature by hand.

pub mod audit;
mod authority;
mod certificate;
mod client_trust;
mod identity;
mod inspection;
mod key_file;
mod password;
mod password_policy;
mod peer_fault;
mod peer_trust;
mod pem;
mod provider;
mod recovery_code;
mod request;
mod revocation_list;
mod sealed;
mod sealed_file;
mod self_test;
mod setup_code;
mod statement;
mod strength;
mod tls;
mod token;
mod totp;
mod upload;
mod webhook;

pub use authority::{Authority, GATEWAY_DAYS, Issued, SERVER_DAYS};
pub use certificate::{CertificateInfo, Fingerprint, FingerprintError, certificates_der, fingerprint_sha256};
pub use identity::{Identity, KeyPem, csr};
pub use inspection::{Finding, Grade, Inspection, inspect, inspect_authority};
pub use key_file::{Key, KeyFile, KeyFileError, private_dir, read_private, write_private};
pub use password::{PasswordError, hash_password, verify_absent, verify_password};
pub use password_policy::{PasswordFault, PasswordPolicy};
pub use peer_fault::PeerFault;
pub use peer_trust::{Authorities, PeerTrust, Revocation};
pub use pem::certificates as certificates_pem;
pub use provider::{RandomError, crypto_provider, install_crypto_provider, random_bytes};
pub use recovery_code::RecoveryCode;
pub use request::{KeyKind, MAX_NAMES, Purpose, SELF_SIGNED_DAYS, Subject, Wanted};
pub use revocation_list::{Crl, CrlFault, MAX_CRL};
pub use sealed::{SealError, seal, unseal};
pub use sealed_file::{
    Header as SealedHeader, Opener, RecoveryKey, RecoveryKeyError, RecoveryPublic, SealedFault, SealedFor, SealedKey,
    SealedKeyError, SealedReader, SealedWriter, Unlock,
};
pub use self_test::self_test;
pub use setup_code::SetupCode;
pub use statement::{StatementKey, is_stated};
pub use strength::PublicKeyKind;
pub use tls::{
    TlsError, TlsVersions, client_config, http_alpn, server_config, server_config_for, server_config_mtls, server_config_with,
};
pub use token::{Token, TokenDigest};
pub use totp::TotpSecret;
pub use upload::{MAX_CERTIFICATES, MAX_UPLOAD, Upload, UploadFault};
pub use webhook::WebhookKeys;

/// Why a key, request or certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The random source failed.
    #[error("cannot draw random bytes")]
    Random(#[from] RandomError),
    /// A key or certificate file could not be read or written.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// A private key could not be made or read.
    #[error("cannot use the private key: {0}")]
    Key(#[source] rcgen::Error),
    /// A certificate could not be made.
    #[error("cannot make the certificate: {0}")]
    Issue(#[source] rcgen::Error),
    /// A certificate request is not one, or is not signed by its own key.
    #[error("the certificate request is not valid: {0}")]
    Request(#[source] rcgen::Error),
    /// The request uses a kind of key that is not accepted (only ECDSA P-256 is).
    #[error("the certificate request uses a kind of key that is not accepted")]
    RequestKey,
    /// A name for the certificate is neither a DNS name nor an IP address.
    #[error("{0:?} is neither a DNS name nor an IP address")]
    Name(String),
    /// A part of the subject is too long, holds control characters or, of the country, is not two capital letters.
    #[error("the part {0:?} of the subject does not fit")]
    Subject(&'static str),
    /// A certificate cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// A time does not fit in a certificate (years 1970 to 9999).
    #[error("the time does not fit in a certificate")]
    Time,
}
