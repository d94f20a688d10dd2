//! What the diagnostics say of a device.

use crate::settings::DeviceState;
use crate::stats::{Latest, RoundTrip, Totals};
use crate::status::{DeviceStatus, ErrorCounts};
use crate::transport::{AskError, Outcome};
use haubert_model::Timestamp;
use std::time::Duration;

/// How often percentiles are worked out anew, milliseconds: sorting them for each round would cost more than the round.
const SUMMARY_EVERY_MS: u64 = 5000;

/// Counts and times of a device.
#[derive(Debug, Default)]
pub(super) struct Health {
    totals: Totals,
    round_trips: Latest,
    think: Latest,
    round_trip: Option<RoundTrip>,
    summarised_ms: u64,
    pub(super) think_time: Option<RoundTrip>,
    pub(super) last_ok_at: Option<Timestamp>,
    /// Failed rounds in a row.
    pub(super) failures: u32,
    pub(super) next_try_at: Option<Timestamp>,
    /// Time that its last turn took of the line.
    pub(super) busy: Duration,
}

impl Health {
    /// Counts one exchange; `think` is what of the round trip was neither wire nor silence.
    pub(super) fn count(&mut self, outcome: &Outcome, think: Option<Duration>, now: Timestamp) {
        self.totals.count(outcome);
        self.busy += outcome.taken;
        if matches!(outcome.result, Ok(_) | Err(AskError::Exception(_))) {
            self.last_ok_at = Some(now);
            self.round_trips.push(outcome.round_trip);
        }
        if let Some(think) = think {
            self.think.push(think);
        }
    }

    /// Brings the percentiles up to date now and then; whether it did.
    pub(super) fn summarise(&mut self, now_ms: u64) -> bool {
        let old = self.round_trip.is_none() || now_ms.saturating_sub(self.summarised_ms) >= SUMMARY_EVERY_MS;
        if old {
            self.round_trip = self.round_trips.summary();
            self.think_time = self.think.summary();
            self.summarised_ms = now_ms;
        }
        old
    }

    /// The longest that it took to answer, of late.
    pub(super) fn slowest(&self) -> Option<Duration> {
        self.think.longest()
    }

    /// How many think times the percentiles rest on.
    pub(super) fn thinks(&self) -> usize {
        self.think.len()
    }

    /// Puts all this into what is shown.
    pub(super) fn show(&self, state: DeviceState, shown: &mut DeviceStatus) {
        let totals = self.totals;
        shown.state = state;
        shown.last_ok_at = self.last_ok_at;
        shown.requests = totals.requests;
        shown.errors = ErrorCounts {
            timeouts: totals.timeouts,
            crc: totals.crc,
            exceptions: totals.exceptions,
            malformed: totals.malformed,
        };
        shown.round_trip_ms = self.round_trip;
        shown.think_ms = self.think_time;
        shown.consecutive_failures = self.failures;
        shown.next_try_at = self.next_try_at;
    }
}
