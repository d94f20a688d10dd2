//! Newest values: once, or as a stream that follows them.
//!
//! One item per load and only what is not to be expected is said of a value: a site of 100,000 values is then some three
//! megabytes, not twenty-five.

use super::LOOK;
use crate::app::{App, Shared};
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::Event;
use futures_util::stream;
use haubert_fieldbus::DeviceState;
use haubert_model::{DeviceId, LoadId, Quality, Quantity, Reading, Reason, Timestamp, Unit};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Query};
use haubert_service::session::Session;
use haubert_service::sse;
use haubert_service::wire::Time;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

/// Time between two looks for changes, for each stream.
const EVERY: Duration = Duration::from_secs(1);
/// Values measured this much apart are given their own time, milliseconds.
const APART_MS: i64 = 1_000;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.routes(LOOK, routes!(get_live)).routes(LOOK, routes!(stream_live))
}

/// Newest values at one moment.
#[derive(Debug, Serialize, ToSchema)]
struct Snapshot {
    at: Time,
    /// The unit of each quantity that occurs.
    #[schema(value_type = BTreeMap<String, Unit>)]
    units: BTreeMap<Quantity, Unit>,
    items: Vec<LoadValues>,
}

/// The newest values of a load.
#[derive(Debug, Serialize, ToSchema)]
struct LoadValues {
    device_id: DeviceId,
    load_id: LoadId,
    channel: u8,
    /// When the newest of them was measured.
    at: Time,
    /// By quantity; `null` where there is none.
    #[schema(value_type = BTreeMap<String, Option<f64>>)]
    #[serde(serialize_with = "values")]
    values: Vec<(Quantity, Option<f64>)>,
    /// Times of those that were measured a second or more before `at`.
    #[schema(value_type = BTreeMap<String, Time>)]
    times: BTreeMap<Quantity, Time>,
    /// What is to be said of those that are not simply measured and good.
    #[schema(value_type = BTreeMap<String, Remark>)]
    remarks: BTreeMap<Quantity, Remark>,
}

/// How good a value is, and why.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct Remark {
    quality: Quality,
    reason: Reason,
}

/// A device's state, as streamed.
#[derive(Debug, Serialize, ToSchema)]
struct StateChange {
    id: DeviceId,
    state: DeviceState,
}

/// States that changed.
#[derive(Debug, Serialize, ToSchema)]
struct StateChanges {
    items: Vec<StateChange>,
}

/// Which values.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only those of this device.
    device_id: Option<DeviceId>,
    /// Only those of this load.
    load_id: Option<LoadId>,
    /// Only these quantities, separated by commas.
    #[param(value_type = Option<String>)]
    #[serde(default, deserialize_with = "quantities")]
    quantities: Option<Vec<Quantity>>,
}

fn quantities<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Quantity>>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    let all = |text: String| text.split(',').map(str::parse).collect::<Result<_, _>>().map_err(serde::de::Error::custom);
    text.map(all).transpose()
}

fn values<S: Serializer>(values: &[(Quantity, Option<f64>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(quantity, value)| (quantity.code(), value)))
}

fn snapshot(app: &App, filter: &Filter, since: u64) -> (u64, Snapshot) {
    let topology = app.topology();
    let device = filter.device_id.or_else(|| topology.load(filter.load_id?).map(|load| load.device_id));
    let wanted = |quantity| filter.quantities.as_ref().is_none_or(|only| only.contains(&quantity));
    let mut items = Vec::new();
    let mut occurs = [false; Quantity::ALL.len()];
    let sequence = app.live.visit_since(since, device, |device, readings| {
        for of_channel in readings.chunk_by(|a, b| a.point.channel == b.point.channel) {
            let Some(channel) = of_channel.first().map(|reading| reading.point.channel) else { continue };
            let load = topology.load_of(device, channel).filter(|load| load.enabled);
            let Some(load_id) = load.map(|load| load.id).filter(|id| filter.load_id.is_none_or(|only| only == *id)) else {
                continue;
            };
            let of_load = || of_channel.iter().filter(|reading| wanted(reading.point.quantity));
            let Some(at) = of_load().map(|reading| reading.at).max() else { continue };
            let mut item = LoadValues::empty(device, load_id, channel, at);
            for reading in of_load() {
                item.add(reading);
                if let Some(occurs) = occurs.get_mut(reading.point.quantity as usize) {
                    *occurs = true;
                }
            }
            items.push(item);
        }
    });
    items.sort_unstable_by_key(|item| (item.device_id, item.channel));
    let units = Quantity::ALL.iter().zip(occurs).filter(|(_, occurs)| *occurs);
    let units = units.map(|(quantity, _)| (*quantity, quantity.unit())).collect();
    (sequence, Snapshot { at: Time(app.clock.now()), units, items })
}

impl LoadValues {
    fn empty(device_id: DeviceId, load_id: LoadId, channel: u8, at: Timestamp) -> Self {
        let (values, times, remarks) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { device_id, load_id, channel, at: Time(at), values, times, remarks }
    }

    fn add(&mut self, reading: &Reading) {
        let quantity = reading.point.quantity;
        self.values.push((quantity, reading.value.map(|value| value.to_f64())));
        if self.at.0.ms_since(reading.at) >= APART_MS {
            self.times.insert(quantity, Time(reading.at));
        }
        if reading.value.is_none() || reading.reason != Reason::Measured {
            self.remarks.insert(quantity, Remark { quality: reading.quality(), reason: reading.reason });
        }
    }
}

/// Newest values of all loads, or of one device or load.
#[utoipa::path(get, path = "/live", tag = "measurements", params(Filter), responses((status = 200, body = Snapshot)))]
async fn get_live(State(app): State<Shared>, Query(filter): Query<Filter>) -> Json<Snapshot> {
    Json(snapshot(&app, &filter, 0).1)
}

/// Server-sent events: `values` (as `/live`, changed values only, all of them first) and `devices` (states that changed).
#[utoipa::path(get, path = "/live/stream", tag = "measurements", params(Filter),
    responses((status = 200, content_type = "text/event-stream", body = StateChanges)))]
async fn stream_live(State(app): State<Shared>, session: Session, Query(filter): Query<Filter>) -> impl IntoResponse {
    let (sessions, shutdown) = (app.sessions.clone(), app.shutdown.clone());
    let follow = Follow { app, filter, sequence: 0, ticks: tokio::time::interval(EVERY), ready: Vec::new() };
    sse::respond(stream::unfold(follow, Follow::next), sessions, session, shutdown)
}

struct Follow {
    app: Shared,
    filter: Filter,
    sequence: u64,
    ticks: tokio::time::Interval,
    ready: Vec<Event>,
}

impl Follow {
    async fn next(mut self) -> Option<(Event, Self)> {
        loop {
            if let Some(event) = self.ready.pop() {
                return Some((event, self));
            }
            self.ticks.tick().await;
            let states = self.app.live.devices_since(self.sequence);
            let (sequence, values) = snapshot(&self.app, &self.filter, self.sequence);
            self.sequence = sequence;
            if !states.is_empty() {
                let items = states.into_iter().map(|(id, state)| StateChange { id, state }).collect();
                self.ready.extend(Event::default().event("devices").json_data(StateChanges { items }));
            }
            if !values.items.is_empty() {
                // As one text: the event would look for line ends in each piece of it that the serialiser gives.
                let text = serde_json::to_string(&values).unwrap_or_default();
                self.ready.push(Event::default().event("values").data(text));
            }
        }
    }
}
