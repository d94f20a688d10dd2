//! The hub's own certification authority.
//!
//! One ECDSA P-256 key that never leaves its directory signs two kinds of leaves: the hub's server certificates and the
//! gateways' client certificates. From a request only the public key is taken; names, uses and life are the hub's decision.

use crate::identity::{KeyPem, common_name, gateway_san, server_params, set_life};
use crate::{
    CertificateInfo, Fingerprint, Identity, PkiError, certificates_der, fingerprint_sha256, read_private, write_private,
};
use haubert_model::{GatewayId, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData as _,
};
use std::path::Path;

/// Life of a gateway's certificate, in days; renewed from two thirds of it.
pub const GATEWAY_DAYS: u32 = 90;
/// Life of a hub server certificate, in days.
pub const SERVER_DAYS: u32 = 397;
const AUTHORITY_DAYS: u32 = 7300;
const MAX_CSR: usize = 16 * 1024;
const MAX_PEM: u64 = 64 * 1024;

/// A certificate just signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The certificate in PEM (without the authority's own).
    pub pem: String,
    /// What it says.
    pub info: CertificateInfo,
}

/// The key and certificate that sign.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    fingerprint: Fingerprint,
}

impl Authority {
    /// Makes a new authority called `name` and keeps it in `dir` (`ca.key.pem`, `ca.cert.pem`).
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn create(dir: &Path, name: &str, now: Timestamp) -> Result<Self, PkiError> {
        let key = KeyPem::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_life(&mut params, now, AUTHORITY_DAYS)?;
        let certificate = params.self_signed(&key.pair()?).map_err(PkiError::Issue)?;
        write_private(&dir.join("ca.key.pem"), key.expose().as_bytes())?;
        write_private(&dir.join("ca.cert.pem"), certificate.pem().as_bytes())?;
        Self::of(&key, certificate.pem())
    }

    /// The authority kept in `dir`.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn open(dir: &Path) -> Result<Self, PkiError> {
        let key = KeyPem::open(&dir.join("ca.key.pem"))?;
        let pem = String::from_utf8_lossy(&read_private(&dir.join("ca.cert.pem"), MAX_PEM)?).into_owned();
        Self::of(&key, pem)
    }

    /// The authority kept in `dir`, made when neither file is there. One file without the other is an error: the pair is never
    /// silently replaced, since every gateway pins it.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn open_or_create(dir: &Path, name: &str, now: Timestamp) -> Result<Self, PkiError> {
        if dir.join("ca.cert.pem").exists() { Self::open(dir) } else { Self::create_unless_key(dir, name, now) }
    }

    fn create_unless_key(dir: &Path, name: &str, now: Timestamp) -> Result<Self, PkiError> {
        if dir.join("ca.key.pem").exists() {
            return Err(PkiError::Certificate("the authority's key is there but its certificate is not".to_owned()));
        }
        Self::create(dir, name, now)
    }

    fn of(key: &KeyPem, certificate_pem: String) -> Result<Self, PkiError> {
        let chain = certificates_der(&certificate_pem)?;
        let der = chain.first().ok_or_else(|| PkiError::Certificate("no certificate".to_owned()))?;
        let issuer = Issuer::from_ca_cert_der(der, key.pair()?).map_err(PkiError::Key)?;
        Ok(Self { fingerprint: fingerprint_sha256(der), issuer, certificate_pem })
    }

    /// The authority's certificate in PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// What a person compares or hands over with an enrolment token.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// A client certificate for `gateway` over the public key of the request `csr_pem`, valid for `days` from `now`.
    ///
    /// # Errors
    /// [`PkiError::Request`] and [`PkiError::RequestKey`] when the request is at fault.
    pub fn issue_gateway(&self, csr_pem: &str, gateway: GatewayId, now: Timestamp, days: u32) -> Result<Issued, PkiError> {
        if csr_pem.len() > MAX_CSR {
            return Err(PkiError::Request(rcgen::Error::CouldNotParseCertificationRequest));
        }
        let request = CertificateSigningRequestParams::from_pem(csr_pem).map_err(PkiError::Request)?;
        // An uncompressed P-256 point is 65 bytes; anything else is not a key of ours.
        if request.public_key.algorithm() != &rcgen::PKCS_ECDSA_P256_SHA256 || request.public_key.der_bytes().len() != 65 {
            return Err(PkiError::RequestKey);
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(&gateway.to_string());
        params.subject_alt_names = vec![gateway_san(gateway)?];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        set_life(&mut params, now, days)?;
        let certificate = params.signed_by(&request.public_key, &self.issuer).map_err(PkiError::Issue)?;
        Ok(Issued { pem: certificate.pem(), info: CertificateInfo::from_der(certificate.der())? })
    }

    /// A new key and server certificate for `names`; the chain ends with the authority itself, so that a client which knows
    /// only its fingerprint can find it.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn issue_server(&self, names: &[String], now: Timestamp, days: u32) -> Result<Identity, PkiError> {
        let key = KeyPem::generate()?;
        let mut params = server_params(names, now, days)?;
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key.pair()?, &self.issuer).map_err(PkiError::Issue)?;
        Ok(Identity { key, chain_pem: format!("{}{}", certificate.pem(), self.certificate_pem) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr;
    use haubert_model::GatewayId;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn gateway() -> GatewayId {
        "018f3f7e-0000-7000-8000-000000000001".parse().unwrap()
    }

    #[test]
    fn a_gateway_gets_the_names_that_the_hub_decides() {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::open_or_create(dir.path(), "Haubert hub", NOW).unwrap();
        let asked_for = "018f3f7e-0000-7000-8000-00000000ffff".parse().unwrap();
        let request = csr(&KeyPem::generate().unwrap(), Some(asked_for)).unwrap();
        let issued = authority.issue_gateway(&request, gateway(), NOW, GATEWAY_DAYS).unwrap();
        assert_eq!(issued.info.gateway, Some(gateway()));
        assert_eq!(issued.info.not_after.ms_since(NOW), 90 * 86_400_000);
        assert!(!issued.info.renewal_due(NOW.plus_ms(50 * 86_400_000)));
        assert!(issued.info.renewal_due(NOW.plus_ms(60 * 86_400_000)));
    }

    #[test]
    fn an_authority_is_opened_again_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let made = Authority::open_or_create(dir.path(), "Haubert hub", NOW).unwrap();
        assert_eq!(Authority::open_or_create(dir.path(), "other", NOW).unwrap().fingerprint(), made.fingerprint());
        std::fs::remove_file(dir.path().join("ca.cert.pem")).unwrap();
        assert!(Authority::open_or_create(dir.path(), "other", NOW).is_err());
    }

    #[test]
    fn bad_requests_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::create(dir.path(), "Haubert hub", NOW).unwrap();
        for request in ["", "nonsense", &"A".repeat(100_000)] {
            assert!(matches!(authority.issue_gateway(request, gateway(), NOW, 90), Err(PkiError::Request(_))));
        }
        let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let request = CertificateParams::default().serialize_request(&p384).unwrap().pem().unwrap();
        assert!(matches!(authority.issue_gateway(&request, gateway(), NOW, 90), Err(PkiError::RequestKey)));
    }
}
