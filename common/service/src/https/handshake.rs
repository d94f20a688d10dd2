//! The TLS handshake, worked on step by step, each step in its turn.
//!
//! A step (a key exchange, a signature, the check of a client's chain) costs as much as hundreds of admitted bytes, and strangers
//! ask for it. Left to the runtime, a crowd's steps would all come before an honest one that arrives after them.

use haubert_guard::{Admission, Metered};
use rustls::ServerConfig;
use rustls::server::Acceptor;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
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
    if !orders {
        return greeted.into_stream(config).await;
    }
    let mut turn = admission.turn().await;
    let mut shaking = pin!(greeted.into_stream(config));
    loop {
        let step = poll_fn(|context| Poll::Ready(shaking.as_mut().poll(context))).await;
        drop(turn);
        if let Poll::Ready(shaken) = step {
            return shaken;
        }
        woken().await;
        turn = admission.turn().await;
    }
}

/// Returns when this task is woken, by whatever: here by what the last step waits for.
async fn woken() {
    let mut waited = false;
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
