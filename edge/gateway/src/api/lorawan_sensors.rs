//! LoRaWAN sensors: those that were heard, those that were taken in, and how their payloads are read.

use super::devices::state_of;
use super::{may, name, new_id};
use crate::app::{App, Shared};
use crate::rights;
use crate::store::topology;
use crate::topology::{Device, Load, Pulse, Reading, Sensor, Source};
use axum::extract::State;
use haubert_content::{Decoder, Measured, ProfileId};
use haubert_fieldbus::DeviceState;
use haubert_lorawan::{DevEui, Memory};
use haubert_model::{Decimal, DeviceId, DeviceIdentity, Fluid, LoadId, Quantity, Reason, Unit, Usage, ZoneId};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Bound;
use utoipa::ToSchema;

/// Longest interval between two uplinks, in s: a week.
const LONGEST_S: u32 = 7 * 86_400;

/// What their list answers.
type SensorViews = List<SensorView>;
/// What their list answers.
type HeardViews = List<HeardView>;
/// What their list answers.
type DecoderViews = List<DecoderView>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::SOURCES_VIEW), routes!(list_decoders))
        .routes(may(rights::SOURCES_VIEW), routes!(list_heard))
        .routes(may(rights::SOURCES_VIEW), routes!(preview))
        .routes(may(rights::SOURCES_VIEW), routes!(list_sensors))
        .routes(may(rights::SOURCES_CHANGE), routes!(take_in))
        .routes(may(rights::SOURCES_CHANGE), routes!(put_sensor, delete_sensor))
}

/// A payload decoder.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayloadDecoder)]
struct DecoderView {
    id: String,
    vendor: String,
    model: String,
    /// Whether each field was checked against the maker's own document or a real device.
    verified: bool,
    /// What may flow where it measures; the first is proposed.
    fluids: Vec<Fluid>,
    #[schema(required)]
    usage: Option<Usage>,
    /// Loads that it can have.
    loads: u8,
    /// Whether it counts pulses, which then want a weight.
    counts_pulses: bool,
}

/// How a sensor was last heard, and what it says of itself.
#[derive(Debug, Serialize, ToSchema)]
struct SensorRadio {
    /// Strength, dBm.
    #[schema(required)]
    rssi: Option<i32>,
    /// Distance to the noise, dB.
    #[schema(required)]
    snr: Option<f64>,
    /// Gateways that heard it.
    #[schema(required)]
    gateways: Option<u32>,
    /// How well it hears the network, dB.
    #[schema(required)]
    margin: Option<i32>,
    #[schema(required)]
    battery_percent: Option<f64>,
    #[schema(required)]
    battery_volts: Option<f64>,
    external_power: bool,
    uplinks: u64,
    /// Uplinks that never came, by the sensor's own count.
    lost: u64,
}

impl From<&Memory> for SensorRadio {
    fn from(memory: &Memory) -> Self {
        Self {
            rssi: memory.reception.map(|reception| reception.rssi),
            snr: memory.reception.map(|reception| reception.snr),
            gateways: memory.reception.map(|reception| reception.gateways),
            margin: memory.margin,
            battery_percent: memory.battery_percent,
            battery_volts: memory.battery_volts,
            external_power: memory.external_power,
            uplinks: memory.uplinks,
            lost: memory.lost,
        }
    }
}

/// A sensor that was heard, and that nobody has taken in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LorawanHeard)]
struct HeardView {
    dev_eui: DevEui,
    /// What the network server calls it.
    name: String,
    #[schema(required)]
    heard_at: Option<Time>,
    radio: SensorRadio,
}

/// A value of a sensor.
#[derive(Debug, Serialize, ToSchema)]
struct SensorValue {
    channel: u8,
    quantity: Quantity,
    unit: Unit,
    /// `null` when there is no usable one.
    #[schema(required)]
    value: Option<f64>,
    reason: Reason,
    #[schema(required)]
    at: Option<Time>,
}

/// A load of a sensor.
#[derive(Debug, Serialize, ToSchema)]
struct SensorLoad {
    id: LoadId,
    channel: u8,
    name: String,
    fluid: Fluid,
    usage: Usage,
    #[schema(required)]
    zone_id: Option<ZoneId>,
    /// What a pulse stands for.
    #[schema(required)]
    pulse: Option<Pulse>,
}

