//! Sign-in by OpenID Connect: who vouches for people besides this hub.
//!
//! The authorization code flow with PKCE, state and nonce, each bound to the browser that began and good for one time. What a provider
//! says of somebody opens an account only when its owner has linked the two: an address of mail proves nothing here. See ADR 32.

mod journey;
mod provider;
mod settings;
mod token;
mod transport;

pub(crate) use journey::{Browser, Journey, Journeys, Purpose, Waiting};
pub use provider::ProviderError;
pub(crate) use provider::{Answer, Provider, Providers};
pub(crate) use settings::fault;
pub use settings::{IdentityProvider, SecondFactorBy};
pub(crate) use token::Proven;

/// Why somebody whom a provider sent back is not let in: the code that the page puts into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) &'static str);

impl Refusal {
    /// The provider cannot be reached, or answers nonsense.
    pub(crate) const UNAVAILABLE: Self = Self("provider_unavailable");
    /// The provider did not take the code.
    pub(crate) const CODE: Self = Self("provider_code");
    /// Another issuer than the one configured.
    pub(crate) const ISSUER: Self = Self("token_issuer");
    /// The token is for somebody else than this hub.
    pub(crate) const AUDIENCE: Self = Self("token_audience");
    /// The token answers another question than the one asked.
    pub(crate) const NONCE: Self = Self("token_nonce");
    /// The token is too old.
    pub(crate) const EXPIRED: Self = Self("token_expired");
    /// The token is not signed by a key of the provider.
    pub(crate) const SIGNATURE: Self = Self("token_signature");
    /// The token is something else than a token.
    pub(crate) const TOKEN: Self = Self("token_unfit");
    /// Nobody here began this, or it was done already, or too long ago.
    pub(crate) const STATE: Self = Self("provider_state");
}
