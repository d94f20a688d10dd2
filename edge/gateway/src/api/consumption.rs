//! Consumption per hour, day, month and year in the site's time, by load, usage or zone, beside the period before.

use super::LOOK;
use crate::app::{App, Shared};
use crate::consumption::{Reckoner, site_loads, unit_of};
use crate::export::{self, Decimals, quoted};
use crate::topology::{Load, Topology};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_historian::rollup::{self, Bounds, Bucket, Step, bucket_bounds};
use haubert_model::{Fluid, LoadId, Quality, Unit, Usage};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Query};
use haubert_service::problem::Problem;
use haubert_service::wire::Time;
use http::header;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.routes(LOOK, routes!(get_consumption)).routes(LOOK, routes!(consumption_csv))
}

/// Length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StepName {
    Hour,
    Day,
    Month,
    Year,
}

impl From<StepName> for Step {
    fn from(step: StepName) -> Self {
        match step {
            StepName::Hour => Self::Hour,
            StepName::Day => Self::Day,
            StepName::Month => Self::Month,
            StepName::Year => Self::Year,
        }
    }
}

/// What makes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    Load,
    Usage,
    Zone,
}

/// With what to compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Compare {
    Previous,
    #[default]
    None,
}

/// What to reckon.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// First local day, `2026-11-01`.
    #[param(value_type = String)]
    from: Date,
    /// Local day after the last.
    #[param(value_type = String)]
    to: Date,
    #[param(inline)]
    step: StepName,
    #[param(inline)]
    by: By,
    #[param(inline)]
    fluid: Fluid,
    #[serde(default)]
    #[param(inline)]
    compare: Compare,
    /// How numbers are written in CSV.
    #[serde(default)]
    #[param(inline)]
    decimals: Decimals,
}

/// A stretch of time.
#[derive(Debug, Serialize, ToSchema)]
struct Stretch {
    start: Time,
    end: Time,
}

/// The consumption of one load, usage or zone.
#[derive(Debug, Serialize, ToSchema)]
struct Row {
    /// Id of the load or zone, code of the usage, or `none`.
    key: String,
    /// Name of the load or zone; the code for a usage.
    label: String,
    #[schema(required)]
    usage: Option<Usage>,
    values: Vec<Option<f64>>,
    quality: Vec<Quality>,
    /// Part of each stretch that close readings cover, 0 to 1.
    coverage: Vec<f64>,
    #[schema(required)]
    total: Option<f64>,
    #[schema(required)]
    previous: Option<Vec<Option<f64>>>,
    #[schema(required)]
    previous_total: Option<f64>,
}

/// Consumption. Totals are the site's: supply meters where there are any, else all rows but production.
#[derive(Debug, Serialize, ToSchema)]
struct Consumption {
    step: StepName,
    time_zone: String,
    unit: Unit,
    buckets: Vec<Stretch>,
    rows: Vec<Row>,
    #[schema(required)]
    total: Option<f64>,
    #[schema(required)]
    previous_total: Option<f64>,
}

type PerLoad = HashMap<LoadId, Vec<Bucket>>;

async fn reckon(app: &App, ask: &Ask) -> Result<Consumption, Problem> {
    if ask.from >= ask.to {
        return Err(Problem::invalid("to", "out_of_range", "must be after `from`"));
    }
    let topology = app.topology();
    let zone = TimeZone::get(&topology.site.time_zone).unwrap_or(TimeZone::UTC);
    let step = Step::from(ask.step);
    let bounds = |from, to| bucket_bounds(step, from, to, &zone).map_err(|error| Problem::invalid("from", "out_of_range", error));
    let present = bounds(ask.from, ask.to)?;
    let before = match ask.compare {
        Compare::None => None,
        Compare::Previous => {
            let (from, to) = previous(step, ask.from, ask.to, present.len())
                .map_err(|error| Problem::invalid("from", "out_of_range", error))?;
            Some(bounds(from, to)?)
        }
    };
    let now_values = per_load(app, &topology, ask.fluid, present.clone()).await?;
    let before_values = match before {
        Some(stretches) => Some(per_load(app, &topology, ask.fluid, stretches).await?),
        None => None,
    };
    let rows = grouped(&topology, ask)
        .into_iter()
        .map(|(key, label, usage, loads)| row(key, label, usage, &loads, &now_values, before_values.as_ref(), present.len()))
        .collect();
    let site: Vec<LoadId> = site_loads(&topology, ask.fluid).into_iter().map(|load| load.id).collect();
    Ok(Consumption {
        step: ask.step,
        time_zone: topology.site.time_zone.clone(),
        unit: unit_of(ask.fluid),
        buckets: present.iter().map(|stretch| Stretch { start: Time(stretch.start), end: Time(stretch.end) }).collect(),
        rows,
        total: sum(&values(&together(&site, &now_values))),
        previous_total: before_values.and_then(|before| sum(&values(&together(&site, &before)))),
    })
}

/// The days before: as many days, or as many whole months or years.
fn previous(step: Step, from: Date, to: Date, buckets: usize) -> Result<(Date, Date), jiff::Error> {
    let count = i64::try_from(buckets).unwrap_or(i64::MAX);
    match step {
        Step::Hour | Step::Day => Ok((from.checked_sub(from.until(to)?)?, from)),
        Step::Month => Ok((from.first_of_month().checked_sub(count.months())?, from.first_of_month())),
        Step::Year => Ok((from.first_of_year().checked_sub(count.years())?, from.first_of_year())),
    }
}

