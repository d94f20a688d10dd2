//! How the agent stands, and what became of what receivers were told.

use haubert_model::Timestamp;
use std::net::SocketAddr;

/// How the agent stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody switched it on.
    Off,
    /// The security policy has it off.
    Forbidden,
    /// The program is not what was signed: nothing is handed out.
    Closed,
    /// It answers.
    Open(SocketAddr),
    /// It cannot.
    Failed(String),
}

/// Why a receiver was not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// What a receiver was told since the agent last began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Notifications that went out; of informs, those that were acknowledged.
    pub sent: u64,
    /// Notifications that were given up, or for which there was no room.
    pub lost: u64,
    /// Notifications that wait.
    pub waiting: u64,
    /// When one last went out, or was acknowledged.
    pub last_at: Option<Timestamp>,
    /// The last failure; none since one was acknowledged.
    pub failure: Option<Failure>,
}
