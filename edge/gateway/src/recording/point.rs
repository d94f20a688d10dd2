//! What is remembered of one point between two readings, and what of a reading is kept. Pure.
//!
//! Counters are recorded at the first reading of each index period, and at once when they roll over, are reset or belong to
//! another meter, together with the last value before. Trends take the first reading of each trend period; when readings
//! fail, one gap marker is recorded, so that charts show the gap and the disk does not fill with its repetition. States are
//! recorded when they change.
//!
//! Made for 100,000 points: what few of them need (counters, load curves) is boxed.

use super::policy::{self, Choice};
use super::sink::{Row, SinkId, SinkSpec, Sinks};
use haubert_fieldbus::Taken;
use haubert_historian::Sample;
use haubert_historian::counter::{CounterRules, Tracker};
use haubert_historian::deadband::Filter;
use haubert_historian::load_curve::Accumulator;
use haubert_model::{Decimal, LoadId, Nature, Quantity, Reason, RecordKind, Timestamp};

/// Load curves are kept in whole watts.
const CURVE_EXPONENT: i8 = 0;
/// A power is taken to hold until the next reading, at most this long.
const CURVE_GAP_MS: i64 = 30_000;
/// Before the first record of a trend: no period begins there.
const NEVER: Timestamp = Timestamp(i64::MIN);
/// With a dead band, one sample at least in this time; it is the nominal period of such a series, so that no chart takes
/// silence within it for a gap.
const BAND_GAP_MS: i64 = 900_000;

/// Periods of recording.
#[derive(Debug, Clone, Copy)]
pub(super) struct Periods {
    pub(super) index_ms: i64,
    /// 0: every reading.
    pub(super) trend_ms: i64,
    pub(super) curve_minutes: u8,
}

/// What all readings of a turn have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// The time that all of them are recorded under.
    pub(super) at: Timestamp,
    /// The index and the trend period that it lies in, as their starts.
    pub(super) index: Timestamp,
    pub(super) trend: Timestamp,
    /// Added to the start of a load curve's period: see [`crate::clock_watch::Stamp`].
    pub(super) shift_ms: i64,
    pub(super) doubted: bool,
}

/// What the settings and the site say of a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wanted {
    /// Whose it is; `None` when nothing of it is recorded.
    pub(super) load: Option<LoadId>,
    pub(super) quantity: Quantity,
    pub(super) rollover: Option<Decimal>,
    pub(super) trend: Choice,
}

/// One point, in 32 bytes.
#[derive(Debug)]
pub(super) enum Point {
    Nothing,
    Counter(Box<Counter>),
    State(Box<State>),
    Instant { trend: Option<Trend>, curve: Option<Box<Curve>> },
}

#[derive(Debug)]
pub(super) struct Counter {
    sink: SinkId,
    quantity: Quantity,
    rollover: Option<Decimal>,
    /// Last believed reading.
    last: Option<(Timestamp, Decimal)>,
    /// Time of the last record, and start of its period.
    recorded: Option<(Timestamp, Timestamp)>,
    /// Follows the counter, at this exponent.
    tracker: Option<(i8, Tracker)>,
}

#[derive(Debug)]
pub(super) struct State {
    sink: SinkId,
    last: Option<Decimal>,
    in_gap: bool,
}

#[derive(Debug)]
pub(super) struct Trend {
    sink: SinkId,
    /// Start of the period last recorded; [`NEVER`] before.
    recorded: Timestamp,
    /// The last record was a gap marker.
    in_gap: bool,
    band: Option<Box<Band>>,
}

/// Leaves out what says nothing new.
#[derive(Debug)]
struct Band {
    dead_band: Decimal,
    /// Of the integers that the filter sees.
    exponent: i8,
    filter: Filter,
}

#[derive(Debug)]
pub(super) struct Curve {
    sink: SinkId,
    means: Accumulator,
}

const _: () = assert!(size_of::<Point>() == 32);

