//! Reading certificates: fingerprint, life, and which gateway one speaks for.

use crate::PkiError;
use crate::strength::{PublicKeyKind, is_self_issued};
use aws_lc_rs::digest;
use haubert_model::{GatewayId, Timestamp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Prefix of the URI that carries a gateway's identity in its certificate.
pub(crate) const GATEWAY_URN: &str = "urn:haubert:gateway:";

/// SHA-256 of a certificate's DER, written `AB:CD:…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// The text is not a SHA-256 fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 fingerprint: 64 hexadecimal digits are expected")]
pub struct FingerprintError;

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Colons, spaces and case do not matter: people copy it from screens and letters.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: Option<Vec<u8>> = text
            .chars()
            .take(200)
            .filter(|c| !matches!(c, ':' | ' ' | '-'))
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(FingerprintError)?;
        let mut bytes = [0u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = pair.iter().fold(0, |high, low| high * 16 + low);
        }
        Ok(Self(bytes))
    }
}

/// The fingerprint of a certificate in DER.
pub fn fingerprint_sha256(der: &[u8]) -> Fingerprint {
    let mut bytes = [0u8; 32];
    for (to, from) in bytes.iter_mut().zip(digest::digest(&digest::SHA256, der).as_ref()) {
        *to = *from;
    }
    Fingerprint(bytes)
}

/// Every certificate of a PEM text, in order.
///
/// # Errors
/// [`PkiError::Certificate`] when a block is damaged or there is none.
pub fn certificates_der(pem: &str) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| PkiError::Certificate(error.to_string()))?;
    if chain.is_empty() { Err(PkiError::Certificate("no certificate in the PEM text".to_owned())) } else { Ok(chain) }
}

/// What the hub and the gateway need to know of a certificate. Its signature has been checked by TLS, not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Serial number, lower-case hexadecimal without leading zeros.
    pub serial: String,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// The gateway it speaks for, if any.
    pub gateway: Option<GatewayId>,
    /// DNS names and IP addresses it is good for.
    pub names: Vec<String>,
    /// SHA-256 of the DER.
    pub fingerprint: Fingerprint,
    /// Whose it is, as a distinguished name.
    pub subject: String,
    /// Who signed it, as a distinguished name.
    pub issuer: String,
    /// Whether it names itself as its issuer.
    pub self_issued: bool,
    /// Whether it may sign others.
    pub is_authority: bool,
    /// The kind of its key.
    pub key: PublicKeyKind,
}

impl CertificateInfo {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`PkiError::Certificate`].
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|error| PkiError::Certificate(error.to_string()))?;
        let validity = certificate.validity();
        Ok(Self {
            serial: serial_text(certificate.raw_serial()),
            not_before: Timestamp::from_secs(validity.not_before.timestamp()),
            not_after: Timestamp::from_secs(validity.not_after.timestamp()),
            gateway: gateway_of(&certificate),
            names: names_of(&certificate),
            fingerprint: fingerprint_sha256(der),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            self_issued: is_self_issued(&certificate),
            is_authority: certificate.is_ca(),
            key: PublicKeyKind::of(certificate.public_key()),
        })
    }

    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`PkiError::Certificate`].
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        let chain = certificates_der(pem)?;
        let first = chain.first().ok_or_else(|| PkiError::Certificate("no certificate in the PEM text".to_owned()))?;
        Self::from_der(first)
    }

    /// When to renew: at two thirds of its life.
    pub fn renew_at(&self) -> Timestamp {
        let life = self.not_after.ms_since(self.not_before);
        self.not_before.plus_ms(life / 3 * 2)
    }

    /// Whether it is time to renew.
    pub fn renewal_due(&self, now: Timestamp) -> bool {
        now >= self.renew_at()
    }
}

pub(crate) fn serial_text(bytes: &[u8]) -> String {
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let trimmed = text.trim_start_matches('0');
    if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
}

fn alternative_names<'c>(certificate: &'c X509Certificate<'c>) -> impl Iterator<Item = &'c GeneralName<'c>> {
    certificate.extensions().iter().flat_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => names.general_names.as_slice(),
        _ => &[],
    })
}

fn gateway_of(certificate: &X509Certificate<'_>) -> Option<GatewayId> {
    alternative_names(certificate).find_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(GATEWAY_URN).and_then(|id| id.parse().ok()),
        _ => None,
    })
}

pub(crate) fn names_of(certificate: &X509Certificate<'_>) -> Vec<String> {
    alternative_names(certificate)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
                .map(IpAddr::from)
                .or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
                .ok()
                .map(|address| address.to_string()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn garbage_is_not_a_certificate() {
        assert!(matches!(CertificateInfo::from_der(b"nonsense"), Err(PkiError::Certificate(_))));
        assert!(matches!(certificates_der(""), Err(PkiError::Certificate(_))));
        assert!("zz".parse::<Fingerprint>().is_err());
        assert!("".parse::<Fingerprint>().is_err());
    }

    proptest! {
        #[test]
        fn a_fingerprint_survives_its_text(bytes in any::<[u8; 32]>()) {
            let text = Fingerprint(bytes).to_string();
            prop_assert_eq!(text.parse::<Fingerprint>(), Ok(Fingerprint(bytes)));
            prop_assert_eq!(text.to_lowercase().replace(':', "").parse::<Fingerprint>(), Ok(Fingerprint(bytes)));
        }

        #[test]
        fn no_bytes_panic_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = CertificateInfo::from_der(&bytes);
        }
    }
}
