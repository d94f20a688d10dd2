//! What all outlets answer alike: why they fail, and what came of a try.

use crate::outlets::standing::Phase;
use crate::outlets::switch::Off;
use crate::outlets::trial::{Failure, Step};
use haubert_historian::Backlog;
use haubert_service::wire::Time;
use serde::Serialize;
use utoipa::ToSchema;

/// How an outlet stands that works by rounds.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutletState {
    /// Nobody switched it on.
    Off,
    /// The security policy has it off.
    Forbidden,
    /// The program is not what was signed: nothing is handed out.
    Closed,
    /// Nothing is due.
    Idle,
    /// It speaks with the server.
    Sending,
    /// It waits before it tries again.
    Waiting,
}

impl From<Phase> for OutletState {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Off(Off::Unused) => Self::Off,
            Phase::Off(Off::Forbidden) => Self::Forbidden,
            Phase::Off(Off::Closed) => Self::Closed,
            Phase::Idle => Self::Idle,
            Phase::Sending => Self::Sending,
            Phase::Waiting => Self::Waiting,
        }
    }
}

/// Why the last conversation ended, or none began.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutletFailure {
    code: &'static str,
    /// The system's words.
    detail: String,
    at: Time,
}

impl From<Failure> for OutletFailure {
    fn from(Failure { code, detail, at }: Failure) -> Self {
        Self { code, detail, at: at.into() }
    }
}

/// What waits to be sent: recorded values that are sealed and not acknowledged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutletBacklog {
    chunks: u64,
    samples: u64,
    #[schema(required)]
    oldest_at: Option<Time>,
}

impl From<Backlog> for OutletBacklog {
    fn from(Backlog { chunks, samples, oldest, .. }: Backlog) -> Self {
        Self { chunks, samples, oldest_at: oldest.map(Time) }
    }
}

/// A step of a try.
#[derive(Debug, Serialize, ToSchema)]
struct OutletStep {
    /// Which; each outlet has its own.
    step: &'static str,
    ok: bool,
    /// Why it failed, as in the failures of the outlet.
    #[schema(required)]
    code: Option<&'static str>,
    /// What came back, or the system's words on why nothing did.
    detail: String,
}

/// What came of a try.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutletTrial {
    ok: bool,
    steps: Vec<OutletStep>,
}

impl From<Vec<Step>> for OutletTrial {
    fn from(steps: Vec<Step>) -> Self {
        let step = |Step { name: step, outcome }| match outcome {
            Ok(detail) => OutletStep { step, ok: true, code: None, detail },
            Err((code, detail)) => OutletStep { step, ok: false, code: Some(code), detail },
        };
        let steps: Vec<OutletStep> = steps.into_iter().map(step).collect();
        Self { ok: steps.iter().all(|step| step.ok), steps }
    }
}
