//! Why a server on an outgoing link was refused, in codes that a screen can explain.
//!
//! rustls says it precisely, but in types that change and that HTTP libraries wrap in their own; this is the one place that
//! sorts them out, for every outgoing client. Each fault ends the connection: there is no way to go on regardless (ANSSI TLS
//! guide, R37).

use rustls::{AlertDescription, CertRevocationListError, CertificateError, Error};
use std::error::Error as StdError;
use std::io;

/// What is wrong with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeerFault {
    /// Its certificate has expired.
    #[error("the server's certificate has expired")]
    Expired,
    /// Its certificate is not valid yet.
    #[error("the server's certificate is not valid yet")]
    NotYetValid,
    /// Its certificate is for other names.
    #[error("the server's certificate is for another name")]
    WrongName,
    /// No authority that is trusted for this link has signed it.
    #[error("no trusted authority has signed the server's certificate")]
    UnknownAuthority,
    /// Its certificate, or one above it, is on a revocation list.
    #[error("the server's certificate has been revoked")]
    Revoked,
    /// A revocation list is demanded and there is none from its issuer.
    #[error("there is no revocation list from the issuer of the server's certificate")]
    RevocationUnknown,
    /// A revocation list is demanded and the one at hand is out of date, or cannot be relied upon.
    #[error("the revocation list for the server's certificate is out of date or cannot be relied upon")]
    RevocationOutdated,
    /// Signed with an algorithm that is no longer safe (SHA-1, MD5).
    #[error("a certificate of the server is signed with an unsafe algorithm")]
    WeakSignature,
    /// A key too short to be safe (RSA below 2048 bits, curves below 256).
    #[error("a key of the server is too short to be safe")]
    WeakKey,
    /// A certificate that may not be shown by a server.
    #[error("the server's certificate is not meant for servers")]
    WrongUse,
    /// Any other reason not to believe the certificate: damaged, signature that does not verify, constraint not kept.
    #[error("the server's certificate is not valid")]
    Invalid,
    /// It speaks no version of TLS, cipher or key exchange that is allowed here.
    #[error("the server offers no TLS that is allowed here")]
    TlsTooOld,
}

impl PeerFault {
    /// Stable code for screens and programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "peer_expired",
            Self::NotYetValid => "peer_not_yet_valid",
            Self::WrongName => "peer_wrong_name",
            Self::UnknownAuthority => "peer_unknown_authority",
            Self::Revoked => "peer_revoked",
            Self::RevocationUnknown => "peer_revocation_unknown",
            Self::RevocationOutdated => "peer_revocation_outdated",
            Self::WeakSignature => "peer_weak_signature",
            Self::WeakKey => "peer_weak_key",
            Self::WrongUse => "peer_wrong_use",
            Self::Invalid => "peer_invalid",
            Self::TlsTooOld => "peer_tls_too_old",
        }
    }

    /// Reads it out of what rustls says; `None` when the peer's certificate and protocol are not what failed.
    pub fn of(error: &Error) -> Option<Self> {
        match error {
            Error::InvalidCertificate(reason) => Some(Self::of_certificate(reason)),
            Error::InvalidCertRevocationList(CertRevocationListError::IssuerInvalidForCrl) => Some(Self::RevocationUnknown),
            Error::InvalidCertRevocationList(_) => Some(Self::RevocationOutdated),
            Error::PeerIncompatible(_)
            | Error::AlertReceived(
                AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity | AlertDescription::HandshakeFailure,
            ) => Some(Self::TlsTooOld),
            _ => None,
        }
    }

    /// As [`PeerFault::of`], through the wrappers that IO and HTTP libraries put around.
    pub fn within(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut at = Some(error);
        while let Some(error) = at {
            // What an `io::Error` holds, its `source` skips.
            if let Some(found) =
                error.downcast_ref::<io::Error>().and_then(io::Error::get_ref).and_then(|held| Self::within(held))
            {
                return Some(found);
            }
            if let Some(found) = error.downcast_ref::<Error>().and_then(Self::of) {
                return Some(found);
            }
            at = error.source();
        }
        None
    }

    fn of_certificate(reason: &CertificateError) -> Self {
        use CertificateError as Wrong;
        match reason {
            Wrong::Expired | Wrong::ExpiredContext { .. } => Self::Expired,
            Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => Self::NotYetValid,
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => Self::WrongName,
            // A bad signature: it names a trusted authority as its issuer, and that one did not sign it.
            Wrong::UnknownIssuer | Wrong::BadSignature => Self::UnknownAuthority,
            Wrong::Revoked => Self::Revoked,
            Wrong::UnknownRevocationStatus => Self::RevocationUnknown,
            Wrong::ExpiredRevocationList | Wrong::ExpiredRevocationListContext { .. } => Self::RevocationOutdated,
            Wrong::UnsupportedSignatureAlgorithmContext { .. }
            | Wrong::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Self::WeakSignature,
            Wrong::InvalidPurpose | Wrong::InvalidPurposeContext { .. } => Self::WrongUse,
            Wrong::Other(held) => held.0.downcast_ref::<Self>().copied().unwrap_or(Self::Invalid),
            _ => Self::Invalid,
        }
    }
}
