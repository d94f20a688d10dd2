//! Which keys and signatures are strong enough (ANSSI TLS guide, R26: RSA from 2048 bits, curves from 256; no SHA-1).

use x509_parser::oid_registry::{
    OID_HASH_SHA1, OID_PKCS1_MD2WITHRSAENC, OID_PKCS1_MD4WITHRSAENC, OID_PKCS1_MD5WITHRSAENC, OID_PKCS1_RSASSAPSS,
    OID_PKCS1_SHA1WITHRSA, OID_SHA1_WITH_RSA, OID_SIG_ED25519,
};
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// Shortest RSA modulus, bits.
const MIN_RSA: usize = 2048;
/// Shortest prime of a curve, bits.
const MIN_CURVE: usize = 256;
/// ecdsa-with-SHA1 (RFC 3279, 2.2.3) and dsa-with-SHA1 (2.2.2): 1.2.840.10045.4.1 and 1.2.840.10040.4.3.
const WITH_SHA1: [&str; 2] = ["1.2.840.10045.4.1", "1.2.840.10040.4.3"];

/// What kind of key a certificate speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicKeyKind {
    /// RSA with this many bits of modulus.
    Rsa(usize),
    /// A NIST curve with this many bits.
    Ec(usize),
    /// Ed25519.
    Ed25519,
    /// None of these.
    Other,
}

impl PublicKeyKind {
    pub(crate) fn of(key: &SubjectPublicKeyInfo<'_>) -> Self {
        if key.algorithm.algorithm == OID_SIG_ED25519 {
            return Self::Ed25519;
        }
        match key.parsed() {
            Ok(PublicKey::RSA(rsa)) => Self::Rsa(rsa.key_size()),
            // The point's bytes; 521 bits take 66.
            Ok(PublicKey::EC(point)) => Self::Ec(point.key_size().min(521)),
            _ => Self::Other,
        }
    }

    /// Whether it is long enough.
    pub const fn is_strong(self) -> bool {
        match self {
            Self::Rsa(bits) => bits >= MIN_RSA,
            Self::Ec(bits) => bits >= MIN_CURVE,
            Self::Ed25519 => true,
            Self::Other => false,
        }
    }

    /// As people write it: `RSA 3072`, `EC P-256`.
    pub fn name(self) -> String {
        match self {
            Self::Rsa(bits) => format!("RSA {bits}"),
            Self::Ec(bits) => format!("EC P-{bits}"),
            Self::Ed25519 => "Ed25519".to_owned(),
            Self::Other => "?".to_owned(),
        }
    }
}

/// Whether a signature algorithm is broken: made with SHA-1 or older.
pub(crate) fn is_weak_signature(algorithm: &AlgorithmIdentifier<'_>) -> bool {
    let oid = &algorithm.algorithm;
    if *oid == OID_PKCS1_RSASSAPSS {
        let parsed = SignatureAlgorithm::try_from(algorithm);
        return matches!(parsed, Ok(SignatureAlgorithm::RSASSA_PSS(pss)) if *pss.hash_algorithm_oid() == OID_HASH_SHA1);
    }
    [OID_PKCS1_MD2WITHRSAENC, OID_PKCS1_MD4WITHRSAENC, OID_PKCS1_MD5WITHRSAENC, OID_PKCS1_SHA1WITHRSA, OID_SHA1_WITH_RSA]
        .contains(oid)
        || WITH_SHA1.contains(&oid.to_id_string().as_str())
}

/// Whether a certificate was signed by its own key, or claims to be.
pub(crate) fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
}
