//! One device as its bus sees it: health, back-off, rhythm, and what it has refused so far.

use super::beats::{Beats, Sheet, Sheets};
use super::health::Health;
use crate::backoff;
use crate::group::Group;
use crate::map::{Map, limits};
use crate::memory::{LayoutMark, Memory, Refusals};
use crate::plan::{PlanLimits, RefusedRanges, Span, worthwhile_gap};
use crate::schedule::Slot;
use crate::settings::{BusSettings, DeviceSettings, DeviceState};
use crate::status::DeviceStatus;
use crate::transport::Outcome;
use haubert_content::{Catalogue, Profile};
use haubert_modbus::Response;
use haubert_modbus::rtu::LineSettings;
use haubert_model::{Clock, Timestamp};
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
/// Merged requests refused, and none ever answered, after which each value is asked for on its own.
const SINGLY_AFTER: u32 = 3;
/// Think time assumed of a device, until it is measured, when weighing a gap against a request.
const THINK: Duration = Duration::from_millis(10);
/// Measured think times before they count.
const THINKS: usize = 16;
/// An idle line asks a dead device this often, milliseconds, however long its back-off has become.
const IDLE_ATTEMPT_MS: u64 = 5000;

/// A device of a running bus.
pub(super) struct Device {
    pub(super) settings: DeviceSettings,
    profile: Option<Arc<Profile>>,
    wire: Option<LineSettings>,
    /// Longest wait for an answer on its bus.
    timeout: Duration,
    beats: Beats,
    sheets: Sheets,
    /// Unneeded registers that are worth reading to spare a request, from its think time.
    gap: u16,
    pub(super) refused: RefusedRanges,
    merged: Merged,
    memory: Memory,
    /// When refusals are forgotten.
    believed_until_ms: u64,
    pub(super) state: DeviceState,
    pub(super) health: Health,
    /// Whether its last turn failed: when it is asked again, and when it may be if the line lies idle.
    failing: Option<(u64, u64)>,
    /// The request that timed out last; on a line without transaction ids its late answer must not pass for another's.
    pub(super) distrusted: Option<Span>,
    mute: Option<(Span, u32)>,
}

/// What is known of requests for more than one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Merged {
    /// None was answered yet, so many were refused.
    Refused(u32),
    /// One was answered.
    Answered,
    /// The device takes none: each value is asked for on its own.
    Never,
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
    /// There was nothing to ask: all of it is known to be refused.
    Nothing,
}

