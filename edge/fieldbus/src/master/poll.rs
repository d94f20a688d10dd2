//! One round of one device.

use super::beats::Sheet;
use super::device::{Device, RoundEnd};
use super::{Master, Step};
use crate::event::{BusEvent, EventCode};
use crate::group::Group;
use crate::plan::Span;
use crate::readout::Readout;
use crate::settings::DeviceState;
use crate::transport::{AskError, Outcome};
use crate::urgency::Urgency;
use haubert_modbus::ExceptionCode;
use haubert_model::Reason;
use std::sync::{Arc, PoisonError};

/// Refused ranges that one round may look into; the rest is left to the next ones.
const SPLITS_PER_ROUND: u32 = 24;
/// Requests of one round that may come back damaged, twice each, before the device counts as failed.
const DAMAGED_PER_ROUND: u32 = 2;

/// What is counted while a round lasts.
#[derive(Default)]
struct Course {
    groups: Vec<Group>,
    sheet: usize,
    asked: bool,
    probed: bool,
    splits: u32,
    damaged: u32,
    retried: Option<Span>,
    reconnected: bool,
    spoke: bool,
}

impl Master {
    /// Asks the device all it is to be asked, giving way to what is more urgent between two requests.
    pub(super) async fn poll(&mut self, at: usize) -> Step {
        let now_ms = self.clock.monotonic_ms();
        let Some(device) = self.devices.get_mut(at) else { return Ok(()) };
        let slot = device.slot();
        device.health.busy = std::time::Duration::ZERO;
        device.freshen(now_ms);
        let groups = device.groups_due(now_ms);
        let Some(sheet) = device.sheet_of(&groups) else { return Ok(()) };
        if let Some((late_ms, by_a_period)) = device.lateness(&groups, now_ms) {
            self.shown.lock().unwrap_or_else(PoisonError::into_inner).poll(late_ms, by_a_period);
        }
        let mut course = Course { groups, sheet, ..Course::default() };
        if let Some(sheet) = device.sheet_mut(sheet) {
            sheet.round.begin(&sheet.map, &sheet.plan);
        }
        loop {
            let Some(device) = self.devices.get_mut(at) else { return Ok(()) };
            let Some((asked, span)) = choose(device, &mut course, self.settings.line.has_transactions()) else { break };
            course.asked = true;
            let (unit, pause, patience) = (device.settings.unit, device.settings.options.pause, device.patience());
            if !pause.is_zero() {
                self.has_waited = true;
                tokio::time::sleep(pause).await;
            }
            // The connection may have been lost or given up by the request before, of this round or of somebody else.
            if self.transport.open(self.settings.timeout).await.is_err() {
                if let Some(sheet) = self.sheet_mut(at, course.sheet) {
                    sheet.round.abort(Reason::BusDown);
                }
                break;
            }
            let outcome = self.transport.exchange(unit, &asked.question(), patience).await;
            self.count(Urgency::Poll, &outcome);
            self.judge(at, asked, span, outcome, &mut course).await?;
            self.give_way().await;
        }
        self.scheduler.taken(&slot);
        self.finish(at, &course).await
    }

    fn sheet_mut(&mut self, at: usize, sheet: usize) -> Option<&mut Sheet> {
        self.devices.get_mut(at)?.sheet_mut(sheet)
    }

