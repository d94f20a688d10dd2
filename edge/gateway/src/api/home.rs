//! The first page: what flows now, what was used today, what needs a look.

use super::LOOK;
use super::loads::power_w;
use crate::app::{App, Shared};
use crate::consumption::{Reckoner, site_loads, unit_of};
use crate::notices::{self, Notice};
use crate::topology::{Load, Topology};
use axum::extract::State;
use haubert_fieldbus::DeviceState;
use haubert_historian::downsample::{Thinning, thin};
use haubert_historian::rollup::{Bounds, total};
use haubert_model::{Fluid, LoadId, PointRef, Quantity, RecordKind, Timestamp, Unit, Usage};
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::wire::Time;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Loads shown as the largest.
const TOP: usize = 5;
/// Points of the chart of the last day: one each five minutes.
const CHART_POINTS: usize = 289;
const DAY_MS: i64 = 86_400_000;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.routes(LOOK, routes!(get_home))
}

#[derive(Debug, Serialize, ToSchema)]
struct HomeSite {
    name: String,
    time_zone: String,
}

/// One fluid of the site.
#[derive(Debug, Serialize, ToSchema)]
struct FluidTotal {
    fluid: Fluid,
    /// Of `today` and `yesterday_same_time`.
    unit_total: Unit,
    #[schema(required)]
    power_w: Option<f64>,
    /// m³/h.
    #[schema(required)]
    flow: Option<f64>,
    #[schema(required)]
    today: Option<f64>,
    #[schema(required)]
    yesterday_same_time: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct UsageTotal {
    usage: Usage,
    fluid: Fluid,
    #[schema(required)]
    power_w: Option<f64>,
    #[schema(required)]
    today: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TopLoad {
    load_id: LoadId,
    name: String,
    usage: Usage,
    power_w: f64,
    /// Part of the site's power, 0 to 1.
    #[schema(required)]
    share: Option<f64>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
struct DeviceCounts {
    online: u32,
    degraded: u32,
    offline: u32,
    never_seen: u32,
    disabled: u32,
}

#[derive(Debug, Serialize, ToSchema)]
struct UsageCurve {
    usage: Usage,
    /// Milliseconds since the epoch, and W or `null`.
    points: Vec<(Timestamp, Option<f64>)>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Power24h {
    series: Vec<UsageCurve>,
}

/// The first page.
#[derive(Debug, Serialize, ToSchema)]
struct Home {
    at: Time,
    site: HomeSite,
    fluids: Vec<FluidTotal>,
    usages: Vec<UsageTotal>,
    top_loads: Vec<TopLoad>,
    #[schema(required)]
    production_w: Option<f64>,
    devices: DeviceCounts,
    notices: Vec<Notice>,
    power_24h: Power24h,
}

/// The first page.
#[utoipa::path(get, path = "/home", tag = "measurements", responses((status = 200, body = Home)))]
async fn get_home(State(app): State<Shared>) -> Result<Json<Home>, Problem> {
    let topology = app.topology();
    let now = app.clock.now();
    let (days, power_24h) = history(&app, &topology, now).await?;
    let sum_power = |loads: &[&Load]| loads.iter().filter_map(|load| power_w(&app, load)).reduce(|a, b| a + b);
    let site_power = sum_power(&site_loads(&topology, Fluid::Electricity));
    let fluids = Fluid::ALL
        .iter()
        .filter(|fluid| topology.loads.iter().any(|load| load.fluid == **fluid))
        .map(|fluid| {
            let loads = site_loads(&topology, *fluid);
            FluidTotal {
                fluid: *fluid,
                unit_total: unit_of(*fluid),
                power_w: sum_power(&loads),
                flow: loads.iter().filter_map(|load| flow(&app, load)).reduce(|a, b| a + b),
                today: sum_days(&days, &loads, |day| day.today),
                yesterday_same_time: sum_days(&days, &loads, |day| day.yesterday_same_time),
            }
        })
        .collect();
    let production: Vec<&Load> = topology.loads.iter().filter(|load| load.usage == Usage::Production && load.enabled).collect();
    Ok(Json(Home {
        at: Time(now),
        site: HomeSite { name: topology.site.name.clone(), time_zone: topology.site.time_zone.clone() },
        fluids,
        usages: usages(&topology, &days, &sum_power),
        top_loads: top_loads(&app, &topology, site_power),
        production_w: sum_power(&production),
        devices: counts(&app, &topology),
        notices: notices::now(&app).await,
        power_24h,
    }))
}

fn flow(app: &App, load: &Load) -> Option<f64> {
    let point = PointRef { device: load.device_id, channel: load.channel, quantity: Quantity::VolumeFlow };
    app.live.reading(point)?.value.map(|value| value.to_f64())
}

#[derive(Debug, Clone, Copy, Default)]
struct Day {
    today: Option<f64>,
    yesterday_same_time: Option<f64>,
}

type Days = BTreeMap<LoadId, Day>;

fn sum_days(days: &Days, loads: &[&Load], pick: impl Fn(&Day) -> Option<f64>) -> Option<f64> {
    loads.iter().filter_map(|load| days.get(&load.id).and_then(&pick)).reduce(|a, b| a + b)
}

/// What each load used since local midnight, and the power of the last day by usage.
async fn history(app: &App, topology: &Arc<Topology>, now: Timestamp) -> Result<(Days, Power24h), Problem> {
    let bounds = today_and_yesterday(&topology.site.time_zone, now);
    let (topology, live) = (Arc::clone(topology), Arc::clone(&app.live));
    app.history(move |reader| {
        let series = reader.series()?;
        let reckoner = Reckoner { reader, series: &series, topology: Arc::clone(&topology), live: &live, now };
        let mut days = Days::new();
        let mut curves: BTreeMap<Usage, BTreeMap<Timestamp, Option<f64>>> = BTreeMap::new();
        for load in topology.loads.iter().filter(|load| load.enabled) {
            let one = |bounds: Option<Bounds>| -> Result<Option<f64>, haubert_historian::StoreError> {
                let buckets = bounds.map(|bounds| reckoner.load(load, &[bounds])).transpose()?.unwrap_or_default();
                Ok(total(&[buckets]).first().and_then(|bucket| bucket.value).map(|value| value.to_f64()))
            };
            days.insert(
                load.id,
                Day { today: one(bounds.map(|(today, _)| today))?, yesterday_same_time: one(bounds.map(|(_, before)| before))? },
            );
            let curve = series.iter().filter(|info| info.spec.load == load.id && info.spec.kind == RecordKind::LoadCurve);
            for info in curve {
                let samples = reader.range(info.id, now.plus_ms(-DAY_MS), now)?;
                let thinning = Thinning {
                    from: now.plus_ms(-DAY_MS),
                    to: now,
                    max_points: CHART_POINTS,
                    exponent: info.spec.exponent,
                    max_gap_ms: info.spec.period_ms.map(|period| period.saturating_mul(3)),
                };
                let sums = curves.entry(load.usage).or_default();
                for point in thin(&samples, thinning) {
                    let sum = sums.entry(point.at).or_default();
                    *sum = match (*sum, point.band.map(|band| band.mean)) {
                        (Some(a), Some(b)) => Some(a + b),
                        (a, b) => a.or(b),
                    };
                }
            }
        }
        let series =
            curves.into_iter().map(|(usage, points)| UsageCurve { usage, points: points.into_iter().collect() }).collect();
        Ok((days, Power24h { series }))
    })
    .await
}

/// From local midnight to now, and the same a day earlier; `None` beyond the calendar.
fn today_and_yesterday(zone: &str, now: Timestamp) -> Option<(Bounds, Bounds)> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let local = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone);
    let millis = |zoned: &jiff::Zoned| Timestamp(zoned.timestamp().as_millisecond());
    let midnight = local.start_of_day().ok()?;
    let before = local.checked_sub(1.day()).ok()?;
    let today = Bounds { start: millis(&midnight), end: now };
    Some((today, Bounds { start: millis(&before.start_of_day().ok()?), end: millis(&before) }))
}

fn usages(topology: &Topology, days: &Days, sum_power: &impl Fn(&[&Load]) -> Option<f64>) -> Vec<UsageTotal> {
    let mut found = Vec::new();
    for usage in Usage::ALL {
        for fluid in Fluid::ALL {
            let loads: Vec<&Load> =
                topology.loads.iter().filter(|load| load.enabled && load.usage == *usage && load.fluid == *fluid).collect();
            if !loads.is_empty() {
                let today = sum_days(days, &loads, |day| day.today);
                found.push(UsageTotal { usage: *usage, fluid: *fluid, power_w: sum_power(&loads), today });
            }
        }
    }
    found
}

fn top_loads(app: &App, topology: &Topology, site_power: Option<f64>) -> Vec<TopLoad> {
    let mut loads: Vec<TopLoad> = topology
        .loads
        .iter()
        .filter(|load| load.enabled && !matches!(load.usage, Usage::Supply | Usage::Production))
        .filter_map(|load| {
            let power_w = power_w(app, load)?;
            let share = site_power.filter(|site| *site > 0.0).map(|site| power_w / site);
            Some(TopLoad { load_id: load.id, name: load.name.clone(), usage: load.usage, power_w, share })
        })
        .collect();
    loads.sort_by(|a, b| b.power_w.total_cmp(&a.power_w));
    loads.truncate(TOP);
    loads
}

fn counts(app: &App, topology: &Topology) -> DeviceCounts {
    let mut counts = DeviceCounts::default();
    for device in &topology.devices {
        match super::devices::state_of(app, device) {
            DeviceState::Online => counts.online += 1,
            DeviceState::Degraded => counts.degraded += 1,
            DeviceState::Offline => counts.offline += 1,
            DeviceState::NeverSeen => counts.never_seen += 1,
            DeviceState::Disabled => counts.disabled += 1,
        }
    }
    counts
}
