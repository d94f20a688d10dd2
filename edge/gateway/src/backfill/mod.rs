//! Periods missed in an outage, read back from the meters' own logs.
//!
//! When a device answers again, when the gateway starts, and now and then, the load curves of its loads are compared with the
//! calendar: periods that are missing or not covered whole are asked of the device's log, where its profile has one and the
//! operator allows it (`read_log`: moving the log's window is a write). What is read becomes late samples that say where they
//! come from; the historian lets them take the place of half-covered ones, and sends them on to the hub like all others.
//!
//! A meter remembers more than its gateway: where history begins with a record of our own, or not at all yet, what the log has
//! from before is taken in too, once. What it does not have from before is not missing: nobody promised it.
//!
//! Nothing is remembered but how far was looked: what is still missing follows from history itself, so an interrupted
//! recovery goes on where it stopped, after a restart too.

pub mod dating;
pub mod gather;
pub mod missing;
mod status;
#[cfg(test)]
mod tests;

use crate::chronicle::Chronicle;
use crate::clock_watch::ClockWatch;
use crate::field::{Field, is_there};
use crate::live::Live;
use crate::policy::{Policies, Service};
use crate::recording::sink::{Record, SinkSpec};
use crate::recording::writer::Writer;
use crate::store::events::{NewEvent, Severity};
use crate::topology::{Device, Load, Topology};
use dating::Dating;
use gather::{Gather, Recovered};
use haubert_content::{Catalogue, LogBlock, Profile, ProfileId};
use haubert_fieldbus::logs::{self, Allowed, LogQuery};
use haubert_fieldbus::{Ask, BusLine, Urgency};
use haubert_historian::{Reader, SeriesInfo, StoreError};
use haubert_model::{Clock, DeviceId, Fluid, LoadId, Quantity, RecordKind, Timestamp, Usage};
use jiff::tz::TimeZone;
use status::Shown;
pub use status::{BackfillOutcome, BackfillStatus, BackfillWhy};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How far back is looked.
const HORIZON_MS: i64 = 31 * 86_400_000;
/// Most periods asked of one load at once: a month of minutes.
const MOST_PERIODS: usize = 45_000;
/// Time between two looks at every device.
const SWEEP: Duration = Duration::from_secs(60);
/// A period is asked for when it ended this long ago: by then a slowly polled device has ended it here, and its own log, by a
/// clock a little behind, there.
const MARGIN_MS: i64 = 60_000;
/// Smallest error of a device's clock that matters, seconds.
const CLOCK_TOLERANCE_S: i64 = 5;
/// Time between two attempts to hand samples to a writer that has no room.
const NO_ROOM: Duration = Duration::from_secs(1);
/// Attempts after which a recovery is left for the next sweep.
const ATTEMPTS: u32 = 60;
/// Slack around what is wanted in the device's own time: it may change to summer time in between, seconds.
const SLACK_S: i64 = 2 * 3_600;

/// What the recovery needs.
pub struct Parts {
    /// The buses.
    pub field: Field,
    /// Which devices answer.
    pub live: Arc<Live>,
    /// The site.
    pub topology: watch::Receiver<Arc<Topology>>,
    /// Device profiles.
    pub profiles: watch::Receiver<Arc<Catalogue>>,
    /// Whether anything may be written at all.
    pub policy: Policies,
    /// History, to see what is missing.
    pub history: Reader,
    /// Who writes what was recovered.
    pub writer: Arc<Writer>,
    /// Where events are told.
    pub chronicle: Chronicle,
    /// Time.
    pub clock: Arc<ClockWatch>,
    /// Minutes of a period of the load curve.
    pub period_min: u32,
}

/// Handle for those who show how it goes; clones share it.
#[derive(Clone, Default)]
pub struct Backfill(Arc<Shown>);

impl Backfill {
    /// What is being recovered and what was.
    pub fn status(&self) -> BackfillStatus {
        self.0.status()
    }

    /// Recovers whenever a device returns, until nobody tells of one any more.
    pub async fn work(self, parts: Parts, mut returned: mpsc::Receiver<DeviceId>) {
        let mut worker = Worker { parts, shown: self.0, looked: HashMap::new(), past: HashSet::new() };
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let mut devices: BTreeSet<DeviceId> = BTreeSet::new();
            tokio::select! {
                device = returned.recv() => match device {
                    Some(device) => { devices.insert(device); }
                    None => return,
                },
                _ = sweep.tick() => {
                    let topology = Arc::clone(&worker.parts.topology.borrow());
                    devices.extend(topology.devices.iter().map(|device| device.id));
                }
            }
            while let Ok(device) = returned.try_recv() {
                devices.insert(device);
            }
            for device in devices {
                worker.device(device).await;
            }
        }
    }
}

