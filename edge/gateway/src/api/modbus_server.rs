//! The Modbus TCP server: settings, how it stands, who asks what, and a try.

use super::may;
use crate::app::{App, Shared};
use crate::outlets::modbus::{Given, ModbusServerSettings, Standing, Step, Told, converse, knock};
use crate::policy::Service;
use crate::rights;
use axum::extract::State;
use haubert_fieldbus::DeviceState;
use haubert_model::DeviceId;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::{Code, Problem};
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use utoipa::ToSchema;

const NOT_SERVING: Code = Code::new("not_serving", 409, "The Modbus TCP server is not running");

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::OUTLETS_VIEW), routes!(get_modbus_server))
        .routes(may(rights::OUTLETS_CHANGE), routes!(put_modbus_server))
        .routes(may(rights::OUTLETS_RUN), routes!(test_modbus_server))
}

/// How the server stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ModbusServerStanding {
    /// Nobody switched it on.
    Off,
    /// The security policy has it off.
    Forbidden,
    /// The program is not what was signed: nothing is handed out.
    Closed,
    Open,
    /// No authority is believed that could vouch for a master (secured listener only).
    Nobody,
    /// It cannot listen.
    Failed,
}

/// One of the two listeners.
#[derive(Debug, Serialize, ToSchema)]
struct ModbusListener {
    state: ModbusServerStanding,
    /// Whether the security policy allows it.
    allowed: bool,
    /// Where it listens, or would; said by the start-up file.
    address: String,
    /// Why it cannot listen.
    #[schema(required)]
    detail: Option<String>,
}

/// A unit id, and the device behind it.
#[derive(Debug, Serialize, ToSchema)]
struct ModbusUnitView {
    unit: u8,
    device_id: DeviceId,
    /// Its name; absent when it is gone.
    #[schema(required)]
    device: Option<String>,
    #[schema(required)]
    bus: Option<String>,
    /// Its unit id on its own bus.
    #[schema(required)]
    own_unit: Option<u8>,
    /// Absent when it is gone, or its bus is off: then masters hear exception 10.
    #[schema(required)]
    state: Option<DeviceState>,
    #[schema(required)]
    last_ok_at: Option<Time>,
}

/// A master, and what it asked since the start.
#[derive(Debug, Serialize, ToSchema)]
struct ModbusClient {
    source: String,
    connections: u64,
    requests: u64,
    /// Those of them that were refused.
    exceptions: u64,
    #[schema(required)]
    last_at: Option<Time>,
}

/// What was asked and answered since the start.
#[derive(Debug, Serialize, ToSchema)]
struct ModbusServerCounters {
    /// Open now.
    connections: u64,
    accepted: u64,
    /// Not let in by the firewall.
    refused: u64,
    /// Ended because what came was no Modbus, or for waiting in vain.
    broken: u64,
    received_bytes: u64,
    sent_bytes: u64,
    /// Requests by function code.
    functions: BTreeMap<u8, u64>,
    /// Refusals by exception code.
    exceptions: BTreeMap<u8, u64>,
}

/// The Modbus TCP server.
#[derive(Debug, Serialize, ToSchema)]
struct ModbusServer {
    settings: ModbusServerSettings,
    #[serde(flatten)]
    plain: ModbusListener,
    /// For masters with a certificate (Modbus/TCP Security).
    secured: ModbusListener,
    /// Whether the security policy lets anything be written.
    writing_allowed: bool,
    units: Vec<ModbusUnitView>,
    counters: ModbusServerCounters,
    clients: Vec<ModbusClient>,
}

/// A step of a try.
#[derive(Debug, Serialize, ToSchema)]
struct ModbusServerStep {
    /// `connect`, `identify`, `read`; `tls` at the secured listener.
    step: &'static str,
    #[schema(required)]
    unit: Option<u8>,
    /// First register, for `read`.
    #[schema(required)]
    register: Option<u16>,
    ok: bool,
    /// What came back, or why nothing did.
    detail: String,
}

/// What came of a try.
#[derive(Debug, Serialize, ToSchema)]
struct ModbusServerTrial {
    ok: bool,
    steps: Vec<ModbusServerStep>,
}

fn listener(standing: Standing, allowed: bool, listen: SocketAddr) -> ModbusListener {
    let (state, address, detail) = match standing {
        Standing::Off => (ModbusServerStanding::Off, listen, None),
        Standing::Forbidden => (ModbusServerStanding::Forbidden, listen, None),
        Standing::Closed => (ModbusServerStanding::Closed, listen, None),
        Standing::Open(address) => (ModbusServerStanding::Open, address, None),
        Standing::Nobody => (ModbusServerStanding::Nobody, listen, None),
        Standing::Failed(why) => (ModbusServerStanding::Failed, listen, Some(why)),
    };
    ModbusListener { state, allowed, address: address.to_string(), detail }
}

