//! Streams as the SMTP library wants them: with a bound, and with a greeting also after STARTTLS.

use lettre::transport::smtp::client::AsyncTokioStream;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Most that a server may say in a session, in bytes.
const MAX_SAID: usize = 256 * 1024;
/// A server does not greet again after STARTTLS; whoever reads waits for it.
const GREETING: &[u8] = b"220 ready\r\n";

/// Whether STARTTLS went before, so that the server greets no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterStartTls(pub bool);

/// A stream that ends with an error when the other side says too much.
pub(crate) struct Bounded<S> {
    stream: S,
    peer: SocketAddr,
    head: &'static [u8],
    left: usize,
}

impl<S> Bounded<S> {
    pub(crate) const fn new(stream: S, peer: SocketAddr, after: AfterStartTls) -> Self {
        Self { stream, peer, head: if after.0 { GREETING } else { b"" }, left: MAX_SAID }
    }
}

// What a stream holds is nobody's to print.
impl<S> fmt::Debug for Bounded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").field("peer", &self.peer).field("left", &self.left).finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> AsyncTokioStream for Bounded<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.head.is_empty() {
            let (now, later) = self.head.split_at(buf.remaining().min(self.head.len()));
            buf.put_slice(now);
            self.head = later;
            return Poll::Ready(Ok(()));
        }
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other("the server says too much")));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        // A read is never larger than whoever reads has room for, so that what goes beyond the bound is small.
        self.left = self.left.saturating_sub(buf.filled().len() - before);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
