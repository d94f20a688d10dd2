//! The accept loop, behind the firewall.

use crate::connection::{Caller, reset};
use crate::conversation::Line;
use crate::counters::Counters;
use crate::plant::{Peer, Plant};
use haubert_guard::{Admission, Gate};
use haubert_model::Clock;
use rustls::ServerConfig;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Pause when the system can give no more connections.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// How long is waited for a peer. The firewall's settings for slow clients hold besides, where it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Without any request. Masters keep their connections; clause 4.2 of the messaging guide leaves it to the server.
    pub idle: Duration,
    /// From the first byte of a frame to its last.
    pub frame: Duration,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For answers to be taken, some 16 KiB at a time.
    pub write: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(600),
            frame: Duration::from_secs(5),
            handshake: Duration::from_secs(8),
            write: Duration::from_secs(20),
        }
    }
}

/// A running server. Dropping it stops it.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<()>,
    ended: mpsc::Receiver<()>,
}

impl Running {
    /// Stops, and waits until every connection is closed: at once where nothing is under way, else when it is answered, within
    /// two seconds.
    pub async fn stop(mut self) {
        drop(self.stop);
        let _all_gone = self.ended.recv().await;
    }
}

/// Serves `plant` on a bound listener to whom `gate` lets in.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve<P: Plant>(
    listener: TcpListener,
    gate: Gate,
    plant: Arc<P>,
    patience: Patience,
    counters: Counters,
    clock: Arc<dyn Clock>,
) -> io::Result<Running> {
    start(listener, Shared { gate, tls: None, plant, patience, counters, clock })
}

/// As [`serve`], by Modbus/TCP Security (registered port 802). `tls` must ask clients for certificates: who shows none is left, and
/// the role in it becomes [`Peer::role`]. Another configuration holds for the connections that come after it.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve_secured<P: Plant>(
    listener: TcpListener,
    gate: Gate,
    tls: watch::Receiver<Arc<ServerConfig>>,
    plant: Arc<P>,
    patience: Patience,
    counters: Counters,
    clock: Arc<dyn Clock>,
) -> io::Result<Running> {
    start(listener, Shared { gate, tls: Some(tls), plant, patience, counters, clock })
}

fn start<P: Plant>(listener: TcpListener, shared: Shared<P>) -> io::Result<Running> {
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (stop, stopped) = watch::channel(());
    // Every conversation holds a sender: when all are gone, the receiver ends.
    let (alive, ended) = mpsc::channel(1);
    tokio::spawn(accept(listener, shared, stopped, alive));
    Ok(Running { address, stop, ended })
}

struct Shared<P> {
    gate: Gate,
    tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    plant: Arc<P>,
    patience: Patience,
    counters: Counters,
    clock: Arc<dyn Clock>,
}

impl<P: Plant> Shared<P> {
    fn caller(&self, source: IpAddr, admission: Admission) -> Caller<P> {
        let settings = self.gate.guard().settings();
        let line = Line {
            plant: Arc::clone(&self.plant),
            peer: Peer { source, role: None },
            counted: self.counters.opened(source),
            patience: self.patience,
            clock: Arc::clone(&self.clock),
            admission,
        };
        Caller {
            line,
            slow: settings.enabled.then_some(settings.slow),
            tls: self.tls.as_ref().map(|tls| Arc::clone(&tls.borrow())),
        }
    }
}

async fn accept<P: Plant>(
    listener: tokio::net::TcpListener,
    shared: Shared<P>,
    mut stopped: watch::Receiver<()>,
    alive: mpsc::Sender<()>,
) {
    loop {
        let accepted = tokio::select! {
            // The sender is gone: nothing else ever comes from it.
            _ = stopped.changed() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match shared.gate.admit(peer) {
                Ok(admission) => {
                    let caller = shared.caller(peer.ip().to_canonical(), admission);
                    let (stopped, alive) = (stopped.clone(), alive.clone());
                    tokio::spawn(async move {
                        caller.serve(stream, stopped).await;
                        drop(alive);
                    });
                }
                Err(refusal) => {
                    tracing::debug!(%peer, %refusal, "Modbus connection refused");
                    shared.counters.refused();
                    reset(&stream);
                }
            },
            // One that went away while it waited, or no descriptors left: those that end give some back.
            Err(error) => {
                tracing::warn!(%error, "cannot take a Modbus connection");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}