/// A sensor that was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LorawanSensor)]
struct SensorView {
    id: DeviceId,
    dev_eui: DevEui,
    name: String,
    decoder: String,
    enabled: bool,
    state: DeviceState,
    #[schema(required)]
    heard_at: Option<Time>,
    /// As set, s; `null`: learnt.
    #[schema(required)]
    interval_s: Option<u32>,
    /// As it holds, s. It is taken to be silent after three of them.
    usual_interval_s: u32,
    radio: SensorRadio,
    loads: Vec<SensorLoad>,
    values: Vec<SensorValue>,
}

/// A load that a sensor is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSensorLoad {
    /// Load number of the decoder, from 1.
    channel: u8,
    name: String,
    fluid: Fluid,
    usage: Usage,
    zone_id: Option<ZoneId>,
    /// What a pulse stands for, of a counter of pulses.
    pulse: Option<Pulse>,
}

/// A sensor to be taken in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSensor {
    dev_eui: DevEui,
    name: String,
    decoder: String,
    /// Usual time between two uplinks, s, 1 to 604800; learnt when absent.
    interval_s: Option<u32>,
    loads: Vec<NewSensorLoad>,
}

/// What may be changed of a sensor; its loads are named and placed as all others.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SensorChange {
    name: String,
    enabled: bool,
    decoder: String,
    interval_s: Option<u32>,
    /// What a pulse stands for, by channel.
    #[serde(default)]
    pulses: BTreeMap<u8, Pulse>,
}

/// What is to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayloadPreviewBody {
    dev_eui: DevEui,
    decoder: String,
}

/// The last uplink of a sensor, as a decoder reads it.
#[derive(Debug, Serialize, ToSchema)]
struct PayloadPreview {
    port: u8,
    /// Hexadecimal.
    payload: String,
    /// Bytes at the end that were not understood.
    left: usize,
    values: Vec<SensorValue>,
}

/// How payloads can be read.
#[utoipa::path(get, path = "/inputs/lorawan/decoders", tag = "inputs", responses((status = 200, body = DecoderViews)))]
async fn list_decoders(State(app): State<Shared>) -> Json<List<DecoderView>> {
    let decoder = |decoder: &Decoder| DecoderView {
        id: decoder.id.to_string(),
        vendor: decoder.vendor.clone(),
        model: decoder.model.clone(),
        verified: decoder.verified,
        fluids: decoder.fluids.clone(),
        usage: decoder.usage_hint,
        loads: decoder.loads,
        counts_pulses: decoder.measures(Quantity::PulseCount),
    };
    Json(List::whole(app.lorawan.decoders().iter().map(decoder).collect()))
}

/// Sensors that were heard, and that nobody has taken in; the last heard first.
#[utoipa::path(get, path = "/inputs/lorawan/heard", tag = "inputs", responses((status = 200, body = HeardViews)))]
async fn list_heard(State(app): State<Shared>) -> Json<List<HeardView>> {
    let heard = app.lorawan.heard().into_iter().map(|(dev_eui, memory)| HeardView {
        dev_eui,
        name: memory.name.clone(),
        heard_at: memory.heard_at.map(Time),
        radio: (&memory).into(),
    });
    Json(List::whole(heard.collect()))
}

fn decoder<'a>(app: &'a App, id: &str) -> Result<&'a Decoder, Problem> {
    let found = app.lorawan.decoders().get(&ProfileId::new(id));
    found.ok_or_else(|| Problem::invalid("decoder", "unknown", "there is no such decoder"))
}

