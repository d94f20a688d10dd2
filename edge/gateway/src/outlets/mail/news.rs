//! Writes letters about what is new: alarms, expiries, reports. What was told is noted with the letters, in one transaction.

use super::letters::{self, Site};
use super::queue::{self, Kind, New};
use super::report::{self, Figures, Period, Row, Total, sum};
use super::settings::{MailReport, MailSettings};
use crate::app::{App, Shared};
use crate::consumption::{Reckoner, by_load, is_needed, site_loads, unit_of};
use crate::notices;
use crate::policy::Service;
use crate::store::alarms::{self, Filter};
use crate::store::events;
use crate::store::{StoreError, settings};
use crate::topology::{Load, Topology};
use haubert_historian::rollup::{Bounds, Step, bucket_bounds};
use haubert_model::{Fluid, LoadId};
use haubert_service::problem::Problem;
use jiff::tz::TimeZone;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Name under which it is kept how far everybody was told.
const PROGRESS: &str = "mail_progress";
/// Time between two looks at what nobody tells of.
const LOOK: Duration = Duration::from_secs(20);
/// Alarms and events of one look; the next takes the rest.
const MANY: u32 = 1000;
/// What is told of certificates and trust.
const EXPIRIES: &[&str] =
    &["certificate_expiring", "certificate_expired", "authority_expiring", "authority_expired", "crl_expired"];
const FLUIDS: [Fluid; 5] = [Fluid::Electricity, Fluid::Water, Fluid::Gas, Fluid::Air, Fluid::Heat];

/// How far everybody was told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Progress {
    /// Alarms up to this one.
    alarm: i64,
    /// Those of them whose end was not.
    open: Vec<i64>,
    /// Events up to this one.
    event: i64,
    /// Reports up to this day, by address.
    reports: BTreeMap<String, String>,
}

impl Progress {
    fn load(tx: &Transaction<'_>) -> Result<Option<Self>, StoreError> {
        settings::get(tx, PROGRESS)
    }

    /// As if all that is there had been told.
    fn now(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let newest = alarms::list(tx, &Filter { limit: 1, ..Filter::default() })?;
        let event = i64::try_from(events::highest(tx)?).unwrap_or(i64::MAX);
        Ok(Self { alarm: newest.first().map_or(0, |alarm| alarm.id), event, ..Self::default() })
    }
}

/// Works until the gateway stops.
pub async fn work(app: Shared) {
    let (mut changes, mut accounts) = (app.alarms.changes(), app.mail.subscribe());
    let mut looks = tokio::time::interval(LOOK);
    let mut gathered: Option<Instant> = None;
    loop {
        let until = gathered.unwrap_or_else(Instant::now);
        let outcome = tokio::select! {
            () = app.shutdown.wait() => return,
            Ok(()) = changes.changed() => {
                let gather = Duration::from_secs(app.mail.account().settings.gather_seconds.into());
                gathered.get_or_insert_with(|| Instant::now() + gather);
                continue;
            }
            () = sleep_until(until), if gathered.is_some() => {
                gathered = None;
                tell_alarms(&app).await
            }
            Ok(()) = accounts.changed() => look(&app, gathered.is_none()).await,
            _ = looks.tick() => look(&app, gathered.is_none()).await,
        };
        if let Err(error) = outcome {
            tracing::error!(?error, "no letters are written");
        }
    }
}

/// Whether anybody is told anything now.
fn speaks(app: &App) -> bool {
    app.mail.account().settings.enabled && app.policy.allows(Service::Mail)
}

async fn look(app: &App, with_alarms: bool) -> Result<(), Problem> {
    if !speaks(app) {
        // What happens while nobody is told is not told later.
        let forget = |tx: &Transaction<'_>| match Progress::load(tx)? {
            Some(_) => settings::remove(tx, PROGRESS),
            None => Ok(()),
        };
        return Ok(app.db.note(forget).await?);
    }
    if with_alarms {
        tell_alarms(app).await?;
    }
    tell_expiries(app).await?;
    if app.clock_watch.is_set() {
        tell_reports(app).await?;
    }
    Ok(())
}

