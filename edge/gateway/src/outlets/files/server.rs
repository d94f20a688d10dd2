//! The server that settings, trust and policy make together, and a conversation with it.

use super::settings::{FileProtocol, FilesSettings};
use crate::certificates::Certificates;
use crate::certificates::serving::versions;
use crate::certificates::uses::TrustUse;
use crate::dial::{DialError, Target};
use crate::outlets::account;
use crate::outlets::trial::Coded;
use crate::policy::Policy;
use haubert_model::Secret;
use haubert_transfer::{Content, Ftps, HostKey, Https, Method, Proof, Sftp, SshKey, TransferError};
use haubert_trust::{PeerTrust, TlsError, TlsVersions, client_config};
use rustls::ClientConfig;
use rustls::client::Resumption;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// TLS sessions kept to be resumed: the one of the conversation.
const SESSIONS: usize = 4;
/// With TLS 1.3, files after which some servers have no more sessions to resume.
const FILES_WITH_TLS_1_3: u32 = 2;

/// The server's settings with their password.
pub type Account = account::Account<FilesSettings>;

/// Why files do not go.
#[derive(Debug, thiserror::Error)]
pub(in crate::outlets) enum FilesError {
    /// Trust cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It cannot be reached.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// It refuses, or the conversation broke.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// No key was made yet.
    #[error("the gateway has no SSH key yet")]
    NoKey,
    /// How far everything has come cannot be read or noted.
    #[error("progress cannot be read or noted: {0}")]
    Store(#[from] crate::store::StoreError),
    /// History cannot be read.
    #[error("history cannot be read: {0}")]
    History(#[from] haubert_historian::StoreError),
}

impl Coded for FilesError {
    fn code(&self) -> &'static str {
        match self {
            Self::Tls(_) => "tls_settings",
            Self::Dial(error) => error.code(),
            Self::Transfer(error) => error.code(),
            Self::NoKey => "key_missing",
            Self::Store(_) => "store_failed",
            Self::History(_) => "history_unreadable",
        }
    }

    fn patience(&self) -> Option<Duration> {
        match self {
            Self::Transfer(error) => error.patience(),
            _ => None,
        }
    }
}

/// What a conversation is made of.
pub(super) struct Server {
    target: Target,
    settings: FilesSettings,
    password: Secret,
    key: Option<SshKey>,
    is_tls_1_3: bool,
}

impl Server {
    pub(super) fn new(
        account: &Account,
        key: Option<SshKey>,
        certificates: &Certificates,
        policy: &Policy,
    ) -> Result<Self, FilesError> {
        let settings = account.settings.clone();
        let allowed = versions(policy);
        let is_ftp = matches!(settings.protocol, FileProtocol::Ftps | FileProtocol::FtpsImplicit);
        // Servers that want each data connection to resume the session give up on 1.3 after a few.
        let spoken = if is_ftp && allowed == TlsVersions::Tls12AndLater { TlsVersions::Tls12 } else { allowed };
        let trust = PeerTrust::Authorities(certificates.authorities(TrustUse::Files));
        let mut tls = client_config(&trust, None, spoken)?;
        if is_ftp {
            tls.resumption = Resumption::in_memory_sessions(SESSIONS);
        }
        let target = Target { host: settings.host.clone(), port: settings.port, tls: Arc::new(tls) };
        let password = account.password.clone().unwrap_or_else(|| Secret::new(String::new()));
        Ok(Self { target, settings, password, key, is_tls_1_3: spoken == TlsVersions::Tls13 })
    }

    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    pub(super) const fn protocol(&self) -> FileProtocol {
        self.settings.protocol
    }

    /// Files after which a conversation begins anew.
    pub(super) const fn most_files(&self) -> u32 {
        match self.settings.protocol {
            FileProtocol::Ftps | FileProtocol::FtpsImplicit if self.is_tls_1_3 => FILES_WITH_TLS_1_3,
            _ => u32::MAX,
        }
    }

    fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.target.tls)
    }

    /// Greets, over a connection that is open where there is one.
    pub(super) async fn greet(&self, addresses: &[SocketAddr], stream: Option<TcpStream>) -> Result<Session, FilesError> {
        let settings = &self.settings;
        Ok(match (settings.protocol, stream) {
            (FileProtocol::Ftps, Some(stream)) => {
                Session::Ftps(Box::new(Ftps::explicit(stream, &settings.host, self.tls()).await?))
            }
            (FileProtocol::Sftp, Some(stream)) => {
                let key = HostKey(Some(settings.host_key.clone()).filter(|key| !key.is_empty()));
                Session::Sftp(Box::new(Sftp::greet(stream, &key).await?))
            }
            (FileProtocol::HttpsPut | FileProtocol::HttpsPost, _) => Session::Https(Box::new(self.web()?)),
            _ => Session::Ftps(Box::new(Ftps::implicit(addresses, &settings.host, self.tls()).await?)),
        })
    }

    fn web(&self) -> Result<Https, TransferError> {
        let FilesSettings { host, port, folder, user, .. } = &self.settings;
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let method = if self.settings.protocol == FileProtocol::HttpsPut { Method::Put } else { Method::Post };
        let login = (!self.password.expose().is_empty()).then(|| (user.clone(), self.password.clone()));
        Https::new(&format!("https://{host}:{port}/{}", folder.trim_start_matches('/')), self.tls(), method, login)
    }

    /// Says who we are.
    pub(super) async fn login(&self, session: &mut Session) -> Result<(), FilesError> {
        match session {
            Session::Ftps(session) => session.login(&self.settings.user, &self.password).await?,
            Session::Sftp(session) => {
                let proof = match (self.settings.use_key, &self.key) {
                    (true, Some(key)) => Proof::Key(key.clone()),
                    (true, None) => return Err(FilesError::NoKey),
                    (false, _) => Proof::Password(self.password.clone()),
                };
                session.login(&self.settings.user, &proof).await?;
            }
            Session::Https(_) => {}
        }
        Ok(())
    }

    /// Goes to the folder.
    pub(super) async fn folder(&self, session: &mut Session) -> Result<(), FilesError> {
        match session {
            Session::Ftps(session) => session.folder(&self.settings.folder).await?,
            Session::Sftp(session) => session.folder(&self.settings.folder).await?,
            Session::Https(_) => {}
        }
        Ok(())
    }

    /// Whether the protocol's conversation begins on a connection of ours.
    pub(super) const fn begins_on_tcp(&self) -> bool {
        matches!(self.settings.protocol, FileProtocol::Ftps | FileProtocol::Sftp)
    }

    /// All of it.
    pub(super) async fn open(&self) -> Result<Session, FilesError> {
        let addresses = self.target.resolve().await?;
        let stream = if self.begins_on_tcp() { Some(Target::reach(&addresses).await?) } else { None };
        let mut session = self.greet(&addresses, stream).await?;
        self.login(&mut session).await?;
        self.folder(&mut session).await?;
        Ok(session)
    }
}

/// A conversation.
pub(super) enum Session {
    Ftps(Box<Ftps>),
    Sftp(Box<Sftp>),
    Https(Box<Https>),
}

impl Session {
    /// Writes a file; its length, in bytes.
    pub(super) async fn put(&mut self, name: &str, media_type: &str, content: Content) -> Result<u64, TransferError> {
        match self {
            Self::Ftps(session) => session.put(name, content).await,
            Self::Sftp(session) => session.put(name, content).await,
            Self::Https(session) => session.put(name, media_type, content).await,
        }
    }

    /// Takes a file away again.
    pub(super) async fn remove(&mut self, name: &str) -> Result<(), TransferError> {
        match self {
            Self::Ftps(session) => session.remove(name).await,
            Self::Sftp(session) => session.remove(name).await,
            Self::Https(session) => session.remove(name).await,
        }
    }

    /// Says goodbye.
    pub(super) async fn quit(self) {
        match self {
            Self::Ftps(session) => session.quit().await,
            Self::Sftp(session) => session.quit().await,
            Self::Https(_) => {}
        }
    }
}
