//! A server over a small plant, and a master that speaks bytes.

use crate::pki::{Authority, Shown};
use haubert_guard::{Guard, Listener, Settings, Transport};
use haubert_modbus_server::{Counters, Patience, Plant, Running, serve, serve_secured};
use haubert_model::{Clock, Timestamp};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;

const HOUR: Duration = Duration::from_secs(3600);
/// Longer than any test.
pub(crate) const PATIENT: Patience = Patience { idle: HOUR, frame: HOUR, handshake: HOUR, write: HOUR };

struct Ticking(Instant);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(1_767_225_600_000)
    }
    fn monotonic_ms(&self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }
}

pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) counters: Counters,
}

impl Server {
    pub(crate) async fn start(settings: Settings, patience: Patience) -> Self {
        Self::over(crate::plant::Numbers, settings, patience, None).await
    }

    /// Plainly, or secured.
    pub(crate) async fn over(
        plant: impl Plant,
        settings: Settings,
        patience: Patience,
        tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Ticking(Instant::now()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let guard = Guard::new(settings, Arc::clone(&clock), |_| {});
        let gate = guard.gate("modbus", Listener { transport: Transport::Tcp, address });
        let (plant, counters) = (Arc::new(plant), Counters::default());
        let running = match tls {
            None => serve(listener, gate, plant, patience, counters.clone(), clock),
            Some(tls) => serve_secured(listener, gate, tls, plant, patience, counters.clone(), clock),
        };
        Self { running: running.unwrap(), counters }
    }

    /// Port on loopback.
    pub(crate) fn port(&self) -> String {
        self.running.address.port().to_string()
    }
}

/// A secured server, and the authority that its masters stand on.
pub(crate) struct Secured {
    pub(crate) server: Server,
    pub(crate) authority: Authority,
    pub(crate) config: watch::Sender<Arc<ServerConfig>>,
}

impl Secured {
    pub(crate) async fn start(settings: Settings, patience: Patience) -> Self {
        let authority = Authority::new();
        let config = watch::Sender::new(authority.server_config());
        let server = Server::over(crate::plant::Numbers, settings, patience, Some(config.subscribe())).await;
        Self { server, authority, config }
    }

    /// A master with this certificate, by TLS 1.3.
    pub(crate) async fn connect(&self, shown: Option<&Shown>) -> io::Result<Master> {
        self.connect_with(self.authority.client_config(shown, &rustls::version::TLS13)).await
    }

    pub(crate) async fn connect_with(&self, config: Arc<ClientConfig>) -> io::Result<Master> {
        let stream = TcpStream::connect(self.server.running.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        Ok(Master::over(TlsConnector::from(config).connect(name, stream).await?))
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// One connection.
pub(crate) struct Master {
    stream: Box<dyn Stream>,
    next: u16,
}

impl Master {
    pub(crate) fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        Self { stream: Box::new(stream), next: 1 }
    }

    pub(crate) async fn connect(server: &Server) -> Self {
        Self::over(TcpStream::connect(server.running.address).await.unwrap())
    }

    /// Whether it could be sent; who has been left by the server notices some time.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// The next answer's number and PDU; `None` when the connection is over.
    pub(crate) async fn answer(&mut self) -> Option<(u16, Vec<u8>)> {
        let mut header = [0; 7];
        self.stream.read_exact(&mut header).await.ok()?;
        let mut pdu = vec![0; usize::from(u16::from_be_bytes([header[4], header[5]])) - 1];
        self.stream.read_exact(&mut pdu).await.ok()?;
        Some((u16::from_be_bytes([header[0], header[1]]), pdu))
    }

    pub(crate) async fn ask(&mut self, unit: u8, pdu: &[u8]) -> Vec<u8> {
        self.next += 1;
        self.send(&frame(self.next, unit, pdu)).await;
        let (number, answer) = self.answer().await.unwrap();
        assert_eq!(number, self.next);
        answer
    }
}

pub(crate) fn frame(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let length = (pdu.len() + 1) as u16;
    [&transaction.to_be_bytes()[..], &[0, 0], &length.to_be_bytes(), &[unit], pdu].concat()
}

pub(crate) fn read(function: u8, address: u16, count: u16) -> Vec<u8> {
    [&[function][..], &address.to_be_bytes(), &count.to_be_bytes()].concat()
}
