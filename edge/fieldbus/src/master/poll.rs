//! One round of one device.

use super::device::{Device, RoundEnd};
use super::{Master, Step};
use crate::event::{BusEvent, EventCode};
use crate::plan::Span;
use crate::round::Round;
use crate::settings::DeviceState;
use crate::transport::{AskError, Outcome};
use haubert_modbus::{ExceptionCode, Request};
use haubert_model::Reason;
use std::sync::PoisonError;

/// Refused ranges that one round may look into; the rest is left to the next ones.
const SPLITS_PER_ROUND: u32 = 24;
/// Requests of one round that may come back damaged, twice each, before the device counts as failed.
const DAMAGED_PER_ROUND: u32 = 2;

/// What is counted while a round lasts.
#[derive(Default)]
struct Course {
    round: Round,
    splits: u32,
    damaged: u32,
    retried: Option<Span>,
    reconnected: bool,
    spoke: bool,
}

impl Master {
    /// Asks the device all it is to be asked, serving one job between two requests.
    pub(super) async fn poll(&mut self, at: usize) -> Step {
        let Some(device) = self.devices.get_mut(at) else { return Ok(()) };
        let slot = device.slot();
        device.health.busy = std::time::Duration::ZERO;
        device.freshen(self.clock.monotonic_ms());
        let mut course = Course::default();
        while !course.round.is_aborted() {
            let Some(device) = self.devices.get(at) else { return Ok(()) };
            let Some((request, span)) = self.choose(device, &course.round) else { break };
            let (unit, pause) = (device.settings.unit, device.settings.options.pause);
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            // The connection may have been lost or given up by the request before, of this round or of somebody else.
            if self.transport.open(self.settings.timeout).await.is_err() {
                course.round.abort(Reason::BusDown);
                break;
            }
            let outcome = self.transport.exchange(unit, &request, self.settings.timeout).await;
            self.count(&outcome);
            self.judge(at, span, request, outcome, &mut course).await?;
            if let Ok(job) = self.jobs.try_recv() {
                self.serve(job).await;
            }
        }
        self.scheduler.taken(&slot);
        self.finish(at, course).await
    }

    /// The next request. On a line without transaction ids the request that follows a time-out must have an answer of another
    /// length than the one that may still come; if the plan has none such, one register is asked for as a probe.
    fn choose(&self, device: &Device, round: &Round) -> Option<(Request, Option<Span>)> {
        let first = round.pending(&device.plan).next()?;
        let Some(distrusted) = device.distrusted.filter(|_| !self.settings.line.has_transactions()) else {
            return Some((first.request(), Some(first)));
        };
        let differs = |span: &Span| span.table != distrusted.table || span.count != distrusted.count;
        if let Some(other) = round.pending(&device.plan).find(differs) {
            return Some((other.request(), Some(other)));
        }
        let probe = Span { count: if distrusted.count == 1 { 2 } else { 1 }, ..first };
        Some((probe.request(), None))
    }

    /// What an outcome means for the round, the device and its plan. `span` is `None` for a probe.
    async fn judge(&mut self, at: usize, span: Option<Span>, request: Request, outcome: Outcome, course: &mut Course) -> Step {
        let (now, now_ms) = (self.clock.now(), self.clock.monotonic_ms());
        let Some(device) = self.devices.get_mut(at) else { return Ok(()) };
        device.count(&outcome, now);
        let asked = span.or_else(|| read_span(&request));
        match outcome.result {
            Ok(response) => {
                course.spoke = true;
                device.distrusted = None;
                if let Some(span) = span {
                    course.round.answered(span, response, now);
                }
            }
            // Devices close connections that were idle; the request deserves a fresh one.
            Err(AskError::Lost(_)) if !course.reconnected => course.reconnected = true,
            Err(error) if error.is_silence() || error.is_line() => {
                device.distrusted = asked.filter(|_| error.is_silence());
                course.round.abort(match error {
                    error if error.is_damage() => Reason::DamagedAnswer,
                    error if error.is_line() => Reason::BusDown,
                    _ => Reason::NoAnswer,
                });
                if let Some(span) = span.filter(|_| course.spoke)
                    && device.is_mute_at(span)
                {
                    device.refuse(span, now_ms);
                    let (id, detail) = (device.settings.id, format!("{} registers at {}: {error}", span.count, span.start));
                    return self.tell(Some(id), EventCode::RangeRefused, detail).await;
                }
            }
            Err(AskError::Exception(code)) => {
                course.spoke = true;
                device.distrusted = None;
                let Some(span) = span else { return Ok(()) };
                let merged = device.map.as_ref().is_some_and(|map| map.is_merged(&span));
                if !is_lasting(code, merged) || course.splits >= SPLITS_PER_ROUND {
                    course.round.failed(span, Reason::Refused);
                    return Ok(());
                }
                course.splits += 1;
                device.refuse(span, now_ms);
                let (id, detail) = (device.settings.id, format!("{} registers at {}: {code}", span.count, span.start));
                return self.tell(Some(id), EventCode::RangeRefused, detail).await;
            }
            Err(_) => {
                let Some(span) = span.filter(|span| course.retried == Some(*span)) else {
                    course.retried = asked;
                    if span.is_none() {
                        course.round.abort(Reason::DamagedAnswer);
                    }
                    return Ok(());
                };
                course.damaged += 1;
                course.round.failed(span, Reason::DamagedAnswer);
                if course.damaged >= DAMAGED_PER_ROUND {
                    course.round.abort(Reason::DamagedAnswer);
                }
            }
        }
        Ok(())
    }

    /// Readings, state and the next due time.
    async fn finish(&mut self, at: usize, course: Course) -> Step {
        let (now, now_ms) = (self.clock.now(), self.clock.monotonic_ms());
        let Some(device) = self.devices.get_mut(at) else { return Ok(()) };
        let id = device.settings.id;
        let end = match (course.spoke, course.round.has_failures()) {
            (true, false) => RoundEnd::Whole,
            (true, true) => RoundEnd::Partial,
            (false, _) => RoundEnd::Silent,
        };
        let readings = device.map.as_ref().map(|map| course.round.readings(map, &device.refused, id, now)).unwrap_or_default();
        let before = device.state;
        let changed = device.end(end, &self.settings, now, now_ms);
        let status = device.status();
        {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.rates.values(now_ms, readings.iter().filter(|reading| reading.value.is_some()).count());
            if let Some(entry) = shown.status.devices.get_mut(at) {
                *entry = status;
            }
        }
        self.send(BusEvent::Readings { device: id, at: now, readings }).await?;
        let Some(state) = changed else { return Ok(()) };
        self.send(BusEvent::DeviceState { device: id, state }).await?;
        match (before, state) {
            (_, DeviceState::Offline) => self.tell(Some(id), EventCode::DeviceOffline, String::new()).await,
            (DeviceState::Offline, _) => self.tell(Some(id), EventCode::DeviceOnline, String::new()).await,
            _ => Ok(()),
        }
    }
}

/// Whether a refusal will be repeated: then the range is remembered. Other codes may be gone the next time.
const fn is_lasting(code: ExceptionCode, merged: bool) -> bool {
    match code {
        ExceptionCode::IllegalDataAddress | ExceptionCode::IllegalDataValue => true,
        ExceptionCode::ServerDeviceFailure => merged,
        _ => false,
    }
}

const fn read_span(request: &Request) -> Option<Span> {
    match request {
        Request::Read { table, address, count } => Some(Span { table: *table, start: *address, count: *count }),
        _ => None,
    }
}
