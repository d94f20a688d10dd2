//! The HTTPS server loop: the firewall before everything, TLS, limits, the peer's address and certificate, reload, graceful stop.
//!
//! Our own loop over hyper, since a server crate accepts first and asks afterwards: here a connection is judged before TLS, one
//! that must give way is closed from outside, and every phase of it has a limit of time (ADR 18).

mod bodies;
mod connection;
mod handshake;

use crate::shutdown::Shutdown;
use axum::Router;
use connection::Line;
use haubert_guard::{Gate, Guard, Listener, Transport};
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

/// Connections that may wait to be accepted; the system's own default is far fewer than a burst brings.
const BACKLOG: i32 = 4_096;
/// Open requests may finish within this time at shutdown.
const DRAIN_TIME: Duration = Duration::from_secs(3);
/// Pause when the system can give no more connections.
const EXHAUSTED: Duration = Duration::from_millis(50);
/// What a peer does not acknowledge within this time is given up by the system, also after the program has closed.
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// The certificate that the client showed, verified by TLS. In each request's extensions on listeners that ask for one.
#[derive(Debug, Clone)]
pub struct PeerCertificate(pub Arc<CertificateDer<'static>>);

/// A running server.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    config: watch::Sender<Arc<ServerConfig>>,
    task: tokio::task::JoinHandle<()>,
}

/// Changes what a running server shows.
#[derive(Debug, Clone)]
pub struct Reloader(watch::Sender<Arc<ServerConfig>>);

impl Reloader {
    /// As [`Running::reload`].
    pub fn reload(&self, config: ServerConfig) {
        self.0.send_replace(Arc::new(config));
    }
}

impl Running {
    /// Changes what this server shows from elsewhere.
    pub fn reloader(&self) -> Reloader {
        Reloader(self.config.clone())
    }

    /// Uses another certificate (or other client rules) for new connections.
    pub fn reload(&self, config: ServerConfig) {
        self.config.send_replace(Arc::new(config));
    }

    /// Returns when the server has stopped, after the shutdown it was given.
    ///
    /// # Errors
    /// When the server broke off.
    pub async fn stopped(self) -> io::Result<()> {
        self.task.await.map_err(io::Error::other)
    }
}

/// Binds a listener; port 0 takes a free one.
///
/// # Errors
/// What the system said, with the address.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(TcpListener::from(socket))
    };
    open().map_err(|error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}

/// The gate of a bound listener, which the firewall then knows by `name`.
///
/// # Errors
/// When the listener cannot say where it is.
pub fn gate(guard: &Guard, name: &str, listener: &TcpListener) -> io::Result<Gate> {
    Ok(guard.gate(name, Listener { transport: Transport::Tcp, address: listener.local_addr()? }))
}

/// Serves `router` until `shutdown` to whom `gate` lets in. The peer's address is there as `ConnectInfo<SocketAddr>`.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(
    listener: TcpListener,
    config: ServerConfig,
    router: Router,
    gate: Gate,
    shutdown: &Shutdown,
) -> io::Result<Running> {
    let address = listener.local_addr()?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let config = watch::Sender::new(Arc::new(config));
    let task = tokio::spawn(accept(listener, config.subscribe(), router, gate, shutdown.clone()));
    Ok(Running { address, config, task })
}

async fn accept(
    listener: tokio::net::TcpListener,
    config: watch::Receiver<Arc<ServerConfig>>,
    router: Router,
    gate: Gate,
    stop: Shutdown,
) {
    // Every connection holds a sender: when all are gone, the receiver ends.
    let (alive, mut ended) = mpsc::channel::<()>(1);
    let mut stopped = std::pin::pin!(stop.wait());
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match gate.admit(peer) {
                Ok(admission) => {
                    let slow = gate.guard().settings();
                    let line = Line {
                        peer,
                        admission,
                        slow: slow.enabled.then_some(slow.slow),
                        tls: Arc::clone(&config.borrow()),
                        router: router.clone(),
                        stop: stop.clone(),
                    };
                    let alive = alive.clone();
                    tokio::spawn(async move {
                        line.serve(stream).await;
                        drop(alive);
                    });
                }
                Err(refusal) => {
                    tracing::debug!(%peer, %refusal, "connection refused");
                    reset(&stream);
                }
            },
            // One that went away while it waited, or no descriptors left: those that end give some back.
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept a connection");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
    drop((listener, alive));
    let _ended = ended.recv().await;
}

/// Makes closing send a reset, which leaves nothing behind here.
fn reset(stream: &TcpStream) {
    // When it fails, the close is an ordinary one.
    let _closed = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
