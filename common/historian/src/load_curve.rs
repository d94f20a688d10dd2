//! Load curves: mean power over fixed periods, from readings that come when they come.
//!
//! Between two readings power is taken to change linearly, so the mean is weighted by time and a period's border need not
//! coincide with a reading. Time between readings further apart than `max_gap_ms` is not covered, and a period not covered
//! whole says so. A period in which nothing was measured gives no sample. Periods are counted from the epoch, so that with
//! 1 to 60 minutes (divisors of an hour) they begin on the hour; a sample carries the time at which its period *began*.
//!
//! The clock may jump. Forward: the period in hand ends incomplete, those skipped give nothing. Back by no more than a
//! period (the clock is being disciplined): readings wait until time has caught up. Further back: the period in hand
//! ends incomplete and its clock counts as not set, for nobody can tell which of the two times was right.

use crate::Sample;
use haubert_model::{Decimal, Reason, Timestamp};

/// The periods in minutes that line up with the hour.
pub const PERIODS_MIN: [u8; 12] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

/// A period counts as covered whole when no more than this part of it (1/n) is not.
const TOLERATED_PART: i64 = 100;

/// Gathers the readings of one load's power.
#[derive(Debug, Clone)]
pub struct Accumulator {
    period_ms: i64,
    exponent: i8,
    max_gap_ms: i64,
    last: Option<(Timestamp, i64)>,
    current: Option<Period>,
}

/// What is known of the period in hand.
#[derive(Debug, Clone, Copy)]
struct Period {
    start: Timestamp,
    /// Twice the integral of power, in raw × ms.
    doubled_area: i128,
    covered_ms: i64,
    clock_doubted: bool,
}

impl Period {
    const fn new(start: Timestamp) -> Self {
        Self { start, doubled_area: 0, covered_ms: 0, clock_doubted: false }
    }
}

/// What the clock did since the reading before.
enum Step {
    /// It went on.
    On,
    /// It was corrected by a little: readings wait until time has caught up.
    Wait,
    /// It was set back, which cut this period short.
    Back(Option<Sample>),
}

impl Accumulator {
    /// For periods of `period_min` minutes, at the series' `exponent`. `max_gap_ms` is the longest time between two
    /// readings over which power may be taken as known; three polling intervals is a good choice. It is held to the period.
    ///
    /// Returns `None` when the period is not one of [`PERIODS_MIN`].
    pub fn new(period_min: u8, exponent: i8, max_gap_ms: i64) -> Option<Self> {
        let period_ms = PERIODS_MIN.contains(&period_min).then(|| i64::from(period_min) * 60_000)?;
        Some(Self { period_ms, exponent, max_gap_ms: max_gap_ms.clamp(1, period_ms), last: None, current: None })
    }

    /// Takes a reading; gives the period before it if the reading ends one. Readings of bad quality, implausible ones and
    /// those that do not fit the exponent are taken as missing.
    pub fn push(&mut self, at: Timestamp, power: Decimal, reason: Reason) -> Option<Sample> {
        let usable =
            matches!(reason, Reason::Measured | Reason::Incomplete | Reason::ClockNotSet | Reason::IncompleteClockNotSet);
        let Some(raw) = power.rescaled(self.exponent).ok().filter(|_| usable).map(|power| power.mantissa) else {
            return self.missing(at);
        };
        let set_back = match self.follow_clock(at) {
            Step::Wait => return None,
            Step::On => None,
            Step::Back(ended) => ended,
        };
        let doubted = matches!(reason, Reason::ClockNotSet | Reason::IncompleteClockNotSet);
        let start = at.floor_to(self.period_ms);
        let before = self.last.filter(|(last_at, _)| at.ms_since(*last_at) <= self.max_gap_ms);
        let mut ended = None;
        if let Some((from, from_raw)) = before {
            if start > from.floor_to(self.period_ms) {
                // The gap is at most a period, so exactly one border lies between the readings.
                let at_border = between((from, from_raw), (at, raw), start);
                self.cover((from, from_raw), (start, at_border), doubted);
                ended = self.end(start);
                self.cover((start, at_border), (at, raw), doubted);
            } else {
                self.cover((from, from_raw), (at, raw), doubted);
            }
        } else {
            ended = self.end(start);
        }
        self.current.get_or_insert(Period::new(start)).clock_doubted |= doubted;
        self.last = Some((at, raw));
        ended.or(set_back)
    }

