//! What masters read: devices in their own register maps, from what was last read of them or by asking them, and the gateway itself.

use super::own_map::{self, OWN_UNITS, UnitState};
use super::settings::ModbusServerSettings;
use crate::clock_watch::ClockWatch;
use crate::field::Field;
use crate::live::Live;
use crate::policy::Policies;
use crate::policy::lines::held_by;
use crate::topology::{Device, Topology};
use haubert_fieldbus::plan::Span;
use haubert_fieldbus::{Ask as _, AskError, DeviceState, Question, Urgency};
use haubert_modbus::{ExceptionCode, Request, Response, Table};
use haubert_modbus_server::{Answer, Outcome, Peer, Plant};
use haubert_model::{Clock as _, DeviceId};
use std::sync::Arc;
use tokio::sync::watch;

/// Objects of the basic identification (clause 6.21): vendor, product, version.
const BASIC: u8 = 1;

/// What is behind the server.
pub struct Site {
    /// What is configured.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// Who answers under which unit id.
    pub settings: watch::Receiver<Arc<ModbusServerSettings>>,
    /// What may run.
    pub policy: Policies,
    /// How devices stand.
    pub live: Arc<Live>,
    /// What was last read of them, and their lines.
    pub field: Field,
    /// Time.
    pub clock: Arc<ClockWatch>,
    /// When the gateway was started, on the monotonic clock.
    pub started_ms: u64,
}

impl Plant for Site {
    fn answer<'a>(&'a self, _peer: &'a Peer, unit: u8, request: &'a Request) -> Answer<'a> {
        if OWN_UNITS.contains(&unit) {
            return Answer::Now(self.own(request));
        }
        let (device, span) = match self.asked(unit, request) {
            Ok(Asked::Read { device, span }) => (device, span),
            Ok(Asked::Identity(identity)) => return Answer::Now(Ok(identity)),
            Err(code) => return Answer::Now(Err(code)),
        };
        match self.field.images().read(device, span) {
            Some((response, _)) => Answer::Now(Ok(response)),
            None if self.settings.borrow().route => Answer::Later(Box::pin(self.route(device, span))),
            None => Answer::Now(Err(ExceptionCode::IllegalDataAddress)),
        }
    }
}

/// What a request to a device comes to.
enum Asked {
    Read { device: DeviceId, span: Span },
    Identity(Response),
}

impl Site {
    fn given(&self, unit: u8) -> Option<DeviceId> {
        self.settings.borrow().units.iter().find(|given| given.unit == unit).map(|given| given.device_id)
    }

    fn asked(&self, unit: u8, request: &Request) -> Result<Asked, ExceptionCode> {
        let id = self.given(unit).ok_or(ExceptionCode::GatewayPathUnavailable)?;
        let topology = self.topology.borrow();
        let device = topology.device(id).ok_or(ExceptionCode::GatewayPathUnavailable)?;
        match request {
            Request::Read { table, address, count } => match self.state(&topology, device) {
                None | Some(DeviceState::Disabled) => Err(ExceptionCode::GatewayPathUnavailable),
                Some(DeviceState::NeverSeen | DeviceState::Offline) => Err(ExceptionCode::GatewayTargetFailed),
                Some(DeviceState::Online | DeviceState::Degraded) => {
                    Ok(Asked::Read { device: id, span: Span { table: *table, start: *address, count: *count } })
                }
            },
            Request::ReadDeviceId { level, object } => {
                let known = &device.identity;
                let texts = [&known.vendor, &known.product, &known.version].map(|text| text.as_deref().unwrap_or_default());
                identity(*level, *object, texts).map(Asked::Identity)
            }
            _ => Err(ExceptionCode::IllegalFunction),
        }
    }

    /// `None` when its bus does not run.
    fn state(&self, topology: &Topology, device: &Device) -> Option<DeviceState> {
        let bus = topology.bus(device.bus_id)?;
        if !bus.enabled || held_by(&self.policy.current(), &bus.line).is_some() {
            return None;
        }
        match device.enabled {
            true => Some(self.live.device(device.id).map_or(DeviceState::NeverSeen, |entry| entry.state)),
            false => Some(DeviceState::Disabled),
        }
    }

    /// Asks the device itself, behind what people want and before what can wait.
    async fn route(&self, device: DeviceId, span: Span) -> Outcome {
        let found = self.topology.borrow().device(device).map(|device| (device.bus_id, device.unit));
        let (bus, unit) = found.ok_or(ExceptionCode::GatewayPathUnavailable)?;
        let mut line = self.field.bus_line(bus, Urgency::Probe).await.ok_or(ExceptionCode::GatewayPathUnavailable)?;
        let question = Question::read(span.table, span.start, span.count);
        line.ask(unit, &question).await.result.map_err(|error| match error {
            AskError::Exception(code) => code,
            AskError::NotOpen => ExceptionCode::GatewayPathUnavailable,
            _ => ExceptionCode::GatewayTargetFailed,
        })
    }

    fn own(&self, request: &Request) -> Outcome {
        match request {
            Request::Read { table: Table::HoldingRegisters | Table::InputRegisters, address, count } => {
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
        let topology = self.topology.borrow();
        let settings = self.settings.borrow();
        let stands = |id: DeviceId| {
            let state = topology.device(id).and_then(|device| self.state(&topology, device));
            (state, self.live.device(id).and_then(|entry| entry.last_ok_at))
        };
        let units = settings.units.iter();
        units
            .map(|given| {
                let (state, last_ok_at) = stands(given.device_id);
                UnitState { unit: given.unit, state, last_ok_at }
            })
            .collect()
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
