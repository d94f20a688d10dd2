//! One connection, from the accepted socket to its end: its pace, its TLS, its conversation.

use crate::conversation::Line;
use crate::plant::Plant;
use crate::role::{RoleFault, role};
use haubert_guard::{Metered, Patience as Pace, SlowClients};
use rustls::ServerConfig;
use rustls::server::Acceptor;
use socket2::SockRef;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// What was asked may be answered within this time after the server is told to stop.
const DRAIN_TIME: Duration = Duration::from_secs(2);
/// What a peer does not acknowledge within this time is given up by the system, also after the program has closed.
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// Makes closing send a reset, which leaves nothing behind here.
pub(crate) fn reset(stream: &TcpStream) {
    // When it fails, the close is an ordinary one.
    let _closed = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

/// A connection that was let in.
pub(crate) struct Caller<P> {
    pub(crate) line: Line<P>,
    /// `None` where the firewall is off.
    pub(crate) slow: Option<SlowClients>,
    /// `None` where Modbus is spoken plainly.
    pub(crate) tls: Option<Arc<ServerConfig>>,
}

/// Why no secured conversation began.
#[derive(Debug, thiserror::Error)]
enum NoHandshake {
    #[error("no TLS handshake: {0}")]
    Tls(#[from] io::Error),
    #[error("no TLS handshake in time")]
    Late,
    #[error("no client certificate")]
    Nobody,
    #[error(transparent)]
    Role(#[from] RoleFault),
}

impl<P: Plant> Caller<P> {
    /// Serves it to its end, or until it must be closed.
    pub(crate) async fn serve(self, stream: TcpStream, stopped: watch::Receiver<()>) {
        // Answers are small and waited for; neither is worth refusing somebody for.
        let _slower = stream.set_nodelay(true);
        let _longer = SockRef::from(&stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let pace =
            |slow: SlowClients| Pace::new(Duration::from_secs(slow.stall_seconds.into()), u64::from(slow.bytes_per_second));
        let admission = self.line.admission.clone();
        let stream = Metered::new(stream, admission.clone(), self.slow.map(pace));
        let cut = stopped.clone();
        tokio::select! {
            () = self.serve_metered(stream, until(stopped)) => {}
            () = admission.closed() => {}
            () = async { until(cut).await; sleep(DRAIN_TIME).await } => {}
        }
    }

    async fn serve_metered(mut self, stream: Metered<TcpStream>, stopping: impl Future<Output = ()>) {
        let Some(config) = self.tls.take() else {
            self.line.admission.established();
            return self.line.converse(stream, stopping).await;
        };
        let mut stopping = std::pin::pin!(stopping);
        let shaken = tokio::select! {
            shaken = self.shaken(stream, config) => shaken,
            () = stopping.as_mut() => return,
        };
        match shaken {
            Ok((stream, role)) => {
                self.line.admission.established();
                self.line.admission.vouch();
                self.line.peer.role = role;
                self.line.converse(stream, stopping).await;
            }
            Err(why) => {
                tracing::debug!(peer = %self.line.peer.source, %why, "no secured connection");
                self.line.counted.broke();
            }
        }
    }

    /// Shakes hands, in turns where the firewall is on, and reads who the peer is.
    async fn shaken<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        config: Arc<ServerConfig>,
    ) -> Result<(TlsStream<S>, Option<String>), NoHandshake> {
        let admission = &self.line.admission;
        let shaking = async {
            // Whoever has said nothing yet needs no turn.
            let greeted = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
            let shaking = greeted.into_stream(config);
            if self.slow.is_some() { admission.in_turns(shaking).await } else { shaking.await }
        };
        let most = self.slow.map_or(Duration::MAX, |slow| Duration::from_secs(slow.handshake_seconds.into()));
        let stream = timeout(most.min(self.line.patience.handshake), shaking).await.map_err(|_| NoHandshake::Late)??;
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let role = role(shown.ok_or(NoHandshake::Nobody)?)?;
        Ok((stream, role))
    }
}

/// Returns when the server is told to stop.
async fn until(mut stopped: watch::Receiver<()>) {
    // Nothing is ever sent: the sender goes.
    let _gone = stopped.changed().await;
}
