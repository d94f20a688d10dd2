//! Devices: added by hand or from a search, changed, tried, removed.

use super::{buses, may, name, new_id};
use crate::app::{App, Shared};
use crate::policy::Service;
use crate::policy::lines::held_by;
use crate::rights;
use crate::store::topology;
use crate::topology::{Device, Load, Reading, Source, Topology};
use axum::extract::State;
use haubert_content::ProfileId;
use haubert_fieldbus::{DeviceState, TestReport};
use haubert_model::{BusId, DeviceId, DeviceIdentity, Fluid, LoadId, Usage, ZoneId};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::{Code, Problem};
use haubert_service::routes;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most devices added at once.
const MAX_BATCH: usize = 1_000;
/// The bus of a device to be tried does not run.
const BUS_OFF: Code = Code::new("bus_off", 409, "The bus is switched off or stopping");

/// What their list answers.
type DeviceViews = List<DeviceView>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::SOURCES_VIEW), routes!(list_devices))
        .routes(may(rights::SOURCES_CHANGE), routes!(add_device))
        .routes(may(rights::SOURCES_CHANGE), routes!(add_devices))
        .routes(may(rights::SOURCES_CHANGE), routes!(put_device, delete_device))
        .routes(may(rights::SOURCES_RUN), routes!(test_device))
        .routes(may(rights::SOURCES_CHANGE), routes!(forget_refused))
}

/// A device and its health.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Device)]
struct DeviceView {
    id: DeviceId,
    bus_id: BusId,
    name: String,
    unit: u8,
    profile_id: String,
    #[schema(required)]
    base: Option<u16>,
    identity: DeviceIdentity,
    state: DeviceState,
    #[schema(required)]
    last_ok_at: Option<Time>,
    channels: u8,
    enabled: bool,
    reading: Reading,
}

/// A device to be added, as a search found it or as a person describes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeviceBody {
    bus_id: BusId,
    name: String,
    /// Modbus unit id, 1 to 247 (255 where a TCP device wants it).
    unit: u8,
    profile_id: String,
    /// Start of the SunSpec chain, where the profile is relative to it.
    base: Option<u16>,
    #[serde(default)]
    identity: DeviceIdentity,
    /// Loads measured; all that the profile has when absent.
    channels: Option<u8>,
    /// Zone of its loads.
    #[serde(default)]
    zone_id: Option<ZoneId>,
    /// Names of its loads, by channel.
    #[serde(default)]
    load_names: Vec<String>,
}

/// Devices to be added together or not at all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    devices: Vec<DeviceBody>,
}

/// What may be changed of a device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeviceChange {
    name: String,
    enabled: bool,
    profile_id: String,
    /// How it is read; left as it is when absent.
    #[serde(default)]
    reading: Option<Reading>,
}

fn check_reading(reading: &Reading) -> Result<(), Problem> {
    if reading.max_registers.is_some_and(|count| !(1..=125).contains(&count)) {
        return Err(Problem::invalid("reading.max_registers", "out_of_range", "between 1 and 125"));
    }
    if reading.gap.is_some_and(|gap| gap > 125) {
        return Err(Problem::invalid("reading.gap", "out_of_range", "between 0 and 125"));
    }
    if reading.pause_ms > 10_000 {
        return Err(Problem::invalid("reading.pause_ms", "out_of_range", "between 0 and 10000"));
    }
    buses::check_periods("reading.periods", &reading.periods)
}

/// Health of a device as the buses tell it.
pub(super) fn state_of(app: &App, device: &Device) -> DeviceState {
    let policy = app.policy.current();
    let is_on = match &device.source {
        Source::Bus { bus_id, .. } => {
            app.topology().bus(*bus_id).is_some_and(|bus| bus.enabled && held_by(&policy, &bus.line).is_none())
        }
        Source::Lorawan(_) => app.lorawan.account().settings.enabled && policy.allows(Service::Lorawan),
    };
    if !device.enabled || !is_on {
        return DeviceState::Disabled;
    }
    app.live.device(device.id).map_or(DeviceState::NeverSeen, |entry| entry.state)
}

