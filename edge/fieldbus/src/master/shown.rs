//! What the diagnostics read while the bus works.

use crate::settings::{BusSettings, BusState};
use crate::stats::{Latest, Rates, Totals, micros};
use crate::status::BusStatus;
use crate::transport::{AskError, Outcome};
use haubert_modbus::rtu::LineSettings;
use haubert_model::Timestamp;
use std::time::Duration;

/// The state of a bus, its counts and its times.
pub(super) struct Shown {
    pub(super) status: BusStatus,
    pub(super) rates: Rates,
    wire: Option<LineSettings>,
    totals: Totals,
    round_trips: Latest,
    scheduling: Latest,
    lateness: Latest,
}

impl Shown {
    pub(super) fn new(settings: &BusSettings, now: Timestamp, now_ms: u64) -> Self {
        let mut rates = Rates::default();
        rates.start(now_ms);
        let status = BusStatus {
            id: settings.id,
            name: settings.name.clone(),
            line: settings.line.clone(),
            state: BusState::Off,
            since: now,
            requests_per_s: 0.0,
            values_per_s: 0.0,
            errors_per_s: 0.0,
            totals: Totals::default(),
            round_trip_ms: None,
            scheduling_ms: None,
            lateness_ms: None,
            bus_load: 0.0,
            utilisation: None,
            cycle_ms: None,
            devices: Vec::new(),
        };
        Self {
            status,
            rates,
            wire: settings.line.wire(),
            totals: Totals::default(),
            round_trips: Latest::default(),
            scheduling: Latest::default(),
            lateness: Latest::default(),
        }
    }

    /// Counts one exchange; `was_due` when the request had been waiting for the line.
    pub(super) fn count(&mut self, outcome: &Outcome, was_due: bool, now_ms: u64) {
        self.totals.count(outcome);
        if !matches!(outcome.result, Err(AskError::NotOpen | AskError::WritingOff)) {
            self.rates.exchange(now_ms, outcome);
            if was_due {
                self.scheduling.push(outcome.idle);
            }
        }
        if matches!(outcome.result, Ok(_) | Err(AskError::Exception(_))) {
            self.round_trips.push(outcome.round_trip);
        }
    }

    /// Counts a turn that begins so much after its instant.
    pub(super) fn poll(&mut self, late_ms: u64, by_a_period: bool) {
        self.totals.poll(by_a_period);
        self.lateness.push(Duration::from_millis(late_ms));
    }

    /// Counts the registers of an answer that were of use, and the time they would take of a perfect line (`peers.md`, clause 4).
    pub(super) fn useful(&mut self, registers: usize, now_ms: u64) {
        let wire_us = self.wire.map_or(0, |wire| micros(wire.wire_time(13 + 2 * registers) + wire.t35() * 2));
        self.totals.useful(registers as u64, wire_us);
        self.rates.useful(now_ms, wire_us);
    }

    pub(super) fn snapshot(&self, now_ms: u64) -> BusStatus {
        let rate = self.rates.rate(now_ms);
        BusStatus {
            requests_per_s: rate.requests,
            values_per_s: rate.values,
            errors_per_s: rate.errors,
            bus_load: rate.load,
            utilisation: self.wire.map(|_| rate.utilisation),
            totals: self.totals,
            round_trip_ms: self.round_trips.summary(),
            scheduling_ms: self.scheduling.summary(),
            lateness_ms: self.lateness.summary(),
            ..self.status.clone()
        }
    }
}
