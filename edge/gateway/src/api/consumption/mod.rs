//! Consumption per hour, day, month and year in the site's time, by load, usage or zone, beside the period before.

mod amounts;
mod csv;
mod rows;

use super::{may, tariffs};
use crate::app::{App, Shared};
use crate::consumption::{Reckoner, by_load, is_needed, unit_of};
use crate::export::Decimals;
use crate::rates::pieces;
use crate::rights;
use crate::topology::Load;
use amounts::{Cost, Emissions, Valuation};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_historian::rollup::{Bounds, Step, bucket_bounds};
use haubert_model::{Fluid, Unit};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Query};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rows::{Row, Sums, sum_of, values};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

/// Most values of an answer: bounds its memory. Enough for the year of a thousand loads by day, beside the year before.
const MAX_VALUES: usize = 1_000_000;

/// Answers reckoned at once; others wait.
static TURNS: Semaphore = Semaphore::const_new(2);

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::MEASUREMENTS_VIEW), routes!(get_consumption))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(consumption_csv))
}

/// Length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StepName {
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
pub(super) enum By {
    Load,
    Usage,
    Zone,
}

/// With what to compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Compare {
    Previous,
    #[default]
    None,
}

/// What to reckon.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// First local day, `2026-11-01`.
    #[param(value_type = String)]
    pub(super) from: Date,
    /// Local day after the last.
    #[param(value_type = String)]
    pub(super) to: Date,
    #[param(inline)]
    pub(super) step: StepName,
    #[param(inline)]
    pub(super) by: By,
    #[param(inline)]
    pub(super) fluid: Fluid,
    #[serde(default)]
    #[param(inline)]
    pub(super) compare: Compare,
    /// How numbers are written in CSV.
    #[serde(default)]
    #[param(inline)]
    pub(super) decimals: Decimals,
}

/// A stretch of time.
#[derive(Debug, Serialize, ToSchema)]
struct Stretch {
    start: Time,
    end: Time,
}

/// Consumption. Totals are the site's: supply meters where there are any, else all rows but production.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Consumption {
    pub(super) step: StepName,
    time_zone: String,
    pub(super) unit: Unit,
    buckets: Vec<Stretch>,
    pub(super) rows: Vec<Row>,
    #[schema(required)]
    pub(super) total: Option<f64>,
    #[schema(required)]
    previous_total: Option<f64>,
    /// What it costs; `null` when there is no tariff of the fluid.
    #[schema(required)]
    cost: Option<Cost>,
    /// What it emits; `null` when there is no emission factor of the fluid.
    #[schema(required)]
    co2: Option<Emissions>,
}

pub(super) async fn reckon(app: &App, ask: &Ask) -> Result<Consumption, Problem> {
    if ask.from >= ask.to {
        return Err(Problem::invalid("to", "out_of_range", "must be after `from`"));
    }
    let topology = app.topology();
    let zone = TimeZone::get(&topology.site.time_zone).unwrap_or(TimeZone::UTC);
    let step = Step::from(ask.step);
    let bounds = |from, to| bucket_bounds(step, from, to, &zone).map_err(|error| Problem::invalid("from", "out_of_range", error));
    let present = bounds(ask.from, ask.to)?;
    // One after the other, so that one pass over the history serves both.
    let mut stretches = match ask.compare {
        Compare::None => Vec::new(),
        Compare::Previous => {
            let (from, to) = previous(step, ask.from, ask.to, present.len())
                .map_err(|error| Problem::invalid("from", "out_of_range", error))?;
            bounds(from, to)?
        }
    };
    let before = stretches.len();
    stretches.extend_from_slice(&present);
    let (live, now, fluid) = (Arc::clone(&app.live), app.clock.now(), ask.fluid);
    let book = tariffs::book(app, fluid).await?;
    let plan = pieces(&stretches, &book, &zone, now);
    let valuation = Valuation { book, plan, stretches: stretches.len() };
    // Each load is reckoned over the stretches, and in the same pass over their pieces of one price.
    let bounds: Vec<Bounds> = stretches.iter().copied().chain(valuation.plan.pieces.iter().map(|piece| piece.bounds)).collect();
    let sums = Sums::new(&topology, ask, valuation, before);
    if sums.rows.len().saturating_mul(stretches.len()) > MAX_VALUES {
        return Err(Problem::invalid("step", "out_of_range", "too many values: ask for fewer days or longer steps"));
    }
    let turn = TURNS.acquire().await;
    let time_zone = topology.site.time_zone.clone();
    let sums = app
        .history(move |reader| {
            // Held by the work itself, which goes on when nobody waits for it any more.
            let (_turn, mut sums) = (turn, sums);
            let series = by_load(reader, is_needed)?;
            let reckoner = Reckoner { reader, series: &series, live: &live, now };
            let loads: Vec<&Load> = topology.loads.iter().filter(|load| load.fluid == fluid && load.enabled).collect();
            reckoner.each(reader, &loads, &bounds, &mut |load, buckets| sums.add(load, &buckets))?;
            Ok(sums)
        })
        .await?;
    let cost = sums.valuation.cost(&sums.tally, &stretches, &zone, now, before);
    let co2 = sums.valuation.emissions(&sums.tally, before);
    let (then, now) = sums.site.split_at_checked(before).unwrap_or_default();
    let (previous_total, total) = (sum_of(&values(then)), sum_of(&values(now)));
    Ok(Consumption {
        step: ask.step,
        time_zone,
        unit: unit_of(ask.fluid),
        buckets: present.iter().map(|stretch| Stretch { start: Time(stretch.start), end: Time(stretch.end) }).collect(),
        rows: sums.rows.into_iter().map(|open| open.row).collect(),
        total,
        previous_total,
        cost,
        co2,
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

/// Consumption per stretch of local time.
#[utoipa::path(get, path = "/consumption", tag = "measurements", params(Ask), responses((status = 200, body = Consumption)))]
async fn get_consumption(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Json<Consumption>, Problem> {
    reckon(&app, &ask).await.map(Json)
}

/// The same as CSV: one row per stretch; per load, usage or zone its consumption, the part of the stretch that close readings cover,
/// 0 to 1, and what it costs and emits where there are tariffs and emission factors.
#[utoipa::path(get, path = "/consumption.csv", tag = "measurements", params(Ask),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn consumption_csv(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Response, Problem> {
    let found = reckon(&app, &ask).await?;
    Ok(csv::answer(&found, ask.decimals, &app.topology().site.name).into_response())
}
