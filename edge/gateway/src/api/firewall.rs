//! The firewall: its settings, who comes, who is blocked.

use super::may;
use crate::app::Shared;
use crate::firewall::{FirewallSettings, HTTPS};
use crate::rights;
use crate::store::events::{NewEvent, Severity};
use axum::extract::{Path, State};
use haubert_guard::{Cause, MAX_SOURCES, Network, Transport};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Source};
use haubert_service::problem::{Code, Problem};
use haubert_service::routes;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;

/// Sources shown; the latest.
const SHOWN: usize = 500;
/// Longest block by hand, seconds: a day. For longer there is the list of those denied.
const LONGEST: u32 = 86_400;

const LOCKED_OUT: Code = Code::new("would_lock_you_out", 409, "This would close the door behind you");
const TOO_MANY_BLOCKS: Code =
    Code::new("too_many_blocks", 409, "Too many sources are blocked by hand; deny their network instead");

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::FIREWALL_VIEW), routes!(get_firewall))
        .routes(may(rights::FIREWALL_CHANGE), routes!(put_firewall))
        .routes(may(rights::FIREWALL_VIEW), routes!(list_firewall_sources))
        .routes(may(rights::FIREWALL_VIEW), routes!(list_firewall_blocks))
        .routes(may(rights::FIREWALL_CHANGE), routes!(block_source))
        .routes(may(rights::FIREWALL_CHANGE), routes!(lift_block))
}

/// A listener behind the firewall.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirewallListener)]
struct ListenerView {
    /// As in `settings.limits.listeners`.
    name: String,
    transport: Transport,
    /// Where it listens.
    address: String,
    /// Who may reach it by the security policy; `null` where the policy lets everybody.
    #[schema(required, value_type = Option<Vec<String>>)]
    admitted: Option<Vec<Network>>,
}

/// The firewall.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Firewall)]
struct View {
    settings: FirewallSettings,
    /// What the settings are as shipped.
    defaults: FirewallSettings,
    listeners: Vec<ListenerView>,
    /// Sources known, of at most `sources_max`.
    sources: usize,
    sources_max: usize,
    connections: usize,
    /// File with the rules for the kernel.
    rules_file: String,
}

/// A source.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirewallSource)]
struct SourceView {
    /// An address, or a network of IPv6.
    source: String,
    /// Its first address.
    address: String,
    transport: Transport,
    /// It has a share of its own.
    reserved: bool,
    blocked: bool,
    connections: u32,
    requests_per_second: u32,
    requests: u64,
    bytes_in: u64,
    bytes_out: u64,
    refused: u64,
    last_at: Time,
}

/// A source that is blocked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirewallBlock)]
struct BlockView {
    source: String,
    /// Its first address: lift the block with it.
    address: String,
    /// `null` is everything.
    #[schema(required)]
    transport: Option<Transport>,
    cause: Cause,
    since: Time,
    until: Time,
    /// Milliseconds that are left.
    left_ms: u64,
}

/// Named for the description.
type FirewallSources = List<SourceView>;
/// Named for the description.
type FirewallBlocks = List<BlockView>;

/// Whom to block.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FirewallBlockBody)]
struct BlockBody {
    /// Address; of IPv6 its network of 64 bits is blocked.
    #[schema(value_type = String)]
    address: IpAddr,
    /// For how long; as the settings say when absent.
    #[schema(minimum = 1, maximum = 86_400)]
    seconds: Option<u32>,
}

/// The settings, the listeners, and how full the tables are.
#[utoipa::path(get, path = "/firewall", tag = "firewall", responses((status = 200, body = View)))]
async fn get_firewall(State(app): State<Shared>) -> Json<View> {
    let guard = app.firewall.guard();
    let (sources, connections) = guard.counts();
    let admitted = app.policy.current().admitted_sources(&crate::policy::risk::WAYS_IN);
    let listeners = guard.listeners().into_iter().map(|(name, listener)| ListenerView {
        admitted: admitted.clone().filter(|_| name == HTTPS),
        name,
        transport: listener.transport,
        address: listener.address.to_string(),
    });
    Json(View {
        settings: app.firewall.settings().as_ref().clone(),
        defaults: FirewallSettings::default(),
        listeners: listeners.collect(),
        sources,
        sources_max: MAX_SOURCES,
        connections,
        rules_file: app.firewall.rules_file().display().to_string(),
    })
}

