//! What needs a look right now, in codes; the screen makes the sentences.

use crate::accounts::alert;
use crate::app::App;
use crate::boot::Integrity;
use crate::certificates::expiry::Step;
use crate::inputs::lorawan;
use crate::links::LinkStanding;
use crate::policy::lines::held_by;
use crate::policy::listeners::Protocol;
use crate::policy::{Service, sockets};
use crate::recording::writer::Trouble;
use crate::time_check::rounded_ms;
use crate::topology::Device;
use haubert_fieldbus::{BusState, DeviceState};
use haubert_link::LinkPhase;
use haubert_links::{LinkState, Reason};
use haubert_service::wire::Time;
use haubert_sntp::Trust;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Every code, in the order of gravity that a list to choose from wants.
pub const CODES: &[&str] = &[
    "integrity_failed",
    "self_test_failed",
    "slot_tampered",
    "audit_tampered",
    "audit_unavailable",
    "audit_short",
    "audit_not_sent",
    "disk_full",
    "history_failing",
    "history_damaged",
    "samples_dropped",
    "clock_not_set",
    "time_off",
    "time_disputed",
    "time_unchecked",
    "link_down",
    "link_not_known",
    "bus_down",
    "device_offline",
    "bus_held",
    "hub_unreachable",
    "hub_refused",
    "hub_link_off",
    "outlet_failing",
    "sources_blocked",
    "unexpected_listener",
    "certificate_expired",
    "certificate_expiring",
    "authority_expired",
    "authority_expiring",
    "crl_expired",
    "password_overdue",
    "password_given",
    "policy_on_probation",
];

/// An outlet that fails for so long needs a look.
const OUTLET_PATIENCE_MS: i64 = 15 * 60_000;

/// A condition that holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Notice {
    /// Stable code, such as `disk_full`.
    pub code: &'static str,
    /// Since when, where that is known.
    #[schema(required)]
    pub since: Option<Time>,
    /// Values for the sentence.
    pub params: BTreeMap<&'static str, String>,
}

impl Notice {
    fn new<const N: usize>(code: &'static str, since: Option<Time>, params: [(&'static str, String); N]) -> Self {
        debug_assert!(CODES.contains(&code), "{code} is not among the codes");
        Self { code, since, params: params.into_iter().collect() }
    }
}

/// The conditions that hold now, the gravest first.
pub async fn now(app: &App) -> Vec<Notice> {
    let mut notices = Vec::new();
    let found = app.boot.findings();
    if found.integrity == Integrity::Tampered {
        notices.push(Notice::new("integrity_failed", Some(Time(found.at)), [("files", found.faults.join(", "))]));
    }
    if !found.self_test.passed() {
        let failed = found.self_test.failed().join(", ");
        notices.push(Notice::new("self_test_failed", Some(Time(found.self_test.at)), [("tests", failed)]));
    }
    if let Some(tampered) = app.updates.tampered_other() {
        let params = [("slot", tampered.slot.name().to_owned()), ("files", tampered.files.join(", "))];
        notices.push(Notice::new("slot_tampered", None, params));
    }
    let history = app.writer.status();
    match history.trouble {
        Some(Trouble::DiskFull) => {
            notices.push(Notice::new("disk_full", history.last_write_at.map(Time), [("waiting", history.waiting.to_string())]))
        }
        Some(Trouble::Failing) => notices.push(Notice::new("history_failing", history.last_write_at.map(Time), [])),
        None => {}
    }
    if let Some((since, count)) = app.integrity.damaged_since() {
        notices.push(Notice::new("history_damaged", Some(Time(since)), [("count", count.to_string())]));
    }
    if history.dropped > 0 {
        notices.push(Notice::new("samples_dropped", None, [("count", history.dropped.to_string())]));
    }
    match alert::now(app).await {
        Ok(alert) => {
            if alert.overdue > 0 {
                notices.push(Notice::new(
                    "password_overdue",
                    alert.overdue_since.map(Time),
                    [("count", alert.overdue.to_string())],
                ));
            }
            if alert.given > 0 {
                notices.push(Notice::new("password_given", alert.given_since.map(Time), [("count", alert.given.to_string())]));
            }
        }
        Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "the passwords' age is not known"),
    }
    if !app.clock_watch.is_set() {
        notices.push(Notice::new("clock_not_set", None, []));
    }
    notices.extend(of_time(app));
    notices.extend(of_links(app));
    notices.extend(of_audit(app));
    for status in app.field.status().await.into_values() {
        if status.state == BusState::Down {
            notices.push(Notice::new("bus_down", Some(Time(status.since)), [("bus", status.name.clone())]));
            continue;
        }
        for device in status.devices.iter().filter(|device| device.state == DeviceState::Offline) {
            notices.push(Notice::new(
                "device_offline",
                device.last_ok_at.map(Time),
                [("device", device.name.clone()), ("bus", status.name.clone())],
            ));
        }
    }
    notices.extend(of_sensors(app));
    notices.extend(of_policy(app));
    let blocks = app.firewall.guard().blocks();
    if let Some(first) = blocks.iter().map(|block| block.since).min() {
        let ago = i64::try_from(app.firewall.guard().now().saturating_sub(first)).unwrap_or(i64::MAX);
        let since = Some(Time(app.clock.now().plus_ms(-ago)));
        notices.push(Notice::new("sources_blocked", since, [("count", blocks.len().to_string())]));
    }
    let link = app.uplink.status();
    if app.clock_watch.is_set() {
        notices.extend(app.certificates.expiring(link.certificate_expires_at).into_iter().map(|expiring| {
            let since = (expiring.step == Step::Over).then_some(Time(expiring.until));
            Notice::new(expiring.code(), since, expiring.params())
        }));
    }
    match (app.uplink.enrolled(), link.phase) {
        (Some(_), _) if !app.policy.allows(Service::HubLink) => notices.push(Notice::new("hub_link_off", None, [])),
        (Some(_), LinkPhase::Offline) => notices.push(Notice::new("hub_unreachable", link.last_ack_at.map(Time), [])),
        (Some(_), LinkPhase::Refused) => notices.push(Notice::new("hub_refused", link.last_ack_at.map(Time), [])),
        _ => {}
    }
    notices.extend(of_outlets(app));
    notices
}

