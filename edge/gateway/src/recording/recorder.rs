//! Decides when a reading becomes a sample. Pure: readings and times in, records out.
//!
//! Counters are recorded at the first reading of each index period, and at once when they roll over, are reset or belong to
//! another meter, together with the last value before. Trends take the first reading of each trend period; when readings
//! fail, one gap marker is recorded, so that charts show the gap and the disk does not fill with its repetition. Periods
//! are counted from the epoch: a clock set back an hour repeats periods, it never stops recording.

use super::policy;
use crate::config::Recording;
use haubert_historian::counter::{CounterRules, Tracker};
use haubert_historian::load_curve::Accumulator;
use haubert_model::{Decimal, LoadId, Quantity, Reading, Reason, RecordKind, Timestamp};
use std::collections::HashMap;

/// A value to keep, before it has a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Whose.
    pub load: LoadId,
    /// What.
    pub quantity: Quantity,
    /// In which manner.
    pub kind: RecordKind,
    /// Nominal period, milliseconds.
    pub period_ms: Option<i64>,
    /// First value that the counter never shows.
    pub rollover: Option<Decimal>,
    /// When.
    pub at: Timestamp,
    /// The value; `None` marks a gap.
    pub value: Option<Decimal>,
    /// Why it is as good as it is.
    pub reason: Reason,
}

/// Load curves are kept in whole watts.
const CURVE_EXPONENT: i8 = 0;
/// A power is taken to hold until the next reading, at most this long.
const CURVE_GAP_MS: i64 = 30_000;

#[derive(Debug, Default)]
struct PointState {
    /// Last usable reading.
    last: Option<(Timestamp, Decimal)>,
    /// Time of the last record.
    recorded_at: Option<Timestamp>,
    /// The last record was a gap marker.
    in_gap: bool,
    curve: Option<Accumulator>,
    /// Follows a counter, at this exponent.
    counter: Option<(i8, Tracker)>,
}

/// Keeps what it must remember of each point.
#[derive(Debug)]
pub struct Recorder {
    index_ms: i64,
    trend_ms: i64,
    curve_minutes: u8,
    more_trends: Vec<Quantity>,
    points: HashMap<(LoadId, Quantity), PointState>,
}

impl Recorder {
    /// A recorder with these periods.
    pub fn new(periods: &Recording) -> Self {
        Self {
            index_ms: i64::from(periods.index_minutes) * 60_000,
            trend_ms: i64::from(periods.trend_seconds) * 1_000,
            curve_minutes: u8::try_from(periods.load_curve_minutes).unwrap_or(60),
            more_trends: periods.more_trends.clone(),
            points: HashMap::new(),
        }
    }

    /// Takes one reading of a load; returns what to keep of it.
    pub fn take(&mut self, load: LoadId, reading: &Reading, rollover: Option<Decimal>, clock_set: bool) -> Vec<Record> {
        let quantity = reading.point.quantity;
        let kinds = policy::kinds(quantity, &self.more_trends);
        if kinds.is_empty() {
            return Vec::new();
        }
        let state = self.points.entry((load, quantity)).or_default();
        let mut records = Vec::new();
        let mut believed = true;
        for kind in kinds {
            let period_ms = match kind {
                RecordKind::Index => Some(self.index_ms),
                RecordKind::Trend => Some(self.trend_ms),
                RecordKind::LoadCurve => Some(i64::from(self.curve_minutes) * 60_000),
                RecordKind::State => None,
            };
            let mut keep = |at, value, reason| {
                records.push(Record { load, quantity, kind: *kind, period_ms, rollover, at, value, reason });
            };
            match kind {
                RecordKind::Index => believed = index(state, reading, self.index_ms, rollover, clock_set, &mut keep),
                RecordKind::Trend => trend(state, reading, self.trend_ms, clock_set, &mut keep),
                RecordKind::State => on_change(state, reading, clock_set, &mut keep),
                RecordKind::LoadCurve => {
                    let done = curve(state, self.curve_minutes, reading, clock_set);
                    if let Some((at, value, reason)) = done {
                        keep(at, Some(value), reason);
                    }
                }
            }
        }
        // One place remembers the reading, after every kind has compared with the one before.
        if believed && let Some(value) = reading.value {
            state.last = Some((reading.at, value));
        }
        records
    }

    /// Another meter stands in this place: its counters start anew.
    pub fn meter_exchanged(&mut self, load: LoadId) {
        for (_, state) in self.points.iter_mut().filter(|((of, _), _)| *of == load) {
            if let Some((_, tracker)) = &mut state.counter {
                tracker.meter_exchanged();
            }
        }
    }

