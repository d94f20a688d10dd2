//! The policy as its page shows it: each switch with what uses it, the ports, the reference architectures, the sockets.

use super::buses::{SerialPort, found_ports};
use crate::app::App;
use crate::policy::effects::Situation;
use crate::policy::lines::{held_by, is_port_off, is_usb};
use crate::policy::listeners::Protocol;
use crate::policy::presets::{self, By};
use crate::policy::services::{Kind, Protection, REGISTRY, Reach};
use crate::policy::sockets::{self, Role};
use crate::policy::{Policy, Service};
use crate::topology::Line;
use haubert_fieldbus::BusState;
use haubert_model::BusId;
use haubert_service::problem::Problem;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use utoipa::ToSchema;

/// What a switch stands for right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Off.
    Off,
    /// On, but nothing that it needs is.
    Held,
    /// On, and nothing uses it.
    Idle,
    /// On and in use.
    Used,
}

/// One switch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyService)]
struct ServiceView {
    service: Service,
    kind: Kind,
    state: State,
    /// On in a fresh gateway.
    default: bool,
    /// It works only with one of these.
    needs: Vec<Service>,
    /// These work only with it or another of their needs.
    needed_by: Vec<Service>,
    reach: Reach,
    protection: Protection,
    /// What uses it now: buses, the hub, who listens.
    used_by: Vec<String>,
}

/// A serial port of the machine, or one that the policy or a bus names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyPort)]
struct PortView {
    path: String,
    description: String,
    /// It hangs on USB.
    usb: bool,
    /// Its own switch.
    open: bool,
    /// Buses on it.
    buses: Vec<String>,
    /// The machine has it.
    present: bool,
}

/// A recommendation of a reference architecture.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyRecommendation)]
struct RecommendationView {
    id: String,
    by: By,
    /// Whether the policy in force follows it; `null` where a policy cannot.
    #[schema(required)]
    met: Option<bool>,
}

/// A reference architecture.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyPreset)]
struct PresetView {
    id: String,
    /// Where its recommendations stand.
    source: String,
    recommendations: Vec<RecommendationView>,
}

/// A change that waits for its confirmation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyProbation)]
struct ProbationView {
    /// Milliseconds left.
    left_ms: u64,
    /// Milliseconds that there were.
    window_ms: u64,
    /// What comes back when nobody confirms.
    previous: Policy,
}

/// The policy in force and all that its page shows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyState)]
pub(super) struct StateView {
    /// To be given back with a change.
    revision: u64,
    policy: Policy,
    #[schema(required)]
    probation: Option<ProbationView>,
    services: Vec<ServiceView>,
    ports: Vec<PortView>,
    presets: Vec<PresetView>,
    /// Where this request came from.
    your_address: String,
}

/// The policy as it stands, for somebody at this address.
pub(super) async fn state(app: &App, from: IpAddr) -> StateView {
    let kept = app.policy.kept();
    let probation = kept.probation.zip(app.policy.left_ms()).map(|(probation, left_ms)| ProbationView {
        left_ms,
        window_ms: u64::from(probation.window_s) * 1000,
        previous: probation.previous,
    });
    let users = users(app, &kept.policy).await;
    StateView {
        revision: kept.revision,
        probation,
        services: REGISTRY.iter().map(|entry| service(entry.service, &kept.policy, &users)).collect(),
        ports: ports(app, &kept.policy),
        presets: presets(&kept.policy),
        policy: kept.policy,
        your_address: from.to_string(),
    }
}

fn service(service: Service, policy: &Policy, users: &HashMap<Service, Vec<String>>) -> ServiceView {
    let entry = service.entry();
    let used_by = users.get(&service).cloned().unwrap_or_default();
    let state = match (policy.is_on(service), policy.allows(service)) {
        (false, _) => State::Off,
        (true, false) => State::Held,
        (true, true) if used_by.is_empty() => State::Idle,
        (true, true) => State::Used,
    };
    let needed_by = REGISTRY.iter().filter(|other| other.needs.contains(&service)).map(|other| other.service).collect();
    ServiceView {
        service,
        kind: entry.kind,
        state,
        default: entry.default,
        needs: entry.needs.to_vec(),
        needed_by,
        reach: entry.reach,
        protection: entry.protection,
        used_by,
    }
}

