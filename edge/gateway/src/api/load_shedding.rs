//! Load shedding as a view: what would be freed, what is drawn, what was subscribed. Nothing here switches anything.

use super::loads::power_w;
use super::may;
use crate::app::{App, Shared};
use crate::consumption::{by_load, site_loads};
use crate::rights;
use crate::shedding::{Exceedance, MAX_LEVEL, SETTING, Shedding, exceedances};
use crate::store::settings;
use axum::extract::State;
use haubert_historian::rollup::{Step, bucket_bounds};
use haubert_model::{Decimal, Fluid, LoadId, Quantity, RecordKind, Timestamp, Usage};
use haubert_service::api::Api;
use haubert_service::extract::{Json, Query};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::{List, Time};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Most days looked through at once.
const MAX_DAYS: usize = 400;

/// What their list answers.
type Exceedances = List<ExceedanceView>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::MEASUREMENTS_VIEW), routes!(get_load_shedding))
        .routes(may(rights::SITE_CHANGE), routes!(put_load_shedding))
        .routes(may(rights::MEASUREMENTS_VIEW), routes!(list_exceedances))
}

/// The level of a load.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SheddingLevel {
    load_id: LoadId,
    /// 1 (goes first) to 9.
    level: u8,
}

/// What is set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SheddingSettings)]
struct SettingsBody {
    /// Limit of the contract, W; `null` when there is none.
    #[schema(required)]
    subscribed_w: Option<u32>,
    /// Loads that may go; all others never do.
    levels: Vec<SheddingLevel>,
}

/// A load, and when it goes.
#[derive(Debug, Serialize, ToSchema)]
struct SheddingLoad {
    load_id: LoadId,
    name: String,
    usage: Usage,
    /// 1 (goes first) to 9; `null` never goes.
    #[schema(required)]
    level: Option<u8>,
    /// Active power, W; `null` when there is no usable value.
    #[schema(required)]
    power_w: Option<f64>,
}

/// What goes when all levels from 1 to this one do.
#[derive(Debug, Serialize, ToSchema)]
struct SheddingStep {
    level: u8,
    /// Loads that go.
    loads: usize,
    /// Of them, how many have no usable value.
    unknown: usize,
    /// Power that would be freed now, W.
    freed_w: f64,
}

/// What could go, in the order in which it would.
#[derive(Debug, Serialize, ToSchema)]
struct LoadShedding {
    /// Limit of the contract, W.
    #[schema(required)]
    subscribed_w: Option<u32>,
    /// What the site draws now, W; `null` when a part of it is not known.
    #[schema(required)]
    drawn_w: Option<f64>,
    /// What could still be drawn, W; below 0 what is too much.
    #[schema(required)]
    margin_w: Option<f64>,
    /// Level by level, then those that never go.
    loads: Vec<SheddingLoad>,
    /// Levels that have loads.
    steps: Vec<SheddingStep>,
}

async fn kept(app: &App) -> Result<Shedding, Problem> {
    Ok(app.read(|tx| settings::get(tx, SETTING)).await?.unwrap_or_default())
}

fn view(app: &App, kept: &Shedding) -> LoadShedding {
    let topology = app.topology();
    let mut loads: Vec<SheddingLoad> = topology
        .loads
        .iter()
        .filter(|load| {
            load.fluid == Fluid::Electricity && load.enabled && !matches!(load.usage, Usage::Supply | Usage::Production)
        })
        .map(|load| SheddingLoad {
            load_id: load.id,
            name: load.name.clone(),
            usage: load.usage,
            level: kept.levels.get(&load.id).copied(),
            power_w: power_w(app, load),
        })
        .collect();
    loads.sort_by_key(|load| load.level.unwrap_or(u8::MAX));
    let mut levels: Vec<u8> = loads.iter().filter_map(|load| load.level).collect();
    levels.dedup();
    let steps = levels
        .into_iter()
        .map(|level| {
            let gone = || loads.iter().filter(move |load| load.level.is_some_and(|own| own <= level));
            SheddingStep {
                level,
                loads: gone().count(),
                unknown: gone().filter(|load| load.power_w.is_none()).count(),
                freed_w: gone().filter_map(|load| load.power_w).filter(|power| *power > 0.0).sum(),
            }
        })
        .collect();
    let site = site_loads(&topology, Fluid::Electricity);
    let drawn_w: Option<f64> = site.iter().map(|load| power_w(app, load)).sum();
    let drawn_w = drawn_w.filter(|_| !site.is_empty());
    let margin_w = kept.subscribed_w.zip(drawn_w).map(|(subscribed, drawn)| f64::from(subscribed) - drawn);
    LoadShedding { subscribed_w: kept.subscribed_w, drawn_w, margin_w, loads, steps }
}