    /// What an outcome means for the round, the device and its plan. `span` is what was asked, `None` for a probe.
    async fn judge(&mut self, at: usize, asked: Span, span: Option<Span>, outcome: Outcome, course: &mut Course) -> Step {
        let (now, now_ms) = (self.clock.now(), self.clock.monotonic_ms());
        let Some(device) = self.devices.get_mut(at) else { return Ok(()) };
        device.count(&outcome, now);
        let merged = |device: &Device, span: &Span| device.sheet(course.sheet).is_some_and(|sheet| sheet.map.is_merged(span));
        match outcome.result {
            Ok(response) => {
                course.spoke = true;
                device.distrusted = None;
                let id = device.settings.id;
                let Some((span, sheet)) = span.zip(device.sheet_mut(course.sheet)) else { return Ok(()) };
                self.images.keep(id, span, &response, now);
                let useful = sheet.round.answered(&sheet.map, span, &response, now);
                if !device.knows_merged() && merged(device, &span) {
                    device.merged_answered();
                }
                self.shown.lock().unwrap_or_else(PoisonError::into_inner).useful(useful, now_ms);
            }
            // Devices close connections that were idle; the request deserves a fresh one.
            Err(AskError::Lost(_)) if !course.reconnected => course.reconnected = true,
            Err(error) if error.is_silence() || error.is_line() => {
                device.distrusted = error.is_silence().then_some(asked);
                abort(
                    device,
                    course,
                    match error {
                        error if error.is_damage() => Reason::DamagedAnswer,
                        error if error.is_line() => Reason::BusDown,
                        _ => Reason::NoAnswer,
                    },
                );
                if let Some(span) = span.filter(|_| course.spoke)
                    && device.is_mute_at(span)
                {
                    let merged = merged(device, &span);
                    return self.refused(at, span, merged, &error, now_ms).await;
                }
            }
            Err(AskError::Exception(code)) => {
                course.spoke = true;
                device.distrusted = None;
                let Some(span) = span else { return Ok(()) };
                let merged = merged(device, &span);
                if !is_lasting(code, merged) || course.splits >= SPLITS_PER_ROUND {
                    if let Some(sheet) = device.sheet_mut(course.sheet) {
                        sheet.round.failed(span, Reason::Refused);
                    }
                    return Ok(());
                }
                course.splits += 1;
                self.refused(at, span, merged, &AskError::Exception(code), now_ms).await?;
                if let Some(sheet) = self.sheet_mut(at, course.sheet) {
                    sheet.round.replan(&sheet.plan);
                }
            }
            Err(_) => {
                let Some(span) = span.filter(|span| course.retried == Some(*span)) else {
                    course.retried = Some(asked);
                    if span.is_none() {
                        abort(device, course, Reason::DamagedAnswer);
                    }
                    return Ok(());
                };
                course.damaged += 1;
                if let Some(sheet) = device.sheet_mut(course.sheet) {
                    sheet.round.failed(span, Reason::DamagedAnswer);
                }
                if course.damaged >= DAMAGED_PER_ROUND {
                    abort(device, course, Reason::DamagedAnswer);
                }
            }
        }
        Ok(())
    }

    /// Remembers what the device will refuse again, and tells.
    async fn refused(&mut self, at: usize, span: Span, merged: bool, error: &AskError, now_ms: u64) -> Step {
        let Some(device) = self.devices.get_mut(at) else { return Ok(()) };
        let singly = device.refuse(span, merged, self.clock.now(), now_ms);
        let id = device.settings.id;
        let habit = if singly { "; each value is asked for on its own from now on" } else { "" };
        let detail = format!("{} registers at {}: {error}{habit}", span.count, span.start);
        self.tell(Some(id), EventCode::RangeRefused, detail).await
    }

    /// Values, state and the next due time.
    async fn finish(&mut self, at: usize, course: &Course) -> Step {
        let (now, now_ms) = (self.clock.now(), self.clock.monotonic_ms());
        let silent = if course.spoke { 0 } else { self.others(at).filter(|device| device.is_failing()).count() };
        let Some(device) = self.devices.get_mut(at) else { return Ok(()) };
        let id = device.settings.id;
        let Some(sheet) = device.sheet(course.sheet) else { return Ok(()) };
        let end = match (course.spoke, sheet.round.has_failures()) {
            (true, false) => RoundEnd::Whole,
            (true, true) => RoundEnd::Partial,
            (false, _) if course.asked => RoundEnd::Silent,
            (false, _) => RoundEnd::Nothing,
        };
        let (points, values) = (Arc::clone(&sheet.map.order), sheet.round.taken(&sheet.map, &device.refused, now));
        let (before, was_failing) = (device.state, device.is_failing());
        let (scheduled, changed) = device.end(end, &course.groups, now, now_ms, silent);
        {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.rates.values(now_ms, values.iter().filter(|taken| !taken.is_missing()).count());
            if let Some(entry) = shown.status.devices.get_mut(at) {
                device.show(entry);
            }
        }
        // A first failure shows in the state of the bus although it does not in the device's.
        self.is_outdated |= changed.is_some() || end == RoundEnd::Silent;
        if was_failing && course.spoke {
            self.answers_again(at, before, now_ms);
        }
        self.send(BusEvent::Readout(Readout { device: id, at: scheduled.unwrap_or(now), points, values })).await?;
        let Some(state) = changed else { return Ok(()) };
        self.send(BusEvent::DeviceState { device: id, state }).await?;
        match (before, state) {
            (_, DeviceState::Offline) => self.tell(Some(id), EventCode::DeviceOffline, String::new()).await?,
            (DeviceState::Offline, _) => self.tell(Some(id), EventCode::DeviceOnline, String::new()).await?,
            _ => {}
        }
        self.tell_silence().await
    }

