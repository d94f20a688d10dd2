//! What the diagnostics show of the recovery.

use haubert_model::{DeviceId, Timestamp};
use haubert_service::wire::Time;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use utoipa::ToSchema;

/// Outcomes remembered.
const KEPT: usize = 50;

/// What is being recovered and what was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BackfillStatus {
    /// The recovery under way.
    #[schema(required)]
    pub running: Option<BackfillRunning>,
    /// The last ones, newest first.
    pub last: Vec<BackfillOutcome>,
}

/// A recovery under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct BackfillRunning {
    /// Whose log is read.
    pub device: DeviceId,
    /// Periods recovered so far.
    pub recovered: u32,
    /// Periods asked for.
    pub wanted: u32,
}

/// How a recovery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct BackfillOutcome {
    /// Whose log was read.
    pub device: DeviceId,
    /// When it ended.
    pub at: Time,
    /// Start of the first period that was missing.
    pub from: Time,
    /// End of the last one.
    pub to: Time,
    /// Periods recovered.
    pub recovered: u32,
    /// Periods that are still missing.
    pub missing: u32,
    /// Why some are.
    #[schema(required)]
    pub why: Option<BackfillWhy>,
}

/// Why periods are still missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackfillWhy {
    /// The device stopped answering; it is tried again.
    Interrupted,
    /// The device refused to show its log.
    Refused,
    /// The log is empty.
    Empty,
    /// The log does not reach back so far, or has a hole of its own.
    NotInLog,
    /// The device's periods do not make up ours.
    OtherPeriod,
    /// What stands in the registers is no log.
    Unreadable,
    /// The profile does not say where the device's clock is, so its dates cannot be read.
    NoClock,
}

impl BackfillWhy {
    /// The stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Refused => "refused",
            Self::Empty => "empty",
            Self::NotInLog => "not_in_log",
            Self::OtherPeriod => "other_period",
            Self::Unreadable => "unreadable",
            Self::NoClock => "no_clock",
        }
    }
}

impl BackfillOutcome {
    pub(super) const fn new(
        device: DeviceId,
        at: Timestamp,
        from: Timestamp,
        to: Timestamp,
        recovered: u32,
        missing: u32,
        why: Option<BackfillWhy>,
    ) -> Self {
        Self { device, at: Time(at), from: Time(from), to: Time(to), recovered, missing, why }
    }
}

/// The status as it stands.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    running: Option<BackfillRunning>,
    last: VecDeque<BackfillOutcome>,
}

impl Shown {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self) -> BackfillStatus {
        let state = self.state();
        BackfillStatus { running: state.running, last: state.last.iter().copied().collect() }
    }

    pub(super) fn begin(&self, device: DeviceId, wanted: u32) {
        self.state().running = Some(BackfillRunning { device, recovered: 0, wanted });
    }

    pub(super) fn recovered(&self, count: usize) {
        if let Some(running) = &mut self.state().running {
            running.recovered = running.recovered.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            // How far back a log goes is known when it was read.
            running.wanted = running.wanted.max(running.recovered);
        }
    }

    /// Nothing was found, and nothing was missing.
    pub(super) fn forget(&self) {
        self.state().running = None;
    }

    pub(super) fn end(&self, outcome: BackfillOutcome) {
        let mut state = self.state();
        state.running = None;
        state.last.push_front(outcome);
        state.last.truncate(KEPT);
    }
}
