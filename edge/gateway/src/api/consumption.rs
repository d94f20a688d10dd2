//! Consumption per hour, day, month and year in the site's time, by load, usage or zone, beside the period before.

use super::may;
use crate::app::{App, Shared};
use crate::consumption::{Reckoner, by_load, is_needed, site_loads, unit_of};
use crate::export::{self, Decimals, quoted};
use crate::rights;
use crate::topology::{Load, Topology};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use haubert_historian::rollup::{self, Bucket, Step, bucket_bounds};
use haubert_model::{Fluid, LoadId, Quality, Unit, Usage};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Query};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use http::header;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
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

async fn reckon(app: &App, ask: &Ask) -> Result<Consumption, Problem> {
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
    let sums = Sums::new(&topology, ask, before);
    if sums.rows.len().saturating_mul(stretches.len()) > MAX_VALUES {
        return Err(Problem::invalid("step", "out_of_range", "too many values: ask for fewer days or longer steps"));
    }
    let turn = TURNS.acquire().await;
    let (live, now, fluid) = (Arc::clone(&app.live), app.clock.now(), ask.fluid);
    let time_zone = topology.site.time_zone.clone();
    let sums = app
        .history(move |reader| {
            // Held by the work itself, which goes on when nobody waits for it any more.
            let (_turn, mut sums) = (turn, sums);
            let series = by_load(reader, is_needed)?;
            let reckoner = Reckoner { reader, series: &series, live: &live, now };
            let loads: Vec<&Load> = topology.loads.iter().filter(|load| load.fluid == fluid && load.enabled).collect();
            reckoner.each(reader, &loads, &stretches, &mut |load, buckets| sums.add(load.id, buckets))?;
            Ok(sums)
        })
        .await?;
    let (then, now) = sums.site.split_at_checked(before).unwrap_or_default();
    let (previous_total, total) = (sum(&values(then)), sum(&values(now)));
    Ok(Consumption {
        step: ask.step,
        time_zone,
        unit: unit_of(ask.fluid),
        buckets: present.iter().map(|stretch| Stretch { start: Time(stretch.start), end: Time(stretch.end) }).collect(),
        rows: sums.rows.into_iter().map(|open| open.row).collect(),
        total,
        previous_total,
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

/// Rows, summed up as the loads come.
struct Sums {
    rows: Vec<Open>,
    /// Number of the row that a load belongs to.
    row_of: HashMap<LoadId, usize>,
    /// Loads that make the site's total.
    of_site: HashSet<LoadId>,
    site: Vec<Bucket>,
    /// Stretches before the first asked for, with which to compare.
    before: usize,
}

/// A row, and what is known of it so far.
struct Open {
    row: Row,
    /// Loads still to come.
    left: usize,
    sum: Vec<Bucket>,
}

impl Sums {
    fn new(topology: &Topology, ask: &Ask, before: usize) -> Self {
        let (mut rows, mut row_of) = (Vec::new(), HashMap::new());
        for (key, label, usage, loads) in grouped(topology, ask) {
            row_of.extend(loads.iter().map(|load| (*load, rows.len())));
            rows.push(Open { row: Row::empty(key, label, usage), left: loads.len(), sum: Vec::new() });
        }
        let of_site = site_loads(topology, ask.fluid).into_iter().map(|load| load.id).collect();
        Self { rows, row_of, of_site, site: Vec::new(), before }
    }

    fn add(&mut self, load: LoadId, buckets: Vec<Bucket>) {
        if self.of_site.contains(&load) {
            accumulate(&mut self.site, &buckets);
        }
        let Some(open) = self.row_of.get(&load).and_then(|row| self.rows.get_mut(*row)) else { return };
        accumulate(&mut open.sum, &buckets);
        open.left = open.left.saturating_sub(1);
        if open.left == 0 {
            open.row.fill(&std::mem::take(&mut open.sum), self.before);
        }
    }
}

/// As [`rollup::accumulate`]; the first load makes the sum.
fn accumulate(sum: &mut Vec<Bucket>, buckets: &[Bucket]) {
    if sum.is_empty() { sum.extend_from_slice(buckets) } else { rollup::accumulate(sum, buckets) }
}

impl Row {
    fn empty(key: String, label: String, usage: Option<Usage>) -> Self {
        let (values, quality, coverage) = Default::default();
        Self { key, label, usage, values, quality, coverage, total: None, previous: None, previous_total: None }
    }

    /// Takes in the sum of its loads, of which the first `before` stretches are to compare with.
    fn fill(&mut self, buckets: &[Bucket], before: usize) {
        let (then, now) = buckets.split_at_checked(before).unwrap_or_default();
        self.values = values(now);
        self.total = sum(&self.values);
        self.quality = now.iter().map(|bucket| bucket.quality).collect();
        self.coverage = now.iter().map(|bucket| bucket.coverage).collect();
        self.previous = (before > 0).then(|| {
            // A day of 23 or 25 hours beside one of 24: aligned by position, cut or filled to the same length.
            let mut values = values(then);
            values.resize(now.len(), None);
            values
        });
        self.previous_total = self.previous.as_deref().and_then(sum);
    }
}

fn values(buckets: &[Bucket]) -> Vec<Option<f64>> {
    buckets.iter().map(|bucket| bucket.value.map(|value| value.to_f64())).collect()
}

fn sum(values: &[Option<f64>]) -> Option<f64> {
    values.iter().copied().flatten().reduce(|a, b| a + b)
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