impl Point {
    pub(super) fn new(wanted: &Wanted, periods: &Periods, sinks: &Sinks) -> Self {
        let Some(load) = wanted.load else { return Self::Nothing };
        let quantity = wanted.quantity;
        let open = |kind, period_ms, rollover| sinks.open(SinkSpec { load, quantity, kind, period_ms, rollover });
        let mut point = match quantity.nature() {
            Nature::Counter => Self::Counter(Box::new(Counter {
                sink: open(RecordKind::Index, Some(periods.index_ms), wanted.rollover),
                quantity,
                rollover: wanted.rollover,
                last: None,
                recorded: None,
                tracker: None,
            })),
            Nature::State => {
                Self::State(Box::new(State { sink: open(RecordKind::State, None, None), last: None, in_gap: false }))
            }
            Nature::Instant => {
                let minutes = periods.curve_minutes;
                let curve = policy::has_load_curve(quantity).then(|| {
                    let means = Accumulator::new(minutes, CURVE_EXPONENT, CURVE_GAP_MS)?;
                    Some(Box::new(Curve { sink: open(RecordKind::LoadCurve, Some(i64::from(minutes) * 60_000), None), means }))
                });
                Self::Instant { trend: None, curve: curve.flatten() }
            }
        };
        // Nothing was held back yet.
        point.arrange(wanted, periods, sinks, &mut Vec::new());
        point
    }

    /// Follows a change of the settings or of the profile for the same load; what stays wanted goes on where it was.
    pub(super) fn arrange(&mut self, wanted: &Wanted, periods: &Periods, sinks: &Sinks, rows: &mut Vec<Row>) {
        let Some(load) = wanted.load else { return };
        let quantity = wanted.quantity;
        match self {
            Self::Counter(counter) if counter.rollover != wanted.rollover => {
                let (rollover, period_ms) = (wanted.rollover, Some(periods.index_ms));
                let sink = sinks.open(SinkSpec { load, quantity, kind: RecordKind::Index, period_ms, rollover });
                **counter = Counter { sink, rollover, tracker: None, ..**counter };
            }
            Self::Instant { trend, .. } => {
                let present = trend.as_ref().map(|trend| trend.band.as_ref().map(|band| band.dead_band));
                if present != wanted.trend {
                    if let Some(trend) = trend {
                        trend.flush(rows);
                    }
                    *trend = wanted.trend.map(|dead_band| {
                        let period_ms = if dead_band.is_some() { BAND_GAP_MS } else { periods.trend_ms };
                        let period_ms = (period_ms > 0).then_some(period_ms);
                        let sink = sinks.open(SinkSpec { load, quantity, kind: RecordKind::Trend, period_ms, rollover: None });
                        let band = dead_band.map(|dead_band| Box::new(Band::new(dead_band)));
                        Trend { sink, recorded: NEVER, in_gap: false, band }
                    });
                }
            }
            Self::Nothing | Self::Counter(_) | Self::State(_) => {}
        }
    }

    /// Takes one value, and adds to `rows` what is kept of it.
    pub(super) fn take(&mut self, taken: &Taken, turn: &Turn, rows: &mut Vec<Row>) {
        match self {
            Self::Nothing => {}
            Self::Counter(counter) => counter.take(taken, turn, rows),
            Self::State(state) => state.take(taken, turn, rows),
            Self::Instant { trend, curve } => {
                if let Some(trend) = trend {
                    trend.take(taken, turn, rows);
                }
                if let Some(curve) = curve {
                    curve.take(taken, turn, rows);
                }
            }
        }
    }

    /// Gives what is held back, before the point is given up.
    pub(super) fn flush(&mut self, rows: &mut Vec<Row>) {
        if let Self::Instant { trend: Some(trend), .. } = self {
            trend.flush(rows);
        }
    }

    /// Another meter stands in this place: its counters start anew.
    pub(super) fn meter_exchanged(&mut self) {
        if let Self::Counter(counter) = self
            && let Some((_, tracker)) = &mut counter.tracker
        {
            tracker.meter_exchanged();
        }
    }
}

fn flagged(reason: Reason, turn: &Turn) -> Reason {
    if reason == Reason::Measured && turn.doubted { Reason::ClockNotSet } else { reason }
}

impl Counter {
    fn take(&mut self, taken: &Taken, turn: &Turn, rows: &mut Vec<Row>) {
        let Some(value) = taken.value() else { return };
        let reason = self.follow(taken.reason, value, turn.at);
        let broken = matches!(reason, Reason::CounterReset | Reason::RolledOver | Reason::MeterExchanged);
        if broken
            && let Some((at, before)) = self.last
            && self.recorded.is_none_or(|(recorded, _)| recorded < at)
        {
            rows.push(Row::new(self.sink, at, Some(before), flagged(Reason::Measured, turn)));
        }
        // Periods are counted from the epoch: a clock set back an hour repeats periods, it never stops recording.
        if broken || self.recorded.is_none_or(|(_, period)| period != turn.index) {
            rows.push(Row::new(self.sink, turn.at, Some(value), flagged(reason, turn)));
            self.recorded = Some((turn.at, turn.index));
        }
        // One that may be a glitch is not compared with later, until another agrees.
        if reason != Reason::Implausible {
            self.last = Some((turn.at, value));
        }
    }