    /// There was no usable reading at `at`: power is unknown until the next one.
    pub fn missing(&mut self, at: Timestamp) -> Option<Sample> {
        let set_back = match self.follow_clock(at) {
            Step::Wait => return None,
            Step::On => None,
            Step::Back(ended) => ended,
        };
        self.last = None;
        self.end(at.floor_to(self.period_ms)).or(set_back)
    }

    /// Ends the period in hand when it is over and no reading came to end it. To be called now and then.
    pub fn tick(&mut self, now: Timestamp) -> Option<Sample> {
        let current = self.current?;
        // A reading may still come that covers the rest of the period.
        (now.ms_since(current.start) >= self.period_ms + self.max_gap_ms).then(|| self.missing(now)).flatten()
    }

    /// What the time of a reading means, after ending what a clock set back cuts short.
    fn follow_clock(&mut self, at: Timestamp) -> Step {
        let latest = self.last.map(|(last, _)| last).max(self.current.map(|current| current.start));
        let Some(latest) = latest else { return Step::On };
        let back = latest.ms_since(at);
        if back > self.period_ms {
            self.last = None;
            let cut_short = self.current.take().and_then(|period| self.finish(Period { clock_doubted: true, ..period }));
            return Step::Back(cut_short);
        }
        // The same time again carries nothing new either, but may be the border on which a period begins.
        if back < 0 || self.last.is_none() && back == 0 { Step::On } else { Step::Wait }
    }

    fn cover(&mut self, (from, from_raw): (Timestamp, i64), (to, to_raw): (Timestamp, i64), clock_doubted: bool) {
        let current = self.current.get_or_insert(Period::new(from.floor_to(self.period_ms)));
        let ms = to.ms_since(from);
        current.doubled_area += (i128::from(from_raw) + i128::from(to_raw)) * i128::from(ms);
        current.covered_ms += ms;
        current.clock_doubted |= clock_doubted;
    }

    /// Gives the period in hand if it began before `start`.
    fn end(&mut self, start: Timestamp) -> Option<Sample> {
        let ended = self.current.take_if(|current| current.start < start)?;
        self.finish(ended)
    }

    fn finish(&self, ended: Period) -> Option<Sample> {
        let divisor = 2 * i128::from(ended.covered_ms);
        if divisor == 0 {
            return None;
        }
        let raw = i64::try_from(div_round(ended.doubled_area, divisor)).ok()?;
        let complete = self.period_ms - ended.covered_ms <= self.period_ms / TOLERATED_PART;
        let reason = match (complete, ended.clock_doubted) {
            (true, false) => Reason::Measured,
            (true, true) => Reason::ClockNotSet,
            (false, false) => Reason::Incomplete,
            (false, true) => Reason::IncompleteClockNotSet,
        };
        Some(Sample::measured(ended.start, raw, reason))
    }
}

/// The value at `at` on the line between two readings.
fn between((from, from_raw): (Timestamp, i64), (to, to_raw): (Timestamp, i64), at: Timestamp) -> i64 {
    let span = i128::from(to.ms_since(from));
    if span == 0 {
        return to_raw;
    }
    let step = (i128::from(to_raw) - i128::from(from_raw)) * i128::from(at.ms_since(from));
    i64::try_from(i128::from(from_raw) + div_round(step, span)).unwrap_or(to_raw)
}

/// Division rounded half away from zero; `divisor` is positive.
pub(crate) fn div_round(value: i128, divisor: i128) -> i128 {
    let half = if value < 0 { -divisor / 2 } else { divisor / 2 };
    (value + half) / divisor
}

#[cfg(test)]
mod tests;
