//! The broker that settings, trust and policy make together, and a session with it.

use super::settings::{MqttFormat, MqttSettings};
use super::speaker::Speaker;
use crate::certificates::Certificates;
use crate::certificates::serving::versions;
use crate::certificates::uses::{IdentityUse, TrustUse};
use crate::dial::{DialError, Target};
use crate::outlets::account;
use crate::outlets::trial::Coded;
use crate::policy::Policy;
use haubert_mqtt::{Inbox, Login, Publication, Session, SessionError};
use haubert_trust::{PeerTrust, TlsError, client_config};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Longest silence, in s.
const KEEP_ALIVE_S: u16 = 30;
/// Patience with the broker's welcome.
const PATIENCE: Duration = Duration::from_secs(15);

/// The broker's settings with their password.
pub type Account = account::Account<MqttSettings>;

/// Why there is no conversation with the broker.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// Certificates and trust do not fit together.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It cannot be reached, or is not believed.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// It does not let us in, or the session broke.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// What was recorded cannot be read.
    #[error("what was recorded cannot be read: {0}")]
    History(String),
    /// How far the broker has it cannot be kept.
    #[error("the place reached cannot be kept: {0}")]
    Store(#[from] crate::store::StoreError),
}

impl Coded for LinkError {
    fn code(&self) -> &'static str {
        match self {
            Self::Tls(_) => "tls_settings",
            Self::Dial(error) => error.code(),
            Self::Session(error) => error.code(),
            Self::History(_) => "history_unreadable",
            Self::Store(_) => "store_failed",
        }
    }
}

/// Where to go, with whom to trust and what to show.
pub(super) fn target(certificates: &Certificates, policy: &Policy, settings: &MqttSettings) -> Result<Target, TlsError> {
    let trust = PeerTrust::Authorities(certificates.authorities(TrustUse::Mqtt));
    let identity = if settings.client_certificate { certificates.identity(IdentityUse::Mqtt) } else { None };
    let tls = Arc::new(client_config(&trust, identity.as_ref(), versions(policy))?);
    Ok(Target { host: settings.host.clone(), port: settings.port, tls })
}

impl Account {
    /// Introduces the gateway over a stream. A try has no will, for its end says nothing of the gateway's.
    pub(super) async fn login<S>(
        &self,
        stream: S,
        client_id: String,
        will: Option<Publication>,
    ) -> Result<(Session, Inbox), SessionError>
    where
        S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
    {
        let settings = &self.settings;
        let login = Login {
            version: settings.version,
            client_id,
            user: Some(settings.user.clone()).filter(|user| !user.is_empty()),
            password: self.password.clone(),
            keep_alive_s: KEEP_ALIVE_S,
            will,
        };
        Session::begin(stream, login, PATIENCE).await
    }

    /// Whoever writes the messages, at the connection number `birth`.
    pub(super) fn speaker(&self, birth: u8) -> Speaker {
        match self.settings.format {
            MqttFormat::Json => Speaker::json(&self.settings),
            MqttFormat::SparkplugB => Speaker::sparkplug(&self.settings, birth),
        }
    }
}
