//! Looks at an identity or an authority before it is accepted, the way its peers will, and says everything that is wrong at once.
//!
//! A grade decides: an [`Grade::Error`] is never accepted, a [`Grade::Warning`] is the person's choice, a [`Grade::Note`] is only
//! told. The lines in parentheses are those of the ANSSI TLS guide. At the end rustls itself verifies the chain, so that nothing
//! is accepted here that a client would refuse for a reason nobody thought of.

mod chain;
mod leaf;

use crate::strength::{PublicKeyKind, is_self_issued, is_weak_signature};
use crate::{CertificateInfo, Identity, KeyPem, PeerFault, Purpose, Upload, crypto_provider, pem};
use chain::Ordered;
use haubert_model::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{InconsistentKeys, RootCertStore, sign::CertifiedKey};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use x509_parser::prelude::{FromDer, X509Certificate};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Good to know.
    Note,
    /// Acceptable, if the person says so.
    Warning,
    /// Not acceptable.
    Error,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code.
    pub code: &'static str,
    /// How much it weighs.
    pub grade: Grade,
    /// Values for the sentence.
    pub params: BTreeMap<&'static str, String>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Inspection {
    /// The identity with its chain in order; `None` when the key is missing or unusable.
    pub identity: Option<Identity>,
    /// What each certificate of the chain says, leaf first.
    pub chain: Vec<CertificateInfo>,
    /// What is to be said of it, the gravest first.
    pub findings: Vec<Finding>,
}

impl Inspection {
    /// The identity, if nothing stands in its way.
    pub fn accepted(self) -> Option<Identity> {
        let refused = self.findings.iter().any(|finding| finding.grade == Grade::Error);
        self.identity.filter(|_| !refused)
    }

    fn say<const N: usize>(&mut self, grade: Grade, code: &'static str, params: [(&'static str, String); N]) {
        let finding = Finding { code, grade, params: params.into_iter().collect() };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn error(&mut self, code: &'static str) {
        self.say(Grade::Error, code, []);
    }

    fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.grade == Grade::Error)
    }

    fn sorted(mut self) -> Self {
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
        self
    }
}

/// Looks at an upload. `pending` are keys of requests that were made here and that the certificate may answer; `names` are those
/// under which peers reach this machine (a server's; empty asks for none).
pub fn inspect(upload: Upload, pending: &[KeyPem], purpose: Purpose, names: &[String], now: Timestamp) -> Inspection {
    let mut found = Inspection::default();
    if upload.legacy_encryption {
        found.say(Grade::Note, "legacy_encryption", []);
    }
    let ders = upload.certificates;
    let Some(parsed) = parse(&ders) else {
        found.error("certificate_unreadable");
        return found;
    };
    let keys: Vec<&KeyPem> = upload.key.iter().chain(pending).collect();
    let fitting = fitting_key(&ders, &keys, &crypto_provider());
    let start = match &fitting {
        Fitting::Found { at, .. } => *at,
        _ => 0,
    };
    let ordered = Ordered::from(&parsed, start);
    chain::tell(&mut found, &parsed, &ordered, now);
    let chain: Vec<CertificateDer<'static>> = ordered.chain.iter().filter_map(|at| ders.get(*at)).cloned().collect();
    found.chain = chain.iter().filter_map(|der| CertificateInfo::from_der(der).ok()).collect();
    if let Some(certificate) = parsed.get(start) {
        leaf::tell(&mut found, certificate, purpose, names, now);
    }
    match fitting {
        Fitting::Found { key, .. } => {
            found.identity = Some(Identity { key: key.clone(), chain_pem: pem::certificates(chain.iter().map(AsRef::as_ref)) });
        }
        Fitting::Unusable if !found.is_refused() => found.error("key_unsupported"),
        Fitting::Unusable => {}
        Fitting::NoneFits if upload.key.is_some() => found.error("key_mismatch"),
        Fitting::NoneFits => found.error("key_missing"),
    }
    if !found.is_refused()
        && let Err(fault) = verify_as_peer(&chain, purpose, now)
    {
        found.say(Grade::Error, "chain_refused", [("reason", fault.code().to_owned())]);
    }
    found.sorted()
}

