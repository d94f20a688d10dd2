//! The server that settings, trust and policy make together, and a conversation with it.

use super::settings::{MailSecurity, MailSettings};
use crate::certificates::Certificates;
use crate::certificates::serving::versions;
use crate::certificates::uses::TrustUse;
use crate::dial::{DialError, Target};
use crate::outlets::account;
use crate::outlets::trial::Coded;
use crate::policy::Policy;
use haubert_mail::{AfterStartTls, Session, SessionError, ask_for_tls};
use haubert_model::Secret;
use haubert_trust::{PeerTrust, TlsError, client_config};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// Patience with the words before TLS.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server's settings with their password.
pub type Account = account::Account<MailSettings>;

/// Why there is no conversation with the server, or it ended.
#[derive(Debug, thiserror::Error)]
pub(in crate::outlets) enum MailError {
    /// Trust cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It cannot be reached, or is not believed.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// It refuses, or the conversation broke.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// What is to be sent cannot be read or noted.
    #[error("letters cannot be read or noted: {0}")]
    Store(#[from] crate::store::StoreError),
}

impl Coded for MailError {
    fn code(&self) -> &'static str {
        match self {
            Self::Tls(_) => "tls_settings",
            Self::Dial(error) => error.code(),
            Self::Session(error) => error.code(),
            Self::Store(_) => "store_failed",
        }
    }
}

/// Where to go, with whom to trust.
pub(super) fn target(certificates: &Certificates, policy: &Policy, settings: &MailSettings) -> Result<Target, TlsError> {
    let trust = PeerTrust::Authorities(certificates.authorities(TrustUse::Mail));
    let tls = Arc::new(client_config(&trust, None, versions(policy))?);
    Ok(Target { host: settings.host.clone(), port: settings.port, tls })
}

/// Says in clear that TLS is wanted, where it does not begin by itself.
pub(super) async fn prepare(stream: &mut TcpStream, settings: &MailSettings) -> Result<(), SessionError> {
    match settings.security {
        MailSecurity::Tls => Ok(()),
        MailSecurity::StartTls => {
            let (hello, _) = ends(stream).map_err(SessionError::Ended)?;
            timeout(PATIENCE, ask_for_tls(stream, hello)).await.map_err(|_| SessionError::Timeout)?
        }
    }
}

fn ends(stream: &TcpStream) -> io::Result<(IpAddr, SocketAddr)> {
    Ok((stream.local_addr()?.ip(), stream.peer_addr()?))
}

impl Account {
    /// Is greeted over TLS.
    pub(super) async fn greet(&self, stream: TlsStream<TcpStream>) -> Result<Session, SessionError> {
        let any = (Ipv4Addr::UNSPECIFIED.into(), SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        let (hello, peer) = ends(stream.get_ref().0).unwrap_or(any);
        let after = AfterStartTls(self.settings.security == MailSecurity::StartTls);
        Session::open(stream, peer, hello, after).await
    }

    /// Says who we are, where a user is named.
    pub(super) async fn login(&self, session: &mut Session) -> Result<(), SessionError> {
        match &self.password {
            _ if self.settings.user.is_empty() => Ok(()),
            Some(password) => session.login(&self.settings.user, password).await,
            None => session.login(&self.settings.user, &Secret::new(String::new())).await,
        }
    }

    /// All of it.
    pub(super) async fn open(&self, certificates: &Certificates, policy: &Policy) -> Result<Session, MailError> {
        let target = target(certificates, policy, &self.settings)?;
        let mut stream = Target::reach(&target.resolve().await?).await?;
        prepare(&mut stream, &self.settings).await?;
        let mut session = self.greet(target.secure(stream).await?).await?;
        self.login(&mut session).await?;
        Ok(session)
    }
}
