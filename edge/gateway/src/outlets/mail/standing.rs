//! What mail counts.

/// What went since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Conversations that a server began with us.
    pub conversations: u64,
    /// Letters that a server took.
    pub sent: u64,
    /// Letters that will never go.
    pub given_up: u64,
}
