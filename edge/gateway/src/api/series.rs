//! History: which series there are, and their samples for screens.

use super::may;
use crate::app::{App, Shared};
use crate::rights;
use crate::topology::Load;
use axum::extract::State;
use haubert_historian::downsample::{Thinner, Thinning};
use haubert_historian::{SeriesInfo, SeriesSpec};
use haubert_model::{LoadId, Quality, Quantity, RecordKind, SeriesId, Timestamp, Unit};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::{List, Time};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// Most points of one answer.
const MAX_POINTS: usize = 5_000;
/// Points when not asked otherwise.
const POINTS: usize = 800;

/// What their list answers.
type SeriesList = List<Series>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::MEASUREMENTS_VIEW), routes!(list_series)).routes(may(rights::MEASUREMENTS_VIEW), routes!(get_samples))
}

/// A series and how far it reaches.
#[derive(Debug, Serialize, ToSchema)]
struct Series {
    id: SeriesId,
    load_id: LoadId,
    load_name: String,
    quantity: Quantity,
    kind: RecordKind,
    unit: Unit,
    #[schema(required)]
    period_s: Option<i64>,
    #[schema(required)]
    first_at: Option<Time>,
    #[schema(required)]
    last_at: Option<Time>,
}

/// Which series.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SeriesFilter {
    load_id: Option<LoadId>,
    #[param(inline)]
    kind: Option<RecordKind>,
    #[param(inline)]
    quantity: Option<Quantity>,
}

/// Which samples.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Range {
    /// From this time on.
    #[param(value_type = String)]
    from: Time,
    /// Before this time.
    #[param(value_type = String)]
    to: Time,
    /// At most so many points, 2 to 5000; 800 when absent.
    max_points: Option<usize>,
}

/// Samples for a chart.
#[derive(Debug, Serialize, ToSchema)]
struct Samples {
    id: SeriesId,
    unit: Unit,
    kind: RecordKind,
    /// Width of a bucket, seconds.
    #[schema(required)]
    step_s: Option<f64>,
    points: Vec<Point>,
}

/// One bucket; without value it is a gap.
#[derive(Debug, Serialize, ToSchema)]
struct Point {
    /// Milliseconds since the epoch.
    t: Timestamp,
    /// Mean.
    #[schema(required)]
    v: Option<f64>,
    #[schema(required)]
    min: Option<f64>,
    #[schema(required)]
    max: Option<f64>,
    /// Worst quality in the bucket.
    q: Quality,
    /// Read back later from the meter's own log, at least in part.
    back: bool,
}

pub(super) async fn known(app: &App) -> Result<Vec<SeriesInfo>, Problem> {
    app.history(|reader| reader.series()).await
}

async fn one(app: &App, id: SeriesId) -> Result<SeriesSpec, Problem> {
    let specs = app.history(|reader| reader.specs()).await?;
    specs.into_iter().find(|(known, _)| *known == id).map(|(_, spec)| spec).ok_or_else(Problem::not_found)
}

fn check(from: Time, to: Time) -> Result<(), Problem> {
    if from < to { Ok(()) } else { Err(Problem::invalid("to", "out_of_range", "must be after `from`")) }
}

/// The series.
#[utoipa::path(get, path = "/series", tag = "measurements", params(SeriesFilter), responses((status = 200, body = SeriesList)))]
async fn list_series(State(app): State<Shared>, Query(filter): Query<SeriesFilter>) -> Result<Json<List<Series>>, Problem> {
    let topology = app.topology();
    let loads: HashMap<LoadId, &Load> = topology.loads.iter().map(|load| (load.id, load)).collect();
    let items = known(&app)
        .await?
        .into_iter()
        .filter(|info| filter.load_id.is_none_or(|id| id == info.spec.load))
        .filter(|info| filter.kind.is_none_or(|kind| kind == info.spec.kind))
        .filter(|info| filter.quantity.is_none_or(|quantity| quantity == info.spec.quantity))
        // History of a load that was removed stays on disk, but there is no name to show it under.
        .filter_map(|info| {
            let load = loads.get(&info.spec.load)?;
            Some(Series {
                id: info.id,
                load_id: load.id,
                load_name: load.name.clone(),
                quantity: info.spec.quantity,
                kind: info.spec.kind,
                unit: info.spec.quantity.unit(),
                period_s: info.spec.period_ms.map(|ms| ms / 1_000),
                first_at: info.first.map(Time),
                last_at: info.last.map(Time),
            })
        })
        .collect();
    Ok(Json(List::whole(items)))
}

/// Samples of a series, thinned to what a chart can show.
#[utoipa::path(get, path = "/series/{id}/samples", tag = "measurements", params(("id" = SeriesId, Path), Range), responses((status = 200, body = Samples)))]
async fn get_samples(
    State(app): State<Shared>,
    Path(id): Path<SeriesId>,
    Query(range): Query<Range>,
) -> Result<Json<Samples>, Problem> {
    check(range.from, range.to)?;
    let spec = one(&app, id).await?;
    let thinning = Thinning {
        from: range.from.0,
        to: range.to.0,
        max_points: range.max_points.unwrap_or(POINTS).clamp(2, MAX_POINTS),
        exponent: spec.exponent,
        // A state holds until the next one; elsewhere three missed periods are a gap.
        max_gap_ms: spec.period_ms.map(|ms| ms.saturating_mul(3)),
    };
    let width_ms = thinning.width_ms();
    let points = app
        .history(move |reader| {
            let mut thinner = Thinner::new(thinning);
            reader.visit(id, range.from.0, range.to.0, &mut |sample| thinner.push(&sample))?;
            Ok(thinner.finish())
        })
        .await?;
    let points = points
        .into_iter()
        .map(|point| Point {
            t: point.at,
            v: point.band.map(|band| band.mean),
            min: point.band.map(|band| band.min),
            max: point.band.map(|band| band.max),
            q: point.quality,
            back: point.recovered,
        })
        .collect();
    let step_s = Some(width_ms as f64 / 1_000.0);
    Ok(Json(Samples { id, unit: spec.quantity.unit(), kind: spec.kind, step_s, points }))
}