impl Device {
    /// A device of which no more is known than what the memory has kept.
    pub(super) fn new(
        settings: DeviceSettings,
        bus: &BusSettings,
        profiles: &Catalogue,
        memory: &Memory,
        clock: &dyn Clock,
    ) -> Self {
        let now_ms = clock.monotonic_ms();
        let profile = profiles.get_shared(&settings.profile);
        let mark = |profile| memory.recall(settings.id, || LayoutMark::of(profile, &settings));
        let known = profile.as_deref().and_then(mark);
        let believed_ms = known.as_ref().map_or(0, |known| known.believed_until.ms_since(clock.now()));
        let singly = known.as_ref().is_some_and(|known| known.one_request_per_value);
        let state = if settings.enabled { DeviceState::NeverSeen } else { DeviceState::Disabled };
        let wire = bus.line.wire();
        let beats = profile.as_deref().map(|profile| Beats::new(profile, &settings, bus, now_ms)).unwrap_or_default();
        Self {
            gap: settings.options.gap.unwrap_or(worthwhile_gap(wire.as_ref(), THINK)),
            settings,
            profile,
            wire,
            timeout: bus.timeout,
            beats,
            sheets: Sheets::default(),
            refused: known.map(|known| known.ranges.into()).unwrap_or_default(),
            merged: if singly { Merged::Never } else { Merged::Refused(0) },
            memory: memory.clone(),
            // A clock that was wrong then or is now does not make it last for ever.
            believed_until_ms: now_ms + u64::try_from(believed_ms).unwrap_or(0).min(REFUSED_FOR_MS),
            state,
            health: Health::default(),
            failing: None,
            distrusted: None,
            mute: None,
        }
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

    /// Whether the catalogue describes it.
    pub(super) const fn has_profile(&self) -> bool {
        self.profile.is_some()
    }

    /// How late its turn begins; see [`Beats::lateness`].
    pub(super) fn lateness(&self, groups: &[Group], now_ms: u64) -> Option<(u64, bool)> {
        self.beats.lateness(groups, now_ms).filter(|_| self.failing.is_none())
    }

    /// Every group that it has.
    pub(super) fn groups(&self) -> Vec<Group> {
        self.beats.all()
    }

    /// What is due, to be read now.
    pub(super) fn groups_due(&self, now_ms: u64) -> Vec<Group> {
        if self.failing.is_some() { self.beats.all() } else { self.beats.due(now_ms) }
    }

    /// The sheet of these groups; it stays the same while the groups are the same.
    pub(super) fn sheet_of(&mut self, groups: &[Group]) -> Option<usize> {
        let limits = self.limits();
        let profile = self.profile.as_ref()?;
        let make = || Map::new(profile, &self.settings, groups);
        Some(self.sheets.of(groups, make, (&limits, &self.refused)))
    }

    pub(super) fn sheet(&self, number: usize) -> Option<&Sheet> {
        self.sheets.get(number)
    }

    pub(super) fn sheet_mut(&mut self, number: usize) -> Option<&mut Sheet> {
        self.sheets.get_mut(number)
    }

    fn takes_one_value(&self) -> bool {
        self.settings.options.one_request_per_value || self.merged == Merged::Never
    }

    fn limits(&self) -> PlanLimits {
        let by_profile = self.profile.as_deref().map(|profile| limits(profile, &self.settings, self.gap)).unwrap_or_default();
        PlanLimits { one_request_per_value: self.takes_one_value(), ..by_profile }
    }

    fn replan(&mut self) {
        self.sheets.replan(&self.limits(), &self.refused);
    }

    /// Whether it is known that it answers requests for more than one value.
    pub(super) fn knows_merged(&self) -> bool {
        self.merged == Merged::Answered
    }

    /// Notes that a request for more than one value was answered.
    pub(super) fn merged_answered(&mut self) {
        self.merged = Merged::Answered;
    }

    /// Remembers a refused range and plans anew. Whether it was the one from which the device counts as taking one value at
    /// a time.
    pub(super) fn refuse(&mut self, span: Span, merged: bool, now: Timestamp, now_ms: u64) -> bool {
        let until = now_ms.saturating_add(if self.mute.is_some() { MUTE_FOR_MS } else { REFUSED_FOR_MS });
        self.believed_until_ms =
            if self.refused.is_empty() && self.merged != Merged::Never { until } else { self.believed_until_ms.min(until) };
        self.mute = None;
        self.merged = match self.merged {
            Merged::Refused(times) if merged && times + 1 >= SINGLY_AFTER => Merged::Never,
            Merged::Refused(times) if merged => Merged::Refused(times + 1),
            known => known,
        };
        let singly = merged && self.merged == Merged::Never;
        if singly {
            // What was refused in company may be had alone.
            self.refused.clear();
        } else {
            self.refused.remember(span, now);
        }
        self.replan();
        self.keep_refusals(now, now_ms);
        singly
    }

    /// Notes that a device which had just answered said nothing to this request; whether that has become a habit.
    pub(super) fn is_mute_at(&mut self, span: Span) -> bool {
        let before = self.mute.filter(|(known, _)| *known == span).map_or(0, |(_, count)| count);
        self.mute = Some((span, before + 1));
        before + 1 >= MUTE_AFTER
    }

    /// Whether the turn should begin with one value: a device that is silent to longer requests only would pass for dead.
    pub(super) const fn wants_probe(&self) -> bool {
        self.mute.is_some() || (self.health.failures > 0 && self.health.failures.is_multiple_of(2))
    }

    /// Forgets old refusals at the start of a round.
    pub(super) fn freshen(&mut self, now_ms: u64) {
        let knows = !self.refused.is_empty() || self.merged == Merged::Never;
        if knows && now_ms >= self.believed_until_ms {
            self.forget_refusals();
        }
    }

    /// Forgets all that it refused: it is asked again.
    pub(super) fn forget_refusals(&mut self) {
        self.refused.clear();
        self.merged = Merged::Refused(0);
        self.memory.learn(self.settings.id, None);
        self.replan();
    }

    fn keep_refusals(&self, now: Timestamp, now_ms: u64) {
        let Some(profile) = &self.profile else { return };
        let believed_ms = self.believed_until_ms.saturating_sub(now_ms);
        let refusals = Refusals {
            layout: LayoutMark::of(profile, &self.settings),
            ranges: self.refused.iter().collect(),
            one_request_per_value: self.merged == Merged::Never,
            believed_until: now.plus_ms(i64::try_from(believed_ms).unwrap_or(i64::MAX)),
        };
        self.memory.learn(self.settings.id, Some(refusals));
    }

    pub(super) fn slot(&self) -> Slot {
        let (due_ms, idle_due_ms) = self.failing.unwrap_or((self.beats.due_ms(), u64::MAX));
        let enabled = self.settings.enabled && !self.beats.is_empty();
        Slot { due_ms, idle_due_ms, failing: self.failing.is_some(), enabled }
    }

    /// How long to wait for its answer: not as long as for the others once it is known to be silent, for that is lost to them.
    pub(super) fn patience(&self) -> Duration {
        let is_long = self.health.failures < OFFLINE_AFTER || self.health.failures.is_multiple_of(backoff::LONG_EVERY);
        if is_long { self.timeout } else { self.attempt() }
    }

    fn attempt(&self) -> Duration {
        backoff::attempt(self.health.slowest(), self.timeout)
    }

    /// Counts one exchange.
    pub(super) fn count(&mut self, outcome: &Outcome, now: Timestamp) {
        let think = match (&outcome.result, &self.wire) {
            (Ok(Response::Registers(words)), Some(wire)) => {
                Some(outcome.round_trip.saturating_sub(wire.wire_time(8 + 5 + 2 * words.len()) + wire.t35()))
            }
            (Ok(Response::Registers(_)), None) => Some(outcome.round_trip),
            _ => None,
        };
        self.health.count(outcome, think, now);
    }

    /// Weighs gaps by what the device has shown of its think time, once the difference is worth another plan.
    fn weigh_gap(&mut self) {
        let Some(think) = self.health.think_time.filter(|_| self.health.thinks() >= THINKS) else { return };
        if self.settings.options.gap.is_some() || self.wire.is_none() {
            return;
        }
        let measured = worthwhile_gap(self.wire.as_ref(), Duration::from_secs_f64(think.p50 / 1000.0));
        if measured.abs_diff(self.gap) > (self.gap / 4).max(2) {
            self.gap = measured;
            self.replan();
        }
    }

    /// Ends a turn: the instant that it was scheduled for if it was in time, and the new state when it changed. `silent` is how
    /// many other devices of the bus do not answer.
    pub(super) fn end(
        &mut self,
        end: RoundEnd,
        groups: &[Group],
        now: Timestamp,
        now_ms: u64,
        silent: usize,
    ) -> (Option<Timestamp>, Option<DeviceState>) {
        if self.health.summarise(now_ms) {
            self.weigh_gap();
        }
        let was_failing = self.failing.is_some();
        let scheduled = self.beats.served(groups, now, now_ms);
        if end == RoundEnd::Silent {
            self.health.failures = self.health.failures.saturating_add(1);
            // A failure that cost nothing may be repeated soon; one that cost a time-out not before as much time has passed.
            let first = Duration::from_millis(self.beats.shortest_ms()).max(self.health.busy);
            let frame = self.wire.map_or(Duration::ZERO, |wire| wire.wire_time(8) + wire.t35());
            let longest = backoff::longest(silent + 1, frame + self.attempt(), frame + self.timeout);
            let wait_ms = as_ms(backoff::after(self.health.failures, first.min(longest), longest));
            let idle_ms = wait_ms.min(IDLE_ATTEMPT_MS.max(as_ms(first)));
            self.failing = Some((now_ms.saturating_add(wait_ms), now_ms.saturating_add(idle_ms)));
            self.health.next_try_at = Some(now.plus_ms(i64::try_from(wait_ms).unwrap_or(i64::MAX)));
        } else if end == RoundEnd::Nothing {
            self.failing = None;
        } else {
            if self.health.failures >= OFFLINE_AFTER {
                self.forget_refusals();
            }
            self.health.failures = 0;
            self.health.next_try_at = None;
            self.failing = None;
        }
        if end == RoundEnd::Whole {
            self.mute = None;
        }
        let state = match end {
            RoundEnd::Whole => DeviceState::Online,
            RoundEnd::Partial => DeviceState::Degraded,
            RoundEnd::Nothing => self.state,
            RoundEnd::Silent if self.state == DeviceState::NeverSeen => DeviceState::NeverSeen,
            RoundEnd::Silent if self.health.failures >= OFFLINE_AFTER || self.state == DeviceState::Offline => {
                DeviceState::Offline
            }
            RoundEnd::Silent => DeviceState::Degraded,
        };
        (scheduled.filter(|_| !was_failing), self.set_state(state))
    }

    /// Somebody else answers again on a line that was wholly silent: so may this one.
    pub(super) fn try_soon(&mut self, now_ms: u64) {
        if let Some(failing) = &mut self.failing {
            *failing = (now_ms, now_ms);
        }
    }

    /// Whether it counts among those that answer.
    pub(super) const fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    /// The line is down: nothing is known of the device until it is back, and then it is asked at once.
    pub(super) fn line_down(&mut self, now_ms: u64) -> Option<DeviceState> {
        self.beats.all_due(now_ms);
        self.failing = None;
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

    /// Puts what is known into what is shown.
    pub(super) fn show(&self, shown: &mut DeviceStatus) {
        self.health.show(self.state, shown);
        shown.gap = self.gap;
        shown.one_request_per_value = self.takes_one_value();
        shown.refused_ranges = self.refused.len();
        if !self.refused.iter().eq(shown.refused.iter().copied()) {
            shown.refused = self.refused.iter().collect();
        }
    }

    pub(super) fn status(&self) -> DeviceStatus {
        let mut shown = DeviceStatus::new(self.settings.id, self.settings.name.clone(), self.settings.unit, self.state);
        self.show(&mut shown);
        shown
    }
}

pub(super) fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
