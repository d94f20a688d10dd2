//! Live and historical values of a gateway.

mod chart;
mod csv;

use super::gateways::found;
use super::{Page, next_cursor};
use crate::hub::Hub;
use crate::store::SeriesRow;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chart::SamplesView;
use haubert_model::{Fluid, GatewayId, LoadId, Quality, Quantity, Reason, RecordKind, Timestamp, Unit, Usage};
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::{Problem, codes};
use haubert_service::wire::{List, Time};
use http::header;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Samples read for one answer at most; about ten years of ten-minute values.
const MOST_SAMPLES: usize = 600_000;
/// Series in one CSV file at most.
const MOST_COLUMNS: usize = 50;

/// A latest value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct LiveItem {
    load_id: LoadId,
    load_name: String,
    device_name: String,
    #[schema(required)]
    usage: Option<Usage>,
    #[schema(required)]
    fluid: Option<Fluid>,
    quantity: Quantity,
    #[schema(required)]
    value: Option<f64>,
    unit: Unit,
    at: Time,
    quality: Quality,
    reason: Reason,
}

/// The latest values of a gateway.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct LiveView {
    /// When the gateway made the snapshot; null when it never sent one.
    #[schema(required)]
    at: Option<Time>,
    items: Vec<LiveItem>,
}

/// What their list answers.
type SeriesViewList = List<SeriesView>;

/// What their list answers.
type EventViewList = List<EventView>;

#[utoipa::path(get, path = "/gateways/{id}/live", tag = "history", operation_id = "read_gateway_live", params(("id" = GatewayId, Path)), responses((status = 200, body = LiveView)))]
pub(super) async fn live(State(hub): State<Hub>, Path(id): Path<GatewayId>) -> Result<Json<LiveView>, Problem> {
    found(&hub, id).await?;
    let Some(live) = hub.store.live(id).await? else { return Ok(Json(LiveView { at: None, items: Vec::new() })) };
    let loads = hub.store.loads(id).await?;
    let items = live.values.into_iter().map(|value| {
        let load = loads.get(&value.load);
        LiveItem {
            load_id: value.load,
            load_name: load.map(|load| load.name.clone()).unwrap_or_default(),
            device_name: load.map(|load| load.device_name.clone()).unwrap_or_default(),
            usage: load.map(|load| load.usage),
            fluid: load.map(|load| load.fluid),
            quantity: value.quantity,
            value: value.value.map(haubert_model::Decimal::to_f64),
            unit: value.quantity.unit(),
            at: Time(value.at),
            quality: if value.value.is_none() { Quality::Bad } else { value.reason.quality() },
            reason: value.reason,
        }
    });
    Ok(Json(LiveView { at: Some(Time(live.at)), items: items.collect() }))
}

/// A series of a gateway.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Series)]
pub(super) struct SeriesView {
    id: i64,
    load_id: LoadId,
    load_name: String,
    device_name: String,
    #[schema(required)]
    usage: Option<Usage>,
    quantity: Quantity,
    kind: RecordKind,
    unit: Unit,
    /// Nominal time between samples, in s.
    #[schema(required)]
    period_s: Option<f64>,
    #[schema(required)]
    first_at: Option<Time>,
    #[schema(required)]
    last_at: Option<Time>,
}

/// Which series.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SeriesQuery {
    /// Only of this load.
    load_id: Option<LoadId>,
    /// Only of this kind.
    kind: Option<RecordKind>,
    /// Only of this quantity.
    quantity: Option<Quantity>,
}

#[utoipa::path(get, path = "/gateways/{id}/series", tag = "history", operation_id = "list_gateway_series", params(("id" = GatewayId, Path), SeriesQuery), responses((status = 200, body = SeriesViewList)))]
pub(super) async fn series(
    State(hub): State<Hub>,
    Path(id): Path<GatewayId>,
    Query(query): Query<SeriesQuery>,
) -> Result<Json<List<SeriesView>>, Problem> {
    found(&hub, id).await?;
    let loads = hub.store.loads(id).await?;
    let wanted = |row: &SeriesRow| {
        query.load_id.is_none_or(|load| load == row.load_id)
            && query.kind.is_none_or(|kind| kind == row.kind)
            && query.quantity.is_none_or(|quantity| quantity == row.quantity)
    };
    let items = hub.store.series(id).await?.into_iter().filter(wanted).map(|row| {
        let load = loads.get(&row.load_id);
        SeriesView {
            id: row.id,
            load_id: row.load_id,
            load_name: load.map(|load| load.name.clone()).unwrap_or_default(),
            device_name: load.map(|load| load.device_name.clone()).unwrap_or_default(),
            usage: load.map(|load| load.usage),
            quantity: row.quantity,
            kind: row.kind,
            unit: row.quantity.unit(),
            period_s: row.period_ms.map(|ms| ms as f64 / 1000.0),
            first_at: row.first_at.map(Time),
            last_at: row.last_at.map(Time),
        }
    });
    Ok(Json(List::whole(items.collect())))
}