    /// What the counter did since the last reading.
    fn follow(&mut self, measured: Reason, value: Decimal, at: Timestamp) -> Reason {
        let exponent = self.tracker.as_ref().map_or(value.exponent, |(exponent, _)| (*exponent).min(value.exponent));
        let Ok(scaled) = value.rescaled(exponent) else { return Reason::OutOfRange };
        if self.tracker.as_ref().is_none_or(|(known, _)| *known != exponent) {
            let limit = self.rollover.and_then(|limit| limit.rescaled(exponent).ok()).map(|limit| limit.mantissa);
            let rules = CounterRules::new(self.quantity, exponent, limit);
            self.tracker = Some((exponent, Tracker::new(rules, None)));
        }
        let said = self.tracker.as_mut().map_or(Reason::Measured, |(_, tracker)| tracker.next(at, scaled.mantissa));
        if said == Reason::Measured { measured } else { said }
    }
}

impl Trend {
    fn take(&mut self, taken: &Taken, turn: &Turn, rows: &mut Vec<Row>) {
        match taken.value() {
            Some(value) if self.in_gap || self.recorded != turn.trend => {
                let row = Row::new(self.sink, turn.at, Some(value), flagged(taken.reason, turn));
                match &mut self.band {
                    None => rows.push(row),
                    Some(band) => band.take(row, value, rows),
                }
                self.recorded = turn.trend;
                self.in_gap = false;
            }
            None if !self.in_gap => {
                self.flush(rows);
                rows.push(Row::new(self.sink, turn.at, None, taken.reason));
                self.in_gap = true;
            }
            _ => {}
        }
    }

    /// Gives what the band holds back; the next value is kept.
    fn flush(&mut self, rows: &mut Vec<Row>) {
        if let Some(band) = &mut self.band {
            band.flush(self.sink, rows);
        }
    }
}

impl Band {
    const fn new(dead_band: Decimal) -> Self {
        Self { dead_band, exponent: dead_band.exponent, filter: Filter::new(dead_band.mantissa, BAND_GAP_MS) }
    }

    /// Begins anew at this scale; a band that it cannot hold is as wide as can be.
    fn begin(&mut self, exponent: i8) {
        self.exponent = exponent;
        let raw = self.dead_band.rescaled(exponent).map_or(i64::MAX, |band| band.mantissa);
        self.filter = Filter::new(raw, BAND_GAP_MS);
    }

    fn take(&mut self, row: Row, value: Decimal, rows: &mut Vec<Row>) {
        if value.exponent < self.exponent {
            self.flush(row.sink, rows);
            self.begin(value.exponent);
        }
        let Ok(scaled) = value.rescaled(self.exponent) else { return rows.push(row) };
        let exponent = self.exponent;
        self.filter.take(Sample::measured(row.at, scaled.mantissa, row.reason), &mut |kept| {
            rows.push(Row::new(row.sink, kept.at, kept.value(exponent), kept.reason));
        });
    }

    fn flush(&mut self, sink: SinkId, rows: &mut Vec<Row>) {
        let exponent = self.exponent;
        self.filter.flush(&mut |kept| rows.push(Row::new(sink, kept.at, kept.value(exponent), kept.reason)));
        self.begin(exponent);
    }
}

impl State {
    fn take(&mut self, taken: &Taken, turn: &Turn, rows: &mut Vec<Row>) {
        match taken.value() {
            Some(value) if self.in_gap || self.last != Some(value) => {
                rows.push(Row::new(self.sink, turn.at, Some(value), flagged(taken.reason, turn)));
                self.last = Some(value);
                self.in_gap = false;
            }
            None if !self.in_gap => {
                rows.push(Row::new(self.sink, turn.at, None, taken.reason));
                self.in_gap = true;
            }
            _ => {}
        }
    }
}

impl Curve {
    fn take(&mut self, taken: &Taken, turn: &Turn, rows: &mut Vec<Row>) {
        // The periods of a curve lie on the wall clock; only what is stored of a repeated one is shifted.
        let at = turn.at.plus_ms(-turn.shift_ms);
        let done = match taken.value() {
            Some(power) => self.means.push(at, power, flagged(taken.reason, turn)),
            None => self.means.missing(at),
        };
        if let Some(done) = done {
            let value = done.value(CURVE_EXPONENT);
            rows.push(Row::new(self.sink, done.at.plus_ms(turn.shift_ms), value, done.reason));
        }
    }
}
