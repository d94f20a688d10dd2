//! The history as a whole: its size, what is kept of it and how long, and whether it is intact.

use super::history_check::CheckView;
use super::may;
use crate::app::{App, Shared};
use crate::history_settings::{HistorySettings, LoadTrend, Retention, TrendChoice};
use crate::recording::writer::Trouble;
use crate::rights;
use crate::store::events::{NewEvent, Severity};
use axum::extract::State;
use haubert_historian::KindStats;
use haubert_model::{Decimal, LoadId, Nature, Quantity, RecordKind, Unit};
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Digits that a dead band may have beyond a quantity's own resolution.
const FINER: i8 = 3;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::HISTORY_VIEW), routes!(get_history))
        .routes(may(rights::HISTORY_CHANGE), routes!(put_history_limits))
        .routes(may(rights::HISTORY_CHANGE), routes!(preview_history_limits))
        .routes(may(rights::HISTORY_CHANGE), routes!(put_history_trends))
}

/// How long history is kept.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HistoryLimits)]
struct Limits {
    /// Days per kind; `null` is for ever.
    retention: Retention,
    /// Most bytes of the whole history folder; `null` is no limit.
    #[schema(required)]
    budget_bytes: Option<u64>,
}

/// What is kept as trends, and how finely. Counters, load curves and states are always kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HistoryTrends)]
struct Trends {
    /// Instantaneous quantities kept as trends of every load.
    trends: Vec<TrendView>,
    /// Exceptions for single loads.
    load_trends: Vec<LoadTrendView>,
}

/// A quantity kept as a trend.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TrendChoice)]
struct TrendView {
    quantity: Quantity,
    /// Changes up to this much, in the quantity's unit, are not kept; `null` keeps every sample.
    #[schema(required)]
    dead_band: Option<f64>,
}

/// What one load keeps otherwise than the site.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LoadTrend)]
struct LoadTrendView {
    load_id: LoadId,
    quantity: Quantity,
    /// Kept, or not.
    record: bool,
    #[schema(required)]
    dead_band: Option<f64>,
}

/// One kind of series, what is sealed of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryKind)]
struct KindView {
    kind: RecordKind,
    series: u64,
    samples: u64,
    /// Of the compressed samples alone.
    bytes: u64,
    #[schema(required)]
    oldest_at: Option<Time>,
    #[schema(required)]
    newest_at: Option<Time>,
}

/// Space on the disk of the history.
#[derive(Debug, Serialize, ToSchema)]
struct DiskView {
    free_bytes: u64,
    total_bytes: u64,
}

/// The history.
#[derive(Debug, Serialize, ToSchema)]
struct History {
    at: Time,
    /// Whether it is being written.
    state: HistoryState,
    /// Of the whole history folder.
    bytes: u64,
    series: u64,
    samples: u64,
    /// Samples not yet in compressed chunks.
    open_samples: u64,
    chunks: u64,
    /// Chunks that compaction has not yet brought to their full size.
    uncompacted_chunks: u64,
    /// Of everything on disk, per sample.
    #[schema(required)]
    bytes_per_sample: Option<f64>,
    #[schema(required)]
    oldest_at: Option<Time>,
    #[schema(required)]
    newest_at: Option<Time>,
    #[schema(required)]
    last_write_at: Option<Time>,
    /// Samples kept in memory because the disk refuses them.
    waiting: usize,
    /// Samples lost since start because too many waited.
    dropped: u64,
    kinds: Vec<KindView>,
    #[schema(required)]
    disk: Option<DiskView>,
    check: CheckView,
    limits: Limits,
    trends: Trends,
    /// What may be kept as trends.
    choices: Vec<TrendQuantity>,
}

/// An instantaneous quantity.
#[derive(Debug, Serialize, ToSchema)]
struct TrendQuantity {
    quantity: Quantity,
    unit: Unit,
}

/// Whether history is being written.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HistoryState {
    Ok,
    DiskFull,
    Error,
}

impl From<&HistorySettings> for Limits {
    fn from(settings: &HistorySettings) -> Self {
        Self { retention: settings.retention, budget_bytes: settings.budget_bytes }
    }
}