/// `None` of a device that is on no bus: sensors have a view of their own.
fn view(app: &App, device: &Device) -> Option<DeviceView> {
    Some(DeviceView {
        id: device.id,
        bus_id: device.bus_id()?,
        name: device.name.clone(),
        unit: device.unit()?,
        profile_id: device.profile_id.clone(),
        base: device.base,
        identity: device.identity.clone(),
        state: state_of(app, device),
        last_ok_at: app.live.device(device.id).and_then(|entry| entry.last_ok_at).map(Time),
        channels: device.channels,
        enabled: device.enabled,
        reading: device.reading,
    })
}

fn views(app: &App, topology: &Topology) -> List<DeviceView> {
    List::whole(topology.devices.iter().filter_map(|device| view(app, device)).collect())
}

/// The devices on buses, by bus and unit.
#[utoipa::path(get, path = "/devices", tag = "sources", responses((status = 200, body = DeviceViews)))]
async fn list_devices(State(app): State<Shared>) -> Json<List<DeviceView>> {
    Json(views(&app, &app.topology()))
}

/// A device with its loads, checked.
fn prepared(app: &App, body: DeviceBody, prefix: &str) -> Result<(Device, Vec<Load>), Problem> {
    let field = |name: &str| format!("{prefix}{name}");
    if app.topology().bus(body.bus_id).is_none() {
        return Err(Problem::invalid(&field("bus_id"), "unknown", "there is no such bus"));
    }
    if !matches!(body.unit, 1..=247 | 255) {
        return Err(Problem::invalid(&field("unit"), "out_of_range", "between 1 and 247"));
    }
    let catalogue = app.profiles.catalogue();
    let profile = catalogue
        .get(&ProfileId::new(body.profile_id.as_str()))
        .ok_or_else(|| Problem::invalid(&field("profile_id"), "unknown", "there is no such device profile"))?;
    let channels = body.channels.unwrap_or(profile.channels);
    if !(1..=profile.channels).contains(&channels) {
        return Err(Problem::invalid(&field("channels"), "out_of_range", format!("between 1 and {}", profile.channels)));
    }
    let device = Device {
        id: DeviceId(new_id()),
        source: Source::Bus { bus_id: body.bus_id, unit: body.unit },
        name: name(&field("name"), &body.name)?,
        profile_id: body.profile_id,
        base: body.base,
        identity: body.identity,
        channels,
        enabled: true,
        reading: Reading::default(),
    };
    let loads = (1..=channels)
        .map(|channel| {
            let at = usize::from(channel - 1);
            let given = body.load_names.get(at).map(|name| name.trim()).filter(|name| !name.is_empty());
            let own = if channels == 1 { device.name.clone() } else { format!("{} · {channel}", device.name) };
            let fluid = profile.fluids.get(at).or(profile.fluids.last()).copied().unwrap_or(Fluid::Electricity);
            let usage = profile.usage_hint.unwrap_or(if fluid == Fluid::Water { Usage::Water } else { Usage::Other });
            let load_name = given.and_then(|text| name("load_names", text).ok()).unwrap_or(own);
            Load {
                id: LoadId(new_id()),
                device_id: device.id,
                channel,
                name: load_name,
                fluid,
                usage,
                zone_id: body.zone_id,
                enabled: true,
            }
        })
        .collect();
    Ok((device, loads))
}

async fn add(app: &App, prepared: Vec<(Device, Vec<Load>)>) -> Result<Vec<DeviceView>, Problem> {
    let added: Vec<Device> = prepared.iter().map(|(device, _)| device.clone()).collect();
    app.change(move |tx| {
        for (device, loads) in &prepared {
            topology::put_device(tx, device)?;
            loads.iter().try_for_each(|load| topology::put_load(tx, load))?;
        }
        Ok(())
    })
    .await?;
    Ok(added.iter().filter_map(|device| view(app, device)).collect())
}

