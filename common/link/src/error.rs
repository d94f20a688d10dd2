//! How talking to the hub can fail, by what can be done about it.

use crate::message::{Refusal, RefusalCode};
use haubert_trust::PeerFault;

/// An exchange with the hub failed. Nothing counts as delivered.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No answer: name, network, time-out, TLS cut. Try again later.
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
    /// The server is not the hub whose authority we pinned, or proves it with what must not be believed.
    #[error("the server does not prove to be the hub: {0}")]
    Untrusted(PeerFault),
    /// The server's certificate is not valid at the time shown here: one of the two clocks is wrong, more likely ours.
    #[error("the hub's certificate is not valid at the time that this machine shows: {0}")]
    Clock(String),
    /// The hub said no.
    #[error("the hub refused ({:?}): {}", .0.code, .0.detail)]
    Refused(Refusal),
    /// What came back is not an answer of this protocol.
    #[error("the hub's answer makes no sense: {0}")]
    Garbage(String),
    /// The request could not be made here.
    #[error("cannot prepare the exchange: {0}")]
    Local(String),
}

impl LinkError {
    /// Stable code for screens and programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "hub_unreachable",
            Self::Untrusted(PeerFault::UnknownAuthority) => "hub_untrusted",
            Self::Untrusted(fault) => fault.code(),
            Self::Clock(_) => "clock_disagrees",
            Self::Garbage(_) => "hub_answer_invalid",
            Self::Local(_) => "link_internal",
            Self::Refused(refusal) => match refusal.code {
                RefusalCode::VersionUnsupported => "link_version_unsupported",
                RefusalCode::BadMessage => "link_message_refused",
                RefusalCode::TokenUnknown => "token_unknown",
                RefusalCode::TokenUsed => "token_used",
                RefusalCode::TokenExpired => "token_expired",
                RefusalCode::TooManyAttempts => "too_many_attempts",
                RefusalCode::BadRequestForCertificate => "certificate_request_refused",
                RefusalCode::CertificateUnknown => "certificate_refused",
                RefusalCode::Revoked => "gateway_revoked",
                RefusalCode::BadChunk => "chunk_refused",
                RefusalCode::SeriesUnknown => "series_unknown",
                RefusalCode::CursorConflict => "cursor_conflict",
                RefusalCode::HubFailed => "hub_failed",
                RefusalCode::Other => "hub_refused",
            },
        }
    }

    /// Whether the hub does not want this gateway (any more): only a person can mend it.
    pub const fn is_exclusion(&self) -> bool {
        matches!(self, Self::Refused(Refusal { code: RefusalCode::Revoked | RefusalCode::CertificateUnknown, .. }))
    }
}
