//! What masters find: devices in their own register maps, from what was last read of them or by asking them, and the gateway itself;
//! and what they write, as far as it is let through.

use super::behind::{self, Behind, Table};
use super::own_map::{self, OWN_UNITS, UnitState};
use super::settings::ModbusServerSettings;
use super::writing::{Writing, Written};
use crate::clock_watch::ClockWatch;
use crate::field::Field;
use crate::live::Live;
use crate::policy::{Policy, Service};
use crate::topology::Topology;
use haubert_fieldbus::plan::Span;
use haubert_fieldbus::writable::WRITE_FUNCTIONS;
use haubert_fieldbus::{Ask as _, AskError, DeviceState, Question, Urgency};
use haubert_modbus::{ExceptionCode, Request, Response, Table as Items};
use haubert_modbus_server::{Answer, Outcome, Peer, Plant};
use haubert_model::{BusId, Clock as _, DeviceId, Timestamp};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Objects of the basic identification (clause 6.21): vendor, product, version.
const BASIC: u8 = 1;

/// What is behind the server.
pub struct Site {
    table: RwLock<Arc<Table>>,
    route: AtomicBool,
    live: Arc<Live>,
    field: Field,
    clock: Arc<ClockWatch>,
    writing: Writing,
    /// When the gateway was started, on the monotonic clock.
    started_ms: u64,
}

impl Plant for Site {
    fn answer<'a>(&'a self, peer: &'a Peer, unit: u8, request: &'a Request) -> Answer<'a> {
        if OWN_UNITS.contains(&unit) {
            return Answer::Now(self.own(request));
        }
        match self.asked(unit, request) {
            Ok(Asked::Read { device, place, span }) => match self.field.images().read(device, span) {
                Some((response, _)) => Answer::Now(Ok(response)),
                None if self.route.load(Ordering::Relaxed) => Answer::Later(Box::pin(self.route(place, span))),
                None => Answer::Now(Err(ExceptionCode::IllegalDataAddress)),
            },
            Ok(Asked::Identity(identity)) => Answer::Now(Ok(identity)),
            Ok(Asked::Write { written, place }) => match self.writing.question(peer, written.device, request) {
                Some(question) => Answer::Later(Box::pin(self.write(peer, written, place, question))),
                None => {
                    self.writing.refuse(peer, &written, request);
                    Answer::Now(Err(ExceptionCode::IllegalFunction))
                }
            },
            Err(code) => Answer::Now(Err(code)),
        }
    }

    fn takes(&self, function: u8) -> bool {
        matches!(function, 1..=4 | 43) || (WRITE_FUNCTIONS.contains(&function) && self.writing.is_open())
    }
}

/// What a request to a device comes to.
enum Asked {
    Read { device: DeviceId, place: (BusId, u8), span: Span },
    Identity(Response),
    Write { written: Written, place: (BusId, u8) },
}

impl Site {
    /// With nothing behind it yet.
    pub(super) fn new(live: Arc<Live>, field: Field, clock: Arc<ClockWatch>, writing: Writing) -> Self {
        let started_ms = clock.monotonic_ms();
        Self { table: RwLock::default(), route: AtomicBool::default(), live, field, clock, writing, started_ms }
    }

    /// Works out anew what is behind each unit id.
    pub(super) fn arrange(&self, settings: &ModbusServerSettings, topology: &Topology, policy: &Policy) {
        let table = Arc::new(behind::table(&settings.units, topology, policy));
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = table;
        self.route.store(settings.route, Ordering::Relaxed);
        self.writing.arrange(&settings.writes, policy.allows(Service::ModbusServerWriting));
    }

    fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn asked(&self, unit: u8, request: &Request) -> Result<Asked, ExceptionCode> {
        let table = self.table();
        let behind = table.get(usize::from(unit)).and_then(Option::as_ref).ok_or(ExceptionCode::GatewayPathUnavailable)?;
        match request {
            Request::Read { table, address, count } => {
                let span = Span { table: *table, start: *address, count: *count };
                Ok(Asked::Read { device: behind.device, place: self.place(behind)?, span })
            }
            Request::ReadDeviceId { level, object } => {
                let known = &behind.identity;
                let texts = [&known.vendor, &known.product, &known.version].map(|text| text.as_deref().unwrap_or_default());
                identity(*level, *object, texts).map(Asked::Identity)
            }
            _ if request.is_write() => {
                let written = Written { unit, device: behind.device, name: behind.name.clone() };
                Ok(Asked::Write { written, place: self.place(behind)? })
            }
            _ => Err(ExceptionCode::IllegalFunction),
        }
    }

    /// Where a device is reached, when it can be.
    fn place(&self, behind: &Behind) -> Result<(BusId, u8), ExceptionCode> {
        let place = behind.place.ok_or(ExceptionCode::GatewayPathUnavailable)?;
        match self.state(behind) {
            None | Some(DeviceState::Disabled) => Err(ExceptionCode::GatewayPathUnavailable),
            Some(DeviceState::NeverSeen | DeviceState::Offline) => Err(ExceptionCode::GatewayTargetFailed),
            Some(DeviceState::Online | DeviceState::Degraded) => Ok(place),
        }
    }