/// Adds a device and its loads; it is read from the next round on.
#[utoipa::path(post, path = "/devices", tag = "sources", request_body = DeviceBody, responses((status = 201, body = DeviceView)))]
async fn add_device(State(app): State<Shared>, Json(body): Json<DeviceBody>) -> Result<(StatusCode, Json<DeviceView>), Problem> {
    let prepared = prepared(&app, body, "")?;
    let added = add(&app, vec![prepared]).await?.pop().ok_or_else(Problem::not_found)?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// Adds devices, all or none.
#[utoipa::path(post, path = "/devices/batch", tag = "sources", request_body = BatchBody, responses((status = 201, body = DeviceViews)))]
async fn add_devices(
    State(app): State<Shared>,
    Json(body): Json<BatchBody>,
) -> Result<(StatusCode, Json<List<DeviceView>>), Problem> {
    if body.devices.len() > MAX_BATCH {
        return Err(Problem::invalid("devices", "too_many", format!("at most {MAX_BATCH} at once")));
    }
    let ready: Result<Vec<_>, _> =
        body.devices.into_iter().enumerate().map(|(at, device)| prepared(&app, device, &format!("devices[{at}]."))).collect();
    Ok((StatusCode::CREATED, Json(List::whole(add(&app, ready?).await?))))
}

/// Renames, switches or remaps a device.
#[utoipa::path(put, path = "/devices/{id}", tag = "sources", params(("id" = DeviceId, Path)), request_body = DeviceChange, responses((status = 200, body = DeviceView)))]
async fn put_device(
    State(app): State<Shared>,
    Path(id): Path<DeviceId>,
    Json(body): Json<DeviceChange>,
) -> Result<Json<DeviceView>, Problem> {
    let topology = app.topology();
    let known = topology.device(id).filter(|device| device.bus_id().is_some()).ok_or_else(Problem::not_found)?;
    if app.profiles.catalogue().get(&ProfileId::new(body.profile_id.as_str())).is_none() {
        return Err(Problem::invalid("profile_id", "unknown", "there is no such device profile"));
    }
    let reading = body.reading.unwrap_or(known.reading);
    check_reading(&reading)?;
    let device =
        Device { name: name("name", &body.name)?, enabled: body.enabled, profile_id: body.profile_id, reading, ..known.clone() };
    let kept = device.clone();
    app.change(move |tx| topology::put_device(tx, &kept)).await?;
    view(&app, &device).map(Json).ok_or_else(Problem::not_found)
}

/// Removes a device with its loads. Their history stays on disk.
#[utoipa::path(delete, path = "/devices/{id}", tag = "sources", params(("id" = DeviceId, Path)), responses((status = 204)))]
async fn delete_device(State(app): State<Shared>, Path(id): Path<DeviceId>) -> Result<StatusCode, Problem> {
    app.change(move |tx| topology::delete_device(tx, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads every point of a device now, and shows requests and raw words beside the values.
#[utoipa::path(post, path = "/devices/{id}/test", tag = "sources", params(("id" = DeviceId, Path)), responses((status = 200, body = TestReport)))]
async fn test_device(State(app): State<Shared>, Path(id): Path<DeviceId>) -> Result<Json<TestReport>, Problem> {
    app.require(Service::DeviceTest)?;
    let bus = app.topology().device(id).and_then(Device::bus_id).ok_or_else(Problem::not_found)?;
    app.field.test(bus, id).await.map(Json).ok_or_else(|| Problem::new(BUS_OFF))
}

/// Forgets which ranges a device refused, so that all of it is asked again, as after a change of its firmware.
#[utoipa::path(delete, path = "/devices/{id}/refused-ranges", tag = "sources", params(("id" = DeviceId, Path)), responses((status = 204)))]
async fn forget_refused(State(app): State<Shared>, Path(id): Path<DeviceId>) -> Result<StatusCode, Problem> {
    let bus = app.topology().device(id).and_then(Device::bus_id).ok_or_else(Problem::not_found)?;
    if app.field.forget_refused(bus, id).await { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::new(BUS_OFF)) }
}