struct Worker {
    parts: Parts,
    shown: Arc<Shown>,
    /// Up to where each load was looked at: before it, all is there or cannot be had.
    looked: HashMap<LoadId, Timestamp>,
    /// Loads whose past, from before our first record, is being taken in.
    past: HashSet<LoadId>,
}

/// A load of which something is missing.
struct Wanting {
    load: Load,
    sink: SinkSpec,
    /// Power of ten of its series.
    exponent: i8,
    /// Where our own records begin.
    since: Timestamp,
    missing: BTreeSet<Timestamp>,
}

/// How reading one load's log ended.
#[derive(Default)]
struct Course {
    recovered: u32,
    missing: u32,
    /// From the first to the last period of both.
    span: Option<(Timestamp, Timestamp)>,
    why: Option<BackfillWhy>,
}

impl Course {
    /// `asked` were missing, `left` still are.
    fn new(wanting: &Wanting, left: &BTreeSet<Timestamp>, why: Option<BackfillWhy>) -> Self {
        let counts = |at: &&Timestamp| **at >= wanting.since || !left.contains(at);
        let told = || wanting.missing.iter().filter(counts);
        let count = |found: usize| u32::try_from(found).unwrap_or(u32::MAX);
        let missing = count(left.range(wanting.since..).count());
        Self {
            recovered: count(wanting.missing.len().saturating_sub(left.len())),
            missing,
            span: told().next().copied().zip(told().next_back().map(|last| last.plus_ms(wanting.period_ms()))),
            why: why.or((missing > 0).then_some(BackfillWhy::NotInLog)),
        }
    }

    fn and(self, other: Self) -> Self {
        let span = match (self.span, other.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, two) => one.or(two),
        };
        Self {
            recovered: self.recovered.saturating_add(other.recovered),
            missing: self.missing.saturating_add(other.missing),
            span,
            why: self.why.or(other.why),
        }
    }
}

impl Wanting {
    fn period_ms(&self) -> i64 {
        self.sink.period_ms.unwrap_or(1)
    }
}

impl Worker {
    async fn device(&mut self, id: DeviceId) {
        let topology = Arc::clone(&self.parts.topology.borrow());
        self.looked.retain(|load, _| topology.load(*load).is_some());
        self.past.retain(|load| topology.load(*load).is_some());
        let Some(device) = topology.device(id).filter(|device| device.enabled) else { return };
        let profile = self.parts.profiles.borrow().get_shared(&ProfileId::new(device.profile_id.as_str()));
        let Some(profile) = profile else { return };
        let Some(log) = profile.log.as_ref() else { return };
        let permitted = self.parts.policy.allows(Service::ModbusWriting);
        let Some(allowed) = Allowed::by_setting(device.reading.read_log && permitted, log) else { return };
        // Periods cannot be told by a clock that is not set.
        let now = self.parts.clock.now();
        if self.parts.clock.stamp(now).doubted || !self.parts.live.device(id).is_some_and(|entry| is_there(entry.state)) {
            return;
        }
        let loads: Vec<Load> = topology.loads.iter().filter(|load| load.device_id == id && reads_back(load)).cloned().collect();
        let wanting = match self.wanting(loads, log.quantity, now).await {
            Ok(wanting) => wanting,
            Err(error) => return tracing::error!(error = &error as &dyn std::error::Error, "backfill cannot read history"),
        };
        let (Some(bus), Some(unit)) = (device.bus_id(), device.unit()) else { return };
        let Some(line) = self.parts.field.bus_line(bus, Urgency::Backfill).await else { return };
        if wanting.is_empty() {
            return;
        }
        let zone = TimeZone::get(&topology.site.time_zone).unwrap_or(TimeZone::UTC);
        let total = wanting.iter().map(|one| one.missing.range(one.since..).count()).sum::<usize>();
        self.shown.begin(id, u32::try_from(total).unwrap_or(u32::MAX));
        let mut sum = Course::default();
        for one in wanting {
            let load = one.load.id;
            let course =
                Reading { parts: &self.parts, shown: &self.shown, device, unit, profile: &profile, log, allowed, zone: &zone }
                    .load(&mut line.clone(), one, now)
                    .await;
            if !matches!(course.why, Some(BackfillWhy::Interrupted)) {
                self.looked.insert(load, self.looked_at(now));
                self.past.remove(&load);
            }
            sum = sum.and(course);
        }
        self.end(device, &sum);
    }

