//! Device profiles tried before they are relied on: on a unit of a bus, and on registers that somebody has noted.

use super::may;
use super::profiles::parse;
use crate::app::{App, Shared};
use crate::field::{Layouts, Trial, TrialReport};
use crate::policy::Service;
use crate::profiles::{SaveError, dump};
use crate::rights;
use axum::extract::State;
use haubert_content::{Profile, ProfileId};
use haubert_fieldbus::{Patience, TestPoint, Urgency};
use haubert_model::{BusId, Choice, DeviceId, Layout, Quality, Reason};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Code, Problem, codes};
use haubert_service::routes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// The bus of a trial does not run.
const BUS_OFF: Code = Code::new("bus_off", 409, "The bus is switched off or stopping");
/// Nothing is open, or the device does not answer.
const NOTHING_OPEN: Code = Code::new("nothing_to_settle", 409, "The profile leaves nothing open, or the device does not answer");
/// Somebody waits at the screen.
const PATIENCE: Patience =
    Patience { at_least: Duration::from_secs(6), at_most: Duration::from_secs(40), every: Duration::from_secs(1) };

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::DEVICE_PROFILES_RUN), routes!(try_profile))
        .routes(may(rights::DEVICE_PROFILES_RUN), routes!(decode))
        .routes(may(rights::SOURCES_CHANGE), routes!(settle_layout))
}

/// A profile by name, or a file that is not kept yet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProfileChoice {
    /// Name, also of the file.
    id: String,
    /// The file; the profile of this name when absent.
    text: Option<String>,
}

/// What to try, and where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrialBody {
    profile: ProfileChoice,
    bus_id: BusId,
    /// Modbus unit id, 1 to 247 (255 where a TCP device wants it).
    unit: u8,
    /// First register of the SunSpec model; looked for when absent.
    base: Option<u16>,
    /// Version of the register table; asked when absent.
    table_version: Option<u16>,
    /// Loads; as identification says when absent.
    channels: Option<u8>,
    /// Watches counters to settle what the documents leave open: up to 40 seconds.
    #[serde(default)]
    watch: bool,
}

/// Registers that somebody has noted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecodeBody {
    profile: ProfileChoice,
    /// First register of the SunSpec model.
    base: Option<u16>,
    /// Version of the register table.
    table_version: Option<u16>,
    /// Loads; all that the profile has when absent.
    channels: Option<u8>,
    /// Layout taken for each open question.
    #[serde(default)]
    layout: BTreeMap<String, String>,
    /// `address: word word …`, a line for each run.
    words: String,
}

/// What registers mean by a profile.
#[derive(Debug, Serialize, ToSchema)]
struct Decoded {
    points: Vec<TestPoint>,
}

/// Answers to what a device's documents leave open.
#[derive(Debug, Serialize, ToSchema)]
struct Settled {
    choices: Vec<Choice>,
}

fn chosen(app: &App, choice: &ProfileChoice) -> Result<Profile, Problem> {
    match &choice.text {
        Some(text) => Ok(parse(&choice.id, text)?.map_err(SaveError::from)?),
        None => app
            .profiles
            .catalogue()
            .get(&ProfileId::new(choice.id.as_str()))
            .cloned()
            .ok_or_else(|| Problem::invalid("profile.id", "unknown", "there is no such device profile")),
    }
}

fn check_channels(channels: Option<u8>, profile: &Profile) -> Result<(), Problem> {
    match channels {
        Some(count) if !(1..=profile.channels).contains(&count) => {
            Err(Problem::invalid("channels", "out_of_range", format!("between 1 and {}", profile.channels)))
        }
        _ => Ok(()),
    }
}

/// Reads every point of a profile from a unit of a running bus, between two polls. Nothing is kept.
#[utoipa::path(post, path = "/device-profiles/try", tag = "sources", request_body = TrialBody, responses((status = 200, body = TrialReport)))]
async fn try_profile(State(app): State<Shared>, Json(body): Json<TrialBody>) -> Result<Json<TrialReport>, Problem> {
    app.require(Service::DeviceTest)?;
    let profile = chosen(&app, &body.profile)?;
    if app.topology().bus(body.bus_id).is_none() {
        return Err(Problem::invalid("bus_id", "unknown", "there is no such bus"));
    }
    if !matches!(body.unit, 1..=247 | 255) {
        return Err(Problem::invalid("unit", "out_of_range", "between 1 and 247"));
    }
    check_channels(body.channels, &profile)?;
    let trial = Trial {
        bus: body.bus_id,
        unit: body.unit,
        profile,
        base: body.base,
        table_version: body.table_version,
        channels: body.channels,
        watch: body.watch.then_some(PATIENCE),
    };
    app.field.try_profile(trial).await.map(Json).ok_or_else(|| Problem::new(BUS_OFF))
}

/// What noted registers mean by a profile; no device is asked.
#[utoipa::path(post, path = "/device-profiles/decode", tag = "sources", request_body = DecodeBody, responses((status = 200, body = Decoded)))]
async fn decode(State(app): State<Shared>, Json(body): Json<DecodeBody>) -> Result<Json<Decoded>, Problem> {
    let profile = chosen(&app, &body.profile)?;
    check_channels(body.channels, &profile)?;
    if body.words.len() > dump::MAX_BYTES {
        return Err(Problem::new(codes::TOO_LARGE).detail(format!("at most {} bytes of registers", dump::MAX_BYTES)));
    }
    let words = dump::parse(&body.words).map_err(|error| Problem::invalid("words", "not_valid", error))?;
    let lookup = |address: u16| words.get(&address).copied();
    let points = profile.points_as(body.table_version, body.channels.unwrap_or(0), &Layout(body.layout));
    let base = body.base.unwrap_or(0);
    let decoded = points.into_iter().filter_map(|point| point.rebased(base)).map(|point| {
        let (value, reason) = match point.decode(&lookup) {
            Ok((value, reason)) => (Some(value.to_f64()), reason),
            Err(Reason::NoAnswer) => (None, Reason::NotAvailable),
            Err(reason) => (None, reason),
        };
        let spans = point.spans().flat_map(|(start, count)| start..=start.saturating_add(count - 1));
        TestPoint {
            channel: point.channel,
            quantity: point.quantity,
            address: point.address,
            words: spans.filter_map(lookup).map(|word| format!("0x{word:04X}")).collect(),
            value,
            unit: point.quantity.unit().symbol().to_owned(),
            quality: if value.is_none() { Quality::Bad } else { reason.quality() },
            reason,
        }
    });
    Ok(Json(Decoded { points: decoded.collect() }))
}

/// Watches the counters of a device to settle what its documents leave open, up to 40 seconds, and keeps the answer.
#[utoipa::path(post, path = "/devices/{id}/layout", tag = "sources", params(("id" = DeviceId, Path)), responses((status = 200, body = Settled)))]
async fn settle_layout(State(app): State<Shared>, Path(id): Path<DeviceId>) -> Result<Json<Settled>, Problem> {
    app.require(Service::DeviceTest)?;
    if app.topology().device(id).is_none() {
        return Err(Problem::not_found());
    }
    let layouts =
        Layouts { field: app.field.clone(), db: app.db.clone(), topology: app.topology.clone(), clock: Arc::clone(&app.clock) };
    let choices = layouts.look(id, PATIENCE, Urgency::Person).await.ok_or_else(|| Problem::new(NOTHING_OPEN))?;
    Ok(Json(Settled { choices }))
}
