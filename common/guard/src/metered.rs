//! A stream whose bits count, whose pace is kept, and whose peer must take what it is sent.

use crate::admission::Admission;
use crate::patience::{Patience, Stall};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Most bytes written at a time, so that pacing is smooth.
const PIECE: usize = 64 * 1024;

/// A stream behind a gate.
#[derive(Debug)]
pub struct Metered<S> {
    stream: S,
    admission: Admission,
    read_pause: Option<Pin<Box<Sleep>>>,
    write_pause: Option<Pin<Box<Sleep>>>,
    /// Of a peer that does not take what it is sent; `None` waits for ever.
    stall: Option<Stall>,
}

impl<S> Metered<S> {
    /// Meters `stream` as `admission`'s. A peer that takes nothing is waited for with `patience`.
    pub fn new(stream: S, admission: Admission, patience: Option<Patience>) -> Self {
        Self { stream, admission, read_pause: None, write_pause: None, stall: patience.map(Stall::new) }
    }
}

fn paused(pause: &mut Option<Pin<Box<Sleep>>>, context: &mut Context<'_>) -> Poll<()> {
    if let Some(sleep) = pause {
        ready!(sleep.as_mut().poll(context));
        *pause = None;
    }
    Poll::Ready(())
}

fn refused(said: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, said)
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(paused(&mut this.read_pause, context));
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        let bytes = buffer.filled().len().saturating_sub(before);
        this.read_pause = this.admission.received(bytes).map_err(refused)?.map(|wait| Box::pin(tokio::time::sleep(wait)));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Metered<S> {
    /// What a write that moved nothing, or something, means for the peer's account.
    fn judged(&mut self, moved: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match (moved, &mut self.stall) {
            (Poll::Pending, Some(stall)) => {
                ready!(stall.poll_over(context));
                self.admission.close();
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer does not take what it is sent")))
            }
            (Poll::Ready(Ok(bytes)), stall) => {
                if let Some(stall) = stall {
                    stall.progressed(bytes);
                }
                self.write_pause = self.admission.sent(bytes).map(|wait| Box::pin(tokio::time::sleep(wait)));
                Poll::Ready(Ok(bytes))
            }
            (other, _) => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(paused(&mut this.write_pause, context));
        let piece = bytes.get(..PIECE).unwrap_or(bytes);
        let moved = Pin::new(&mut this.stream).poll_write(context, piece);
        this.judged(moved, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