    /// The loads with something missing, and what.
    async fn wanting(&mut self, loads: Vec<Load>, quantity: Quantity, now: Timestamp) -> Result<Vec<Wanting>, StoreError> {
        let period_ms = self.period_ms();
        let history = self.parts.history.clone();
        let horizon = now.plus_ms(-HORIZON_MS);
        let from: HashMap<LoadId, Timestamp> =
            loads.iter().map(|load| (load.id, self.looked.get(&load.id).copied().unwrap_or(horizon))).collect();
        let past = self.past.clone();
        let work = move || -> Result<Vec<(Wanting, bool)>, StoreError> {
            let series = history.series()?;
            let mut found = Vec::new();
            for load in loads {
                let sink =
                    SinkSpec { load: load.id, quantity, kind: RecordKind::LoadCurve, period_ms: Some(period_ms), rollover: None };
                let curve = series.iter().find(|info| is_of(info, &sink));
                let first = curve.and_then(|info| Some((info.id, info.first?)));
                // After the past was taken in, history begins with what the log told.
                let own = match first {
                    Some((id, at)) => !history.range(id, at, at.plus_ms(1))?.iter().any(|sample| sample.reason.is_recovered()),
                    None => true,
                };
                let since = first.map_or(now, |(_, at)| at);
                let begin = if own || past.contains(&load.id) { horizon } else { since };
                let from = from.get(&load.id).copied().unwrap_or(horizon).max(begin);
                let samples = match first {
                    Some((id, _)) => history.range(id, from.floor_to(period_ms), now)?,
                    None => Vec::new(),
                };
                let missing = missing::periods(&samples, from, now.plus_ms(-MARGIN_MS), period_ms, MOST_PERIODS);
                let exponent = curve.map_or(0, |info| info.spec.exponent);
                found.push((Wanting { load, sink, exponent, since, missing }, own));
            }
            Ok(found)
        };
        let found = tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Ok(Vec::new()))?;
        let mut wanting = Vec::new();
        for (one, own) in found {
            if one.missing.is_empty() {
                self.looked.insert(one.load.id, self.looked_at(now));
                continue;
            }
            if own && !self.looked.contains_key(&one.load.id) {
                self.past.insert(one.load.id);
            }
            wanting.push(one);
        }
        Ok(wanting)
    }

    /// End of the last period that was looked at.
    fn looked_at(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(-MARGIN_MS).floor_to(self.period_ms())
    }

    fn period_ms(&self) -> i64 {
        i64::from(self.parts.period_min) * 60_000
    }

    fn end(&self, device: &Device, sum: &Course) {
        let at = self.parts.clock.now();
        let Some((from, to)) = sum.span else { return self.shown.forget() };
        let outcome = BackfillOutcome::new(device.id, at, from, to, sum.recovered, sum.missing, sum.why);
        self.shown.end(outcome);
        // An interrupted recovery that brought nothing is tried again; single periods are the daily bread of a slow line.
        if sum.recovered == 0 && sum.why == Some(BackfillWhy::Interrupted) || sum.recovered + sum.missing < 2 {
            return;
        }
        let severity = if sum.missing > 0 { Severity::Warning } else { Severity::Info };
        let rfc3339 = |at: Timestamp| jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default();
        let params = [
            ("device", device.name.clone()),
            ("recovered", sum.recovered.to_string()),
            ("missing", sum.missing.to_string()),
            ("from", rfc3339(from)),
            ("to", rfc3339(to)),
            ("why", sum.why.map(BackfillWhy::code).unwrap_or_default().to_owned()),
        ];
        self.parts.chronicle.tell(NewEvent::new(at, severity, "backfill_done", params));
    }
}

/// Loads whose recorded power is what the logs keep: drawn electric power. What is given back they keep elsewhere.
fn reads_back(load: &Load) -> bool {
    load.enabled && load.fluid == Fluid::Electricity && load.usage != Usage::Production
}

fn is_of(info: &SeriesInfo, sink: &SinkSpec) -> bool {
    let spec = &info.spec;
    (spec.load, spec.quantity, spec.kind, spec.period_ms) == (sink.load, sink.quantity, sink.kind, sink.period_ms)
}

