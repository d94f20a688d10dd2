//! Counters and times of a bus, in bounded memory.

use crate::transport::{AskError, Outcome};
use serde::Serialize;
use std::collections::VecDeque;
use std::time::Duration;
use utoipa::ToSchema;

/// Round trips kept for the percentiles.
const WINDOW: usize = 256;
/// Seconds over which rates are taken.
const RATE_SECONDS: usize = 10;

/// Round-trip times of the latest answers, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct RoundTrip {
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Longest.
    pub max: f64,
}

/// The latest round trips.
#[derive(Debug, Default)]
pub struct Latest(VecDeque<u32>);

impl Latest {
    /// Takes in one more, and lets the oldest go.
    pub fn push(&mut self, round_trip: Duration) {
        if self.0.len() >= WINDOW {
            self.0.pop_front();
        }
        self.0.push_back(u32::try_from(round_trip.as_micros()).unwrap_or(u32::MAX));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The longest of them.
    pub fn longest(&self) -> Option<Duration> {
        self.0.iter().max().map(|micros| Duration::from_micros(u64::from(*micros)))
    }

    /// Percentiles, once there is an answer.
    pub fn summary(&self) -> Option<RoundTrip> {
        let mut sorted: Vec<u32> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        let at = |hundredths: usize| sorted.get((sorted.len().saturating_sub(1) * hundredths).div_ceil(100)).copied();
        let ms = |micros: u32| f64::from(micros) / 1000.0;
        Some(RoundTrip { p50: ms(at(50)?), p95: ms(at(95)?), p99: ms(at(99)?), max: ms(at(100)?) })
    }
}

/// Counts since the bus was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// Requests sent.
    pub requests: u64,
    /// Answers, refusals included.
    pub answers: u64,
    /// Requests without any answer in time.
    pub timeouts: u64,
    /// Answers with a wrong CRC.
    pub crc: u64,
    /// Refusals.
    pub exceptions: u64,
    /// Answers damaged otherwise, and noise.
    pub malformed: u64,
    /// Late answers dropped.
    pub stale: u64,
    /// Registers and bits of answers that were of use: neither gaps nor repetitions.
    pub useful_registers: u64,
    /// Time that the useful part of each answer would take on this line with a device that does not think, silences included,
    /// microseconds; 0 on lines without a known speed.
    pub useful_wire_us: u64,
    /// Turns of devices that answer, each at its scheduled instant or late.
    pub polls: u64,
    /// Turns that began a whole period late or more: one or more were left out.
    pub late_polls: u64,
}

impl Totals {
    /// Counts one exchange.
    pub fn count(&mut self, outcome: &Outcome) {
        self.stale = self.stale.saturating_add(u64::from(outcome.stale));
        let counter = match &outcome.result {
            Err(AskError::NotOpen | AskError::WritingOff) => return,
            Ok(_) => &mut self.answers,
            Err(AskError::Exception(_)) => {
                self.answers = self.answers.saturating_add(1);
                &mut self.exceptions
            }
            Err(AskError::Timeout | AskError::Lost(_)) => &mut self.timeouts,
            Err(AskError::Crc) => &mut self.crc,
            Err(AskError::Noise | AskError::Unit(_) | AskError::Malformed(_) | AskError::Truncated | AskError::Framing(_)) => {
                &mut self.malformed
            }
        };
        *counter = counter.saturating_add(1);
        self.requests = self.requests.saturating_add(1);
    }

    /// Counts a turn.
    pub fn poll(&mut self, late: bool) {
        self.polls = self.polls.saturating_add(1);
        self.late_polls = self.late_polls.saturating_add(u64::from(late));
    }

    /// Counts the useful part of an answer.
    pub const fn useful(&mut self, registers: u64, wire_us: u64) {
        self.useful_registers = self.useful_registers.saturating_add(registers);
        self.useful_wire_us = self.useful_wire_us.saturating_add(wire_us);
    }
}

/// One second's worth.
#[derive(Debug, Clone, Copy, Default)]
struct Second {
    at: u64,
    requests: u64,
    values: u64,
    errors: u64,
    busy_us: u64,
    useful_us: u64,
}

/// Rates over the last ten whole seconds.
#[derive(Debug, Default)]
pub struct Rates {
    seconds: VecDeque<Second>,
    current: Second,
    started_ms: Option<u64>,
}

