//! Which slot runs: the rule, without time and without a disk.
//!
//! Two things make it safe to be interrupted anywhere: the active slot is never written to, and each step is one replacement of
//! one small file. A slot on trial has [`MAX_STARTS`] attempts; the attempt is counted *before* the program starts, so that a
//! program which takes the machine down with it is counted too.

use haubert_model::Timestamp;
use serde::{Deserialize, Serialize};

/// Attempts that a release on trial has.
pub const MAX_STARTS: u32 = 3;
/// Past updates that are remembered.
const MAX_PAST: usize = 50;

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The first.
    A,
    /// The second.
    B,
}

impl Slot {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// Name of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// Why the other slot is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A new release.
    Update,
    /// A person wants the release before back.
    RollBack,
}

/// A release that has yet to prove itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its version.
    pub version: String,
    /// Why.
    pub kind: Kind,
    /// Attempts so far.
    pub starts: u32,
    /// Whether it has said that all is well, and is now watched.
    pub healthy: bool,
}

/// How a change of slots ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Well: it stays.
    Committed,
    /// It ended before it was healthy, three times.
    DidNotStart,
    /// It ran, but was not healthy in time.
    NotHealthy,
    /// It was not what was signed.
    Tampered,
    /// The active slot was not what was signed, so the other one runs.
    FellBack,
}

/// A change of slots that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// When; filled in by the program, which has a clock.
    pub at: Option<Timestamp>,
    /// Version that ran before.
    pub from: String,
    /// Version that was tried.
    pub to: String,
    /// Why it was tried.
    pub kind: Kind,
    /// How it ended.
    pub reason: Reason,
}

/// A slot found changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tampered {
    /// Which.
    pub slot: Slot,
    /// What was changed in it.
    pub files: Vec<String>,
}

/// What is remembered of the slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Of this structure.
    pub format: u16,
    /// The slot that runs unless another is on trial.
    pub active: Slot,
    /// Its version.
    pub version: String,
    /// Version of the other slot when its content is whole.
    pub other: Option<String>,
    /// The other slot is on trial.
    pub trial: Option<Trial>,
    /// Changes that have ended, the newest last.
    #[serde(default)]
    pub past: Vec<Past>,
    /// The slot that was found changed at the latest start.
    #[serde(default)]
    pub tampered: Option<Tampered>,
}

impl State {
    /// With `version` in slot A.
    pub fn first(version: String) -> Self {
        Self { format: 1, active: Slot::A, version, other: None, trial: None, past: Vec::new(), tampered: None }
    }

    /// Before the other slot is written to: its content means nothing from here on. `false` while a trial runs.
    pub fn begin_filling(&mut self) -> bool {
        let free = self.trial.is_none();
        if free {
            self.other = None;
        }
        free
    }

    /// The other slot is whole.
    pub fn filled(&mut self, version: String) {
        self.other = Some(version);
    }

    /// The other slot runs from the next start on. `false` when there is nothing whole in it, or a trial runs already.
    pub fn switch(&mut self, kind: Kind) -> bool {
        match (&self.other, &self.trial) {
            (Some(version), None) => {
                self.trial = Some(Trial { version: version.clone(), kind, starts: 0, healthy: false });
                true
            }
            _ => false,
        }
    }

    /// A start: which slot runs. `faults` tells what was changed in a slot, nothing when it is as it was signed.
    pub fn start(&mut self, mut faults: impl FnMut(Slot) -> Vec<String>) -> Slot {
        self.tampered = None;
        if self.trial.as_ref().is_some_and(|trial| trial.starts >= MAX_STARTS) {
            self.give_up(Reason::DidNotStart);
        }
        if self.trial.is_some() {
            let files = faults(self.active.other());
            if files.is_empty() {
                if let Some(trial) = &mut self.trial {
                    trial.starts += 1;
                    trial.healthy = false;
                }
                return self.active.other();
            }
            self.give_up(Reason::Tampered);
            self.tampered = Some(Tampered { slot: self.active.other(), files });
        }
        let files = faults(self.active);
        if files.is_empty() {
            return self.active;
        }
        let changed = Tampered { slot: self.active, files };
        match self.other.clone() {
            // The changed slot keeps no version: nothing may switch back to it.
            Some(version) if faults(self.active.other()).is_empty() => {
                self.remember(version.clone(), Kind::RollBack, Reason::FellBack);
                self.version = version;
                self.active = self.active.other();
                self.other = None;
            }
            // Nothing better to run. The program checks itself, too, and keeps its outlets closed.
            _ => {}
        }
        self.tampered = Some(changed);
        self.active
    }

    /// The release on trial says that all is well. `false` when none is.
    pub fn healthy(&mut self) -> bool {
        self.trial.as_mut().map(|trial| trial.healthy = true).is_some()
    }

    /// The release on trial stays. `false` when none is.
    pub fn commit(&mut self) -> bool {
        let Some(trial) = self.trial.take() else { return false };
        self.remember(trial.version.clone(), trial.kind, Reason::Committed);
        self.other = Some(std::mem::replace(&mut self.version, trial.version));
        self.active = self.active.other();
        true
    }

    /// The release on trial goes; the one before runs from the next start on. `false` when none is.
    pub fn give_up(&mut self, reason: Reason) -> bool {
        let Some(trial) = self.trial.take() else { return false };
        self.remember(trial.version, trial.kind, reason);
        // A release that has failed is none to go back to; one that ran well before may be tried again.
        if trial.kind == Kind::Update || reason == Reason::Tampered {
            self.other = None;
        }
        true
    }

    /// Fills in the time of what a launcher without a clock has remembered; tells what it was.
    pub fn stamp(&mut self, now: Timestamp) -> Vec<Past> {
        let unstamped = self.past.iter_mut().filter(|past| past.at.is_none());
        unstamped
            .map(|past| {
                past.at = Some(now);
                past.clone()
            })
            .collect()
    }

    fn remember(&mut self, to: String, kind: Kind, reason: Reason) {
        self.past.push(Past { at: None, from: self.version.clone(), to, kind, reason });
        let surplus = self.past.len().saturating_sub(MAX_PAST);
        self.past.drain(..surplus);
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
