//! The accept loop, behind the firewall.

use crate::conversation::Line;
use crate::counters::Counters;
use crate::plant::{Peer, Plant};
use haubert_guard::{Gate, Metered, Patience as Pace};
use haubert_model::Clock;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

/// Pause when the system can give no more connections.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// How long is waited for a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Without any request. Masters keep their connections; clause 4.2 of the messaging guide leaves it to the server.
    pub idle: Duration,
    /// From the first byte of a frame to its last.
    pub frame: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { idle: Duration::from_secs(600), frame: Duration::from_secs(5) }
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
    /// Stops, and waits until every connection is closed.
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
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (stop, stopped) = watch::channel(());
    // Every conversation holds a sender: when all are gone, the receiver ends.
    let (alive, ended) = mpsc::channel(1);
    tokio::spawn(accept(listener, Shared { gate, plant, patience, counters, clock }, stopped, alive));
    Ok(Running { address, stop, ended })
}

struct Shared<P> {
    gate: Gate,
    plant: Arc<P>,
    patience: Patience,
    counters: Counters,
    clock: Arc<dyn Clock>,
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
                    let slow = shared.gate.guard().settings();
                    let pace = slow.enabled.then(|| {
                        Pace::new(Duration::from_secs(slow.slow.stall_seconds.into()), u64::from(slow.slow.bytes_per_second))
                    });
                    let line = Line {
                        plant: Arc::clone(&shared.plant),
                        peer: Peer { source: peer.ip().to_canonical() },
                        counted: shared.counters.opened(peer.ip().to_canonical()),
                        patience: shared.patience,
                        clock: Arc::clone(&shared.clock),
                        admission,
                    };
                    tokio::spawn(keep(stream, line, pace, stopped.clone(), alive.clone()));
                }
                Err(_) => shared.counters.refused(),
            },
            Err(error) => {
                tracing::warn!(%error, "cannot take a Modbus connection");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

/// Drives a conversation to its end, or until the connection must be closed.
async fn keep<P: Plant>(
    stream: TcpStream,
    line: Line<P>,
    pace: Option<Pace>,
    mut stopped: watch::Receiver<()>,
    _alive: mpsc::Sender<()>,
) {
    // Answers are small and waited for; it is not worth refusing somebody for.
    let _slower = stream.set_nodelay(true);
    line.admission.established();
    let metered = Metered::new(stream, line.admission.clone(), pace);
    tokio::select! {
        () = line.converse(metered) => {}
        () = line.admission.closed() => {}
        _ = stopped.changed() => {}
    }
}
