//! Meter indexes: what a new reading means given the ones before, and how much was consumed in between.
//!
//! A counter only grows, save when it overflows, is set back, or the meter is exchanged; and lines garble readings. A
//! single strange reading is therefore only *suspected* (stored as [`Reason::Implausible`], which consumption passes over),
//! and believed when the next one agrees with it. Believing at once would turn one garbled zero into a year's consumption.

use crate::{Sample, SeriesSpec};
use haubert_model::{Quality, Quantity, Reason, Timestamp, Unit};

const HOUR_MS: i128 = 3_600_000;

/// What a counter can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterRules {
    /// How many raw steps it has before it starts again from zero, if it does.
    pub rollover: Option<i64>,
    /// Most raw steps in an hour that can be real.
    pub max_per_hour: i64,
}

impl CounterRules {
    /// Generous limits for a quantity counted in steps of `10^exponent`: 1 GW, 100,000 m³/h, 1,000 pulses per second.
    pub fn new(quantity: Quantity, exponent: i8, rollover: Option<i64>) -> Self {
        let per_hour: i64 = match quantity.unit() {
            Unit::WattHour | Unit::VarHour | Unit::VoltAmpereHour => 1_000_000_000,
            Unit::CubicMetre => 100_000,
            Unit::Second => 7_200,
            _ => 3_600_000,
        };
        let max_per_hour =
            haubert_model::Decimal::new(per_hour, 0).rescaled(exponent).map_or(i64::MAX, |limit| limit.mantissa.max(1));
        Self { rollover: rollover.filter(|modulus| *modulus > 1), max_per_hour }
    }

    /// The rules of a series.
    pub fn of(spec: &SeriesSpec) -> Self {
        Self::new(spec.quantity, spec.exponent, spec.rollover)
    }

    /// Whether `steps` can be real within `elapsed_ms`. A minute is always granted: clocks step back, answers come late.
    fn plausible(&self, steps: i128, elapsed_ms: i64) -> bool {
        let elapsed = i128::from(elapsed_ms.max(0)) + HOUR_MS / 60;
        steps * HOUR_MS <= i128::from(self.max_per_hour) * elapsed
    }

    /// Steps from `before` to `after` over one overflow, when both are within the counter.
    fn over_the_top(&self, before: i64, after: i64) -> Option<i128> {
        let modulus = self.rollover?;
        let within = 0..modulus;
        (within.contains(&before) && within.contains(&after))
            .then(|| i128::from(modulus) - i128::from(before) + i128::from(after))
    }
}

/// Decides the [`Reason`] of each new index reading of one series.
#[derive(Debug, Clone, Copy)]
pub struct Tracker {
    rules: CounterRules,
    accepted: Option<(Timestamp, i64)>,
    suspect: Option<(Timestamp, i64)>,
    exchanged: bool,
}

impl Tracker {
    /// Begins after `last`, the newest stored sample that has a value, if there is one.
    pub fn new(rules: CounterRules, last: Option<&Sample>) -> Self {
        let accepted = last.filter(|last| counts(last)).map(|last| (last.at, last.raw));
        let suspect = last.filter(|last| !last.missing && last.reason == Reason::Implausible).map(|last| (last.at, last.raw));
        Self { rules, accepted, suspect, exchanged: false }
    }

    /// The meter was exchanged (someone said so, or its serial number changed): the next reading starts anew.
    pub fn meter_exchanged(&mut self) {
        self.exchanged = true;
    }

    /// The reason with which to store the reading `raw` taken at `at`.
    pub fn next(&mut self, at: Timestamp, raw: i64) -> Reason {
        let reason = self.decide(at, raw);
        if reason == Reason::Implausible {
            self.suspect = Some((at, raw));
        } else {
            self.accepted = Some((at, raw));
            self.suspect = None;
            self.exchanged = false;
        }
        reason
    }

