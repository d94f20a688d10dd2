//! One device as its bus sees it: health, back-off, and what it has refused so far.

use crate::backoff;
use crate::plan::{Plan, RefusedRanges, Span, worthwhile_gap};
use crate::round::Map;
use crate::schedule::{Slot, next_due};
use crate::settings::{BusSettings, DeviceSettings, DeviceState};
use crate::stats::{Latest, RoundTrip, Totals};
use crate::status::{DeviceStatus, ErrorCounts};
use crate::transport::Outcome;
use haubert_content::{Catalogue, Profile};
use haubert_model::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Failed rounds in a row after which a device is called offline.
const OFFLINE_AFTER: u32 = 3;
/// Rounds in a row in which a device answers, save to one and the same request, after which that request counts as refused:
/// some devices meet an unknown address with silence. Many, since a lossy line looks the same for a while.
const MUTE_AFTER: u32 = 8;
/// How long a refusal is believed before the device is asked again, milliseconds: firmware and wiring change.
const REFUSED_FOR_MS: u64 = 3_600_000;
/// The same for what was only concluded from silence.
const MUTE_FOR_MS: u64 = 600_000;
/// Think time assumed of a device when weighing a gap against a request.
const THINK: Duration = Duration::from_millis(10);

/// What shows in the diagnostics.
#[derive(Debug, Default)]
pub(super) struct Health {
    pub(super) totals: Totals,
    round_trips: Latest,
    /// Of the round trips, at most a second old: sorting them for each round would cost more than the round.
    summary: Option<RoundTrip>,
    summarised_ms: u64,
    pub(super) last_ok_at: Option<Timestamp>,
    pub(super) failures: u32,
    pub(super) next_try_at: Option<Timestamp>,
    pub(super) busy: Duration,
}

/// A device of a running bus.
pub(super) struct Device {
    pub(super) settings: DeviceSettings,
    profile: Option<Arc<Profile>>,
    pub(super) map: Option<Map>,
    pub(super) plan: Plan,
    pub(super) refused: RefusedRanges,
    /// When refusals are forgotten.
    believed_until_ms: u64,
    pub(super) state: DeviceState,
    pub(super) health: Health,
    due_ms: u64,
    failing: bool,
    /// The request that timed out last; on a line without transaction ids its late answer must not pass for another's.
    pub(super) distrusted: Option<Span>,
    mute: Option<(Span, u32)>,
}

/// How a round went, for health and schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoundEnd {
    /// All that can be read was read.
    Whole,
    /// The device answered, but not all.
    Partial,
    /// The device did not answer.
    Silent,
}

impl Device {
    pub(super) fn new(settings: DeviceSettings, bus: &BusSettings, profiles: &Catalogue, now_ms: u64) -> Self {
        let profile = profiles.get_shared(&settings.profile);
        let state = if settings.enabled { DeviceState::NeverSeen } else { DeviceState::Disabled };
        let gap = worthwhile_gap(bus.line.wire().as_ref(), THINK);
        let map = profile.as_deref().map(|profile| Map::new(profile, &settings, gap));
        let mut device = Self {
            settings,
            profile,
            map,
            plan: Plan::default(),
            refused: RefusedRanges::default(),
            believed_until_ms: now_ms,
            state,
            health: Health::default(),
            due_ms: now_ms,
            failing: false,
            distrusted: None,
            mute: None,
        };
        device.replan();
        device
    }

    /// Whether other settings or another profile leave all that is known of it true.
    pub(super) fn is_same(&self, settings: &DeviceSettings, profiles: &Catalogue) -> bool {
        let same_profile = match (&self.profile, profiles.get(&settings.profile)) {
            (Some(old), Some(new)) => **old == *new,
            (None, None) => true,
            _ => false,
        };
        same_profile
            && DeviceSettings { name: String::new(), ..self.settings.clone() }
                == DeviceSettings { name: String::new(), ..settings.clone() }
    }

    pub(super) fn replan(&mut self) {
        self.plan = self.map.as_ref().map(|map| map.plan(&self.refused)).unwrap_or_default();
    }

    /// Remembers a refused range and plans anew.
    pub(super) fn refuse(&mut self, span: Span, now_ms: u64) {
        let until = now_ms.saturating_add(if self.mute.is_some() { MUTE_FOR_MS } else { REFUSED_FOR_MS });
        self.believed_until_ms = if self.refused.is_empty() { until } else { self.believed_until_ms.min(until) };
        self.refused.remember(span);
        self.mute = None;
        self.replan();
    }

