//! Certificate revocation lists (RFC 5280, 5), as an owner hands them in.

use crate::pem;
use crate::strength::is_weak_signature;
use haubert_model::Timestamp;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

/// Longest list read, bytes of DER or PEM.
pub const MAX_CRL: usize = 512 * 1024;

/// A list whose signature has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crl {
    /// The list, DER.
    pub der: Vec<u8>,
    /// Name of the authority that signed it.
    pub issuer: String,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next is due; a list without that date is refused.
    pub next_update: Timestamp,
    /// How many certificates it names.
    pub revoked: usize,
}

/// Why a list is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CrlFault {
    /// Neither DER nor PEM of a revocation list, or longer than [`MAX_CRL`].
    #[error("this is not a revocation list")]
    Unreadable,
    /// Signed by none of the authorities it is meant for.
    #[error("none of the authorities here has signed this revocation list")]
    UnknownIssuer,
    /// Signed with an unsafe algorithm.
    #[error("the revocation list is signed with an unsafe algorithm")]
    WeakSignature,
    /// Says nowhere when the next one is due (RFC 5280, 5.1.2.5 demands it).
    #[error("the revocation list does not say when the next one is due")]
    NoNextUpdate,
    /// Of a kind that is not understood: a delta, one that speaks for other issuers.
    #[error("this kind of revocation list is not supported")]
    Unsupported,
    /// Made in the future.
    #[error("the revocation list is dated in the future")]
    NotYetValid,
    /// The next one was due already.
    #[error("the revocation list is out of date")]
    OutOfDate,
}

impl CrlFault {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "crl_unreadable",
            Self::UnknownIssuer => "crl_unknown_issuer",
            Self::WeakSignature => "crl_weak_signature",
            Self::NoNextUpdate => "crl_no_next_update",
            Self::Unsupported => "crl_unsupported",
            Self::NotYetValid => "crl_not_yet_valid",
            Self::OutOfDate => "crl_out_of_date",
        }
    }
}

impl Crl {
    /// Reads a list in DER or PEM that one of `authorities` (DER) has signed, in date at `now`.
    ///
    /// # Errors
    /// [`CrlFault`].
    pub fn read(bytes: &[u8], authorities: &[Vec<u8>], now: Timestamp) -> Result<Self, CrlFault> {
        let der = der_of(bytes)?;
        let (rest, list) = CertificateRevocationList::from_der(&der).map_err(|_| CrlFault::Unreadable)?;
        if !rest.is_empty() {
            return Err(CrlFault::Unreadable);
        }
        if is_weak_signature(&list.signature_algorithm) {
            return Err(CrlFault::WeakSignature);
        }
        let signed_by = |authority: &Vec<u8>| {
            X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
                authority.subject().as_raw() == list.issuer().as_raw() && list.verify_signature(authority.public_key()).is_ok()
            })
        };
        if !authorities.iter().any(signed_by) {
            return Err(CrlFault::UnknownIssuer);
        }
        let next_update = list.next_update().ok_or(CrlFault::NoNextUpdate)?;
        let read = Self {
            issuer: list.issuer().to_string(),
            this_update: Timestamp::from_secs(list.last_update().timestamp()),
            next_update: Timestamp::from_secs(next_update.timestamp()),
            revoked: list.iter_revoked_certificates().count(),
            der: der.clone(),
        };
        if read.this_update > now {
            return Err(CrlFault::NotYetValid);
        }
        if read.next_update <= now {
            return Err(CrlFault::OutOfDate);
        }
        // The verifier that will use it must be able to.
        let usable = crate::peer_trust::crl_is_usable(CertificateRevocationListDer::from(der));
        if usable { Ok(read) } else { Err(CrlFault::Unsupported) }
    }

    /// The list in PEM, for looking at.
    pub fn pem(&self) -> String {
        pem::encode("X509 CRL", &self.der)
    }
}

fn der_of(bytes: &[u8]) -> Result<Vec<u8>, CrlFault> {
    if bytes.len() > MAX_CRL {
        return Err(CrlFault::Unreadable);
    }
    if !bytes.trim_ascii_start().starts_with(b"-----") {
        return Ok(bytes.to_vec());
    }
    CertificateRevocationListDer::from_pem_slice(bytes).map(|crl| crl.to_vec()).map_err(|_| CrlFault::Unreadable)
}
