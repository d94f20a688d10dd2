//! Reading what an owner uploads as an identity: PEM, or PKCS#12 with its passphrase.
//!
//! Bounded before anything is unpacked. PKCS#12 in the old RC2 and 3DES dress is read, because that is what many tools still
//! write, and said to be so; what is kept afterwards is under our own encryption anyway.

use crate::{KeyPem, pem};
use haubert_model::Secret;
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as Pkcs12Error;
use rustls::pki_types::pem::{PemObject as _, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Longest upload, bytes: a chain of ten certificates with long lists of names and an RSA key fits.
pub const MAX_UPLOAD: usize = 64 * 1024;
/// Most certificates in an upload.
pub const MAX_CERTIFICATES: usize = 10;

/// DER of the object identifiers that name the encryption of PKCS#12 parts.
mod oid {
    /// pbeWithSHAAnd… (RFC 7292, appendix C): 1.2.840.113549.1.12.1.x, all of them out of date.
    pub(super) const PBES1: &[u8] = &[0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];
    /// scrypt (RFC 7914, 7): 1.3.6.1.4.1.11591.4.11.
    pub(super) const SCRYPT: &[u8] = &[0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b];
}

/// What an upload holds. Nothing of it has been checked.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// The private key, if there is one.
    pub key: Option<KeyPem>,
    /// Certificates in the order in which they stand.
    pub certificates: Vec<CertificateDer<'static>>,
    /// Whether it was protected by an encryption that is out of date (RC2, 3DES).
    pub legacy_encryption: bool,
}

/// Why an upload cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadFault {
    /// Longer than [`MAX_UPLOAD`], or with more than [`MAX_CERTIFICATES`].
    #[error("this is larger than any chain of certificates")]
    TooLarge,
    /// Neither PEM nor PKCS#12.
    #[error("this is neither PEM nor PKCS#12")]
    Unreadable,
    /// A private key in PEM under a passphrase.
    #[error("the private key is encrypted: upload it as PKCS#12 with its passphrase")]
    KeyEncrypted,
    /// More than one private key.
    #[error("there is more than one private key")]
    SeveralKeys,
    /// The passphrase does not fit, or the file is damaged.
    #[error("the passphrase does not fit")]
    Passphrase,
    /// An encryption that is not read (RC4, scrypt, unknown).
    #[error("this encryption is not supported")]
    Unsupported,
    /// No certificate in it.
    #[error("there is no certificate in it")]
    NoCertificate,
}

impl UploadFault {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "upload_too_large",
            Self::Unreadable => "upload_unreadable",
            Self::KeyEncrypted => "upload_key_encrypted",
            Self::SeveralKeys => "upload_several_keys",
            Self::Passphrase => "upload_passphrase",
            Self::Unsupported => "upload_unsupported",
            Self::NoCertificate => "upload_no_certificate",
        }
    }
}

impl Upload {
    /// Reads PEM: certificates and at most one private key (PKCS#8, PKCS#1 or SEC 1), in any order.
    ///
    /// # Errors
    /// [`UploadFault`].
    pub fn from_pem(text: &str) -> Result<Self, UploadFault> {
        if text.len() > MAX_UPLOAD {
            return Err(UploadFault::TooLarge);
        }
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(UploadFault::KeyEncrypted);
        }
        let mut upload = Self::default();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
            let (kind, der) = section.map_err(|_| UploadFault::Unreadable)?;
            let label = match kind {
                SectionKind::Certificate => {
                    upload.certificates.push(der.into());
                    continue;
                }
                SectionKind::PrivateKey => "PRIVATE KEY",
                SectionKind::RsaPrivateKey => "RSA PRIVATE KEY",
                SectionKind::EcPrivateKey => "EC PRIVATE KEY",
                _ => continue,
            };
            upload.take_key(pem::encode(label, &der))?;
        }
        upload.bounded()
    }

    /// Reads PKCS#12 (RFC 7292) under `passphrase`.
    ///
    /// # Errors
    /// [`UploadFault`].
    pub fn from_pkcs12(bytes: &[u8], passphrase: &Secret) -> Result<Self, UploadFault> {
        if bytes.len() > MAX_UPLOAD {
            return Err(UploadFault::TooLarge);
        }
        let names = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        // It could ask for a gigabyte of memory, and nobody's tool writes it.
        if names(oid::SCRYPT) {
            return Err(UploadFault::Unsupported);
        }
        let archive = Pkcs12Archive::from_pkcs12(bytes, passphrase.expose()).map_err(|error| match error {
            Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError | Pkcs12Error::Pkcs5Error(_) => UploadFault::Passphrase,
            Pkcs12Error::UnsupportedEncryptionScheme | Pkcs12Error::UnsupportedMacAlgorithm | Pkcs12Error::InvalidParameters => {
                UploadFault::Unsupported
            }
            _ => UploadFault::Unreadable,
        })?;
        let mut upload = Self { legacy_encryption: names(oid::PBES1), ..Self::default() };
        for certificate in archive.certs {
            upload.certificates.push(certificate.cert.as_der().to_vec().into());
        }
        for key in archive.keys {
            upload.take_key(pem::encode("PRIVATE KEY", key.key.as_der()))?;
        }
        upload.bounded()
    }

    fn take_key(&mut self, pem: String) -> Result<(), UploadFault> {
        PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| UploadFault::Unreadable)?;
        match self.key.replace(KeyPem::from_secret(Secret::new(pem))) {
            None => Ok(()),
            Some(_) => Err(UploadFault::SeveralKeys),
        }
    }

    fn bounded(self) -> Result<Self, UploadFault> {
        match self.certificates.len() {
            0 if self.key.is_none() => Err(UploadFault::Unreadable),
            0 => Err(UploadFault::NoCertificate),
            1..=MAX_CERTIFICATES => Ok(self),
            _ => Err(UploadFault::TooLarge),
        }
    }
}
