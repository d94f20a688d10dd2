//! What a bus answers to a request PDU: the device's truth, then whatever fault is switched on.

use crate::clock::PlantClock;
use crate::device::Device;
use crate::fault::Fault;
use crate::identity;
use crate::scene::BusKind;
use haubert_modbus::rtu::LineSettings;
use haubert_modbus::{ExceptionCode, Request, Response, Table, exception_pdu};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A bus with its devices.
#[derive(Debug)]
pub(crate) struct Bus {
    pub(crate) name: String,
    pub(crate) kind: BusKind,
    pub(crate) line: Option<LineSettings>,
    pub(crate) think: Duration,
    pub(crate) devices: BTreeMap<u8, Arc<Device>>,
    pub(crate) clock: Arc<PlantClock>,
    /// Frames that nobody understood or that were meant for nobody here.
    pub(crate) ignored: AtomicU64,
    /// Requests being answered.
    pub(crate) busy: AtomicU64,
    /// Requests that came while another one was being answered, over whatever connection.
    pub(crate) overlapping: AtomicU64,
}

/// A request being answered.
pub(crate) struct Busy<'a>(&'a Bus);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How an answer is spoilt on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    WrongCrc,
    Truncated,
    WrongTransaction,
    /// Noise; the number makes each one another.
    Garbage(u64),
}

/// An answer, its delay and its damage.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) pdu: Vec<u8>,
    pub(crate) delay: Duration,
    pub(crate) damage: Option<Damage>,
}

impl Bus {
    /// Notes a frame that went by unanswered for want of anybody who understood it.
    pub(crate) fn ignore(&self) {
        self.ignored.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that a request is being answered, until the guard is dropped.
    pub(crate) fn begin(&self) -> Busy<'_> {
        if self.busy.fetch_add(1, Ordering::Relaxed) > 0 {
            self.overlapping.fetch_add(1, Ordering::Relaxed);
        }
        Busy(self)
    }

    /// The answer to a request, or silence.
    pub(crate) fn answer(&self, unit: u8, pdu: &[u8]) -> Option<Answer> {
        let Some(device) = self.devices.get(&unit) else {
            // A gateway says that nobody answered; on a line nobody does. A broadcast is never answered.
            let Some(function) = pdu.first().copied().filter(|_| self.kind == BusKind::Tcp && unit != 0) else {
                self.ignore();
                return None;
            };
            let pdu = exception_pdu(function, ExceptionCode::GatewayTargetFailed);
            return Some(Answer { pdu, delay: Duration::ZERO, damage: None });
        };
        device.counters.requests.fetch_add(1, Ordering::Relaxed);
        let faults = take_faults(device);
        let mut answer = Answer { pdu: Vec::new(), delay: Duration::ZERO, damage: None };
        let mut refuse = None;
        for fault in faults {
            match fault {
                Fault::Silent => return None,
                Fault::MuteBeyond(registers) if asks_for_more(pdu, registers) => return None,
                Fault::Longest(registers) if asks_for_more(pdu, registers) => refuse = Some(ExceptionCode::IllegalDataAddress),
                Fault::Slow(delay) => answer.delay = delay,
                Fault::Exception(code) => refuse = Some(code),
                Fault::WrongCrc => answer.damage = Some(Damage::WrongCrc),
                Fault::Truncated => answer.damage = Some(Damage::Truncated),
                Fault::WrongTransaction => answer.damage = Some(Damage::WrongTransaction),
                Fault::Garbage => answer.damage = Some(Damage::Garbage(device.seed ^ device.counters.counts().requests)),
                // What the device measures, remembers or takes the time to be; not how it answers.
                Fault::Nan
                | Fault::ClockReset
                | Fault::ClockOff(_)
                | Fault::Rollover
                | Fault::Exchange
                | Fault::LogEmpty
                | Fault::LogShort(_)
                | Fault::LogIncomplete
                | Fault::Longest(_)
                | Fault::MuteBeyond(_) => {}
            }
        }
        let function = pdu.first().copied().unwrap_or_default();
        let result = match (Request::decode(pdu), refuse) {
            // Whatever else is wrong with it (clause 7 of the application protocol).
            _ if !self.takes(device, function) => Err((function, ExceptionCode::IllegalFunction)),
            (Err(refused), _) => Err(refused),
            (Ok(request), Some(code)) => Err((request.function(), code)),
            (Ok(request), None) => self.execute(device, &request).map_err(|code| (request.function(), code)),
        };
        answer.pdu = result.unwrap_or_else(|(function, code)| {
            device.counters.exceptions.fetch_add(1, Ordering::Relaxed);
            exception_pdu(function, code)
        });
        Some(answer)
    }

    /// Reads, identification and the window of the device's own log: nothing else in a simulated device can be written.
    fn takes(&self, device: &Device, function: u8) -> bool {
        match function {
            1 => device.has(Table::Coils),
            2 => device.has(Table::DiscreteInputs),
            3 | 4 => true,
            8 => self.kind != BusKind::Tcp,
            16 => device.profile.log.is_some(),
            43 => device.profile.identification.modbus.is_some(),
            _ => false,
        }
    }

    fn execute(&self, device: &Device, request: &Request) -> Result<Vec<u8>, ExceptionCode> {
        let response = match request {
            Request::Read { table, address, count } => {
                let words = device.read(*table, *address, *count, &self.clock).ok_or(ExceptionCode::IllegalDataAddress)?;
                device.counters.registers.fetch_add(u64::from(*count), Ordering::Relaxed);
                if table.is_bits() {
                    Response::Bits(words.into_iter().map(|word| word != 0).collect())
                } else {
                    Response::Registers(words)
                }
            }
            Request::WriteRegisters { address, values } => {
                device.move_log(*address, values, &self.clock)?;
                device.counters.writes.fetch_add(1, Ordering::Relaxed);
                Response::Written
            }
            Request::Diagnostics { sub_function: 0, data } => Response::Diagnostics { data: *data },
            Request::ReadDeviceId { level, object } => {
                let serial = device.state().serial.clone();
                match identity::device_id(&device.profile, &serial, *level, *object) {
                    None => return Err(ExceptionCode::IllegalFunction),
                    Some(Err(identity::NoSuchObject)) => return Err(ExceptionCode::IllegalDataAddress),
                    Some(Ok(response)) => response,
                }
            }
            _ => return Err(ExceptionCode::IllegalFunction),
        };
        Ok(response.encode(request))
    }
}

fn asks_for_more(pdu: &[u8], registers: u16) -> bool {
    matches!(Request::decode(pdu), Ok(Request::Read { count, .. }) if count > registers)
}

/// The faults of this answer; those that were to last for some answers are counted down.
fn take_faults(device: &Device) -> Vec<Fault> {
    let mut state = device.state();
    let faults = state.faults.iter().map(|active| active.fault).collect();
    state.faults.retain_mut(|active| match &mut active.remaining {
        None => true,
        Some(remaining) => {
            *remaining = remaining.saturating_sub(1);
            *remaining > 0
        }
    });
    faults
}
