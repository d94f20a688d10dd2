//! The one source of cryptography of the process.

use rustls::crypto::CryptoProvider;
use std::sync::Arc;

/// The operating system's random source failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random source failed")]
pub struct RandomError;

/// The provider that every TLS configuration of ours names explicitly.
pub fn crypto_provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Makes aws-lc-rs the default provider of the process, for libraries that ask rustls for one. Calling it again is harmless.
pub fn install_crypto_provider() {
    // An error only says that a provider is installed already, which is what is wanted.
    let _already_installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// `N` bytes from the system's random source.
///
/// # Errors
/// [`RandomError`] when the source fails.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0u8; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes)
}
