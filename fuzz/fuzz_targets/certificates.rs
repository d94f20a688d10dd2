//! Certificates, certificate requests and tokens. Input: DER, also tried in PEM as a certificate and as a request, and as text.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use haubert_model::{GatewayId, Timestamp};
use haubert_trust::{Authority, CertificateInfo, Fingerprint, Token};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const NOW: Timestamp = Timestamp::from_secs(1_780_000_000);
const GATEWAY: &str = "018f3f7e-0000-7000-8000-000000000001";

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let dir = std::env::temp_dir().join(format!("haubert-fuzz-{}", std::process::id()));
    let authority = Authority::create(&dir, "Fuzzing", NOW).expect("an authority");
    std::fs::remove_dir_all(&dir).expect("the folder of the authority");
    authority
});

fn issue(csr_pem: &str) {
    let gateway: GatewayId = GATEWAY.parse().expect("an id");
    if let Ok(issued) = AUTHORITY.issue_gateway(csr_pem, gateway, NOW, 90) {
        assert_eq!(issued.info.gateway, Some(gateway), "a request decides whom a certificate speaks for");
        assert!(issued.info.names.is_empty() && issued.info.not_after > NOW);
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fuzz_target!(|data: &[u8]| {
    if let Ok(info) = CertificateInfo::from_der(data) {
        assert_eq!(info.fingerprint.to_string().parse(), Ok(info.fingerprint));
        let _ = info.renew_at();
        assert_eq!(CertificateInfo::from_pem(&pem("CERTIFICATE", data)).as_ref().ok(), Some(&info));
    }
    issue(&pem("CERTIFICATE REQUEST", data));
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = CertificateInfo::from_pem(text);
    issue(text);
    if let Ok(fingerprint) = text.parse::<Fingerprint>() {
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
    }
    if let Some(token) = Token::parse(text) {
        assert_eq!(Token::parse(token.expose()), Some(token));
    }
});
