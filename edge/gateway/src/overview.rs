//! What the first page shows of the past: what each load used today, and the power of the last day.
//!
//! Reckoned now and then rather than for each look, since on a large site it means reading thousands of series: a look gets
//! what is there and, when that is no longer fresh, starts a new reckoning behind it. Only the first look of a day waits.

use crate::app::App;
use crate::consumption::{Reckoner, Samples, by_load, is_needed};
use crate::topology::{Load, Topology};
use haubert_historian::downsample::{Thinning, thin};
use haubert_historian::rollup::{Bounds, total};
use haubert_historian::{Reader, Sample, SeriesInfo, StoreError};
use haubert_model::{Fluid, LoadId, Quality, RecordKind, SeriesId, Timestamp, Usage};
use haubert_service::problem::Problem;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Points of the chart of the last day: one each five minutes.
const CHART_POINTS: usize = 289;
const DAY_MS: i64 = 86_400_000;
/// Before and after a stretch, how far to look for index samples: more than an index period at its longest, thrice.
const AROUND_MS: i64 = 4 * 3_600_000;
/// Loads reckoned at once: bounds the memory.
const SLICE: usize = 200;
/// A reckoning stays fresh for so many times as long as it took: it never costs more than a fiftieth of a core.
const FRESH_TIMES: u64 = 50;
/// But at least this long, and at most; milliseconds.
const FRESH_MS: std::ops::RangeInclusive<u64> = 1_000..=60_000;
/// Nothing older is shown, milliseconds.
const STALE_MS: u64 = 900_000;

/// What a load used since local midnight, and until the same time a day ago.
#[derive(Debug, Clone, Copy, Default)]
pub struct Day {
    /// Since local midnight.
    pub today: Option<f64>,
    /// From the midnight before until this time of day.
    pub yesterday_same_time: Option<f64>,
}

/// Power of a usage in one step of the chart.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    /// W, of the loads that have a value; `None` when none has.
    pub watts: Option<f64>,
    /// The worst of its parts; at best uncertain when a load has no value.
    pub quality: Quality,
    /// A part was read back from a device's own log.
    pub recovered: bool,
    /// Loads that have a value.
    loads: usize,
}

impl Flow {
    /// The same as the sum of `all` loads: not to be believed when one is not in it.
    fn of(self, all: usize) -> Self {
        let quality = if self.loads < all { self.quality.max(Quality::Uncertain) } else { self.quality };
        Self { quality, ..self }
    }
}

/// Power over time.
pub type Curve = Vec<(Timestamp, Flow)>;

/// The past as of one moment.
#[derive(Debug)]
pub struct Past {
    /// By load.
    pub days: HashMap<LoadId, Day>,
    /// Power of the last day by usage.
    pub curves: BTreeMap<Usage, Curve>,
    midnight: Option<Timestamp>,
    topology: Arc<Topology>,
    made_ms: u64,
    fresh_until_ms: u64,
}

/// Keeps the last reckoning.
#[derive(Default)]
pub struct Overview {
    last: Mutex<Option<Arc<Past>>>,
    /// Held while reckoning.
    turn: tokio::sync::Mutex<()>,
}

impl Overview {
    fn last(&self) -> Option<Arc<Past>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The past, at most some time old.
///
/// # Errors
/// A [`Problem`] when history cannot be read.
pub async fn past(app: &Arc<App>) -> Result<Arc<Past>, Problem> {
    let look = Look::new(app);
    if let Some(last) = app.overview.last().filter(|last| look.can_show(last)) {
        if !look.is_fresh(&last) && app.overview.turn.try_lock().is_ok() {
            let app = Arc::clone(app);
            tokio::spawn(async move {
                if let Err(problem) = reckon(&app).await {
                    tracing::error!(?problem, "the overview could not be brought up to date");
                }
            });
        }
        return Ok(last);
    }
    reckon(app).await
}

/// Whoever asks while another reckons gets what the other finds.
async fn reckon(app: &Arc<App>) -> Result<Arc<Past>, Problem> {
    let _turn = app.overview.turn.lock().await;
    let look = Look::new(app);
    if let Some(last) = app.overview.last().filter(|last| look.is_fresh(last) && look.can_show(last)) {
        return Ok(last);
    }
    let (live, clock) = (Arc::clone(&app.live), Arc::clone(&app.clock));
    let past = app.history(move |reader| {
        let mut past = Past {
            days: HashMap::new(),
            curves: BTreeMap::new(),
            midnight: look.days.map(|(today, _)| today.start),
            topology: look.topology,
            made_ms: look.now_ms,
            fresh_until_ms: 0,
        };
        past.reckon(reader, &live, look.now, look.days)?;
        let took_ms = clock.monotonic_ms().saturating_sub(past.made_ms);
        let fresh_ms = took_ms.saturating_mul(FRESH_TIMES).clamp(*FRESH_MS.start(), *FRESH_MS.end());
        past.fresh_until_ms = past.made_ms.saturating_add(fresh_ms);
        Ok(past)
    });
    let past = Arc::new(past.await?);
    *app.overview.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&past));
    Ok(past)
}

/// Somebody looks.
struct Look {
    topology: Arc<Topology>,
    now: Timestamp,
    now_ms: u64,
    /// From local midnight to now, and the same a day earlier; `None` beyond the calendar.
    days: Option<(Bounds, Bounds)>,
}

impl Look {
    fn new(app: &App) -> Self {
        let (topology, now) = (app.topology(), app.clock.now());
        let days = today_and_yesterday(&topology.site.time_zone, now);
        Self { topology, now, now_ms: app.clock.monotonic_ms(), days }
    }

