//! The server that settings, trust and policy make together, and one request to it.

use super::document::Message;
use super::settings::{PushSettings, place};
use crate::certificates::Certificates;
use crate::certificates::serving::versions;
use crate::certificates::uses::{IdentityUse, TrustUse};
use crate::dial::{DialError, Target};
use crate::outlets::account;
use crate::outlets::trial::Coded;
use crate::policy::Policy;
use haubert_transfer::{Https, Method, TransferError};
use haubert_trust::{PeerTrust, TlsError, WebhookKeys, client_config, fingerprint_sha256};
use std::sync::Arc;
use std::time::Duration;

/// The server's settings with their password.
pub type Account = account::Account<PushSettings>;

/// Why nothing goes.
#[derive(Debug, thiserror::Error)]
pub(in crate::outlets) enum PushError {
    /// Trust cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It cannot be reached.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// It refuses, or the conversation broke.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// There is nothing to sign with.
    #[error("the gateway has no keys to sign with")]
    NoKeys,
    /// A message cannot be written.
    #[error("a message cannot be written: {0}")]
    Writing(#[from] serde_json::Error),
    /// How far everything has come cannot be read or noted, or history cannot be read.
    #[error("progress or history cannot be read: {0}")]
    Store(#[from] crate::store::StoreError),
}

impl Coded for PushError {
    fn code(&self) -> &'static str {
        match self {
            Self::Tls(_) => "tls_settings",
            Self::Dial(error) => error.code(),
            Self::Transfer(error) => error.code(),
            Self::NoKeys => "key_missing",
            Self::Writing(_) => "answer_not_understood",
            Self::Store(_) => "store_failed",
        }
    }

    fn patience(&self) -> Option<Duration> {
        match self {
            Self::Transfer(error) => error.patience(),
            _ => None,
        }
    }
}

/// Whom to speak to, and who signs.
pub(super) struct Server {
    target: Target,
    https: Https,
    signer: WebhookKeys,
}

impl Server {
    pub(super) fn new(
        account: &Account,
        signer: Option<WebhookKeys>,
        certificates: &Certificates,
        policy: &Policy,
    ) -> Result<Self, PushError> {
        let settings = &account.settings;
        let at = place(&settings.url).ok_or(DialError::Name)?;
        let trust = PeerTrust::Authorities(certificates.authorities(TrustUse::Push));
        let identity = if settings.client_certificate { certificates.identity(IdentityUse::Push) } else { None };
        let tls = Arc::new(client_config(&trust, identity.as_ref(), versions(policy))?);
        let login = account.password.clone().map(|password| (settings.user.clone(), password));
        let https = Https::new(&settings.url, Arc::clone(&tls), Method::Post, login)?;
        Ok(Self { target: Target { host: at.host, port: at.port, tls }, https, signer: signer.ok_or(PushError::NoKeys)? })
    }

    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    /// Hands a message over; its length, in bytes, and what the server said.
    pub(super) async fn tell(&self, message: &Message) -> Result<(usize, String), PushError> {
        let (body, seconds) = (message.bytes()?, message.seconds());
        // What was said before comes under the same name: a receiver knows it for a repetition.
        let id = format!("msg_{}", fingerprint_sha256(&message.substance()?).to_string().replace(':', ""));
        let headers = [
            ("webhook-signature", self.signer.sign(&id, seconds, &body)),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-id", id),
        ];
        let length = body.len();
        Ok((length, self.https.tell(&headers, body).await?))
    }
}