/// What uses each service now.
async fn users(app: &App, policy: &Policy) -> HashMap<Service, Vec<String>> {
    let mut users: HashMap<Service, Vec<String>> = HashMap::new();
    let topology = app.topology();
    let running: HashSet<BusId> =
        app.field.status().await.into_iter().filter(|(_, status)| status.state != BusState::Down).map(|(id, _)| id).collect();
    for bus in topology.buses.iter().filter(|bus| running.contains(&bus.id)) {
        let services = match &bus.line {
            Line::Tcp { .. } => vec![Service::ModbusTcp],
            Line::RtuOverTcp { .. } => vec![Service::ModbusRtuTcp],
            Line::Serial { path, .. } if is_usb(path) => vec![Service::Serial, Service::Usb],
            Line::Serial { .. } => vec![Service::Serial],
        };
        for service in services {
            users.entry(service).or_default().push(bus.name.clone());
        }
    }
    let writing = topology.devices.iter().filter(|device| device.enabled && device.reading.read_log);
    users.insert(Service::ModbusWriting, writing.map(|device| device.name.clone()).collect());
    if app.searches.running() > 0 {
        users.insert(Service::Discovery, vec![app.searches.running().to_string()]);
    }
    if let Some(enrolled) = app.uplink.enrolled() {
        users.insert(Service::HubLink, vec![enrolled.hub_url]);
    }
    for open in app.listeners.open() {
        for service in open.services.iter().filter(|service| policy.allows(**service)) {
            users.entry(*service).or_default().push(open.address.to_string());
        }
    }
    users
}

fn ports(app: &App, policy: &Policy) -> Vec<PortView> {
    let topology = app.topology();
    let on = |path: &str| -> Vec<String> {
        let here = |line: &Line| matches!(line, Line::Serial { path: other, .. } if other == path);
        topology.buses.iter().filter(|bus| here(&bus.line)).map(|bus| bus.name.clone()).collect()
    };
    let view = |path: String, description: String, present: bool| PortView {
        usb: is_usb(&path),
        open: !is_port_off(policy, &path),
        buses: on(&path),
        present,
        path,
        description,
    };
    let mut ports: Vec<PortView> = found_ports(Path::new("/dev"))
        .into_iter()
        .map(|SerialPort { path, description }| view(path, description, true))
        .collect();
    let named = topology.buses.iter().filter_map(|bus| match &bus.line {
        Line::Serial { path, .. } => Some(path),
        _ => None,
    });
    for path in named.chain(policy.serial_ports.keys()) {
        if !ports.iter().any(|port| port.path == *path) {
            ports.push(view(path.clone(), String::new(), Path::new(path).exists()));
        }
    }
    ports
}

fn presets(policy: &Policy) -> Vec<PresetView> {
    let view = |preset: presets::Preset| PresetView {
        recommendations: preset
            .recommendations
            .iter()
            .map(|one| RecommendationView { id: one.id.clone(), by: one.by, met: one.met(policy) })
            .collect(),
        id: preset.id,
        source: preset.source,
    };
    presets::all().into_iter().map(view).collect()
}

/// A listening socket of the process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListeningSocket)]
struct ListeningView {
    protocol: Protocol,
    address: String,
    /// The part of the program that opened it; `null` when nobody told of it, which should never be.
    #[schema(required)]
    opened_by: Option<&'static str>,
    /// The services it is for.
    services: Vec<Service>,
}

/// A connection with a peer that the process opened itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutgoingConnection)]
struct OutgoingView {
    protocol: Protocol,
    peer: String,
    /// What it is for, where that is known.
    #[schema(required)]
    service: Option<Service>,
    /// The bus or the hub.
    #[schema(required)]
    what: Option<String>,
}