/// What could be switched off, in which order, and what that would free now.
#[utoipa::path(get, path = "/load-shedding", tag = "measurements", responses((status = 200, body = LoadShedding)))]
async fn get_load_shedding(State(app): State<Shared>) -> Result<Json<LoadShedding>, Problem> {
    Ok(Json(view(&app, &kept(&app).await?)))
}

/// Sets the subscribed power and the order of loads.
#[utoipa::path(put, path = "/load-shedding", tag = "measurements", request_body = SettingsBody, responses((status = 200, body = LoadShedding)))]
async fn put_load_shedding(State(app): State<Shared>, Json(body): Json<SettingsBody>) -> Result<Json<LoadShedding>, Problem> {
    let topology = app.topology();
    if body.subscribed_w == Some(0) {
        return Err(Problem::invalid("subscribed_w", "out_of_range", "more than 0, or none"));
    }
    for one in &body.levels {
        if !(1..=MAX_LEVEL).contains(&one.level) {
            return Err(Problem::invalid("levels", "out_of_range", "1 to 9"));
        }
        if topology.load(one.load_id).is_none() {
            return Err(Problem::invalid("levels", "not_found", "there is no such load"));
        }
    }
    let levels = body.levels.iter().map(|one| (one.load_id, one.level)).collect();
    let given = Shedding { subscribed_w: body.subscribed_w, levels };
    let stored = given.clone();
    app.db.call(move |tx| settings::set(tx, SETTING, &stored)).await?;
    Ok(Json(view(&app, &given)))
}

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// First local day, `2026-11-01`.
    #[param(value_type = String)]
    from: Date,
    /// Local day after the last.
    #[param(value_type = String)]
    to: Date,
}

/// More than was subscribed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PowerExceedance)]
struct ExceedanceView {
    start: Time,
    end: Time,
    /// The highest mean power of a period of the load curves in it, W.
    highest_w: f64,
    /// How much of it was above the limit, W.
    over_w: f64,
}

/// When the site drew more than it subscribed, from the load curves of its supply. Empty without a limit.
#[utoipa::path(get, path = "/load-shedding/exceedances", tag = "measurements", params(Ask), responses((status = 200, body = Exceedances)))]
async fn list_exceedances(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Json<Exceedances>, Problem> {
    let topology = app.topology();
    let zone = TimeZone::get(&topology.site.time_zone).unwrap_or(TimeZone::UTC);
    let days = bucket_bounds(Step::Day, ask.from, ask.to, &zone).ok().filter(|days| days.len() <= MAX_DAYS);
    let days = days.ok_or_else(|| Problem::invalid("from", "out_of_range", format!("at most {MAX_DAYS} days")))?;
    let (Some(first), Some(last)) = (days.first().copied(), days.last().copied()) else {
        return Err(Problem::invalid("to", "out_of_range", "must be after `from`"));
    };
    let Some(limit) = kept(&app).await?.subscribed_w.map(f64::from) else { return Ok(Json(List::whole(Vec::new()))) };
    let loads: Vec<LoadId> = site_loads(&topology, Fluid::Electricity).into_iter().map(|load| load.id).collect();
    let found = app
        .history(move |reader| {
            let curve = |quantity, kind| quantity == Quantity::ActivePowerTotal && kind == RecordKind::LoadCurve;
            let series = by_load(reader, |spec| loads.contains(&spec.load) && curve(spec.quantity, spec.kind))?;
            let mut period_ms = 0;
            let mut curves: Vec<Vec<(Timestamp, f64)>> = Vec::new();
            // One curve of each load: a second one would count it twice.
            for info in series.values().filter_map(|of| of.first()) {
                period_ms = period_ms.max(info.spec.period_ms.unwrap_or_default());
                let samples = reader.range(info.id, first.start, last.end)?;
                let value = |raw| Decimal::new(raw, info.spec.exponent).to_f64();
                curves.push(samples.iter().filter(|one| one.is_usable()).map(|one| (one.at, value(one.raw))).collect());
            }
            Ok(exceedances(&curves, period_ms, limit))
        })
        .await?;
    let told = |one: Exceedance| ExceedanceView {
        start: Time(one.start),
        end: Time(one.end),
        highest_w: one.highest_w,
        over_w: one.highest_w - limit,
    };
    Ok(Json(List::whole(found.into_iter().map(told).collect())))
}
