//! The HTTPS server loop: TLS, limits, the peer's address and certificate, reload, graceful stop.
//!
//! axum-server accepts and shakes hands in a task per connection with a time limit, so a silent peer holds up nobody; its
//! acceptor is wrapped to count connections and to hand the client's certificate to the handlers.

use crate::shutdown::Shutdown;
use axum::{Extension, Router};
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Layer;

/// Connections served at once per listener; more are closed at once.
const MAX_CONNECTIONS: usize = 512;
/// A request's headers must arrive within this time.
const HEADER_TIME: Duration = Duration::from_secs(15);
/// The TLS handshake must be done within this time.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Open requests may finish within this time at shutdown.
const DRAIN_TIME: Duration = Duration::from_secs(3);

/// The certificate that the client showed, verified by TLS. In each request's extensions on listeners that ask for one.
#[derive(Debug, Clone)]
pub struct PeerCertificate(pub Arc<CertificateDer<'static>>);

/// A running server.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    config: RustlsConfig,
    task: tokio::task::JoinHandle<io::Result<()>>,
}

impl Running {
    /// Uses another certificate (or other client rules) for new connections.
    pub fn reload(&self, config: ServerConfig) {
        self.config.reload_from_config(Arc::new(config));
    }

    /// Returns when the server has stopped, after the shutdown it was given.
    ///
    /// # Errors
    /// What the listener said.
    pub async fn stopped(self) -> io::Result<()> {
        self.task.await.map_err(io::Error::other)?
    }
}

/// Binds a listener; port 0 takes a free one.
///
/// # Errors
/// What the system said, with the address.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves `router` until `shutdown`. The peer's address is there as `ConnectInfo<SocketAddr>`.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, config: ServerConfig, router: Router, shutdown: &Shutdown) -> io::Result<Running> {
    let address = listener.local_addr()?;
    let config = RustlsConfig::from_config(Arc::new(config));
    let handle = Handle::new();
    let acceptor = LimitedAcceptor {
        tls: RustlsAcceptor::new(config.clone()).handshake_timeout(HANDSHAKE_TIME),
        connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
    };
    let mut server: Server<SocketAddr, LimitedAcceptor> =
        axum_server::from_tcp(listener)?.handle(handle.clone()).acceptor(acceptor);
    let builder = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(64)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    let stop = shutdown.clone();
    tokio::spawn(async move {
        stop.wait().await;
        handle.graceful_shutdown(Some(DRAIN_TIME));
    });
    let task = tokio::spawn(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()));
    Ok(Running { address, config, task })
}

#[derive(Clone)]
struct LimitedAcceptor {
    tls: RustlsAcceptor,
    connections: Arc<Semaphore>,
}

/// What lives as long as a connection.
#[derive(Clone)]
struct Connection {
    _permit: Arc<OwnedSemaphorePermit>,
}

type Tls = <RustlsAcceptor as Accept<TcpStream, ()>>::Stream;
type WithConnection<S> = axum::middleware::AddExtension<axum::middleware::AddExtension<S, Connection>, Option<PeerCertificate>>;

impl<S: Send + 'static> Accept<TcpStream, S> for LimitedAcceptor {
    type Stream = Tls;
    type Service = WithConnection<S>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (tls, connections) = (self.tls.clone(), self.connections.clone());
        Box::pin(async move {
            let permit = connections.try_acquire_owned().map_err(|_| io::Error::other("too many connections"))?;
            stream.set_nodelay(true)?;
            let (stream, service) = tls.accept(stream, service).await?;
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let certificate = shown.map(|der| PeerCertificate(Arc::new(der.clone().into_owned())));
            let service = Extension(Connection { _permit: Arc::new(permit) }).layer(service);
            Ok((stream, Extension(certificate).layer(service)))
        })
    }
}
