//! What listens, what connects, and how it is protected on the way.

use crate::app::App;
use crate::firewall::loaded::Kernel;
use crate::policy::presets;
use crate::policy::services::{REGISTRY, Service};
use crate::policy::sockets::{self, Role};
use crate::posture::assess::{Finding, Verdict};
use haubert_fieldbus::Line;
use haubert_links::LinkState;
use haubert_service::wire::Time;

pub(super) fn check(app: &App) -> Vec<Finding> {
    let policy = app.policy.current();
    let mut findings = vec![
        services(app),
        Finding::new(
            "policy.modbus_write_off",
            match [Service::ModbusWriting, Service::ModbusServerWriting].into_iter().any(|service| policy.allows(service)) {
                true => Verdict::Weak,
                false => Verdict::Holds,
            },
            [],
        ),
        ports(app),
        preset(app),
        tls(app),
        certificates(app),
        link(app),
        firewall(app),
        of_the_system(app),
    ];
    findings.extend(links(app));
    findings
}

/// The ways out that should be up; nothing to say where none is named.
fn links(app: &App) -> Option<Finding> {
    let links = app.links.standing().links;
    let of = |state: LinkState| links.iter().filter(|link| link.found.state == state).count();
    let verdict = match (of(LinkState::Down), of(LinkState::Unknown)) {
        (0, 0) => Verdict::Holds,
        (0, _) => Verdict::Unknown,
        _ => Verdict::Fails,
    };
    let down: Vec<&str> =
        links.iter().filter(|link| link.found.state != LinkState::Up).map(|link| link.link.name.as_str()).collect();
    let proof = [("up", of(LinkState::Up).to_string()), ("down", down.join(" "))];
    let since = links.iter().filter(|link| link.found.state != LinkState::Up).map(|link| link.since).min();
    (!links.is_empty()).then(|| Finding::new("wan.links", verdict, proof).since(since.map(Time)))
}

fn firewall(app: &App) -> Finding {
    let (limits, blocked) = (app.firewall.settings().limits.clone(), app.firewall.guard().blocks().len());
    let verdict = if limits.enabled { Verdict::Holds } else { Verdict::Fails };
    let proof = [
        ("requests", limits.requests_per_second.to_string()),
        ("block", limits.block_seconds.to_string()),
        ("blocked", blocked.to_string()),
    ];
    Finding::new("firewall.on", verdict, proof)
}

/// The gateway guards its own listeners either way; that nothing else of the machine can be reached, only the kernel can see to.
fn of_the_system(app: &App) -> Finding {
    let (verdict, since) = match app.firewall.kernel() {
        Kernel::Has { since, drops: true } => (Verdict::Holds, Some(since)),
        Kernel::Has { since, drops: false } => (Verdict::Weak, Some(since)),
        Kernel::Without => (Verdict::Weak, None),
        Kernel::Behind => (Verdict::Unknown, None),
    };
    Finding::new("firewall.default_deny", verdict, []).since(since.map(Time))
}

/// Every socket that takes strangers must have been told of, by a service that is on.
fn services(app: &App) -> Finding {
    let Ok(own) = sockets::own() else { return Finding::new("policy.services", Verdict::Unknown, []) };
    let (open, policy) = (app.listeners.open(), app.policy.current());
    let listening: Vec<_> = own.into_iter().filter(|socket| socket.role == Role::Listens).collect();
    let is_right = |socket: &&sockets::Socket| {
        sockets::told(socket, &open).is_some_and(|told| told.services.iter().any(|service| policy.allows(*service)))
    };
    let unexplained: Vec<String> =
        listening.iter().filter(|socket| !is_right(socket)).map(|socket| socket.local.to_string()).collect();
    let verdict = if unexplained.is_empty() { Verdict::Holds } else { Verdict::Fails };
    Finding::new("policy.services", verdict, [("listening", listening.len().to_string()), ("unexplained", unexplained.join(" "))])
}

/// A physical port that is on although no bus hangs on it is open for nothing.
fn ports(app: &App) -> Finding {
    let (policy, topology) = (app.policy.current(), app.topology());
    let has_serial = topology.buses.iter().any(|bus| bus.enabled && matches!(bus.line, Line::Serial { .. }));
    let needless: Vec<&str> = [Service::Usb, Service::Serial]
        .into_iter()
        .filter(|service| policy.allows(*service) && !has_serial)
        .map(Service::id)
        .collect();
    let verdict = if needless.is_empty() { Verdict::Holds } else { Verdict::Weak };
    Finding::new("policy.ports", verdict, [("needless", needless.join(" "))])
}

fn preset(app: &App) -> Finding {
    let policy = app.policy.current();
    let presets = presets::all();
    let met: Vec<&str> = presets.iter().filter(|preset| preset.met(&policy)).map(|preset| preset.id.as_str()).collect();
    let on = REGISTRY.iter().filter(|entry| policy.allows(entry.service)).count();
    let verdict = if met.is_empty() { Verdict::Weak } else { Verdict::Holds };
    Finding::new("policy.preset", verdict, [("presets", met.join(" ")), ("on", on.to_string())])
}

fn tls(app: &App) -> Finding {
    use crate::policy::document::TlsVersion;
    let (verdict, version) = match app.policy.current().tls.minimum {
        TlsVersion::V1_3 => (Verdict::Holds, "1.3"),
        TlsVersion::V1_2 => (Verdict::Weak, "1.2"),
    };
    Finding::new("tls.minimum", verdict, [("version", version.to_owned())])
}

fn certificates(app: &App) -> Finding {
    let expiring = app.certificates.expiring(app.uplink.status().certificate_expires_at);
    let over = expiring.iter().filter(|one| one.code().ends_with("_expired")).count();
    let verdict = match (over, expiring.len()) {
        (0, 0) => Verdict::Holds,
        (0, _) => Verdict::Weak,
        _ => Verdict::Fails,
    };
    let next = expiring.iter().map(|one| one.until).min();
    Finding::new("certificates.valid", verdict, [("soon", (expiring.len() - over).to_string()), ("over", over.to_string())])
        .since(next.map(Time))
}

/// The one link that leaves: mutual TLS when there is one, nothing to protect when there is none.
fn link(app: &App) -> Finding {
    let (enrolled, status) = (app.uplink.enrolled(), app.uplink.status());
    let (verdict, state) = match (enrolled, &status.error) {
        (None, _) => (Verdict::Holds, "none"),
        (Some(_), Some((code, _))) if *code == "hub_untrusted" => (Verdict::Fails, "untrusted"),
        (Some(_), _) => (Verdict::Holds, "mutual"),
    };
    Finding::new("link.mutual", verdict, [("state", state.to_owned())]).since(status.last_ack_at.map(Time))
}
