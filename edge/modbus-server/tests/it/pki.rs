//! Keys and certificates of a test, made by it.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use std::sync::Arc;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// A certificate and its key.
pub(crate) struct Shown {
    pub(crate) certificate: rcgen::Certificate,
    pub(crate) key: KeyPair,
}

impl Shown {
    fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.der().clone()]
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

/// An authority, and what stands on it.
pub(crate) struct Authority {
    pub(crate) certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        // Whose subject is its issuer's is self-signed to OpenSSL.
        params.distinguished_name.push(DnType::CommonName, "Authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn issue(&self, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose) -> Shown {
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        Shown { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }

    /// A master's, with a value for the role's extension if any.
    pub(crate) fn master(&self, role: Option<&[u8]>) -> Shown {
        let mut params = CertificateParams::default();
        let extension = |value: &[u8]| CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 50316, 802, 1], value.to_vec());
        params.custom_extensions = role.into_iter().map(extension).collect();
        self.issue(params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        Arc::new(roots)
    }

    fn server(&self) -> Shown {
        self.issue(CertificateParams::new(vec!["localhost".to_owned()]).unwrap(), ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A server that lets in whom this authority knows, with TLS 1.2 and above.
    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        let shown = self.server();
        let verifier = WebPkiClientVerifier::builder_with_provider(self.roots(), provider()).build().unwrap();
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        Arc::new(config.with_client_cert_verifier(verifier).with_single_cert(shown.chain(), shown.key()).unwrap())
    }

    /// A server that asks nobody who he is.
    pub(crate) fn careless_server_config(&self) -> Arc<ServerConfig> {
        let shown = self.server();
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        Arc::new(config.with_no_client_auth().with_single_cert(shown.chain(), shown.key()).unwrap())
    }

    /// A master that believes this authority and shows a certificate, or none.
    pub(crate) fn client_config(&self, shown: Option<&Shown>, version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
        let config = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[version]).unwrap();
        let config = config.with_root_certificates(self.roots());
        Arc::new(match shown {
            Some(shown) => config.with_client_auth_cert(shown.chain(), shown.key()).unwrap(),
            None => config.with_no_client_auth(),
        })
    }
}