fn zone(topology: &Topology) -> TimeZone {
    TimeZone::get(&topology.site.time_zone).unwrap_or(TimeZone::UTC)
}

async fn tell_alarms(app: &App) -> Result<(), Problem> {
    if !speaks(app) {
        return Ok(());
    }
    let (account, topology, now) = (app.mail.account(), app.topology(), app.clock.now());
    let tell = move |tx: &Transaction<'_>| {
        let Some(mut progress) = Progress::load(tx)? else { return settings::set(tx, PROGRESS, &Progress::now(tx)?) };
        let found = alarms::news(tx, progress.alarm, &progress.open, MANY)?;
        let news: Vec<_> = found.iter().filter(|alarm| alarm.id > progress.alarm || alarm.ended_at.is_some()).collect();
        if news.is_empty() {
            return Ok(());
        }
        let zone = zone(&topology);
        let site = Site { topology: &topology, zone: &zone, link: &account.settings.link };
        for reader in &account.settings.readers {
            let Some(least) = reader.alarms else { continue };
            let told: Vec<_> = news.iter().copied().filter(|alarm| alarm.criticality >= least).collect();
            if !told.is_empty() {
                let (subject, text) = letters::of_alarms(&site, reader.language, &told);
                queue::put(tx, &New { to: reader.address.clone(), kind: Kind::Alarms, subject, text, file: None }, now)?;
            }
        }
        progress.alarm = found.iter().map(|alarm| alarm.id).max().unwrap_or(progress.alarm).max(progress.alarm);
        progress.open = found.iter().filter(|alarm| alarm.ended_at.is_none()).map(|alarm| alarm.id).collect();
        settings::set(tx, PROGRESS, &progress)
    };
    app.db.note(tell).await?;
    app.mail.wake();
    Ok(())
}

async fn tell_expiries(app: &App) -> Result<(), Problem> {
    let (account, topology, now) = (app.mail.account(), app.topology(), app.clock.now());
    let tell = move |tx: &Transaction<'_>| {
        let Some(mut progress) = Progress::load(tx)? else { return settings::set(tx, PROGRESS, &Progress::now(tx)?) };
        let found = events::after(tx, progress.event, MANY)?;
        let Some(last) = found.iter().map(|event| event.id).max() else { return Ok(()) };
        let news: Vec<_> = found.iter().filter(|event| EXPIRIES.contains(&event.code.as_str())).collect();
        let zone = zone(&topology);
        let site = Site { topology: &topology, zone: &zone, link: &account.settings.link };
        for reader in account.settings.readers.iter().filter(|reader| reader.expiries && !news.is_empty()) {
            let (subject, text) = letters::of_expiries(&site, reader.language, &news);
            queue::put(tx, &New { to: reader.address.clone(), kind: Kind::Expiries, subject, text, file: None }, now)?;
        }
        progress.event = last;
        settings::set(tx, PROGRESS, &progress)
    };
    app.db.note(tell).await?;
    app.mail.wake();
    Ok(())
}

/// Readers with the report that is due to them.
fn wanted(settings: &MailSettings, now: haubert_model::Timestamp, zone: &TimeZone) -> Vec<(usize, MailReport, Period)> {
    let due = |(at, reader): (usize, &super::settings::MailReader)| {
        Period::due(reader.report, settings.report_hour, now, zone).map(|period| (at, reader.report, period))
    };
    settings.readers.iter().enumerate().filter_map(due).collect()
}

