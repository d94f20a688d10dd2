//! The history as a whole: its size, what is kept of it and how long, and whether it is intact.

use super::{LOOK, SOURCES};
use crate::app::{App, Shared};
use crate::history_settings::{HistorySettings, LoadTrend, Retention, TrendChoice};
use crate::integrity::Outcome;
use crate::recording::writer::Trouble;
use crate::store::events::{NewEvent, Severity};
use axum::extract::State;
use haubert_historian::KindStats;
use haubert_model::{Decimal, LoadId, Nature, Quantity, RecordKind, Unit};
use haubert_service::api::Api;
use haubert_service::extract::Json;
use haubert_service::problem::{Problem, codes};
use haubert_service::wire::Time;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Digits that a dead band may have beyond a quantity's own resolution.
const FINER: i8 = 3;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.routes(LOOK, routes!(get_history))
        .routes(SOURCES, routes!(put_history_settings))
        .routes(SOURCES, routes!(preview_history_settings))
        .routes(SOURCES, routes!(start_history_check))
}

/// What is kept of the measurements, how finely and how long.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HistorySettings)]
struct SettingsView {
    /// Days per kind; `null` is for ever. Counters, load curves and states are always kept.
    retention: Retention,
    /// Most bytes of the whole history folder; `null` is no limit.
    #[schema(required)]
    budget_bytes: Option<u64>,
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

/// What would be limited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HistoryLimits)]
struct Limits {
    retention: Retention,
    budget_bytes: Option<u64>,
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

/// A look at every byte that is under way.
#[derive(Debug, Serialize, ToSchema)]
struct RunningCheck {
    started_at: Time,
    /// How much is done, 0 to 1.
    progress: f64,
}

/// A look at every byte that has ended.
#[derive(Debug, Serialize, ToSchema)]
struct FinishedCheck {
    at: Time,
    took_ms: u64,
    outcome: Outcome,
    /// What is damaged, or why the look failed.
    findings: Vec<String>,
}

/// Looks at every byte.
#[derive(Debug, Serialize, ToSchema)]
struct CheckView {
    #[schema(required)]
    running: Option<RunningCheck>,
    #[schema(required)]
    last: Option<FinishedCheck>,
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
    settings: SettingsView,
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

impl From<&HistorySettings> for SettingsView {
    fn from(settings: &HistorySettings) -> Self {
        let band = |band: Option<Decimal>| band.map(Decimal::to_f64);
        Self {
            retention: settings.retention,
            budget_bytes: settings.budget_bytes,
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

impl SettingsView {
    fn checked(self) -> Result<HistorySettings, Problem> {
        let trends = self
            .trends
            .into_iter()
            .enumerate()
            .map(|(at, choice)| {
                let dead_band = band(&format!("trends[{at}].dead_band"), choice.quantity, choice.dead_band)?;
                Ok(TrendChoice { quantity: choice.quantity, dead_band })
            })
            .collect::<Result<_, Problem>>()?;
        let load_trends = self
            .load_trends
            .into_iter()
            .enumerate()
            .map(|(at, own)| {
                let dead_band = band(&format!("load_trends[{at}].dead_band"), own.quantity, own.dead_band)?;
                Ok(LoadTrend { load: own.load_id, quantity: own.quantity, record: own.record, dead_band })
            })
            .collect::<Result<_, Problem>>()?;
        checked(HistorySettings { retention: self.retention, budget_bytes: self.budget_bytes, trends, load_trends })
    }
}

fn checked(settings: HistorySettings) -> Result<HistorySettings, Problem> {
    settings.check().map_err(|(field, code, reason)| Problem::invalid(&field, code, reason))?;
    Ok(settings)
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
    let (running, last) = app.integrity.now();
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
        check: CheckView {
            running: running.map(|running| RunningCheck { started_at: Time(running.started_at), progress: running.progress }),
            last: last.map(|last| FinishedCheck {
                at: Time(last.at),
                took_ms: last.took_ms,
                outcome: last.outcome,
                findings: last.findings,
            }),
        },
        settings: SettingsView::from(app.history_settings.borrow().as_ref()),
        choices: Quantity::ALL
            .iter()
            .filter(|quantity| quantity.nature() == Nature::Instant)
            .map(|quantity| TrendQuantity { quantity: *quantity, unit: quantity.unit() })
            .collect(),
    }))
}

/// Replaces what is kept, how finely and how long. Shorter limits delete history within the hour; `preview` says what.
#[utoipa::path(put, path = "/history/settings", tag = "history", request_body = SettingsView, responses((status = 200, body = SettingsView)))]
async fn put_history_settings(State(app): State<Shared>, Json(body): Json<SettingsView>) -> Result<Json<SettingsView>, Problem> {
    let wanted = body.checked()?;
    let topology = app.topology();
    if let Some(at) = wanted.load_trends.iter().position(|own| topology.load(own.load).is_none()) {
        return Err(Problem::invalid(&format!("load_trends[{at}].load_id"), "unknown", "there is no such load"));
    }
    let kept = wanted.clone();
    app.read(move |tx| kept.save(tx)).await?;
    let view = SettingsView::from(&wanted);
    app.history_settings.send_replace(Arc::new(wanted));
    crate::app::record(&app.db, NewEvent::new(app.clock.now(), Severity::Info, "history_settings_changed", [])).await;
    Ok(Json(view))
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
#[utoipa::path(post, path = "/history/settings/preview", tag = "history", request_body = Limits, responses((status = 200, body = PreviewView)))]
async fn preview_history_settings(State(app): State<Shared>, Json(body): Json<Limits>) -> Result<Json<PreviewView>, Problem> {
    let Limits { retention, budget_bytes } = body;
    let limits = checked(HistorySettings { retention, budget_bytes, trends: Vec::new(), load_trends: Vec::new() })?;
    let (policy, now, keep_from) = (limits.policy(), app.clock.now(), app.uplink.keep_from());
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

/// Begins a look at every byte of the history, in the background; `GET /history` shows how far it is and what it found.
#[utoipa::path(post, path = "/history/checks", tag = "history", responses((status = 202)))]
async fn start_history_check(State(app): State<Shared>) -> Result<StatusCode, Problem> {
    if app.integrity.start(app.history.clone()) {
        Ok(StatusCode::ACCEPTED)
    } else {
        Err(Problem::new(codes::CONFLICT).detail("a check is under way"))
    }
}