impl From<&HistorySettings> for Trends {
    fn from(settings: &HistorySettings) -> Self {
        let band = |band: Option<Decimal>| band.map(Decimal::to_f64);
        Self {
            trends: settings
                .trends
                .iter()
                .map(|choice| TrendView { quantity: choice.quantity, dead_band: band(choice.dead_band) })
                .collect(),
            load_trends: settings
                .load_trends
                .iter()
                .map(|own| LoadTrendView {
                    load_id: own.load,
                    quantity: own.quantity,
                    record: own.record,
                    dead_band: band(own.dead_band),
                })
                .collect(),
        }
    }
}

impl Trends {
    fn kept(self) -> Result<(Vec<TrendChoice>, Vec<LoadTrend>), Problem> {
        let trends = self
            .trends
            .into_iter()
            .enumerate()
            .map(|(at, choice)| {
                let dead_band = band(&format!("trends[{at}].dead_band"), choice.quantity, choice.dead_band)?;
                Ok(TrendChoice { quantity: choice.quantity, dead_band })
            })
            .collect::<Result<Vec<_>, Problem>>()?;
        let load_trends = self
            .load_trends
            .into_iter()
            .enumerate()
            .map(|(at, own)| {
                let dead_band = band(&format!("load_trends[{at}].dead_band"), own.quantity, own.dead_band)?;
                Ok(LoadTrend { load: own.load_id, quantity: own.quantity, record: own.record, dead_band })
            })
            .collect::<Result<Vec<_>, Problem>>()?;
        Ok((trends, load_trends))
    }
}

/// Changes one part of the settings; what is wrong with it is told before anything is stored.
async fn change<F>(app: &Shared, part: F) -> Result<HistorySettings, Problem>
where
    F: Fn(&mut HistorySettings) + Send + 'static,
{
    let first = Arc::clone(&app.history_settings.borrow());
    let mut wanted = first.as_ref().clone();
    part(&mut wanted);
    checked(&wanted)?;
    let from = Arc::clone(&first);
    let changed = app.read(move |tx| HistorySettings::change(tx, &from, part)).await?;
    // Told under the store's lock and from what is stored: of two changes the later one is also the last to be followed.
    let own = Arc::clone(app);
    let told = app.read(move |tx| {
        let stored = HistorySettings::stored(tx, &first)?;
        own.history_settings.send_replace(Arc::new(stored));
        Ok(())
    });
    told.await?;
    crate::app::record(&app.db, NewEvent::new(app.clock.now(), Severity::Info, "history_settings_changed", [])).await;
    Ok(changed)
}

fn checked(settings: &HistorySettings) -> Result<(), Problem> {
    settings.check().map_err(|(field, code, reason)| Problem::invalid(&field, code, reason))
}

/// A dead band in the quantity's unit, as it is kept.
fn band(field: &str, quantity: Quantity, given: Option<f64>) -> Result<Option<Decimal>, Problem> {
    let exponent = quantity.resolution_exponent() - FINER;
    given
        .map(|value| Decimal::from_f64(value, exponent).map_err(|error| Problem::invalid(field, "out_of_range", error)))
        .transpose()
}

impl From<KindStats> for KindView {
    fn from(stats: KindStats) -> Self {
        Self {
            kind: stats.kind,
            series: stats.series,
            samples: stats.samples,
            bytes: stats.bytes,
            oldest_at: stats.oldest.map(Time),
            newest_at: stats.newest.map(Time),
        }
    }
}

fn disk(app: &App) -> Option<DiskView> {
    let found = nix::sys::statvfs::statvfs(&app.data_dir).ok()?;
    let block = found.fragment_size();
    Some(DiskView {
        free_bytes: found.blocks_available().saturating_mul(block),
        total_bytes: found.blocks().saturating_mul(block),
    })
}