/// A span of time.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Span {
    /// Start.
    from: Time,
    /// End, not included.
    to: Time,
}

impl Span {
    fn checked(&self) -> Result<(Timestamp, Timestamp), Problem> {
        if self.from < self.to {
            Ok((self.from.0, self.to.0))
        } else {
            Err(Problem::invalid("to", "not_valid", "must be after `from`"))
        }
    }
}

/// How many points.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Points {
    /// Most points wanted (2 to 10 000, by default 800).
    max_points: Option<usize>,
}

async fn read_samples(
    hub: &Hub,
    id: GatewayId,
    series: i64,
    span: (Timestamp, Timestamp),
) -> Result<Vec<haubert_historian::Sample>, Problem> {
    hub.store
        .samples(id, series, span.0, span.1, MOST_SAMPLES)
        .await?
        .ok_or_else(|| Problem::new(codes::TOO_LARGE).detail(format!("more than {MOST_SAMPLES} samples; choose a shorter time")))
}

#[utoipa::path(get, path = "/gateways/{id}/series/{series}/samples", tag = "history", operation_id = "read_gateway_samples", params(("id" = GatewayId, Path), ("series" = i64, Path), Span, Points), responses((status = 200, body = SamplesView)))]
pub(super) async fn samples(
    State(hub): State<Hub>,
    Path((id, series)): Path<(GatewayId, i64)>,
    Query(span): Query<Span>,
    Query(points): Query<Points>,
) -> Result<Json<SamplesView>, Problem> {
    let span = span.checked()?;
    let row = hub.store.one_series(id, series).await?.ok_or_else(Problem::not_found)?;
    let samples = read_samples(&hub, id, series, span).await?;
    let most = points.max_points.unwrap_or(800).clamp(2, 10_000);
    let view = tokio::task::spawn_blocking(move || chart::view(&row, &samples, span, most)).await;
    view.map(Json).map_err(|error| Problem::internal("thin out samples", &error))
}

/// Which series go into the file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Columns {
    /// Series numbers, with commas between them.
    ids: String,
}

#[utoipa::path(get, path = "/gateways/{id}/series/samples.csv", tag = "history", operation_id = "read_gateway_samples_csv", params(("id" = GatewayId, Path), Columns, Span), responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn samples_csv(
    State(hub): State<Hub>,
    Path(id): Path<GatewayId>,
    Query(columns): Query<Columns>,
    Query(span): Query<Span>,
) -> Result<Response, Problem> {
    let span = span.checked()?;
    let ids: Result<Vec<i64>, _> = columns.ids.split(',').map(|id| id.trim().parse::<i64>()).collect();
    let ids = ids.ok().filter(|ids| ids.len() <= MOST_COLUMNS);
    let ids = ids
        .ok_or_else(|| Problem::invalid("ids", "not_valid", format!("up to {MOST_COLUMNS} numbers with commas between them")))?;
    let loads = hub.store.loads(id).await?;
    let mut table = csv::Table::new(ids.len());
    for (column, series) in ids.iter().enumerate() {
        let row = hub.store.one_series(id, *series).await?.ok_or_else(Problem::not_found)?;
        let load = loads.get(&row.load_id).map_or("", |load| load.name.as_str());
        table.head(load, row.quantity);
        for sample in read_samples(&hub, id, *series, span).await? {
            table.put(sample.at, column, sample.value(row.exponent), sample.reason);
        }
        if table.rows() > MOST_SAMPLES {
            return Err(Problem::new(codes::TOO_LARGE).detail("too many rows; choose a shorter time"));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"samples.csv\""),
    ];
    Ok((headers, table.finish()).into_response())
}

/// Something happened at a gateway.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Event)]
pub(super) struct EventView {
    id: i64,
    at: Time,
    /// `info`, `warning` or `critical`.
    severity: String,
    code: String,
    params: BTreeMap<String, String>,
}

#[utoipa::path(get, path = "/gateways/{id}/events", tag = "history", operation_id = "list_gateway_events", description = "Newest first.", params(("id" = GatewayId, Path), Page), responses((status = 200, body = EventViewList)))]
pub(super) async fn events(
    State(hub): State<Hub>,
    Path(id): Path<GatewayId>,
    Query(page): Query<Page>,
) -> Result<Json<List<EventView>>, Problem> {
    found(&hub, id).await?;
    let cursor = if page.cursor.is_empty() { None } else { Some(page.cursor.parse::<i64>()) };
    let cursor = cursor.transpose().map_err(|_| Problem::invalid("cursor", "not_valid", "not a cursor of this list"))?;
    let rows = hub.store.events(id, cursor, page.limit()).await?;
    let next_cursor = next_cursor(page.limit(), rows.len(), rows.last().map(|row| row.id.to_string()));
    let items = rows.into_iter().map(|row| EventView {
        id: row.id,
        at: Time(row.at),
        severity: row.severity,
        code: row.code,
        params: row.params,
    });
    Ok(Json(List { items: items.collect(), next_cursor }))
}
