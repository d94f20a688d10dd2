//! The role in a client's certificate.

use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::{FromDer as _, Utf8String, oid};
use x509_parser::certificate::X509Certificate;

/// A certificate that says no role that can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RoleFault {
    #[error("the certificate cannot be read")]
    Certificate,
    #[error("the certificate names a role more than once")]
    Twice,
    #[error("the certificate's role is not a UTF8String")]
    Text,
}

/// The role of a certificate that TLS has verified; `None` when it names none. One that cannot be read is a fault rather than no
/// role: what is guessed at must not decide what somebody may do.
///
/// Source: *MODBUS/TCP Security Protocol Specification*, extension 1.3.6.1.4.1.50316.802.1 with a UTF8String.
pub(crate) fn role(certificate: &CertificateDer<'_>) -> Result<Option<String>, RoleFault> {
    let (_, certificate) = X509Certificate::from_der(certificate).map_err(|_| RoleFault::Certificate)?;
    let extension = certificate.get_extension_unique(&oid!(1.3.6.1.4.1.50316.802.1)).map_err(|_| RoleFault::Twice)?;
    let Some(extension) = extension else { return Ok(None) };
    match Utf8String::from_der(extension.value) {
        Ok(([], text)) => Ok(Some(text.string())),
        _ => Err(RoleFault::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, CustomExtension, KeyPair};

    fn with(extensions: &[&[u8]]) -> Result<Option<String>, RoleFault> {
        let mut params = CertificateParams::default();
        params.custom_extensions = extensions
            .iter()
            .map(|value| CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 50316, 802, 1], value.to_vec()))
            .collect();
        role(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der())
    }

    #[test]
    fn a_role_is_one_text_or_none() {
        assert_eq!(with(&[]), Ok(None));
        assert_eq!(with(&[b"\x0c\x08Operator"]), Ok(Some("Operator".to_owned())));
        assert_eq!(with(&["\x0c\x0aÉlectrici".as_bytes()]), Ok(Some("Électrici".to_owned())));
        assert_eq!(with(&[b"\x13\x08Operator"]), Err(RoleFault::Text), "another kind of string");
        assert_eq!(with(&[b"\x0c\x02\xff\xfe"]), Err(RoleFault::Text), "not UTF-8");
        assert_eq!(with(&[b"\x0c\x08Operator\x00"]), Err(RoleFault::Text), "with bytes left over");
        assert_eq!(with(&[b"\x0c\x50short"]), Err(RoleFault::Text), "cut short");
        assert_eq!(with(&[b"\x0c\x08Operator", b"\x0c\x08Operator"]), Err(RoleFault::Twice));
        assert_eq!(with(&[b""]), Err(RoleFault::Text));
        assert_eq!(role(&CertificateDer::from(&b"no certificate"[..])), Err(RoleFault::Certificate));
    }
}