    /// Forgets loads that are gone.
    pub fn retain(&mut self, keep: impl Fn(LoadId) -> bool) {
        self.points.retain(|(load, _), _| keep(*load));
    }
}

fn flagged(reason: Reason, clock_set: bool) -> Reason {
    if reason == Reason::Measured && !clock_set { Reason::ClockNotSet } else { reason }
}

/// Whether `now` lies in another period than the last record.
fn is_due(recorded_at: Option<Timestamp>, now: Timestamp, period_ms: i64) -> bool {
    recorded_at.is_none_or(|last| last.floor_to(period_ms) != now.floor_to(period_ms))
}

/// Returns whether the value is believed: one that may be a glitch is not compared with later, until another agrees.
fn index(
    state: &mut PointState,
    reading: &Reading,
    period_ms: i64,
    rollover: Option<Decimal>,
    clock_set: bool,
    keep: &mut impl FnMut(Timestamp, Option<Decimal>, Reason),
) -> bool {
    let Some(value) = reading.value else { return false };
    let reason = follow(state, reading, value, rollover);
    let broken = matches!(reason, Reason::CounterReset | Reason::RolledOver | Reason::MeterExchanged);
    if broken
        && let Some((at, before)) = state.last
        && state.recorded_at.is_none_or(|recorded| recorded < at)
    {
        keep(at, Some(before), flagged(Reason::Measured, clock_set));
    }
    if broken || is_due(state.recorded_at, reading.at, period_ms) {
        keep(reading.at, Some(value), flagged(reason, clock_set));
        state.recorded_at = Some(reading.at);
    }
    reason != Reason::Implausible
}

/// What the counter did since the last reading.
fn follow(state: &mut PointState, reading: &Reading, value: Decimal, rollover: Option<Decimal>) -> Reason {
    let exponent = state.counter.as_ref().map_or(value.exponent, |(exponent, _)| (*exponent).min(value.exponent));
    let Ok(scaled) = value.rescaled(exponent) else { return Reason::OutOfRange };
    if state.counter.as_ref().is_none_or(|(known, _)| *known != exponent) {
        let limit = rollover.and_then(|limit| limit.rescaled(exponent).ok()).map(|limit| limit.mantissa);
        let rules = CounterRules::new(reading.point.quantity, exponent, limit);
        state.counter = Some((exponent, Tracker::new(rules, None)));
    }
    let said = state.counter.as_mut().map_or(Reason::Measured, |(_, tracker)| tracker.next(reading.at, scaled.mantissa));
    if said == Reason::Measured { reading.reason } else { said }
}

fn trend(
    state: &mut PointState,
    reading: &Reading,
    period_ms: i64,
    clock_set: bool,
    keep: &mut impl FnMut(Timestamp, Option<Decimal>, Reason),
) {
    match reading.value {
        Some(value) if state.in_gap || is_due(state.recorded_at, reading.at, period_ms) => {
            keep(reading.at, Some(value), flagged(reading.reason, clock_set));
            state.recorded_at = Some(reading.at);
            state.in_gap = false;
        }
        None if !state.in_gap => {
            keep(reading.at, None, reading.reason);
            state.in_gap = true;
        }
        _ => {}
    }
}

fn on_change(
    state: &mut PointState,
    reading: &Reading,
    clock_set: bool,
    keep: &mut impl FnMut(Timestamp, Option<Decimal>, Reason),
) {
    let changed = state.last.map(|(_, value)| value) != reading.value || state.in_gap;
    match reading.value {
        Some(value) if changed => {
            keep(reading.at, Some(value), flagged(reading.reason, clock_set));
            state.in_gap = false;
        }
        None if !state.in_gap => {
            keep(reading.at, None, reading.reason);
            state.in_gap = true;
        }
        _ => {}
    }
}

/// Feeds the load curve; returns the period that this reading completed.
fn curve(state: &mut PointState, minutes: u8, reading: &Reading, clock_set: bool) -> Option<(Timestamp, Decimal, Reason)> {
    if state.curve.is_none() {
        state.curve = Accumulator::new(minutes, CURVE_EXPONENT, CURVE_GAP_MS);
    }
    let curve = state.curve.as_mut()?;
    let sample = match reading.value {
        Some(power) => curve.push(reading.at, power, flagged(reading.reason, clock_set)),
        None => curve.missing(reading.at),
    }?;
    Some((sample.at, sample.value(CURVE_EXPONENT)?, sample.reason))
}