async fn per_load(app: &App, topology: &Arc<Topology>, fluid: Fluid, bounds: Vec<Bounds>) -> Result<PerLoad, Problem> {
    let topology = Arc::clone(topology);
    let live = Arc::clone(&app.live);
    let now = app.clock.now();
    app.history(move |reader| {
        let series = reader.series()?;
        let reckoner = Reckoner { reader, series: &series, topology: Arc::clone(&topology), live: &live, now };
        topology
            .loads
            .iter()
            .filter(|load| load.fluid == fluid && load.enabled)
            .map(|load| Ok((load.id, reckoner.load(load, &bounds)?)))
            .collect()
    })
    .await
}

/// Key, label, usage and loads of each row, in the site's order.
fn grouped(topology: &Topology, ask: &Ask) -> Vec<(String, String, Option<Usage>, Vec<LoadId>)> {
    let loads: Vec<&Load> = topology.loads.iter().filter(|load| load.fluid == ask.fluid && load.enabled).collect();
    let ids = |wanted: &dyn Fn(&Load) -> bool| -> Vec<LoadId> {
        loads.iter().filter(|load| wanted(load)).map(|load| load.id).collect()
    };
    let rows = match ask.by {
        By::Load => loads.iter().map(|load| (load.id.to_string(), load.name.clone(), Some(load.usage), vec![load.id])).collect(),
        By::Usage => Usage::ALL
            .iter()
            .map(|usage| (usage.code().to_owned(), usage.code().to_owned(), Some(*usage), ids(&|load| load.usage == *usage)))
            .collect(),
        By::Zone => topology
            .zones
            .iter()
            .map(|zone| (zone.id.to_string(), zone.name.clone(), None, ids(&|load| load.zone_id == Some(zone.id))))
            .chain([("none".to_owned(), String::new(), None, ids(&|load| load.zone_id.is_none()))])
            .collect::<Vec<_>>(),
    };
    rows.into_iter().filter(|(_, _, _, loads)| !loads.is_empty()).collect()
}

fn together(loads: &[LoadId], per_load: &PerLoad) -> Vec<Bucket> {
    let known: Vec<Vec<Bucket>> = loads.iter().filter_map(|id| per_load.get(id).cloned()).collect();
    rollup::total(&known)
}

fn values(buckets: &[Bucket]) -> Vec<Option<f64>> {
    buckets.iter().map(|bucket| bucket.value.map(|value| value.to_f64())).collect()
}

fn sum(values: &[Option<f64>]) -> Option<f64> {
    values.iter().copied().flatten().reduce(|a, b| a + b)
}

fn row(
    key: String,
    label: String,
    usage: Option<Usage>,
    loads: &[LoadId],
    now: &PerLoad,
    before: Option<&PerLoad>,
    buckets: usize,
) -> Row {
    let present = together(loads, now);
    let previous = before.map(|before| {
        // A day of 23 or 25 hours beside one of 24: aligned by position, cut or filled to the same length.
        let mut values = values(&together(loads, before));
        values.resize(buckets, None);
        values
    });
    let present_values = values(&present);
    Row {
        key,
        label,
        usage,
        total: sum(&present_values),
        values: present_values,
        quality: present.iter().map(|bucket| bucket.quality).collect(),
        coverage: present.iter().map(|bucket| bucket.coverage).collect(),
        previous_total: previous.as_deref().and_then(sum),
        previous,
    }
}

/// Consumption per stretch of local time.
#[utoipa::path(get, path = "/consumption", tag = "measurements", params(Ask), responses((status = 200, body = Consumption)))]
async fn get_consumption(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Json<Consumption>, Problem> {
    reckon(&app, &ask).await.map(Json)
}

/// The same as CSV: one row per stretch; per load, usage or zone its consumption and the part of the stretch that close
/// readings cover, 0 to 1.
#[utoipa::path(get, path = "/consumption.csv", tag = "measurements", params(Ask),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn consumption_csv(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Response, Problem> {
    let decimals = ask.decimals;
    let found = reckon(&app, &ask).await?;
    let zone = TimeZone::get(&found.time_zone).unwrap_or(TimeZone::UTC);
    let separator = decimals.separator();
    let mut text = format!("{}start_utc{separator}end_utc{separator}start_local{separator}end_local", decimals.mark());
    for row in &found.rows {
        let name = if row.label.is_empty() { &row.key } else { &row.label };
        let [value, covered] = [format!("{name} [{}]", found.unit), format!("{name} · coverage")].map(|name| quoted(&name));
        let _ = write!(text, "{separator}{value}{separator}{covered}");
    }
    text.push_str("\r\n");
    for (at, stretch) in found.buckets.iter().enumerate() {
        let (start, end) = (export::local(stretch.start.0, &zone), export::local(stretch.end.0, &zone));
        let _ = write!(text, "{}{separator}{}{separator}{start}{separator}{end}", stretch.start, stretch.end);
        for row in &found.rows {
            let value = row.values.get(at).copied().flatten().map(|value| decimals.number(value.to_string()));
            let covered = row.coverage.get(at).map(|part| decimals.number(format!("{part:.4}")));
            let _ = write!(text, "{separator}{}{separator}{}", value.unwrap_or_default(), covered.unwrap_or_default());
        }
        text.push_str("\r\n");
    }
    let (from, to) = (found.buckets.first().map(|one| one.start.0), found.buckets.last().map(|one| one.end.0));
    let site = &app.topology().site.name;
    let name = export::of_range(site, "consumption", from.unwrap_or_default(), to.unwrap_or_default(), &zone, "csv");
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, export::attachment(&name))];
    Ok((headers, text).into_response())
}
