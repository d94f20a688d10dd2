//! What is sent in the order of its numbers: the trail, or events.

use super::sender::{SendError, SenderState};
use haubert_model::Timestamp;

/// A part of what waits.
pub struct Batch {
    /// Number of its first.
    pub first: u64,
    /// Number of its last.
    pub last: u64,
    /// The messages, each with its length; of some numbers there may be none.
    pub bytes: Vec<u8>,
}

/// A source of messages.
pub trait Lane: Send + Sync + 'static {
    /// Name of the setting that holds the number of the last one delivered.
    const SENT: &'static str;

    /// How far sending is.
    fn board(&self) -> &SenderState;

    /// After which number sending begins when nothing was ever sent.
    fn beginning(&self) -> impl Future<Output = Result<u64, SendError>> + Send;

    /// The highest number there is.
    fn newest(&mut self) -> impl Future<Output = Result<u64, SendError>> + Send;

    /// Ends when there may be more than at the last look; `false` when there never will be.
    fn more(&mut self) -> impl Future<Output = bool> + Send;

    /// The next part after this number; `None` when nothing of it is left.
    fn batch(&self, after: u64) -> impl Future<Output = Result<Option<Batch>, SendError>> + Send;

    /// These went before they could be sent.
    fn lost(&self, from: u64, to: u64) -> impl Future<Output = ()> + Send;

    /// Nothing was delivered for long.
    fn stuck(&self, error: &SendError, now: Timestamp);
}