/// What NTP servers say against the clock.
fn of_time(app: &App) -> Option<Notice> {
    let standing = app.time_check.standing();
    let since = standing.since.map(Time);
    match standing.trust {
        Trust::OffBy => {
            let by = standing.offset_us.map(rounded_ms).unwrap_or_default();
            Some(Notice::new("time_off", since, [("by_ms", by.to_string())]))
        }
        Trust::Disputed => Some(Notice::new("time_disputed", since, [])),
        Trust::Unreachable => Some(Notice::new("time_unchecked", since, [])),
        Trust::Off | Trust::Checking | Trust::Trusted => None,
    }
}

/// Links that should be up and are not, or are not known to be.
fn of_links(app: &App) -> Vec<Notice> {
    let notice = |standing: LinkStanding| {
        let (link, since) = (("link", standing.link.name), Some(Time(standing.since)));
        let reason = ("reason", standing.found.reason.map(Reason::code).unwrap_or_default().to_owned());
        match standing.found.state {
            LinkState::Up => None,
            LinkState::Down => Some(Notice::new("link_down", since, [link, reason])),
            LinkState::Unknown => Some(Notice::new("link_not_known", since, [link, reason])),
        }
    };
    app.links.standing().links.into_iter().filter_map(notice).collect()
}

/// LoRaWAN sensors that are silent.
fn of_sensors(app: &App) -> Vec<Notice> {
    let topology = app.topology();
    if !app.lorawan.account().settings.enabled || !app.policy.allows(Service::Lorawan) {
        return Vec::new();
    }
    let silent = |device: &&Device| {
        let state = app.live.device(device.id).map(|entry| entry.state);
        device.enabled && device.sensor().is_some() && state == Some(DeviceState::Offline)
    };
    let notice = |device: &Device| {
        let since = device.sensor().and_then(|sensor| app.lorawan.known(sensor).0.heard_at).map(Time);
        Notice::new("device_offline", since, [("device", device.name.clone()), ("bus", lorawan::NAME.to_owned())])
    };
    topology.devices.iter().filter(silent).map(notice).collect()
}

/// Outlets that have not worked for long; each comes back by itself.
fn of_outlets(app: &App) -> impl Iterator<Item = Notice> {
    let long = app.clock.now().plus_ms(-OUTLET_PATIENCE_MS);
    let failing = [
        (Service::Mqtt, app.mqtt.standing().failing_since),
        (Service::Mail, app.mail.standing().failing_since),
        (Service::FileExport, app.files.standing().failing_since),
        (Service::Push, app.push.standing().failing_since),
    ];
    failing.into_iter().filter_map(move |(outlet, since)| {
        let since = since.filter(|since| *since <= long)?;
        Some(Notice::new("outlet_failing", Some(Time(since)), [("outlet", outlet.id().to_owned())]))
    })
}

/// What keeps the audit trail from being written, kept or sent.
fn of_audit(app: &App) -> Vec<Notice> {
    let (state, sent) = (app.audit.state(), app.audit.sender().borrow().clone());
    let mut notices = Vec::new();
    if let Some(what) = state.suspect {
        notices.push(Notice::new("audit_tampered", None, [("detail", what.to_owned())]));
    }
    if let Some(trouble) = state.trouble {
        notices.push(Notice::new("audit_unavailable", Some(Time(trouble.since)), [("count", trouble.missed.to_string())]));
    }
    if state.short {
        notices.push(Notice::new("audit_short", None, []));
    }
    if let Some(since) = sent.stuck_since {
        let waiting = state.backlog(&sent);
        notices.push(Notice::new("audit_not_sent", Some(Time(since)), [("count", waiting.to_string())]));
    }
    notices
}

/// What the policy keeps from running, what waits for its confirmation, and what listens although nobody told of it.
fn of_policy(app: &App) -> Vec<Notice> {
    let mut notices = Vec::new();
    if let Some(left) = app.policy.left_ms() {
        notices.push(Notice::new("policy_on_probation", None, [("seconds", left.div_ceil(1000).to_string())]));
    }
    let open = app.listeners.open();
    for socket in sockets::own().unwrap_or_default() {
        // A UDP socket without a peer may also be a question to a name server, for a moment.
        if socket.role == sockets::Role::Listens && socket.protocol == Protocol::Tcp && sockets::told(&socket, &open).is_none() {
            notices.push(Notice::new("unexpected_listener", None, [("address", socket.local.to_string())]));
        }
    }
    let (policy, topology) = (app.policy.current(), app.topology());
    for bus in topology.buses.iter().filter(|bus| bus.enabled) {
        if let Some(service) = held_by(&policy, &bus.line) {
            notices.push(Notice::new("bus_held", None, [("bus", bus.name.clone()), ("service", service.to_string())]));
        }
    }
    notices
}