fn view(app: &App) -> ModbusServer {
    let desk = &app.modbus_server;
    let (settings, counted, topology) = (desk.settings(), desk.counted(), app.topology());
    let states: BTreeMap<u8, _> = desk.site().units().into_iter().map(|unit| (unit.unit, unit)).collect();
    let unit = |given: &Given| {
        let device = topology.device(given.device_id);
        let state = states.get(&given.unit);
        ModbusUnitView {
            unit: given.unit,
            device_id: given.device_id,
            device: device.map(|device| device.name.clone()),
            bus: device.and_then(|device| topology.bus(device.bus_id()?)).map(|bus| bus.name.clone()),
            own_unit: device.and_then(|device| device.unit()),
            state: state.and_then(|unit| unit.state),
            last_ok_at: state.and_then(|unit| unit.last_ok_at).map(Time),
        }
    };
    let client = |client: haubert_modbus_server::Client| ModbusClient {
        source: client.source.to_string(),
        connections: client.connections,
        requests: client.requests,
        exceptions: client.exceptions,
        last_at: client.last_at.map(Time),
    };
    ModbusServer {
        units: settings.units.iter().map(unit).collect(),
        settings: (*settings).clone(),
        plain: listener(desk.standing(), app.policy.allows(Service::ModbusServer), desk.listen()),
        secured: listener(desk.secured_standing(), app.policy.allows(Service::ModbusSecured), desk.secured_listen()),
        writing_allowed: app.policy.allows(Service::ModbusServerWriting),
        counters: ModbusServerCounters {
            connections: counted.connections,
            accepted: counted.accepted,
            refused: counted.refused,
            broken: counted.broken,
            received_bytes: counted.received,
            sent_bytes: counted.sent,
            functions: counted.functions,
            exceptions: counted.exceptions,
        },
        clients: counted.clients.into_iter().map(client).collect(),
    }
}

#[utoipa::path(get, path = "/outlets/modbus", tag = "outlets", responses((status = 200, body = ModbusServer)))]
async fn get_modbus_server(State(app): State<Shared>) -> Json<ModbusServer> {
    Json(view(&app))
}

#[utoipa::path(put, path = "/outlets/modbus", tag = "outlets", request_body = ModbusServerSettings, responses((status = 200, body = ModbusServer)))]
async fn put_modbus_server(
    State(app): State<Shared>,
    Json(settings): Json<ModbusServerSettings>,
) -> Result<Json<ModbusServer>, Problem> {
    let settings = settings.checked()?;
    if settings.enabled {
        app.require(Service::ModbusServer)?;
    }
    if settings.secured {
        app.require(Service::ModbusSecured)?;
    }
    // A number may stay with a device that is gone; a new one is given to somebody who is there.
    let (topology, before) = (app.topology(), app.modbus_server.settings());
    let known: BTreeSet<DeviceId> = before.units.iter().map(|given| given.device_id).collect();
    for (at, given) in settings.units.iter().enumerate() {
        if topology.device(given.device_id).is_none() && !known.contains(&given.device_id) {
            return Err(Problem::invalid(&format!("units.{at}.device_id"), "not_found", "there is no such device"));
        }
    }
    // So with rules: one of a device that is gone may stay, a new one is for somebody who is there.
    for (at, rule) in settings.writes.iter().enumerate() {
        if topology.device(rule.device_id).is_none() && !before.writes.contains(rule) {
            return Err(Problem::invalid(&format!("writes.{at}.device_id"), "not_found", "there is no such device"));
        }
    }
    app.modbus_server.change(&app.db, settings).await?;
    Ok(Json(view(&app)))
}

/// Comes to the server by the network as a master does, asks the gateway who it is, and reads an item of its first devices. At the
/// secured listener it shows no certificate, and must not be let in.
#[utoipa::path(post, path = "/outlets/modbus/test", tag = "outlets", responses((status = 200, body = ModbusServerTrial)))]
async fn test_modbus_server(State(app): State<Shared>) -> Result<Json<ModbusServerTrial>, Problem> {
    let desk = &app.modbus_server;
    let (plain, secured) = (desk.standing(), desk.secured_standing());
    let mut told = Vec::new();
    if let Standing::Open(address) = plain {
        let settings = desk.settings();
        let place = |given: &Given| {
            let first = app.field.images().first(given.device_id)?;
            Some((given.unit, first.table, first.start))
        };
        let places: Vec<_> = settings.units.iter().filter_map(place).collect();
        told.extend(converse(address, &places).await);
    }
    if let Standing::Open(address) = secured {
        told.extend(knock(address, desk.shown()).await);
    }
    if told.is_empty() {
        return Err(Problem::new(NOT_SERVING));
    }
    let step = |told: Told| {
        let (step, unit, register) = match told.step {
            Step::Connect => ("connect", None, None),
            Step::Tls => ("tls", None, None),
            Step::Identify => ("identify", Some(0xFF), None),
            Step::Read { unit, address } => ("read", Some(unit), Some(address)),
        };
        let ok = told.outcome.is_ok();
        ModbusServerStep { step, unit, register, ok, detail: told.outcome.unwrap_or_else(|why| why) }
    };
    let steps: Vec<ModbusServerStep> = told.into_iter().map(step).collect();
    Ok(Json(ModbusServerTrial { ok: steps.iter().all(|step| step.ok), steps }))
}
