//! The ways out: which should be up, and how they stand.

use super::may;
use super::outlets::OutletBacklog;
use crate::app::{App, Shared};
use crate::links::{LinkSettings, LinkStanding, Seen};
use crate::rights;
use axum::extract::State;
use haubert_links::kernel::Medium;
use haubert_links::{Interface, Kind, LinkState, Reason};
use haubert_model::Timestamp;
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::OUTLETS_VIEW), routes!(get_links)).routes(may(rights::OUTLETS_CHANGE), routes!(put_links))
}

/// A link that should be up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
struct LinkView {
    name: String,
    kind: Kind,
    state: LinkState,
    /// Why it is not up, or not known to be.
    #[schema(required)]
    reason: Option<Reason>,
    /// Since when it is in that state; since the gateway's start at the earliest.
    since: Time,
    /// When the other end of a WireGuard tunnel was last heard.
    #[schema(required)]
    heard_at: Option<Time>,
    /// Address of the other end of a VPN.
    #[schema(required)]
    remote: Option<String>,
    /// What the modem says.
    #[schema(required)]
    modem: Option<LinkModem>,
    /// Wi-Fi signal, dBm.
    #[schema(required)]
    signal_dbm: Option<i32>,
}

/// What a modem says.
#[derive(Debug, Serialize, ToSchema)]
struct LinkModem {
    /// `connected`, `registered`, `searching`… as ModemManager has it.
    state: String,
    #[schema(required)]
    operator: Option<String>,
    /// Access technology, `lte`.
    #[schema(required)]
    technology: Option<String>,
    #[schema(required)]
    signal_percent: Option<u8>,
}

/// A network interface of the machine.
#[derive(Debug, Serialize, ToSchema)]
struct LinkInterface {
    name: String,
    medium: Medium,
    /// Whether packets can pass.
    up: bool,
    /// It carries IPv4 to everywhere.
    way_out_v4: bool,
    /// It carries IPv6 to everywhere.
    way_out_v6: bool,
    /// Since it came up.
    rx_bytes: u64,
    tx_bytes: u64,
    /// Wi-Fi signal, dBm.
    #[schema(required)]
    signal_dbm: Option<i32>,
}

/// What waits while there is no way out.
#[derive(Debug, Serialize, ToSchema)]
struct LinkBacklog {
    /// For the hub; none when there is none.
    #[schema(required)]
    hub: Option<OutletBacklog>,
    mqtt: OutletBacklog,
    push: OutletBacklog,
}

/// The ways out. An outage changes nothing but the backlog.
#[derive(Debug, Serialize, ToSchema)]
struct Links {
    settings: LinkSettings,
    /// When they were looked at.
    at: Time,
    /// The links that should be up, in the order of the settings.
    links: Vec<LinkView>,
    interfaces: Vec<LinkInterface>,
    /// When the helper last wrote what only root may see.
    #[schema(required)]
    status_at: Option<Time>,
    /// Why there is nothing of it.
    #[schema(required)]
    status_missing: Option<Reason>,
    backlog: LinkBacklog,
}

fn link(standing: LinkStanding, seen: &Seen) -> LinkView {
    let LinkStanding { link, found, since } = standing;
    LinkView {
        signal_dbm: seen.signals.get(&link.name).copied(),
        name: link.name,
        kind: link.kind,
        state: found.state,
        reason: found.reason,
        since: Time(since),
        heard_at: found.heard_at_s.map(|at| Time(Timestamp::from_secs(at))),
        remote: found.remote,
        modem: found.modem.map(|modem| LinkModem {
            state: modem.state,
            operator: modem.operator,
            technology: modem.technology,
            signal_percent: modem.signal_percent,
        }),
    }
}

fn interface(interface: &Interface, seen: &Seen) -> LinkInterface {
    let is = |way: &Option<String>| way.as_deref() == Some(interface.name.as_str());
    LinkInterface {
        name: interface.name.clone(),
        medium: interface.medium,
        up: interface.is_up(),
        way_out_v4: is(&seen.way_out_v4),
        way_out_v6: is(&seen.way_out_v6),
        rx_bytes: interface.rx_bytes,
        tx_bytes: interface.tx_bytes,
        signal_dbm: seen.signals.get(&interface.name).copied(),
    }
}

async fn view(app: &App) -> Result<Links, Problem> {
    let standing = app.links.standing();
    let (uplink, mqtt, push) = (app.uplink.clone(), app.mqtt.outbox().clone(), app.push.outbox().clone());
    let enrolled = app.uplink.enrolled().is_some();
    let waits = move |_: &haubert_historian::Reader| {
        let hub = if enrolled { Some(uplink.backlog()?) } else { None };
        Ok((hub, mqtt.backlog()?, push.backlog()?))
    };
    let (hub, mqtt, push) = app.history(waits).await?;
    let seen = standing.seen;
    let status = seen.helper.status();
    Ok(Links {
        settings: app.links.settings().as_ref().clone(),
        at: Time(standing.at),
        links: standing.links.into_iter().map(|standing| link(standing, &seen)).collect(),
        interfaces: seen.interfaces.iter().map(|one| interface(one, &seen)).collect(),
        status_at: status.ok().map(|status| Time(Timestamp::from_secs(status.written_at))),
        status_missing: status.err(),
        backlog: LinkBacklog { hub: hub.map(OutletBacklog::from), mqtt: mqtt.into(), push: push.into() },
    })
}

/// The ways out, and what waits for them.
#[utoipa::path(get, path = "/links", tag = "links", responses((status = 200, body = Links)))]
async fn get_links(State(app): State<Shared>) -> Result<Json<Links>, Problem> {
    Ok(Json(view(&app).await?))
}

/// Says which links should be up.
#[utoipa::path(put, path = "/links", tag = "links", request_body = LinkSettings, responses((status = 200, body = Links)))]
async fn put_links(State(app): State<Shared>, Json(settings): Json<LinkSettings>) -> Result<Json<Links>, Problem> {
    app.links.change(settings.checked()?).await?;
    Ok(Json(view(&app).await?))
}
