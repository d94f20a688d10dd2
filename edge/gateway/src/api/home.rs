//! The first page: what flows now, what was used today, what needs a look.

use super::loads::power_w;
use super::may;
use crate::app::{App, Shared};
use crate::consumption::{site_loads, unit_of};
use crate::notices::{self, Notice};
use crate::overview::{self, Day, Flow};
use crate::rights;
use crate::topology::{Load, Topology};
use axum::extract::State;
use haubert_fieldbus::DeviceState;
use haubert_model::{Fluid, LoadId, PointRef, Quality, Quantity, Timestamp, Unit, Usage};
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Loads shown as the largest.
const TOP: usize = 5;

type Days = HashMap<LoadId, Day>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::MEASUREMENTS_VIEW), routes!(get_home))
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
    /// From one point to another: a part of the sum is uncertain, or a load is not in it.
    uncertain: Vec<(Timestamp, Timestamp)>,
    /// From one point to another: a part was read back from a meter's own log.
    recovered: Vec<(Timestamp, Timestamp)>,
}

impl UsageCurve {
    fn new(usage: Usage, curve: &overview::Curve) -> Self {
        Self {
            usage,
            points: curve.iter().map(|(at, flow)| (*at, flow.watts)).collect(),
            uncertain: runs(curve, |flow| flow.quality > Quality::Good),
            recovered: runs(curve, |flow| flow.recovered),
        }
    }
}

/// The first and the last point of each stretch of values that are so.
fn runs(curve: &overview::Curve, so: impl Fn(&Flow) -> bool) -> Vec<(Timestamp, Timestamp)> {
    curve
        .chunk_by(|(_, a), (_, b)| so(a) == so(b))
        .filter(|stretch| stretch.iter().any(|(_, flow)| flow.watts.is_some() && so(flow)))
        .filter_map(|stretch| Some((stretch.first()?.0, stretch.last()?.0)))
        .collect()
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
    let past = overview::past(&app).await?;
    let days = &past.days;
    let series = past.curves.iter().map(|(usage, curve)| UsageCurve::new(*usage, curve)).collect();
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
                today: sum_days(days, &loads, |day| day.today),
                yesterday_same_time: sum_days(days, &loads, |day| day.yesterday_same_time),
            }
        })
        .collect();
    let production: Vec<&Load> = topology.loads.iter().filter(|load| load.usage == Usage::Production && load.enabled).collect();
    Ok(Json(Home {
        at: Time(now),
        site: HomeSite { name: topology.site.name.clone(), time_zone: topology.site.time_zone.clone() },
        fluids,
        usages: usages(&topology, days, &sum_power),
        top_loads: top_loads(&app, &topology, site_power),
        production_w: sum_power(&production),
        devices: counts(&app, &topology),
        notices: notices::now(&app).await,
        power_24h: Power24h { series },
    }))
}

fn flow(app: &App, load: &Load) -> Option<f64> {
    let point = PointRef { device: load.device_id, channel: load.channel, quantity: Quantity::VolumeFlow };
    app.live.reading(point)?.value.map(|value| value.to_f64())
}

fn sum_days(days: &Days, loads: &[&Load], pick: impl Fn(&Day) -> Option<f64>) -> Option<f64> {
    loads.iter().filter_map(|load| days.get(&load.id).and_then(&pick)).reduce(|a, b| a + b)
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
