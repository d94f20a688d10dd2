//! Newest values: once, or as a stream that follows them.
//!
//! One item per load and only what is not to be expected is said of a value: a site of 100,000 values is then some three
//! megabytes, not twenty-five.

mod text;

use super::may;
use crate::app::{App, Shared};
use crate::rights;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::response::sse::Event;
use futures_util::stream;
use haubert_fieldbus::DeviceState;
use haubert_model::{DeviceId, LoadId, Quality, Quantity, Reading, Reason, Unit};
use haubert_service::api::Api;
use haubert_service::extract::Query;
use haubert_service::routes;
use haubert_service::session::Session;
use haubert_service::sse;
use haubert_service::wire::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;
use text::Text;
use utoipa::{IntoParams, ToSchema};

/// Time between two looks for changes, for each stream.
const EVERY: Duration = Duration::from_secs(1);
/// Values measured this much apart are given their own time, milliseconds.
const APART_MS: i64 = 1_000;
/// A stream tells in pieces of about so many bytes: what a large site has to say each second would be megabytes for each
/// screen.
const PIECE: usize = 256 << 10;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::MEASUREMENTS_VIEW), routes!(get_live)).routes(may(rights::MEASUREMENTS_VIEW), routes!(stream_live))
}

/// Newest values at one moment.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what `Text` writes")]
struct Snapshot {
    at: Time,
    /// The unit of each quantity that occurs.
    #[schema(value_type = BTreeMap<String, Unit>)]
    units: BTreeMap<Quantity, Unit>,
    items: Vec<LoadValues>,
}

/// The newest values of a load.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what `Text` writes")]
struct LoadValues {
    device_id: DeviceId,
    load_id: LoadId,
    channel: u8,
    /// When the newest of them was measured.
    at: Time,
    /// By quantity; `null` where there is none.
    #[schema(value_type = BTreeMap<String, Option<f64>>)]
    values: BTreeMap<Quantity, Option<f64>>,
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

/// Some of what changed.
struct Piece {
    text: Text,
    /// The sequence to ask for next, once all pieces were had.
    sequence: u64,
    /// The device after which to go on; `None` when this was the last piece.
    go_on: Option<DeviceId>,
}

impl Piece {
    /// What changed after `since`, of the devices after `after`, up to about `most` bytes.
    fn take(app: &App, filter: &Filter, since: u64, after: Option<DeviceId>, most: usize) -> Self {
        let topology = app.topology();
        let device = filter.device_id.or_else(|| topology.load(filter.load_id?).map(|load| load.device_id));
        let wanted = |reading: &&Reading| filter.quantities.as_ref().is_none_or(|only| only.contains(&reading.point.quantity));
        let (mut text, mut go_on) = (Text::new(app.clock.now()), None);
        let among = match (device, after) {
            (Some(device), _) => (Bound::Included(device), Bound::Included(device)),
            (None, after) => (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded),
        };
        let sequence = app.live.visit_since(since, among, |device, readings| {
            for of_channel in readings.chunk_by(|a, b| a.point.channel == b.point.channel) {
                let Some(channel) = of_channel.first().map(|reading| reading.point.channel) else { continue };
                let load = topology.load_of(device, channel).filter(|load| load.enabled).map(|load| load.id);
                if let Some(load) = load.filter(|load| filter.load_id.is_none_or(|only| only == *load)) {
                    text.add((device, load, channel), of_channel.iter().filter(wanted));
                }
            }
            go_on = (text.len() >= most).then_some(device);
            go_on.is_none()
        });
        Self { text, sequence, go_on }
    }
}

/// Newest values of all loads, or of one device or load.
#[utoipa::path(get, path = "/live", tag = "measurements", params(Filter), responses((status = 200, body = Snapshot)))]
async fn get_live(State(app): State<Shared>, Query(filter): Query<Filter>) -> impl IntoResponse {
    let all = Piece::take(&app, &filter, 0, None, usize::MAX);
    ([(CONTENT_TYPE, "application/json")], all.text.end())
}

/// Server-sent events: `values` (as `/live`, changed values only, all of them first; in several pieces when they are many) and `devices` (states that changed).
#[utoipa::path(get, path = "/live/stream", tag = "measurements", params(Filter),
    responses((status = 200, content_type = "text/event-stream", body = StateChanges)))]
async fn stream_live(State(app): State<Shared>, session: Session, Query(filter): Query<Filter>) -> impl IntoResponse {
    let (sessions, shutdown) = (app.sessions.clone(), app.shutdown.clone());
    let ticks = tokio::time::interval(EVERY);
    let follow = Follow { app, filter, sequence: 0, course: None, ticks, ready: Vec::new() };
    sse::respond(stream::unfold(follow, Follow::next), sessions, session, shutdown)
}

struct Follow {
    app: Shared,
    filter: Filter,
    /// All up to here was told.
    sequence: u64,
    /// While the changes since are told: up to where that will be, and the last device told of. What changes meanwhile is told
    /// again with the next changes.
    course: Option<(u64, DeviceId)>,
    ticks: tokio::time::Interval,
    ready: Vec<Event>,
}

impl Follow {
    async fn next(mut self) -> Option<(Event, Self)> {
        loop {
            if let Some(event) = self.ready.pop() {
                return Some((event, self));
            }
            if self.course.is_none() {
                self.ticks.tick().await;
                self.look_at_states();
            }
            let after = self.course.map(|(_, after)| after);
            let piece = Piece::take(&self.app, &self.filter, self.sequence, after, PIECE);
            let reached = self.course.map_or(piece.sequence, |(reached, _)| reached);
            self.course = piece.go_on.map(|after| (reached, after));
            if self.course.is_none() {
                self.sequence = reached;
            }
            if !piece.text.is_empty() {
                // As one text: the event would look for line ends in each piece of it that a serialiser gives.
                self.ready.push(Event::default().event("values").data(piece.text.end()));
            }
        }
    }

    fn look_at_states(&mut self) {
        let states = self.app.live.devices_since(self.sequence);
        if !states.is_empty() {
            let items = states.into_iter().map(|(id, state)| StateChange { id, state }).collect();
            self.ready.extend(Event::default().event("devices").json_data(StateChanges { items }));
        }
    }
}
