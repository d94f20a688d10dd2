//! Why a file or a message did not get there.

use crate::content::Broken;
use haubert_trust::PeerFault;
use std::io;
use std::time::Duration;

/// Longest text of a server that is passed on, in characters.
const MAX_SAID: usize = 300;

/// Where in the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its greeting.
    Greeting,
    /// TLS.
    Tls,
    /// Who we are.
    Login,
    /// The folder.
    Folder,
    /// The file.
    File,
    /// The message.
    Message,
}

/// Why a file or a message did not get there.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The server refuses.
    #[error("{said}")]
    Refused {
        /// What.
        stage: Stage,
        /// Its words, shortened.
        said: String,
        /// For how long it asks to be left alone.
        patience: Option<Duration>,
    },
    /// TLS failed.
    #[error("{said}")]
    Tls {
        /// What is wrong with the server, where it is that.
        fault: Option<PeerFault>,
        /// In words.
        said: String,
    },
    /// Nobody answers, or the connection ended.
    #[error("{0}")]
    Ended(#[source] io::Error),
    /// It takes too long.
    #[error("no answer in time")]
    Timeout,
    /// What it says is not the protocol.
    #[error("{0}")]
    NotUnderstood(String),
    /// It shows another host key than the one that is known.
    #[error("the server shows the key {shown}")]
    HostKey {
        /// The fingerprint of what it shows.
        shown: String,
    },
    /// It has not kept all that was sent.
    #[error("{sent} bytes were sent, {kept} are there")]
    Short {
        /// What was sent, bytes.
        sent: u64,
        /// What it has, bytes.
        kept: u64,
    },
    /// What was to be sent cannot be read.
    #[error("{0}")]
    Content(#[from] Broken),
}

impl TransferError {
    pub(crate) fn refused(stage: Stage, said: &str) -> Self {
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = words.chars().filter(|c| !c.is_control()).take(MAX_SAID).collect();
        Self::Refused { stage, said, patience: None }
    }

    /// For how long the server asks to be left alone, where it says so.
    pub const fn patience(&self) -> Option<Duration> {
        match self {
            Self::Refused { patience, .. } => *patience,
            _ => None,
        }
    }

    pub(crate) fn tls(fault: Option<PeerFault>, said: &str) -> Self {
        let said = fault.map_or_else(|| said.chars().take(MAX_SAID).collect(), |fault| fault.to_string());
        Self::Tls { fault, said }
    }

    pub(crate) fn not_understood(said: &str) -> Self {
        Self::NotUnderstood(said.chars().filter(|c| !c.is_control()).take(MAX_SAID).collect())
    }

    /// Stable code; of TLS, that of the fault found with the server.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { stage: Stage::Greeting, .. } => "greeting_refused",
            Self::Refused { stage: Stage::Tls, .. } => "tls_refused",
            Self::Refused { stage: Stage::Login, .. } => "login_refused",
            Self::Refused { stage: Stage::Folder, .. } => "folder_refused",
            Self::Refused { stage: Stage::File, .. } => "file_refused",
            Self::Refused { stage: Stage::Message, .. } => "message_refused",
            Self::Tls { fault, .. } => fault.map_or("tls_failed", PeerFault::code),
            Self::Ended(_) => "connection_ended",
            Self::Timeout => "no_answer",
            Self::NotUnderstood(_) => "answer_not_understood",
            Self::HostKey { .. } => "host_key_unknown",
            Self::Short { .. } => "file_incomplete",
            Self::Content(_) => "history_unreadable",
        }
    }
}
