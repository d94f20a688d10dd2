//! The HTTPS server's TLS, as policy and certificates have it now.

use super::Certificates;
use super::uses::IdentityUse;
use crate::policy::{Policy, TlsVersion};
use haubert_service::files::write_atomic;
use haubert_service::https::Reloader;
use haubert_service::shutdown::Shutdown;
use haubert_trust::{Fingerprint, TlsError, TlsVersions, server_config_with};
use rustls::ServerConfig;
use std::path::{Path, PathBuf};

/// Versions that the policy allows.
pub const fn versions(policy: &Policy) -> TlsVersions {
    match policy.tls.minimum {
        TlsVersion::V1_2 => TlsVersions::Tls12AndLater,
        TlsVersion::V1_3 => TlsVersions::Tls13,
    }
}

/// The server's configuration with the identity in use.
///
/// # Errors
/// [`TlsError`].
pub fn config(certificates: &Certificates, policy: &Policy) -> Result<ServerConfig, TlsError> {
    let identity = certificates.identity(IdentityUse::Https).ok_or(TlsError::Key)?;
    server_config_with(&identity, versions(policy))
}

/// Writes the chain that people and programs may trust into a file beside the data.
///
/// # Errors
/// What the system said.
pub fn publish(certificates: &Certificates, path: &Path) -> std::io::Result<()> {
    let chain = certificates.identity(IdentityUse::Https).map(|identity| identity.chain_pem).unwrap_or_default();
    write_atomic(path, chain.as_bytes())
}

/// Gives a running server each new identity, until `stop`. Connections that are open go on with the one they began with.
pub async fn follow(certificates: Certificates, policy: Policy, reloader: Reloader, stop: Shutdown, public: PathBuf) {
    let mut changes = certificates.subscribe();
    let mut shown = shown_by(&certificates);
    loop {
        tokio::select! {
            () = stop.wait() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        let now = shown_by(&certificates);
        if now == shown {
            continue;
        }
        match config(&certificates, &policy) {
            Ok(config) => {
                reloader.reload(config);
                shown = now;
                tracing::info!("the HTTPS server shows another certificate");
            }
            Err(error) => tracing::error!(%error, "the HTTPS server keeps its certificate"),
        }
        let (certificates, public) = (certificates.clone(), public.clone());
        let published = tokio::task::spawn_blocking(move || publish(&certificates, &public)).await;
        if !matches!(published, Ok(Ok(()))) {
            tracing::error!(?published, "the public certificate is not beside the data");
        }
    }
}

fn shown_by(certificates: &Certificates) -> Option<Fingerprint> {
    certificates.now().current(IdentityUse::Https).map(|kept| kept.info.fingerprint)
}