/// What [`Rates`] says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rate {
    /// Requests per second.
    pub requests: f64,
    /// Values per second.
    pub values: f64,
    /// Failed requests per second.
    pub errors: f64,
    /// Share of time in which the line was taken, 0 to 1.
    pub load: f64,
    /// Share of time that useful answers would take of a perfect line, 0 to 1.
    pub utilisation: f64,
}

impl Rates {
    /// Starts the clock; rates count from here.
    pub fn start(&mut self, now_ms: u64) {
        self.started_ms.get_or_insert(now_ms);
    }

    /// Counts one exchange that ended at `now_ms` (monotonic).
    pub fn exchange(&mut self, now_ms: u64, outcome: &Outcome) {
        let second = self.second(now_ms);
        second.requests += 1;
        second.errors += u64::from(outcome.result.is_err());
        second.busy_us = second.busy_us.saturating_add(micros(outcome.taken));
    }

    /// Counts the time that the useful part of an answer would take of a perfect line.
    pub fn useful(&mut self, now_ms: u64, wire_us: u64) {
        self.second(now_ms).useful_us += wire_us;
    }

    /// Counts values that arrived.
    pub fn values(&mut self, now_ms: u64, count: usize) {
        self.second(now_ms).values += count as u64;
    }

    fn second(&mut self, now_ms: u64) -> &mut Second {
        let at = now_ms / 1000;
        if self.current.at != at {
            if self.seconds.len() >= RATE_SECONDS {
                self.seconds.pop_front();
            }
            self.seconds.push_back(self.current);
            self.current = Second { at, ..Second::default() };
        }
        &mut self.current
    }

    /// The rates at `now_ms`.
    pub fn rate(&self, now_ms: u64) -> Rate {
        let this = now_ms / 1000;
        let from = this.saturating_sub(RATE_SECONDS as u64);
        let Some(started) = self.started_ms else { return Rate::default() };
        let span = now_ms.saturating_sub(started.max(from * 1000)).max(1) as f64 / 1000.0;
        let mut sum = Second::default();
        for second in self.seconds.iter().chain([&self.current]).filter(|second| second.at >= from) {
            sum.requests += second.requests;
            sum.values += second.values;
            sum.errors += second.errors;
            sum.busy_us += second.busy_us;
            sum.useful_us += second.useful_us;
        }
        let per = |count: u64| count as f64 / span;
        Rate {
            requests: per(sum.requests),
            values: per(sum.values),
            errors: per(sum.errors),
            load: (per(sum.busy_us) / 1_000_000.0).min(1.0),
            utilisation: per(sum.useful_us) / 1_000_000.0,
        }
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_modbus::{ExceptionCode, Response};

    fn outcome(result: Result<Response, AskError>) -> Outcome {
        Outcome { result, taken: Duration::from_millis(100), ..Outcome::nothing(AskError::NotOpen) }
    }

    #[test]
    fn percentiles_of_a_bounded_window() {
        let mut latest = Latest::default();
        assert_eq!(latest.summary(), None);
        (1..=1000).for_each(|ms| latest.push(Duration::from_millis(ms)));
        assert_eq!(latest.0.len(), WINDOW);
        assert_eq!(latest.summary().map(|trip| trip.max), Some(1000.0));
        assert!(latest.summary().is_some_and(|trip| trip.p50 > 860.0 && trip.p50 < 880.0 && trip.p95 < trip.max));
    }

    #[test]
    fn totals_count_each_exchange_once() {
        let mut totals = Totals::default();
        for result in [
            Ok(Response::Written),
            Err(AskError::Exception(ExceptionCode::ServerDeviceBusy)),
            Err(AskError::Timeout),
            Err(AskError::Crc),
            Err(AskError::Noise),
            Err(AskError::NotOpen),
        ] {
            totals.count(&outcome(result));
        }
        let expected = Totals { requests: 5, answers: 2, timeouts: 1, crc: 1, exceptions: 1, malformed: 1, ..Totals::default() };
        assert_eq!(totals, expected);
    }

    #[test]
    fn rates_forget_after_ten_seconds() {
        let mut rates = Rates::default();
        rates.start(500);
        (0..20u64).for_each(|at| rates.exchange(1000 + at * 100, &outcome(Ok(Response::Written))));
        rates.values(2900, 40);
        let rate = rates.rate(4500);
        assert_eq!((rate.requests, rate.values, rate.load), (5.0, 10.0, 0.5));
        assert_eq!(rates.rate(60_000), Rate::default());
        (0..100_000u64).for_each(|at| rates.exchange(at * 1000, &outcome(Err(AskError::Timeout))));
        assert!(rates.seconds.len() <= RATE_SECONDS);
    }
}
