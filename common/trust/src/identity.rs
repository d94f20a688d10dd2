//! What a server or gateway shows of itself: a private key and a certificate chain.

use crate::certificate::GATEWAY_URN;
use crate::request::{KeyKind, SELF_SIGNED_DAYS, Wanted};
use crate::{PkiError, read_private, write_private};
use haubert_model::{GatewayId, Secret, Timestamp};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, RsaKeySize, SanType,
};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// Bound on PEM files that are read.
const MAX_PEM: u64 = 64 * 1024;
const DAY_MS: i64 = 86_400_000;

/// A private key in PKCS#8 PEM.
#[derive(Debug, Clone)]
pub struct KeyPem(Secret);

impl KeyPem {
    /// A new ECDSA P-256 key.
    ///
    /// # Errors
    /// [`PkiError::Key`].
    pub fn generate() -> Result<Self, PkiError> {
        Self::generate_of(KeyKind::EcP256)
    }

    /// A new key. RSA takes a second or more: not on a thread that must not wait.
    ///
    /// # Errors
    /// [`PkiError::Key`].
    pub fn generate_of(kind: KeyKind) -> Result<Self, PkiError> {
        let key = match kind {
            KeyKind::EcP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            KeyKind::EcP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
            KeyKind::Rsa3072 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072),
        };
        Ok(Self(Secret::new(key.map_err(PkiError::Key)?.serialize_pem())))
    }

    /// The key in `path`, created when absent (mode 0600).
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn open_or_create(path: &Path) -> Result<Self, PkiError> {
        if path.exists() {
            return Self::open(path);
        }
        let key = Self::generate()?;
        write_private(path, key.expose().as_bytes())?;
        Ok(key)
    }

    /// The key in `path`.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn open(path: &Path) -> Result<Self, PkiError> {
        let bytes = read_private(path, MAX_PEM)?;
        let key = Self(Secret::new(String::from_utf8_lossy(&bytes).into_owned()));
        key.pair()?;
        Ok(key)
    }

    /// Wraps PEM text that is already at hand.
    pub const fn from_secret(pem: Secret) -> Self {
        Self(pem)
    }

    /// The PEM text. Each use is a place to review.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    pub(crate) fn pair(&self) -> Result<KeyPair, PkiError> {
        KeyPair::from_pem(self.expose()).map_err(PkiError::Key)
    }
}

/// A key and the certificates that speak for it, leaf first.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The private key.
    pub key: KeyPem,
    /// The chain in PEM, leaf first.
    pub chain_pem: String,
}

impl Identity {
    /// A new P-256 key with a server's certificate signed by itself, for `names` (DNS names or IP addresses).
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn self_signed(names: &[String], now: Timestamp) -> Result<Self, PkiError> {
        Wanted::server(names).self_signed(KeyPem::generate()?, now, SELF_SIGNED_DAYS)
    }

    /// The identity kept in `dir`, if both files are there.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn open(dir: &Path) -> Result<Option<Self>, PkiError> {
        let (key, certificate) = (dir.join("server.key.pem"), dir.join("server.cert.pem"));
        if !key.exists() || !certificate.exists() {
            return Ok(None);
        }
        let chain = read_private(&certificate, MAX_PEM)?;
        Ok(Some(Self { key: KeyPem::open(&key)?, chain_pem: String::from_utf8_lossy(&chain).into_owned() }))
    }

    /// Writes both files into `dir`, made private.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn save(&self, dir: &Path) -> Result<(), PkiError> {
        // A crash between the two leaves a pair that does not match; TLS refuses it clearly and the key is written first,
        // so that the next start finds the certificate absent or stale rather than a key lost.
        write_private(&dir.join("server.key.pem"), self.key.expose().as_bytes())?;
        write_private(&dir.join("server.cert.pem"), self.chain_pem.as_bytes())?;
        Ok(())
    }
}

