//! The TLS handshake, worked on step by step, each step in its turn.

use haubert_guard::{Admission, Metered};
use rustls::ServerConfig;
use rustls::server::Acceptor;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// Shakes hands; in turns when somebody `orders` them.
///
/// # Errors
/// What the peer did wrong.
pub(super) async fn shaken(
    stream: Metered<TcpStream>,
    config: Arc<ServerConfig>,
    admission: &Admission,
    orders: bool,
) -> io::Result<TlsStream<Metered<TcpStream>>> {
    // Whoever has said nothing yet needs no turn.
    let greeted = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let shaking = greeted.into_stream(config);
    if orders { admission.in_turns(shaking).await } else { shaking.await }
}