async fn tell_reports(app: &App) -> Result<(), Problem> {
    let (account, topology, now) = (app.mail.account(), app.topology(), app.clock.now());
    let zone = zone(&topology);
    let wanted = wanted(&account.settings, now, &zone);
    let told = app.db.note(Progress::load).await?.unwrap_or_default().reports;
    let told_to = |at: usize| account.settings.readers.get(at).and_then(|reader| told.get(&reader.address));
    let mut due: Vec<(MailReport, Period, Figures)> = Vec::new();
    for (at, report, period) in &wanted {
        // Whoever is new gets the first report when the next period is over.
        let is_due = told_to(*at).is_some_and(|told| *told < period.to.to_string());
        if is_due && !due.iter().any(|(known, ..)| known == report) {
            due.push((*report, *period, figures(app, *report, *period).await?));
        }
    }
    let tell = move |tx: &Transaction<'_>| {
        let Some(mut progress) = Progress::load(tx)? else { return settings::set(tx, PROGRESS, &Progress::now(tx)?) };
        let before = progress.reports.clone();
        let site = Site { topology: &topology, zone: &zone, link: &account.settings.link };
        progress.reports.retain(|address, _| account.settings.readers.iter().any(|reader| reader.address == *address));
        for (at, report, period) in wanted {
            let Some(reader) = account.settings.readers.get(at) else { continue };
            let to = period.to.to_string();
            let told = before.get(&reader.address);
            let figures = due.iter().find(|(known, ..)| *known == report).map(|(.., figures)| figures);
            match (told, figures) {
                (Some(told), _) if *told >= to => continue,
                (Some(_), Some(figures)) => {
                    let ((subject, text), file) = report::written(&site, reader.language, figures);
                    let letter = New { to: reader.address.clone(), kind: Kind::Report, subject, text, file: Some(file) };
                    queue::put(tx, &letter, now)?;
                }
                _ => {}
            }
            progress.reports.insert(reader.address.clone(), to);
        }
        if progress.reports == before { Ok(()) } else { settings::set(tx, PROGRESS, &progress) }
    };
    app.db.note(tell).await?;
    app.mail.wake();
    Ok(())
}

/// Everything that a report tells, as it is now.
async fn figures(app: &App, report: MailReport, period: Period) -> Result<Figures, Problem> {
    let topology = app.topology();
    let zone = zone(&topology);
    let days = |period: Period| {
        bucket_bounds(Step::Day, period.from, period.to, &zone).map_err(|error| Problem::internal("report", &error))
    };
    let present = days(period)?;
    let mut bounds = period.previous(report).map(days).transpose()?.unwrap_or_default();
    let before = bounds.len();
    bounds.extend_from_slice(&present);
    let values = consumed(app, Arc::clone(&topology), bounds).await?;
    let of =
        |load: &Load| values.get(&load.id).map(|values| values.split_at_checked(before).unwrap_or_default()).unwrap_or_default();
    let mut totals = Vec::new();
    let mut rows = Vec::new();
    for fluid in FLUIDS {
        let loads: Vec<&Load> = topology.loads.iter().filter(|load| load.fluid == fluid && load.enabled).collect();
        if loads.is_empty() {
            continue;
        }
        let unit = unit_of(fluid);
        let (befores, nows): (Vec<_>, Vec<_>) = site_loads(&topology, fluid).into_iter().map(of).unzip();
        let total = |of: Vec<&[Option<f64>]>| sum(&of.into_iter().map(sum).collect::<Vec<_>>());
        totals.push(Total { fluid, unit, now: total(nows), before: total(befores) });
        rows.extend(loads.into_iter().map(|load| Row { load: load.name.clone(), fluid, unit, days: of(load).1.to_vec() }));
    }
    let (from, to) = (present.first().map(|first| first.start), present.last().map(|last| last.end));
    let filter = Filter { from, to, limit: MANY, ..Filter::default() };
    let alarms = app.db.note(move |tx| alarms::list(tx, &filter)).await?;
    let notices = notices::now(app).await.into_iter().map(|notice| notice.code).collect();
    Ok(Figures { period, totals, rows, alarms, notices })
}

/// What each load consumed in each stretch.
async fn consumed(app: &App, topology: Arc<Topology>, bounds: Vec<Bounds>) -> Result<HashMap<LoadId, Vec<Option<f64>>>, Problem> {
    let (live, now) = (Arc::clone(&app.live), app.clock.now());
    app.history(move |reader| {
        let series = by_load(reader, is_needed)?;
        let reckoner = Reckoner { reader, series: &series, live: &live, now };
        let loads: Vec<&Load> = topology.loads.iter().filter(|load| load.enabled).collect();
        let mut found = HashMap::new();
        reckoner.each(reader, &loads, &bounds, &mut |load, buckets| {
            found.insert(load.id, buckets.into_iter().map(|bucket| bucket.value.map(|value| value.to_f64())).collect());
        })?;
        Ok(found)
    })
    .await
}
