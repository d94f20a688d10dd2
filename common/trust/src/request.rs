//! What a certificate of ours is to say, and the two ways to get one: signed by its own key, or by somebody else's on request.

use crate::identity::{server_san, set_life};
use crate::{Identity, KeyPem, PkiError};
use haubert_model::Timestamp;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

/// Life of a self-signed certificate, days: three years, the longest that the ANSSI TLS guide (R25) has for a server.
pub const SELF_SIGNED_DAYS: u32 = 1095;
/// Names in one certificate.
pub const MAX_NAMES: usize = 32;
/// Longest part of a subject, characters (RFC 5280, appendix A: upper bounds of X.520).
const MAX_PART: usize = 64;

/// The kind of a new key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256.
    #[default]
    EcP256,
    /// ECDSA on P-384.
    EcP384,
    /// RSA of 3072 bits, for authorities and peers that know no curves.
    Rsa3072,
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Shown by a server.
    Server,
    /// Shown by a client.
    Client,
}

impl Purpose {
    const fn usage(self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Self::Client => ExtendedKeyUsagePurpose::ClientAuth,
        }
    }
}

/// Whose a certificate is. Empty parts are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// CN; the first name when empty.
    pub common_name: String,
    /// O.
    pub organization: String,
    /// OU.
    pub unit: String,
    /// L.
    pub locality: String,
    /// ST.
    pub state: String,
    /// C, two letters.
    pub country: String,
}

/// What a certificate is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whose it is.
    pub subject: Subject,
    /// DNS names and IP addresses.
    pub names: Vec<String>,
    /// What for.
    pub purpose: Purpose,
}

impl Wanted {
    /// A certificate for a server under `names`, called by the first of them.
    pub fn server(names: &[String]) -> Self {
        Self { subject: Subject::default(), names: names.to_vec(), purpose: Purpose::Server }
    }

    /// A request, in PEM, for a certificate over `key`.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn request(&self, key: &KeyPem) -> Result<String, PkiError> {
        let request = self.params()?.serialize_request(&key.pair()?).map_err(PkiError::Issue)?;
        request.pem().map_err(PkiError::Issue)
    }

    /// A certificate over `key`, signed by that key.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn self_signed(&self, key: KeyPem, now: Timestamp, days: u32) -> Result<Identity, PkiError> {
        let mut params = self.params()?;
        set_life(&mut params, now, days)?;
        let certificate = params.self_signed(&key.pair()?).map_err(PkiError::Issue)?;
        Ok(Identity { key, chain_pem: certificate.pem() })
    }

    fn params(&self) -> Result<CertificateParams, PkiError> {
        if self.names.len() > MAX_NAMES {
            return Err(PkiError::Name(format!("more than {MAX_NAMES}")));
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = self.distinguished_name()?;
        params.subject_alt_names = self.names.iter().map(|name| server_san(name)).collect::<Result<_, _>>()?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![self.purpose.usage()];
        Ok(params)
    }

    fn distinguished_name(&self) -> Result<DistinguishedName, PkiError> {
        let subject = &self.subject;
        // A name may be longer than a CN may be; the names that count stand among the alternative ones.
        let first = || self.names.first().filter(|name| name.len() <= MAX_PART).map_or("haubert", String::as_str);
        let common_name = if subject.common_name.is_empty() { first() } else { &subject.common_name };
        let mut name = DistinguishedName::new();
        let parts = [
            (DnType::CountryName, "country", subject.country.as_str()),
            (DnType::StateOrProvinceName, "state", &subject.state),
            (DnType::LocalityName, "locality", &subject.locality),
            (DnType::OrganizationName, "organization", &subject.organization),
            (DnType::OrganizationalUnitName, "unit", &subject.unit),
            (DnType::CommonName, "common_name", common_name),
        ];
        for (kind, field, text) in parts {
            let fits = text.chars().count() <= MAX_PART
                && !text.chars().any(char::is_control)
                && (field != "country" || text.is_empty() || (text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())));
            if !fits {
                return Err(PkiError::Subject(field));
            }
            if !text.is_empty() {
                name.push(kind, text);
            }
        }
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CertificateInfo;
    use crate::strength::PublicKeyKind;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn wanted() -> Wanted {
        let subject = Subject { organization: "Usine Béton".to_owned(), country: "FR".to_owned(), ..Subject::default() };
        Wanted { subject, names: vec!["gw.example".to_owned(), "192.0.2.7".to_owned()], purpose: Purpose::Server }
    }

    #[test]
    fn each_kind_of_key_makes_certificate_and_request() {
        let kinds = [
            (KeyKind::EcP256, PublicKeyKind::Ec(256)),
            (KeyKind::EcP384, PublicKeyKind::Ec(384)),
            (KeyKind::Rsa3072, PublicKeyKind::Rsa(3072)),
        ];
        for (kind, expected) in kinds {
            let key = KeyPem::generate_of(kind).unwrap();
            assert!(wanted().request(&key).unwrap().contains("BEGIN CERTIFICATE REQUEST"));
            let info = CertificateInfo::from_pem(&wanted().self_signed(key, NOW, 30).unwrap().chain_pem).unwrap();
            assert_eq!((info.key, info.names), (expected, wanted().names));
            assert!(info.subject.contains("Usine Béton") && info.subject.contains("CN=gw.example"), "{}", info.subject);
            assert!(info.self_issued && !info.is_authority);
        }
    }

    #[test]
    fn a_subject_that_does_not_fit_is_named() {
        let key = KeyPem::generate().unwrap();
        let refused = |subject: Subject| match (Wanted { subject, ..wanted() }).request(&key) {
            Err(PkiError::Subject(field)) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(Subject { country: "France".to_owned(), ..Subject::default() }), "country");
        assert_eq!(refused(Subject { country: "fr".to_owned(), ..Subject::default() }), "country");
        assert_eq!(refused(Subject { organization: "x".repeat(65), ..Subject::default() }), "organization");
        assert_eq!(refused(Subject { unit: "a\nb".to_owned(), ..Subject::default() }), "unit");
    }
}