/// Looks at a certificate that is to be believed on outgoing links: an authority, or a server pinned by its own certificate.
pub fn inspect_authority(der: &CertificateDer<'static>, now: Timestamp) -> Inspection {
    let mut found = Inspection::default();
    let (Ok(info), Ok((_, certificate))) = (CertificateInfo::from_der(der), X509Certificate::from_der(der)) else {
        found.error("certificate_unreadable");
        return found;
    };
    if !info.key.is_strong() {
        found.say(Grade::Error, "key_weak", [("key", info.key.name())]);
    }
    if is_weak_signature(&certificate.signature_algorithm) {
        let grade = if is_self_issued(&certificate) { Grade::Note } else { Grade::Error };
        found.say(grade, "signature_weak", []);
    }
    chain::tell_dates(&mut found, &certificate, now);
    if !info.is_authority {
        found.say(Grade::Warning, "not_an_authority", []);
    } else if certificate.key_usage().is_ok_and(|usage| usage.is_some_and(|usage| !usage.value.key_cert_sign())) {
        found.error("authority_may_not_sign");
    }
    if RootCertStore::empty().add(der.clone()).is_err() {
        found.error("certificate_unreadable");
    }
    found.chain = vec![info];
    found.sorted()
}

fn parse<'d>(ders: &'d [CertificateDer<'static>]) -> Option<Vec<X509Certificate<'d>>> {
    let whole = |der: &'d CertificateDer<'static>| match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Some(certificate),
        _ => None,
    };
    ders.iter().map(whole).collect::<Option<Vec<_>>>().filter(|parsed| !parsed.is_empty())
}

enum Fitting<'k> {
    /// The key, and which of the certificates it belongs to.
    Found { key: &'k KeyPem, at: usize },
    /// There is a key that cannot be used: too short, of an unknown kind.
    Unusable,
    /// No key, or none that fits.
    NoneFits,
}

fn fitting_key<'k>(ders: &[CertificateDer<'static>], keys: &[&'k KeyPem], provider: &CryptoProvider) -> Fitting<'k> {
    let mut unusable = false;
    for key in keys {
        let Ok(der) = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()) else { continue };
        for (at, certificate) in ders.iter().enumerate() {
            match CertifiedKey::from_der(vec![certificate.clone()], der.clone_key(), provider) {
                Ok(_) => return Fitting::Found { key, at },
                Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {}
                Err(_) => unusable = true,
            }
        }
    }
    if unusable { Fitting::Unusable } else { Fitting::NoneFits }
}

/// Verifies as a peer that believes the top of the chain.
fn verify_as_peer(chain: &[CertificateDer<'static>], purpose: Purpose, now: Timestamp) -> Result<(), PeerFault> {
    let (Some((leaf, above)), Some(top)) = (chain.split_first(), chain.last()) else { return Err(PeerFault::Invalid) };
    let is_self_issued = X509Certificate::from_der(leaf).is_ok_and(|(_, leaf)| is_self_issued(&leaf));
    if above.is_empty() && !is_self_issued {
        // Whoever signed it is not here: nothing to verify against.
        return Ok(());
    }
    let mut roots = RootCertStore::empty();
    roots.add(top.clone()).map_err(|_| PeerFault::Invalid)?;
    let seconds = u64::try_from(now.as_millis() / 1000).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let fault = |error: rustls::Error| PeerFault::of(&error).unwrap_or(PeerFault::Invalid);
    let roots = Arc::new(roots);
    match purpose {
        Purpose::Client => {
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, crypto_provider()).build();
            let verifier = verifier.map_err(|_| PeerFault::Invalid)?;
            verifier.verify_client_cert(leaf, above, now).map(|_| ()).map_err(fault)
        }
        Purpose::Server => {
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, crypto_provider()).build();
            let verifier = verifier.map_err(|_| PeerFault::Invalid)?;
            let info = CertificateInfo::from_der(leaf).map_err(|_| PeerFault::Invalid)?;
            let Some(name) = info.names.first() else { return Ok(()) };
            let name = ServerName::try_from(name.replace('*', "any")).map_err(|_| PeerFault::WrongName)?;
            verifier.verify_server_cert(leaf, above, &name, &[], now).map(|_| ()).map_err(fault)
        }
    }
}

#[cfg(test)]
mod tests;