/// Reads the last uplink of a sensor with a decoder.
#[utoipa::path(post, path = "/inputs/lorawan/preview", tag = "inputs", request_body = PayloadPreviewBody, responses((status = 200, body = PayloadPreview)))]
async fn preview(State(app): State<Shared>, Json(body): Json<PayloadPreviewBody>) -> Result<Json<PayloadPreview>, Problem> {
    let decoder = decoder(&app, &body.decoder)?;
    let memory = app.lorawan.memory(body.dev_eui).ok_or_else(Problem::not_found)?;
    let (port, data) = memory.last.unwrap_or_default();
    let decoded = decoder.decode(port, &data);
    let at = memory.heard_at;
    let value = |one: &Measured| {
        shown((one.load, one.quantity), one.value.ok(), one.value.err().unwrap_or(Reason::Measured), at.map(Time))
    };
    let mut payload = String::with_capacity(data.len() * 2);
    for byte in &data {
        // Writing to a text does not fail.
        let _ = write!(payload, "{byte:02x}");
    }
    Ok(Json(PayloadPreview { port, payload, left: decoded.left, values: decoded.measured.iter().map(value).collect() }))
}

fn shown((channel, quantity): (u8, Quantity), value: Option<Decimal>, reason: Reason, at: Option<Time>) -> SensorValue {
    SensorValue { channel, quantity, unit: quantity.unit(), value: value.map(Decimal::to_f64), reason, at }
}

/// `None` of a device that is no sensor.
fn view(app: &App, device: &Device) -> Option<SensorView> {
    let sensor = device.sensor()?;
    let (memory, usual_interval_s) = app.lorawan.known(sensor);
    let topology = app.topology();
    let loads = topology.loads.iter().filter(|load| load.device_id == device.id).map(|load| SensorLoad {
        id: load.id,
        channel: load.channel,
        name: load.name.clone(),
        fluid: load.fluid,
        usage: load.usage,
        zone_id: load.zone_id,
        pulse: sensor.pulses.get(&load.channel).cloned(),
    });
    let mut values = Vec::new();
    app.live.visit_since(0, (Bound::Included(device.id), Bound::Included(device.id)), |_, readings| {
        values.extend(readings.iter().map(|reading| {
            let point = (reading.point.channel, reading.point.quantity);
            shown(point, reading.value, reading.reason, Some(Time(reading.at)))
        }));
        true
    });
    Some(SensorView {
        id: device.id,
        dev_eui: sensor.dev_eui,
        name: device.name.clone(),
        decoder: sensor.decoder.clone(),
        enabled: device.enabled,
        state: state_of(app, device),
        heard_at: memory.heard_at.map(Time),
        interval_s: sensor.interval_s,
        usual_interval_s,
        radio: (&memory).into(),
        loads: loads.collect(),
        values,
    })
}

/// Sensors that were taken in, by name.
#[utoipa::path(get, path = "/inputs/lorawan/sensors", tag = "inputs", responses((status = 200, body = SensorViews)))]
async fn list_sensors(State(app): State<Shared>) -> Json<List<SensorView>> {
    Json(List::whole(app.topology().devices.iter().filter_map(|device| view(&app, device)).collect()))
}

fn checked_interval(interval_s: Option<u32>) -> Result<Option<u32>, Problem> {
    if interval_s.is_some_and(|interval| !(1..=LONGEST_S).contains(&interval)) {
        return Err(Problem::invalid("interval_s", "out_of_range", format!("between 1 and {LONGEST_S} s")));
    }
    Ok(interval_s)
}

fn checked_pulse(field: &str, pulse: &Pulse) -> Result<(), Problem> {
    let wrong = || Problem::invalid(field, "not_valid", "a decimal number above 0, such as 0.01, with at most nine digits");
    pulse.weight().map(|_| ()).ok_or_else(wrong)
}

fn checked_channel(field: &str, channel: u8, decoder: &Decoder) -> Result<(), Problem> {
    if (1..=decoder.loads).contains(&channel) {
        return Ok(());
    }
    Err(Problem::invalid(field, "out_of_range", format!("between 1 and {}", decoder.loads)))
}