/// A request, in PEM, for a certificate over `key`. At enrolment a gateway does not know its id yet; the authority decides it anyway.
///
/// # Errors
/// [`PkiError`].
pub fn csr(key: &KeyPem, gateway: Option<GatewayId>) -> Result<String, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(&gateway.map_or_else(|| "gateway".to_owned(), |id| id.to_string()));
    params.subject_alt_names = gateway.map(gateway_san).transpose()?.into_iter().collect();
    let request = params.serialize_request(&key.pair()?).map_err(PkiError::Issue)?;
    request.pem().map_err(PkiError::Issue)
}

pub(crate) fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

pub(crate) fn gateway_san(gateway: GatewayId) -> Result<SanType, PkiError> {
    format!("{GATEWAY_URN}{gateway}").as_str().try_into().map(SanType::URI).map_err(PkiError::Issue)
}

/// Common part of a server's certificate: names, life, use.
pub(crate) fn server_params(names: &[String], now: Timestamp, days: u32) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(names.first().map_or("haubert", String::as_str));
    params.subject_alt_names = names.iter().map(|name| server_san(name)).collect::<Result<_, _>>()?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    set_life(&mut params, now, days)?;
    Ok(params)
}

pub(crate) fn server_san(name: &str) -> Result<SanType, PkiError> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let well_formed = !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    if !well_formed {
        return Err(PkiError::Name(name.chars().take(253).collect()));
    }
    name.try_into().map(SanType::DnsName).map_err(PkiError::Issue)
}

/// Valid from one day before `now` (clocks differ) for `days` from `now`, with a random serial number of 127 bits.
pub(crate) fn set_life(params: &mut CertificateParams, now: Timestamp, days: u32) -> Result<(), PkiError> {
    let from = now.plus_ms(-DAY_MS).as_millis().max(0);
    let until = now.plus_ms(i64::from(days).saturating_mul(DAY_MS)).as_millis();
    // RFC 5280, 4.1.2.5: years up to 9999 (253 402 300 799 s).
    let seconds = |ms: i64| u64::try_from(ms / 1000).ok().filter(|s| *s <= 253_402_300_799).ok_or(PkiError::Time);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(seconds(from)?);
    params.not_after = epoch + Duration::from_secs(seconds(until)?);
    let mut serial = crate::random_bytes::<16>()?;
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    params.serial_number = Some(rcgen::SerialNumber::from_slice(&serial));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CertificateInfo;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn dates_beyond_2038_and_2049_are_written_and_read() {
        // X.509 writes years from 2050 on in another type; 31 bits of seconds end in 2038.
        for now in [
            Timestamp(2_147_483_647_000),
            Timestamp(2_147_483_648_000),
            Timestamp(2_500_000_000_000),
            Timestamp(4_070_908_800_000),
        ] {
            let identity = Identity::self_signed(&["localhost".to_owned()], now).unwrap();
            let info = CertificateInfo::from_pem(&identity.chain_pem).unwrap();
            assert_eq!(info.not_before, Timestamp::from_secs(now.plus_ms(-DAY_MS).0 / 1_000), "{now:?}");
            assert_eq!(info.not_after.ms_since(info.not_before), 1_096 * DAY_MS);
            let authority = crate::Authority::open_or_create(tempfile::tempdir().unwrap().path(), "Haubert hub", now).unwrap();
            let request = csr(&KeyPem::generate().unwrap(), None).unwrap();
            let gateway = "018f3f7e-0000-7000-8000-000000000001".parse().unwrap();
            let issued = authority.issue_gateway(&request, gateway, now, crate::GATEWAY_DAYS).unwrap();
            assert_eq!(issued.info.not_after, Timestamp::from_secs(now.plus_ms(90 * DAY_MS).0 / 1_000));
            assert!(!issued.info.renewal_due(now) && issued.info.renewal_due(now.plus_ms(61 * DAY_MS)));
        }
    }

    #[test]
    fn absurd_names_and_times_are_refused() {
        assert!(matches!(Identity::self_signed(&["no spaces".to_owned()], NOW), Err(PkiError::Name(_))));
        assert!(matches!(Identity::self_signed(&["localhost".to_owned()], Timestamp(i64::MAX)), Err(PkiError::Time)));
        assert!(Identity::self_signed(&["localhost".to_owned()], Timestamp(0)).is_ok());
    }
}