/// What the process really has open, as the kernel tells it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenSockets)]
pub(super) struct SocketsView {
    listening: Vec<ListeningView>,
    outgoing: Vec<OutgoingView>,
    /// Connections of visitors, by listener.
    visitors: usize,
}

/// The sockets of the process, each with who opened it and what for.
pub(super) fn sockets(app: &App) -> Result<SocketsView, Problem> {
    let all = sockets::own().map_err(|error| Problem::internal("read the table of sockets", &error))?;
    let open = app.listeners.open();
    let ports: HashSet<u16> =
        all.iter().filter(|one| one.role == Role::Listens && one.protocol == Protocol::Tcp).map(|one| one.local.port()).collect();
    let mut view = SocketsView { listening: Vec::new(), outgoing: Vec::new(), visitors: 0 };
    for socket in all {
        match socket.role {
            Role::Listens => {
                let told = sockets::told(&socket, &open);
                view.listening.push(ListeningView {
                    protocol: socket.protocol,
                    address: socket.local.to_string(),
                    opened_by: told.map(|open| open.opened_by),
                    services: told.map(|open| open.services.to_vec()).unwrap_or_default(),
                });
            }
            Role::Connected if socket.protocol == Protocol::Tcp && ports.contains(&socket.local.port()) => view.visitors += 1,
            Role::Connected => {
                let purpose = purpose(app, socket.remote);
                view.outgoing.push(OutgoingView {
                    protocol: socket.protocol,
                    peer: socket.remote.to_string(),
                    service: purpose.as_ref().map(|(service, _)| *service),
                    what: purpose.map(|(_, what)| what),
                });
            }
        }
    }
    // Handles of one listening socket (a server that is begun anew has two) are one listener.
    view.listening.dedup_by(|a, b| (a.protocol, &a.address) == (b.protocol, &b.address));
    Ok(view)
}

/// The bus or the hub at the other end, told by its address or, where that is a name, by its port.
fn purpose(app: &App, peer: SocketAddr) -> Option<(Service, String)> {
    let fits =
        |host: &str, port: u16| port == peer.port() && host.parse::<IpAddr>().is_ok_and(|ip| ip == peer.ip().to_canonical());
    let named = |host: &str, port: u16| port == peer.port() && host.parse::<IpAddr>().is_err();
    let topology = app.topology();
    let policy = app.policy.current();
    let bus = |is: &dyn Fn(&str, u16) -> bool| {
        topology.buses.iter().filter(|bus| bus.enabled && held_by(&policy, &bus.line).is_none()).find_map(|bus| match &bus.line {
            Line::Tcp { host, port } if is(host, *port) => Some((Service::ModbusTcp, bus.name.clone())),
            Line::RtuOverTcp { host, port } if is(host, *port) => Some((Service::ModbusRtuTcp, bus.name.clone())),
            _ => None,
        })
    };
    let is_peer = |url: &str| {
        let Ok(address) = url.parse::<http::Uri>() else { return false };
        let port = address.port_u16().unwrap_or(443);
        address.host().is_some_and(|host| fits(host, port) || named(host, port))
    };
    // The link may go to another port than people do.
    let enrolled = app.uplink.enrolled().filter(|enrolled| is_peer(&enrolled.hub_url) || is_peer(&enrolled.link_url));
    let hub = enrolled.map(|enrolled| (Service::HubLink, enrolled.hub_url));
    bus(&fits).or(hub).or_else(|| bus(&named))
}

/// What runs now, as far as a policy can stop it.
pub(super) fn situation<'a>(
    app: &App,
    topology: &'a crate::topology::Topology,
    people: Vec<(String, Option<IpAddr>)>,
) -> Situation<'a> {
    Situation { topology, hub: app.uplink.enrolled().map(|enrolled| enrolled.hub_url), searches: app.searches.running(), people }
}