    fn decide(&self, at: Timestamp, raw: i64) -> Reason {
        if raw < 0 {
            return Reason::Implausible;
        }
        if self.exchanged {
            return Reason::MeterExchanged;
        }
        let Some((before_at, before)) = self.accepted else {
            // With nothing accepted but something suspected (a restart in the middle of doubt), the next that agrees is believed.
            return match self.suspect {
                Some(suspect) if !self.agrees(suspect, at, raw) => Reason::Implausible,
                Some(_) => Reason::MeterExchanged,
                None => Reason::Measured,
            };
        };
        let elapsed = at.ms_since(before_at);
        if raw >= before && self.rules.plausible(i128::from(raw) - i128::from(before), elapsed) {
            return Reason::Measured;
        }
        if raw < before && self.rules.over_the_top(before, raw).is_some_and(|steps| self.rolls_over(before, raw, steps, elapsed))
        {
            return Reason::RolledOver;
        }
        match self.suspect {
            Some(suspect) if self.agrees(suspect, at, raw) => {
                if raw < before {
                    Reason::CounterReset
                } else {
                    Reason::MeterExchanged
                }
            }
            _ => Reason::Implausible,
        }
    }

    /// Plausible in time, and short of half the counter: otherwise a reset to a low value would pass for an overflow.
    fn rolls_over(&self, before: i64, after: i64, steps: i128, elapsed_ms: i64) -> bool {
        let half = i128::from(self.rules.rollover.unwrap_or(0)) / 2;
        after < before && steps < half && self.rules.plausible(steps, elapsed_ms)
    }

    fn agrees(&self, (suspect_at, suspect): (Timestamp, i64), at: Timestamp, raw: i64) -> bool {
        suspect >= 0 && raw >= suspect && self.rules.plausible(i128::from(raw) - i128::from(suspect), at.ms_since(suspect_at))
    }
}

/// What was consumed between two index samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumed {
    /// Raw steps, never negative; `None` when it cannot be known (another meter, an overflow of unknown size).
    pub steps: Option<i64>,
    /// How far to trust them.
    pub quality: Quality,
}

/// Whether an index sample takes part in consumption: it has a value, and one that is believed.
pub fn counts(sample: &Sample) -> bool {
    sample.is_usable() && sample.reason != Reason::Implausible && sample.raw >= 0
}

/// What was consumed from `before` to `after`, two samples that [`counts`] and that have no other such between them.
pub fn consumed(before: &Sample, after: &Sample, rules: &CounterRules) -> Consumed {
    let doubt = before.quality().max(after.quality());
    let unknown = Consumed { steps: None, quality: Quality::Bad };
    let steps = |steps: i128, quality: Quality| match i64::try_from(steps) {
        Ok(steps) if steps >= 0 => Consumed { steps: Some(steps), quality },
        _ => unknown,
    };
    let grown = i128::from(after.raw) - i128::from(before.raw);
    match after.reason {
        Reason::MeterExchanged => unknown,
        // Set to zero at some moment in between: what it has counted since is certain, what it lost is not.
        Reason::CounterReset => steps(i128::from(after.raw), Quality::Uncertain),
        Reason::RolledOver => match rules.over_the_top(before.raw, after.raw) {
            Some(over) if grown < 0 => steps(over, doubt),
            _ => unknown,
        },
        _ if grown >= 0 => steps(grown, doubt_of_values(before, after)),
        // It fell and nobody remarked on it (late samples, history from elsewhere).
        _ => match rules.over_the_top(before.raw, after.raw) {
            Some(over) if over < i128::from(rules.rollover.unwrap_or(0)) / 2 => steps(over, Quality::Uncertain),
            _ => steps(i128::from(after.raw), Quality::Uncertain),
        },
    }
}

/// The first reading after a reset or exchange is uncertain as a step, but as a start for what follows it is sound.
fn doubt_of_values(before: &Sample, after: &Sample) -> Quality {
    let start = match before.reason {
        Reason::CounterReset | Reason::MeterExchanged => Quality::Good,
        _ => before.quality(),
    };
    start.max(after.quality())
}

#[cfg(test)]
mod tests;
