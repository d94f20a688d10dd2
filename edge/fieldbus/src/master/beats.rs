//! When each group of quantities of a device is read, and what its turns consist of.

use super::device::as_ms;
use crate::group::Group;
use crate::map::Map;
use crate::plan::{Plan, PlanLimits, RefusedRanges, plan};
use crate::round::Round;
use crate::schedule::next_on_grid;
use crate::settings::{BusSettings, DeviceSettings};
use haubert_content::Profile;
use haubert_model::Timestamp;
use std::sync::Arc;

/// A turn is told under its scheduled instant when it ended at most this long after it (and within its period).
const ON_TIME_MS: i64 = 1000;

/// One group's rhythm.
#[derive(Debug)]
struct Beat {
    group: Group,
    period_ms: i64,
    due_ms: u64,
    /// The instant of the grid that is due; `None` for a turn out of the rhythm, such as the first.
    scheduled: Option<Timestamp>,
}

/// The rhythms of a device.
#[derive(Debug, Default)]
pub(super) struct Beats(Vec<Beat>);

impl Beats {
    /// One for each group that has a quantity; each due at once.
    pub(super) fn new(profile: &Profile, device: &DeviceSettings, bus: &BusSettings, now_ms: u64) -> Self {
        let points = profile.points_as(device.table_version, device.channels, &device.layout);
        let present = Group::ALL.into_iter().filter(|group| points.iter().any(|point| Group::of(point.quantity) == *group));
        let beats = present.map(|group| {
            let period = device.options.periods.of(group).or(bus.periods.of(group)).unwrap_or(bus.poll);
            Beat { group, period_ms: i64::try_from(as_ms(period)).unwrap_or(i64::MAX).max(1), due_ms: now_ms, scheduled: None }
        });
        Self(beats.collect())
    }

    /// Whether there is nothing to read.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When the next turn is due.
    pub(super) fn due_ms(&self) -> u64 {
        self.0.iter().map(|beat| beat.due_ms).min().unwrap_or(u64::MAX)
    }

    /// The shortest period, milliseconds.
    pub(super) fn shortest_ms(&self) -> u64 {
        self.0.iter().map(|beat| beat.period_ms.unsigned_abs()).min().unwrap_or(u64::MAX)
    }

    /// The groups that are due, together with those of the same instant: milliseconds of two clocks do not agree to the last.
    pub(super) fn due(&self, now_ms: u64) -> Vec<Group> {
        let is_due = |beat: &&Beat| beat.due_ms <= now_ms;
        let instant = self.0.iter().filter(is_due).filter_map(|beat| beat.scheduled).max();
        let with_it = |beat: &&Beat| is_due(beat) || (instant.is_some() && beat.scheduled == instant);
        self.0.iter().filter(with_it).map(|beat| beat.group).collect()
    }

    /// How late a turn of these groups begins, milliseconds, and whether by a whole period; `None` out of the rhythm.
    pub(super) fn lateness(&self, groups: &[Group], now_ms: u64) -> Option<(u64, bool)> {
        let served = self.0.iter().filter(|beat| groups.contains(&beat.group) && beat.scheduled.is_some());
        let late = served.map(|beat| (now_ms.saturating_sub(beat.due_ms), beat.period_ms.unsigned_abs()));
        late.map(|(late_ms, period_ms)| (late_ms, late_ms >= period_ms)).max()
    }

    /// All groups that there are.
    pub(super) fn all(&self) -> Vec<Group> {
        self.0.iter().map(|beat| beat.group).collect()
    }

    /// Everything is due at once, out of the rhythm.
    pub(super) fn all_due(&mut self, now_ms: u64) {
        for beat in &mut self.0 {
            beat.due_ms = now_ms;
            beat.scheduled = None;
        }
    }

    /// Ends a turn of these groups: sets when they are due again. Returns the instant that it was scheduled for, if it kept it.
    pub(super) fn served(&mut self, groups: &[Group], now: Timestamp, now_ms: u64) -> Option<Timestamp> {
        let mut kept = None;
        for beat in self.0.iter_mut().filter(|beat| groups.contains(&beat.group)) {
            let on_time = |scheduled: &Timestamp| (-1..=beat.period_ms.min(ON_TIME_MS)).contains(&now.ms_since(*scheduled));
            kept = kept.max(beat.scheduled.filter(on_time));
            let next = next_on_grid(beat.scheduled, now, beat.period_ms);
            beat.scheduled = Some(next);
            beat.due_ms = now_ms.saturating_add(next.ms_since(now).unsigned_abs());
        }
        kept
    }
}

/// What a turn of certain groups reads, and the memory to read it into.
#[derive(Debug)]
pub(super) struct Sheet {
    groups: Vec<Group>,
    pub(super) map: Arc<Map>,
    pub(super) plan: Plan,
    pub(super) round: Round,
}

/// The sheets of a device, made when first needed: as many as there are sets of groups that fall due together.
#[derive(Debug, Default)]
pub(super) struct Sheets(Vec<Sheet>);

impl Sheets {
    /// The number of the sheet of these groups; made if need be.
    pub(super) fn of(
        &mut self,
        groups: &[Group],
        make: impl FnOnce() -> Arc<Map>,
        bounds: (&PlanLimits, &RefusedRanges),
    ) -> usize {
        if let Some(known) = self.0.iter().position(|sheet| sheet.groups == groups) {
            return known;
        }
        let map = make();
        let plan = plan(&map.values, bounds.0, bounds.1);
        self.0.push(Sheet { groups: groups.to_vec(), map, plan, round: Round::default() });
        self.0.len() - 1
    }

    pub(super) fn get(&self, sheet: usize) -> Option<&Sheet> {
        self.0.get(sheet)
    }

    pub(super) fn get_mut(&mut self, sheet: usize) -> Option<&mut Sheet> {
        self.0.get_mut(sheet)
    }

    /// Plans all of them anew.
    pub(super) fn replan(&mut self, limits: &PlanLimits, refused: &RefusedRanges) {
        for sheet in &mut self.0 {
            sheet.plan = plan(&sheet.map.values, limits, refused);
        }
    }
}