    /// `None` when it is gone, or its bus does not run.
    fn state(&self, behind: &Behind) -> Option<DeviceState> {
        behind.place?;
        match behind.enabled {
            true => Some(self.live.device(behind.device).map_or(DeviceState::NeverSeen, |entry| entry.state)),
            false => Some(DeviceState::Disabled),
        }
    }

    /// Asks the device itself, behind what people want and before what can wait.
    async fn route(&self, place: (BusId, u8), span: Span) -> Outcome {
        self.ask(place, &Question::read(span.table, span.start, span.count)).await
    }

    async fn ask(&self, (bus, unit): (BusId, u8), question: &Question) -> Outcome {
        let mut line = self.field.bus_line(bus, Urgency::Probe).await.ok_or(ExceptionCode::GatewayPathUnavailable)?;
        line.ask(unit, question).await.result.map_err(|error| match error {
            AskError::Exception(code) => code,
            AskError::NotOpen => ExceptionCode::GatewayPathUnavailable,
            AskError::WritingOff => ExceptionCode::IllegalFunction,
            _ => ExceptionCode::GatewayTargetFailed,
        })
    }

    /// Carries a write to its device: recorded before, and read anew after, so that who reads back sees what the device made of it.
    async fn write(&self, peer: &Peer, written: Written, place: (BusId, u8), question: Question) -> Outcome {
        let request = question.request();
        // What cannot be recorded is not done.
        self.writing.begin(peer, &written, request).await.map_err(|_| ExceptionCode::ServerDeviceFailure)?;
        let outcome = self.ask(place, &question).await;
        match &outcome {
            Ok(_) => self.read_back(written.device, place, request).await,
            Err(code) => self.writing.fail(peer, &written, request, *code).await,
        }
        outcome
    }

    async fn read_back(&self, device: DeviceId, place: (BusId, u8), request: &Request) {
        let Some((first, last)) = request.written() else { return };
        let table = if matches!(request.function(), 5 | 15) { Items::Coils } else { Items::HoldingRegisters };
        let span = Span { table, start: first, count: (last - first).saturating_add(1).min(table.read_limit()) };
        if self.field.images().read(device, span).is_none() {
            return;
        }
        if let Ok(response) = self.route(place, span).await {
            self.field.images().keep(device, span, &response, self.clock.now());
        }
    }

    fn own(&self, request: &Request) -> Outcome {
        use haubert_modbus::Table::{HoldingRegisters, InputRegisters};
        match request {
            Request::Read { table: HoldingRegisters | InputRegisters, address, count } => {
                let up = self.clock.monotonic_ms().saturating_sub(self.started_ms) / 1000;
                let registers = own_map::registers(&self.units(), self.clock.is_set(), self.clock.now(), up);
                let from = usize::from(*address);
                let words = registers.get(from..from + usize::from(*count)).ok_or(ExceptionCode::IllegalDataAddress)?;
                Ok(Response::Registers(words.to_vec()))
            }
            Request::ReadDeviceId { level, object } => {
                identity(*level, *object, ["Haubert", "haubert-gateway", env!("CARGO_PKG_VERSION")])
            }
            _ => Err(ExceptionCode::IllegalFunction),
        }
    }

    /// How each unit stands.
    pub fn units(&self) -> Vec<UnitState> {
        let last = |device: DeviceId| -> Option<Timestamp> { self.live.device(device)?.last_ok_at };
        let table = self.table();
        let units = (0..=u8::MAX).zip(table.iter()).filter_map(|(unit, behind)| Some((unit, behind.as_ref()?)));
        units.map(|(unit, behind)| UnitState { unit, state: self.state(behind), last_ok_at: last(behind.device) }).collect()
    }
}

/// The three objects of the basic identification as a stream, or one of them.
fn identity(level: u8, object: u8, texts: [&str; 3]) -> Outcome {
    // More levels are answered with what there is (clause 6.21).
    const CONFORMITY: u8 = 0x80 | BASIC;
    let all = (0u8..).zip(texts).map(|(id, text)| (id, text.chars().filter(char::is_ascii).collect::<String>().into_bytes()));
    let objects: Vec<(u8, Vec<u8>)> = match level {
        4 => all.filter(|(id, _)| *id == object).collect(),
        // One that is not there is no error when all are asked for: they begin anew.
        _ if usize::from(object) >= texts.len() => all.collect(),
        _ => all.filter(|(id, _)| *id >= object).collect(),
    };
    if objects.is_empty() {
        return Err(ExceptionCode::IllegalDataAddress);
    }
    Ok(Response::DeviceId { conformity: CONFORMITY, more: false, next: 0, objects })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identification_is_a_stream_or_one_object() {
        let ids = |level, object| match identity(level, object, ["a", "b", "é1"]) {
            Ok(Response::DeviceId { objects, .. }) => objects.into_iter().map(|(id, text)| (id, text.len())).collect(),
            other => panic!("{other:?}"),
        };
        let one: Vec<(u8, usize)> = ids(4, 2);
        assert_eq!(one, [(2, 1)], "ASCII only");
        assert_eq!(ids(1, 0).len(), 3);
        assert_eq!(ids(3, 1).len(), 2);
        assert_eq!(ids(2, 9).len(), 3);
        assert_eq!(identity(4, 9, ["", "", ""]), Err(ExceptionCode::IllegalDataAddress));
    }
}
