//! What a file holds, as it comes.

use bytes::Bytes;
use tokio::sync::mpsc;

/// Why the rest of a file does not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

/// A piece of a file, or why there is none.
pub type Piece = Result<Bytes, Broken>;

/// A file's pieces, in order, until its end.
pub struct Content(mpsc::Receiver<Piece>);

impl Content {
    /// From whoever makes them.
    pub const fn new(pieces: mpsc::Receiver<Piece>) -> Self {
        Self(pieces)
    }

    /// All of it at once.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        // The one place is free.
        let _sent = sender.try_send(Ok(bytes.into()));
        Self(receiver)
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Piece> {
        self.0.recv().await
    }
}