    /// The devices in use but this one.
    fn others(&self, at: usize) -> impl Iterator<Item = &Device> {
        self.devices
            .iter()
            .enumerate()
            .filter(move |(other, device)| *other != at && device.settings.enabled)
            .map(|(_, device)| device)
    }

    /// A device answers again. If it is the only one, the line was the trouble; if it had been gone for long, what cut it off
    /// may have cut off others: they are asked without delay.
    fn answers_again(&mut self, at: usize, before: DeviceState, now_ms: u64) {
        if matches!(before, DeviceState::Offline | DeviceState::NeverSeen) || self.others(at).all(Device::is_failing) {
            self.devices.iter_mut().for_each(|device| device.try_soon(now_ms));
            self.settle_slots();
        }
    }

    /// Tells once when several devices have all fallen silent: then it is the line, or the gateway before it. And when it is over.
    async fn tell_silence(&mut self) -> Step {
        let enabled = || self.devices.iter().filter(|device| device.settings.enabled);
        let gone = enabled().filter(|device| device.state == DeviceState::Offline).count();
        let is_silent = gone > 1 && enabled().all(|device| matches!(device.state, DeviceState::Offline | DeviceState::NeverSeen));
        if is_silent == self.is_silent {
            return Ok(());
        }
        self.is_silent = is_silent;
        if is_silent {
            self.tell(None, EventCode::BusDown, "no device answers".to_owned()).await
        } else {
            self.tell(None, EventCode::BusUp, String::new()).await
        }
    }
}

fn abort(device: &mut Device, course: &Course, reason: Reason) {
    if let Some(sheet) = device.sheet_mut(course.sheet) {
        sheet.round.abort(reason);
    }
}

/// The next request. On a line without transaction ids the request that follows a time-out must have an answer of another
/// length than the one that may still come; if the plan has none such, one register is asked for as a probe.
fn choose(device: &Device, course: &mut Course, has_transactions: bool) -> Option<(Span, Option<Span>)> {
    let sheet = device.sheet(course.sheet).filter(|sheet| !sheet.round.is_aborted())?;
    let first = sheet.round.pending().next()?;
    let distrusted = device.distrusted.filter(|_| !has_transactions);
    let differs = |span: &Span| distrusted.is_none_or(|other| span.table != other.table || span.count != other.count);
    if device.wants_probe() && !course.probed {
        course.probed = true;
        let within = |value: &&Span| first.contains(value) && **value != first && differs(value);
        if let Some(value) = sheet.map.values.iter().find(within) {
            return Some((*value, None));
        }
    }
    if let Some(span) = sheet.round.pending().find(differs) {
        return Some((span, Some(span)));
    }
    let probe = Span { count: if distrusted.is_some_and(|other| other.count == 1) { 2 } else { 1 }, ..first };
    Some((probe, None))
}

/// Whether a refusal will be repeated: then the range is remembered. Other codes may be gone the next time.
const fn is_lasting(code: ExceptionCode, merged: bool) -> bool {
    match code {
        ExceptionCode::IllegalDataAddress | ExceptionCode::IllegalDataValue => true,
        ExceptionCode::ServerDeviceFailure => merged,
        _ => false,
    }
}