    fn can_show(&self, past: &Past) -> bool {
        past.midnight == self.days.map(|(today, _)| today.start) && self.now_ms.saturating_sub(past.made_ms) < STALE_MS
    }

    fn is_fresh(&self, past: &Past) -> bool {
        self.now_ms < past.fresh_until_ms && Arc::ptr_eq(&past.topology, &self.topology)
    }
}

fn today_and_yesterday(zone: &str, now: Timestamp) -> Option<(Bounds, Bounds)> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let local = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone);
    let millis = |zoned: &jiff::Zoned| Timestamp(zoned.timestamp().as_millisecond());
    let midnight = local.start_of_day().ok()?;
    let before = local.checked_sub(1.day()).ok()?;
    let today = Bounds { start: millis(&midnight), end: now };
    Some((today, Bounds { start: millis(&before.start_of_day().ok()?), end: millis(&before) }))
}

impl Past {
    fn reckon(
        &mut self,
        reader: &Reader,
        live: &crate::live::Live,
        now: Timestamp,
        days: Option<(Bounds, Bounds)>,
    ) -> Result<(), StoreError> {
        let series = by_load(reader, is_needed)?;
        let from = days.map_or(now, |(_, yesterday)| yesterday.start).min(now.plus_ms(-DAY_MS)).plus_ms(-AROUND_MS);
        let mut sums: BTreeMap<Usage, BTreeMap<Timestamp, Flow>> = BTreeMap::new();
        let topology = Arc::clone(&self.topology);
        let loads: Vec<&Load> = topology.loads.iter().filter(|load| load.enabled).collect();
        for slice in loads.chunks(SLICE) {
            let of_slice = || slice.iter().filter_map(|load| series.get(&load.id)).flatten();
            let samples = Gathered::read(reader, of_slice().map(|info| info.id).collect(), from, now.plus_ms(AROUND_MS))?;
            let reckoner = Reckoner { reader: &samples, series: &series, live, now };
            for load in slice {
                let one = |bounds: Option<Bounds>| -> Result<Option<f64>, StoreError> {
                    let buckets = bounds.map(|bounds| reckoner.load(load, &[bounds])).transpose()?.unwrap_or_default();
                    Ok(total(&[buckets]).first().and_then(|bucket| bucket.value).map(|value| value.to_f64()))
                };
                let today = one(days.map(|(today, _)| today))?;
                let yesterday_same_time = one(days.map(|(_, yesterday)| yesterday))?;
                self.days.insert(load.id, Day { today, yesterday_same_time });
            }
            let usages: HashMap<LoadId, Usage> = slice.iter().map(|load| (load.id, load.usage)).collect();
            for info in of_slice().filter(|info| info.spec.kind == RecordKind::LoadCurve) {
                let Some(usage) = usages.get(&info.spec.load) else { continue };
                samples.add_curve(info, now, sums.entry(*usage).or_default())?;
            }
        }
        let electric = |usage: Usage| loads.iter().filter(|load| load.usage == usage && load.fluid == Fluid::Electricity).count();
        self.curves = sums
            .into_iter()
            .map(|(usage, flows)| {
                let all = electric(usage);
                (usage, flows.into_iter().map(|(at, flow)| (at, flow.of(all))).collect())
            })
            .collect();
        Ok(())
    }
}

/// The samples of some series in a stretch of time, read in one pass.
struct Gathered(HashMap<SeriesId, Vec<Sample>>);

impl Gathered {
    fn read(reader: &Reader, wanted: HashSet<SeriesId>, from: Timestamp, to: Timestamp) -> Result<Self, StoreError> {
        let mut found: HashMap<SeriesId, Vec<Sample>> = HashMap::with_capacity(wanted.len());
        reader.visit_many(&|id| wanted.contains(&id), from, to, &mut |id, sample| found.entry(id).or_default().push(sample))?;
        Ok(Self(found))
    }

    /// Adds the last day of a load curve to a sum.
    fn add_curve(&self, info: &SeriesInfo, now: Timestamp, sums: &mut BTreeMap<Timestamp, Flow>) -> Result<(), StoreError> {
        let thinning = Thinning {
            from: now.plus_ms(-DAY_MS),
            to: now,
            max_points: CHART_POINTS,
            exponent: info.spec.exponent,
            max_gap_ms: info.spec.period_ms.map(|period| period.saturating_mul(3)),
        };
        for point in thin(&self.range(info.id, now.plus_ms(-DAY_MS), now)?, thinning) {
            let none = Flow { watts: None, quality: Quality::Good, recovered: false, loads: 0 };
            let sum = sums.entry(point.at).or_insert(none);
            let Some(band) = point.band else { continue };
            *sum = Flow {
                watts: Some(sum.watts.unwrap_or_default() + band.mean),
                quality: sum.quality.max(point.quality),
                recovered: sum.recovered || point.recovered,
                loads: sum.loads + 1,
            };
        }
        Ok(())
    }
}

impl Samples for Gathered {
    fn range(&self, series: SeriesId, from: Timestamp, to: Timestamp) -> Result<Vec<Sample>, StoreError> {
        let Some(all) = self.0.get(&series) else { return Ok(Vec::new()) };
        let first = all.partition_point(|sample| sample.at < from);
        let last = all.partition_point(|sample| sample.at < to);
        Ok(all.get(first..last).unwrap_or_default().to_vec())
    }
}