/// Size, state and settings of the history.
#[utoipa::path(get, path = "/history", tag = "history", responses((status = 200, body = History)))]
async fn get_history(State(app): State<Shared>) -> Result<Json<History>, Problem> {
    let (stats, kinds) = app.history(|reader| Ok((reader.stats()?, reader.stats_by_kind()?))).await?;
    let writing = app.writer.status();
    let samples = stats.samples;
    Ok(Json(History {
        at: Time(app.clock.now()),
        state: match writing.trouble {
            None => HistoryState::Ok,
            Some(Trouble::DiskFull) => HistoryState::DiskFull,
            Some(Trouble::Failing) => HistoryState::Error,
        },
        bytes: stats.disk_bytes,
        series: stats.series,
        samples,
        open_samples: stats.open_samples,
        chunks: stats.chunks,
        uncompacted_chunks: stats.uncompacted_chunks,
        bytes_per_sample: (samples > 0).then(|| stats.disk_bytes as f64 / samples as f64),
        oldest_at: stats.oldest.map(Time),
        newest_at: stats.newest.map(Time),
        last_write_at: writing.last_write_at.map(Time),
        waiting: writing.waiting,
        dropped: writing.dropped,
        kinds: kinds.into_iter().map(KindView::from).collect(),
        disk: disk(&app),
        check: CheckView::now(&app),
        limits: Limits::from(app.history_settings.borrow().as_ref()),
        trends: Trends::from(app.history_settings.borrow().as_ref()),
        choices: Quantity::ALL
            .iter()
            .filter(|quantity| quantity.nature() == Nature::Instant)
            .map(|quantity| TrendQuantity { quantity: *quantity, unit: quantity.unit() })
            .collect(),
    }))
}

/// Replaces how long history is kept. Shorter limits delete history within the hour; `preview` says what.
#[utoipa::path(put, path = "/history/limits", tag = "history", request_body = Limits, responses((status = 200, body = Limits)))]
async fn put_history_limits(State(app): State<Shared>, Json(body): Json<Limits>) -> Result<Json<Limits>, Problem> {
    let Limits { retention, budget_bytes } = body;
    let part = move |settings: &mut HistorySettings| {
        settings.retention = retention;
        settings.budget_bytes = budget_bytes;
    };
    Ok(Json(Limits::from(&change(&app, part).await?)))
}

/// Replaces what is kept as trends, and how finely.
#[utoipa::path(put, path = "/history/trends", tag = "history", request_body = Trends, responses((status = 200, body = Trends)))]
async fn put_history_trends(State(app): State<Shared>, Json(body): Json<Trends>) -> Result<Json<Trends>, Problem> {
    let (trends, load_trends) = body.kept()?;
    let topology = app.topology();
    if let Some(at) = load_trends.iter().position(|own| topology.load(own.load).is_none()) {
        return Err(Problem::invalid(&format!("load_trends[{at}].load_id"), "unknown", "there is no such load"));
    }
    let part = move |settings: &mut HistorySettings| {
        settings.trends.clone_from(&trends);
        settings.load_trends.clone_from(&load_trends);
    };
    Ok(Json(Trends::from(&change(&app, part).await?)))
}

/// What limits would delete of one kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryLoss)]
struct Loss {
    kind: RecordKind,
    /// Samples that are too old.
    samples: u64,
    #[schema(required)]
    oldest_at: Option<Time>,
    #[schema(required)]
    newest_at: Option<Time>,
    /// Bytes for which the budget has no room besides, the oldest first.
    over_budget_bytes: u64,
}

/// What limits would delete.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryPreview)]
struct PreviewView {
    kinds: Vec<Loss>,
}

/// What these limits would delete of the history as it is now. Nothing is changed.
#[utoipa::path(post, path = "/history/limits/preview", tag = "history", request_body = Limits, responses((status = 200, body = PreviewView)))]
async fn preview_history_limits(State(app): State<Shared>, Json(body): Json<Limits>) -> Result<Json<PreviewView>, Problem> {
    let Limits { retention, budget_bytes } = body;
    let limits = HistorySettings { retention, budget_bytes, trends: Vec::new(), load_trends: Vec::new() };
    checked(&limits)?;
    let (policy, now, keep_from) = (limits.policy(), app.clock.now(), app.keep_from());
    let found = app.history(move |reader| reader.preview(&policy, now, keep_from)).await?;
    let kinds = found
        .into_iter()
        .map(|loss| Loss {
            kind: loss.kind,
            samples: loss.samples,
            oldest_at: loss.oldest.map(Time),
            newest_at: loss.newest.map(Time),
            over_budget_bytes: loss.evicted_bytes,
        })
        .collect();
    Ok(Json(PreviewView { kinds }))
}