/// A device with its loads, checked.
fn prepared(app: &App, body: NewSensor) -> Result<(Device, Vec<Load>), Problem> {
    let decoder = decoder(app, &body.decoder)?;
    let id = DeviceId(new_id());
    let (mut loads, mut pulses): (Vec<Load>, _) = (Vec::with_capacity(body.loads.len()), BTreeMap::new());
    if body.loads.is_empty() {
        return Err(Problem::invalid("loads", "required", "name at least one load"));
    }
    for (at, given) in body.loads.into_iter().enumerate() {
        let field = |name: &str| format!("loads[{at}].{name}");
        checked_channel(&field("channel"), given.channel, decoder)?;
        if loads.iter().any(|load| load.channel == given.channel) {
            return Err(Problem::invalid(&field("channel"), "twice", "this load is given twice"));
        }
        if let Some(pulse) = given.pulse {
            checked_pulse(&field("pulse"), &pulse)?;
            pulses.insert(given.channel, pulse);
        }
        loads.push(Load {
            id: LoadId(new_id()),
            device_id: id,
            channel: given.channel,
            name: name(&field("name"), &given.name)?,
            fluid: given.fluid,
            usage: given.usage,
            zone_id: given.zone_id,
            enabled: true,
        });
    }
    let interval_s = checked_interval(body.interval_s)?;
    let device = Device {
        id,
        source: Source::Lorawan(Sensor { dev_eui: body.dev_eui, decoder: body.decoder, interval_s, pulses }),
        name: name("name", &body.name)?,
        profile_id: String::new(),
        base: None,
        identity: DeviceIdentity {
            vendor: Some(decoder.vendor.clone()),
            product: Some(decoder.model.clone()),
            serial: Some(body.dev_eui.to_string()),
            ..DeviceIdentity::default()
        },
        channels: loads.iter().map(|load| load.channel).max().unwrap_or(1),
        enabled: true,
        reading: Reading::default(),
    };
    Ok((device, loads))
}

/// Takes a sensor in: from its next uplink on its values are shown and recorded.
#[utoipa::path(post, path = "/inputs/lorawan/sensors", tag = "inputs", request_body = NewSensor, responses((status = 201, body = SensorView)))]
async fn take_in(State(app): State<Shared>, Json(body): Json<NewSensor>) -> Result<(StatusCode, Json<SensorView>), Problem> {
    let (device, loads) = prepared(&app, body)?;
    let kept = device.clone();
    app.change(move |tx| {
        topology::put_device(tx, &kept)?;
        loads.iter().try_for_each(|load| topology::put_load(tx, load))
    })
    .await?;
    let view = view(&app, &device).ok_or_else(Problem::not_found)?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Renames a sensor, switches it, or reads it otherwise.
#[utoipa::path(put, path = "/inputs/lorawan/sensors/{id}", tag = "inputs", params(("id" = DeviceId, Path)), request_body = SensorChange, responses((status = 200, body = SensorView)))]
async fn put_sensor(
    State(app): State<Shared>,
    Path(id): Path<DeviceId>,
    Json(body): Json<SensorChange>,
) -> Result<Json<SensorView>, Problem> {
    let topology = app.topology();
    let known = topology.device(id).ok_or_else(Problem::not_found)?;
    let sensor = known.sensor().ok_or_else(Problem::not_found)?;
    let decoder = decoder(&app, &body.decoder)?;
    for (channel, pulse) in &body.pulses {
        checked_channel("pulses", *channel, decoder)?;
        checked_pulse("pulses", pulse)?;
    }
    let interval_s = checked_interval(body.interval_s)?;
    let sensor = Sensor { dev_eui: sensor.dev_eui, decoder: body.decoder, interval_s, pulses: body.pulses };
    let (vendor, product) = (Some(decoder.vendor.clone()), Some(decoder.model.clone()));
    let device = Device {
        source: Source::Lorawan(sensor),
        name: name("name", &body.name)?,
        enabled: body.enabled,
        identity: DeviceIdentity { vendor, product, ..known.identity.clone() },
        ..known.clone()
    };
    let kept = device.clone();
    app.change(move |tx| topology::put_device(tx, &kept)).await?;
    view(&app, &device).map(Json).ok_or_else(Problem::not_found)
}

/// Lets a sensor go, with its loads. Their history stays on disk, and the sensor is among those heard again.
#[utoipa::path(delete, path = "/inputs/lorawan/sensors/{id}", tag = "inputs", params(("id" = DeviceId, Path)), responses((status = 204)))]
async fn delete_sensor(State(app): State<Shared>, Path(id): Path<DeviceId>) -> Result<StatusCode, Problem> {
    app.topology().device(id).and_then(Device::sensor).ok_or_else(Problem::not_found)?;
    app.change(move |tx| topology::delete_device(tx, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
