//! A broker that settings, trust and policy make together, and a session with it: for whatever speaks MQTT, outwards or inwards.

use super::switch::{Off, Switch};
use super::trial::{Coded, Steps, shown};
use crate::certificates::Certificates;
use crate::certificates::serving::versions;
use crate::certificates::uses::{IdentityUse, TrustUse};
use crate::dial::{DialError, Target};
use crate::policy::Policy;
use haubert_model::Secret;
use haubert_mqtt::{Expecting, Inbox, Login, Publication, Session, SessionError, Version};
use haubert_trust::{PeerTrust, TlsError, client_config};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Longest silence, in s.
const KEEP_ALIVE_S: u16 = 30;
/// Patience with the broker's welcome.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where a client of a broker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It does nothing.
    Off(Off),
    /// It looks for the broker.
    Connecting,
    /// It is connected.
    Connected,
    /// It waits before it tries again.
    Waiting,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Off(Off::Unused)
    }
}

/// Why there is no conversation with the broker.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
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
pub struct Broker<'a> {
    /// DNS name or IP address, as in its certificate.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// Which protocol is spoken.
    pub version: Version,
    /// User name; empty for none.
    pub user: &'a str,
    /// Its password.
    pub password: Option<&'a Secret>,
    /// By whom it is known.
    pub trust: TrustUse,
    /// What is shown to it.
    pub identity: Option<IdentityUse>,
    /// What is expected to come.
    pub expecting: Expecting,
}

impl Broker<'_> {
    /// Where it is.
    ///
    /// # Errors
    /// When certificates and trust do not fit together.
    pub fn target(&self, certificates: &Certificates, policy: &Policy) -> Result<Target, TlsError> {
        let trust = PeerTrust::Authorities(certificates.authorities(self.trust));
        let identity = self.identity.and_then(|of| certificates.identity(of));
        let tls = Arc::new(client_config(&trust, identity.as_ref(), versions(policy))?);
        Ok(Target { host: self.host.to_owned(), port: self.port, tls })
    }

    /// Introduces the gateway over a stream.
    ///
    /// # Errors
    /// Why it is not let in.
    pub async fn login<S>(
        &self,
        stream: S,
        client_id: String,
        will: Option<Publication>,
    ) -> Result<(Session, Inbox), SessionError>
    where
        S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
    {
        let login = Login {
            version: self.version,
            client_id,
            user: Some(self.user.to_owned()).filter(|user| !user.is_empty()),
            password: self.password.cloned(),
            keep_alive_s: KEEP_ALIVE_S,
            will,
            expecting: self.expecting,
        };
        Session::begin(stream, login, PATIENCE).await
    }

    /// Goes there step by step, as a try does: `resolve`, `reach`, `tls`, `connect`. A try has no will, for its end says nothing of
    /// the gateway's.
    pub async fn enter(&self, switch: &Switch, client_id: String, steps: &mut Steps<LinkError>) -> Option<(Session, Inbox)> {
        let target = match self.target(&switch.certificates, &switch.policy.current()) {
            Ok(target) => target,
            Err(error) => return steps.note("tls", Err(error), |_| String::new()),
        };
        let addresses = steps.note("resolve", target.resolve().await, |found| {
            found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        })?;
        let stream = steps.note("reach", Target::reach(&addresses).await, |stream| {
            stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default()
        })?;
        let stream = steps.note("tls", target.secure(stream).await, |stream| shown(stream.get_ref().1))?;
        let entered = self.login(stream, client_id.clone(), None).await;
        steps.note("connect", entered, |_| client_id)
    }
}
