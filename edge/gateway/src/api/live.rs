//! Newest values: once, or as a stream that follows them.

use super::LOOK;
use crate::app::{App, Shared};
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::Event;
use futures_util::stream;
use haubert_fieldbus::DeviceState;
use haubert_model::{DeviceId, LoadId, Quality, Quantity, Reading, Reason, Unit};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Query};
use haubert_service::session::Session;
use haubert_service::sse;
use haubert_service::wire::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

/// Time between two looks for changes, for each stream.
const EVERY: Duration = Duration::from_secs(1);

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.routes(LOOK, routes!(get_live)).routes(LOOK, routes!(stream_live))
}

/// A newest value.
#[derive(Debug, Serialize, ToSchema)]
struct LiveValue {
    device_id: DeviceId,
    load_id: LoadId,
    channel: u8,
    quantity: Quantity,
    #[schema(required)]
    value: Option<f64>,
    unit: Unit,
    at: Time,
    quality: Quality,
    reason: Reason,
}

/// Newest values at one moment.
#[derive(Debug, Serialize, ToSchema)]
struct Snapshot {
    at: Time,
    items: Vec<LiveValue>,
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
}

impl Filter {
    fn admits(&self, value: &LiveValue) -> bool {
        self.device_id.is_none_or(|id| id == value.device_id) && self.load_id.is_none_or(|id| id == value.load_id)
    }
}

fn snapshot(app: &App, filter: &Filter, since: u64) -> (u64, Snapshot) {
    let topology = app.topology();
    let (sequence, readings) = app.live.readings_since(since);
    let mut items: Vec<LiveValue> = readings
        .iter()
        .filter_map(|reading| {
            let load = topology.load_of(reading.point.device, reading.point.channel).filter(|load| load.enabled)?;
            Some(value(reading, load.id))
        })
        .filter(|value| filter.admits(value))
        .collect();
    items.sort_by_key(|value| (value.device_id, value.channel, value.quantity));
    (sequence, Snapshot { at: Time(app.clock.now()), items })
}

fn value(reading: &Reading, load_id: LoadId) -> LiveValue {
    LiveValue {
        device_id: reading.point.device,
        load_id,
        channel: reading.point.channel,
        quantity: reading.point.quantity,
        value: reading.value.map(|value| value.to_f64()),
        unit: reading.point.quantity.unit(),
        at: Time(reading.at),
        quality: reading.quality(),
        reason: reading.reason,
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
                self.ready.extend(Event::default().event("values").json_data(values));
            }
        }
    }
}