    /// Notes that a device which had just answered said nothing to this request; whether that has become a habit.
    pub(super) fn is_mute_at(&mut self, span: Span) -> bool {
        let before = self.mute.filter(|(known, _)| *known == span).map_or(0, |(_, count)| count);
        self.mute = Some((span, before + 1));
        before + 1 >= MUTE_AFTER
    }

    /// Forgets old refusals at the start of a round.
    pub(super) fn freshen(&mut self, now_ms: u64) {
        if !self.refused.is_empty() && now_ms >= self.believed_until_ms {
            self.refused.clear();
            self.replan();
        }
    }

    pub(super) const fn slot(&self) -> Slot {
        let enabled = self.settings.enabled && matches!(&self.map, Some(map) if !map.points.is_empty());
        Slot { due_ms: self.due_ms, failing: self.failing, enabled }
    }

    /// Counts one exchange.
    pub(super) fn count(&mut self, outcome: &Outcome, now: Timestamp) {
        self.health.totals.count(outcome);
        self.health.busy += outcome.round_trip;
        if matches!(outcome.result, Ok(_) | Err(crate::transport::AskError::Exception(_))) {
            self.health.last_ok_at = Some(now);
            self.health.round_trips.push(outcome.round_trip);
        }
    }

    /// Ends a round: the new state, when it changed.
    pub(super) fn end(&mut self, end: RoundEnd, bus: &BusSettings, now: Timestamp, now_ms: u64) -> Option<DeviceState> {
        let period_ms = as_ms(bus.poll);
        if self.health.summary.is_none() || now_ms.saturating_sub(self.health.summarised_ms) >= 1000 {
            self.health.summary = self.health.round_trips.summary();
            self.health.summarised_ms = now_ms;
        }
        if end == RoundEnd::Silent {
            self.health.failures = self.health.failures.saturating_add(1);
            // A failure that cost nothing may be repeated soon; one that cost a time-out not before as much time has passed.
            let first = bus.poll.max(self.health.busy);
            let wait = backoff::after(self.health.failures, first, backoff::DEVICE_MAX);
            self.failing = true;
            self.due_ms = now_ms.saturating_add(as_ms(wait));
            self.health.next_try_at = Some(now.plus_ms(i64::try_from(as_ms(wait)).unwrap_or(i64::MAX)));
        } else {
            if self.health.failures >= OFFLINE_AFTER {
                self.refused.clear();
                self.replan();
            }
            self.health.failures = 0;
            self.health.next_try_at = None;
            // After silence the old beat is lost: the next round is due one period from now.
            self.due_ms = if self.failing { now_ms.saturating_add(period_ms) } else { next_due(self.due_ms, period_ms, now_ms) };
            self.failing = false;
        }
        if end == RoundEnd::Whole {
            self.mute = None;
        }
        let state = match end {
            RoundEnd::Whole => DeviceState::Online,
            RoundEnd::Partial => DeviceState::Degraded,
            RoundEnd::Silent if self.state == DeviceState::NeverSeen => DeviceState::NeverSeen,
            RoundEnd::Silent if self.health.failures >= OFFLINE_AFTER || self.state == DeviceState::Offline => {
                DeviceState::Offline
            }
            RoundEnd::Silent => DeviceState::Degraded,
        };
        self.set_state(state)
    }

    /// The line is down: nothing is known of the device until it is back, and then it is asked at once.
    pub(super) fn line_down(&mut self, now_ms: u64) -> Option<DeviceState> {
        self.due_ms = now_ms;
        self.failing = false;
        self.distrusted = None;
        match self.state {
            DeviceState::Disabled | DeviceState::NeverSeen | DeviceState::Offline => None,
            DeviceState::Online | DeviceState::Degraded => self.set_state(DeviceState::Offline),
        }
    }

    fn set_state(&mut self, state: DeviceState) -> Option<DeviceState> {
        let changed = self.state != state;
        self.state = state;
        changed.then_some(state)
    }

    pub(super) fn status(&self) -> DeviceStatus {
        let totals = self.health.totals;
        DeviceStatus {
            id: self.settings.id,
            name: self.settings.name.clone(),
            unit: self.settings.unit,
            state: self.state,
            last_ok_at: self.health.last_ok_at,
            requests: totals.requests,
            errors: ErrorCounts {
                timeouts: totals.timeouts,
                crc: totals.crc,
                exceptions: totals.exceptions,
                malformed: totals.malformed,
            },
            round_trip_ms: self.health.summary,
            consecutive_failures: self.health.failures,
            next_try_at: self.health.next_try_at,
            refused_ranges: self.refused.len(),
        }
    }
}

pub(super) fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
