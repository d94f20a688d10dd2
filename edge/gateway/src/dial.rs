//! Outgoing TLS connections to what a person configured. Each step can be taken apart, so that a try of a link can name the one
//! that failed.

use haubert_trust::PeerFault;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long the system tries to get bytes acknowledged before it breaks the connection.
pub const USER_TIMEOUT: Duration = Duration::from_secs(10);
/// Patience with each step.
const PATIENCE: Duration = Duration::from_secs(15);

/// A server, and how to know it.
#[derive(Clone)]
pub struct Target {
    /// DNS name or IP address, as in its certificate.
    pub host: String,
    /// Port.
    pub port: u16,
    /// TLS, with what the server is verified by.
    pub tls: Arc<ClientConfig>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The host is neither a DNS name nor an address.
    #[error("the server's name is not one")]
    Name,
    /// Nobody knows the name.
    #[error("the name cannot be resolved: {0}")]
    Unknown(#[source] io::Error),
    /// Nobody listens there, or the way is closed.
    #[error("{0}")]
    Unreachable(#[source] io::Error),
    /// TLS failed.
    #[error("{0}")]
    Tls(#[source] io::Error),
    /// A step took too long.
    #[error("no answer in time")]
    Timeout,
}

impl DialError {
    /// Stable code; of TLS, that of the fault found with the server.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name => "name_not_valid",
            Self::Unknown(_) => "name_unknown",
            Self::Unreachable(_) => "connection_failed",
            Self::Tls(error) => PeerFault::within(error).map_or("tls_failed", PeerFault::code),
            Self::Timeout => "no_answer",
        }
    }
}

async fn patiently<T>(step: impl Future<Output = Result<T, DialError>>) -> Result<T, DialError> {
    timeout(PATIENCE, step).await.map_err(|_| DialError::Timeout)?
}

impl Target {
    /// The addresses of its name.
    ///
    /// # Errors
    /// [`DialError`].
    pub async fn resolve(&self) -> Result<Vec<SocketAddr>, DialError> {
        patiently(async {
            let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await.map_err(DialError::Unknown)?;
            Ok(found.collect())
        })
        .await
    }

    /// The first of these addresses that answers.
    ///
    /// # Errors
    /// [`DialError`].
    pub async fn reach(addresses: &[SocketAddr]) -> Result<TcpStream, DialError> {
        patiently(async {
            let stream = TcpStream::connect(addresses).await.map_err(DialError::Unreachable)?;
            let socket = socket2::SockRef::from(&stream);
            let set = || {
                stream.set_nodelay(true)?;
                socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
                socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(Duration::from_secs(30)))
            };
            set().map_err(DialError::Unreachable)?;
            Ok(stream)
        })
        .await
    }

    /// TLS over a connection, with the server verified.
    ///
    /// # Errors
    /// [`DialError`].
    pub async fn secure(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, DialError> {
        let name = ServerName::try_from(self.host.clone()).map_err(|_| DialError::Name)?;
        patiently(async { TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await.map_err(DialError::Tls) }).await
    }

    /// All three.
    ///
    /// # Errors
    /// [`DialError`].
    pub async fn dial(&self) -> Result<TlsStream<TcpStream>, DialError> {
        let addresses = self.resolve().await?;
        self.secure(Self::reach(&addresses).await?).await
    }
}
