//! TLS for both connections of FTP, with the fault of a server kept: the FTP library passes on words alone.

use haubert_trust::PeerFault;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::sync::{Arc, Mutex, PoisonError};
use suppaftp::tokio::{AsyncRustlsStream, AsyncTlsConnector};
use suppaftp::{FtpError, FtpResult};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Makes TLS of TCP. Both connections share one configuration, and with it the session that servers want to see again.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Arc<ClientConfig>,
    fault: Arc<Mutex<Option<PeerFault>>>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    pub(crate) fn new(config: Arc<ClientConfig>) -> Self {
        Self { config, fault: Arc::default() }
    }

    /// What was wrong with the server when TLS last failed; told once.
    pub(crate) fn fault(&self) -> Option<PeerFault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait::async_trait]
impl AsyncTlsConnector for Connector {
    type Stream = AsyncRustlsStream;

    async fn connect(&self, host: &str, stream: TcpStream) -> FtpResult<Self::Stream> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| FtpError::SecureError(error.to_string()))?;
        TlsConnector::from(Arc::clone(&self.config)).connect(name, stream).await.map(AsyncRustlsStream::from).map_err(|error| {
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = PeerFault::within(&error);
            FtpError::SecureError(error.to_string())
        })
    }
}