/// One device's log being read.
struct Reading<'a> {
    parts: &'a Parts,
    shown: &'a Shown,
    device: &'a Device,
    unit: u8,
    profile: &'a Profile,
    log: &'a LogBlock,
    allowed: Allowed,
    zone: &'a TimeZone,
}

impl Reading<'_> {
    async fn load(&self, line: &mut BusLine, wanting: Wanting, now: Timestamp) -> Course {
        let failed = |why| Course::new(&wanting, &wanting.missing, Some(why));
        let Some(block) = self.profile.identification.clock else { return failed(BackfillWhy::NoClock) };
        let Ok(device_s) = logs::read_clock(line, self.unit, block).await else { return failed(BackfillWhy::Interrupted) };
        let period_ms = wanting.period_ms();
        let tolerance_s = CLOCK_TOLERANCE_S.max(period_ms / 20_000);
        let dating = Dating::of(device_s, self.parts.clock.now(), self.zone, tolerance_s);
        let gather = Gather::new(dating.clone(), period_ms, wanting.missing.clone(), self.parts.clock.now());
        let (Some(first), Some(last)) = (wanting.missing.first(), wanting.missing.last()) else {
            return failed(BackfillWhy::Interrupted);
        };
        let query = LogQuery {
            unit: self.unit,
            log: self.log,
            channel: wanting.load.channel,
            wanted: dating.to_device(*first).saturating_sub(SLACK_S)
                ..dating.to_device(last.plus_ms(period_ms)).saturating_add(SLACK_S),
            max_registers: self.device.reading.max_registers.unwrap_or(u16::MAX).min(self.profile.limits.max_registers),
        };
        let (mut gather, why) = self.read(line, &query, gather, &wanting).await;
        if why.is_none() || why == Some(BackfillWhy::NotInLog) {
            let rest = gather.rest();
            if !self.keep(&wanting, rest).await {
                return failed(BackfillWhy::Interrupted);
            }
        }
        let course = Course::new(&wanting, gather.wanted(), why);
        tracing::debug!(device = self.device.name, recovered = course.recovered, missing = course.missing, ?now, "log read back");
        course
    }

    /// Reads, and keeps what becomes whole as it comes.
    async fn read(
        &self,
        line: &mut impl Ask,
        query: &LogQuery<'_>,
        mut gather: Gather,
        wanting: &Wanting,
    ) -> (Gather, Option<BackfillWhy>) {
        let mut why = None;
        let mut refused = Vec::new();
        let outcome = logs::read_log(line, query, self.allowed, &mut |block| {
            match gather.take(&block) {
                Ok(found) => {
                    let records = records(wanting, &found);
                    self.shown.recovered(found.len());
                    if !self.parts.writer.keep_late(records) {
                        refused.extend(found);
                    }
                }
                Err(gather::OtherPeriod) => {
                    why = Some(BackfillWhy::OtherPeriod);
                    return ControlFlow::Break(());
                }
            }
            if gather.wanted().is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .await;
        if !self.keep(wanting, refused).await {
            why = Some(BackfillWhy::Interrupted);
        }
        let why = why.or(match outcome {
            Ok(Some(_)) => None,
            Ok(None) => Some(BackfillWhy::Empty),
            Err(logs::LogError::Unreadable(_)) => Some(BackfillWhy::Unreadable),
            Err(logs::LogError::Ask(haubert_fieldbus::AskError::Exception(_))) => Some(BackfillWhy::Refused),
            Err(logs::LogError::Ask(_)) => Some(BackfillWhy::Interrupted),
        });
        (gather, why)
    }

    /// Hands over; waits while the writer has no room, within reason.
    async fn keep(&self, wanting: &Wanting, found: Vec<Recovered>) -> bool {
        if found.is_empty() {
            return true;
        }
        for _ in 0..ATTEMPTS {
            if self.parts.writer.keep_late(records(wanting, &found)) {
                return true;
            }
            tokio::time::sleep(NO_ROOM).await;
        }
        false
    }
}

fn records(wanting: &Wanting, found: &[Recovered]) -> Vec<Record> {
    let Wanting { sink, exponent, .. } = *wanting;
    found
        .iter()
        .filter_map(|(at, value, reason)| {
            Some(Record { sink, at: *at, value: Some(value.rescaled(exponent).ok()?), reason: *reason })
        })
        .collect()
}