/// Changes the settings, for whatever comes from now on. Blocks keep their time.
#[utoipa::path(put, path = "/firewall", tag = "firewall", request_body = FirewallSettings, responses((status = 200, body = View)))]
async fn put_firewall(
    State(app): State<Shared>,
    Source(source): Source,
    Json(settings): Json<FirewallSettings>,
) -> Result<Json<View>, Problem> {
    settings.check().map_err(|fault| Problem::invalid(&fault.field, "not_valid", &fault.reason))?;
    if settings.limits.enabled && settings.limits.listeners.get(HTTPS).is_some_and(|rule| !rule.admits(source)) {
        return Err(Problem::new(LOCKED_OUT).detail(format!("your address {source} is among those denied")));
    }
    app.firewall.change(&app.db, &app.policy.current(), settings).await?;
    app.chronicle.tell(NewEvent::new(app.clock.now(), Severity::Info, "firewall_changed", []));
    Ok(get_firewall(State(app)).await)
}

/// The sources heard of last, the latest first, at most 500.
#[utoipa::path(get, path = "/firewall/sources", tag = "firewall", responses((status = 200, body = FirewallSources)))]
async fn list_firewall_sources(State(app): State<Shared>) -> Json<List<SourceView>> {
    let guard = app.firewall.guard();
    let (wall, now) = (app.clock.now(), guard.now());
    let view = |view: haubert_guard::SourceView| SourceView {
        source: view.source.to_string(),
        address: view.source.address().to_string(),
        transport: view.transport,
        reserved: view.reserved,
        blocked: view.blocked,
        connections: view.connections,
        requests_per_second: view.requests_per_second,
        requests: view.requests,
        bytes_in: view.bytes_in,
        bytes_out: view.bytes_out,
        refused: view.refused,
        last_at: Time(wall.plus_ms(-ms(now.saturating_sub(view.last)))),
    };
    Json(List::whole(guard.sources(SHOWN).into_iter().map(view).collect()))
}

/// Who is blocked now, the newest first.
#[utoipa::path(get, path = "/firewall/blocks", tag = "firewall", responses((status = 200, body = FirewallBlocks)))]
async fn list_firewall_blocks(State(app): State<Shared>) -> Json<List<BlockView>> {
    let guard = app.firewall.guard();
    let (wall, now) = (app.clock.now(), guard.now());
    let view = |block: haubert_guard::Block| BlockView {
        source: block.source.to_string(),
        address: block.source.address().to_string(),
        transport: block.transport,
        cause: block.cause,
        since: Time(wall.plus_ms(-ms(now.saturating_sub(block.since)))),
        until: Time(wall.plus_ms(ms(block.until.saturating_sub(now)))),
        left_ms: block.until.saturating_sub(now),
    };
    Json(List::whole(guard.blocks().into_iter().take(SHOWN).map(view).collect()))
}

/// Blocks a source by hand, and closes its connections.
#[utoipa::path(post, path = "/firewall/blocks", tag = "firewall", request_body = BlockBody, responses((status = 204)))]
async fn block_source(
    State(app): State<Shared>,
    Source(source): Source,
    Json(body): Json<BlockBody>,
) -> Result<StatusCode, Problem> {
    let settings = app.firewall.settings();
    let seconds = body.seconds.unwrap_or(settings.limits.block_seconds);
    if !(1..=LONGEST).contains(&seconds) {
        return Err(Problem::invalid("seconds", "not_valid", format!("must be between 1 and {LONGEST}")));
    }
    if haubert_guard::Source::of(body.address) == haubert_guard::Source::of(source) {
        return Err(Problem::new(LOCKED_OUT).detail(format!("{source} is your own address")));
    }
    if !app.firewall.guard().block(body.address, seconds) {
        return Err(Problem::new(TOO_MANY_BLOCKS));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Lifts every block of a source.
#[utoipa::path(delete, path = "/firewall/blocks/{address}", tag = "firewall", params(("address" = String, Path, description = "An address of the source")), responses((status = 204)))]
async fn lift_block(State(app): State<Shared>, Path(address): Path<String>) -> Result<StatusCode, Problem> {
    let address = address.parse().map_err(|_| Problem::not_found())?;
    if app.firewall.guard().lift(address) { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

fn ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
