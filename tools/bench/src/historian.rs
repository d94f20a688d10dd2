//! The historian beside VictoriaMetrics and a plain SQLite table: size on disk, ingest, range queries.
//!
//! All three are fed the same values in the same portions, one after the other in each turn, in folders of their own.

mod data;
mod ours;
mod sqlite;
mod victoria;

use crate::report::{Claim, Section, Table, number, percentile};
use data::Feed;
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

/// Rows of a portion: an hour of one-minute polls.
const PORTION: usize = 60;
/// Turns of queries.
const TURNS: usize = 15;
/// Hours over which the newest hour is averaged.
const HOURS: usize = 24;

/// One of those that are compared.
trait Store {
    fn name(&self) -> &'static str;
    /// Takes the rows of all series; what it has to do later for them counts too.
    fn put(&mut self, feed: &Feed, rows: Range<usize>) -> Result<(), String>;
    /// Ends what it still does with what it was fed.
    fn settle(&mut self) -> Result<(), String>;
    /// Reads one series, or all when `None`, of these rows; how many values it got.
    fn read(&mut self, feed: &Feed, series: Option<usize>, rows: Range<usize>) -> Result<usize, String>;
    /// Ends it in order.
    fn close(self: Box<Self>) -> Result<(), String>;
}

#[derive(Default)]
struct Figures {
    bytes_per_value: f64,
    values_per_s: f64,
    one_ms: f64,
    all_ms: f64,
}

/// Measures all of it.
pub(crate) async fn measure() -> Result<Section, String> {
    let feeds = [data::household()?, data::plant().await?];
    let work = move || {
        let mut section = Section {
            id: "historian",
            title: "Historian beside VictoriaMetrics and SQLite",
            about: about(),
            notes: notes(),
            ..Section::default()
        };
        for feed in &feeds {
            one_feed(feed, &mut section)?;
        }
        Ok(section)
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

fn about() -> String {
    format!(
        "*Household*: `tools/bench/data/household-1min.csv` (20,000 minutes of a real meter; G. Hébrail and A. Bérard, UCI Machine Learning \
         Repository, CC BY 4.0), seven channels and an energy index derived from them, as ten loads. *Plant*: the port terminal of \
         `haubert-plant`, every quantity of every load each minute for a day, rounded as its registers are. Values are fed in portions of \
         {PORTION} minutes. Ours is encrypted, makes each portion durable, seals it and compacts; SQLite (`WITHOUT ROWID`, key series and \
         time, raw integers) makes each portion durable; VictoriaMetrics takes JSON lines over HTTP on the loopback and is neither encrypted nor durable \
         at the answer. Sizes are of the whole folder after it was closed."
    )
}

fn notes() -> Vec<String> {
    vec![
        "Ingest is wall time and includes sealing and compaction, flushing and merging, and for VictoriaMetrics making the JSON lines.".to_owned(),
        "VictoriaMetrics answers queries as JSON over HTTP (`/api/v1/export`), which the client reads to the end and does not parse.".to_owned(),
        format!("The newest hour is what the folder grows by per hour sealed, before compaction, averaged over {HOURS} hours."),
    ]
}

fn one_feed(feed: &Feed, section: &mut Section) -> Result<(), String> {
    let figures = compare(feed)?;
    let mut table =
        Table::new(&["store", "bytes per value", "values taken per s", "one series, all of it, ms", "all series, a day, ms"]);
    for (name, found) in &figures {
        let cells = [found.bytes_per_value, found.values_per_s, found.one_ms, found.all_ms].map(number);
        table.row([format!("{} ({})", name, feed.name)].into_iter().chain(cells));
    }
    section.tables.push(table);
    let [(_, ours), (_, victoria), (_, sqlite)] = &figures;
    let name = feed.name;
    let values = number(feed.values() as f64);
    let claims = [
        Claim::at_most(format!("{name}, {values} values: whole folder per value"), ours.bytes_per_value, 0.55, "B"),
        Claim::at_most(
            format!("{name}: per value of VictoriaMetrics' folder"),
            ours.bytes_per_value / victoria.bytes_per_value,
            1.0,
            "×",
        ),
        Claim::at_most(format!("{name}: newest hour per value"), newest_hour(feed)?, 1.1, "B"),
        Claim::at_least(
            format!("{name}: ingest, of the faster of both peers"),
            ours.values_per_s / victoria.values_per_s.max(sqlite.values_per_s),
            1.0,
            "×",
        ),
        Claim::at_most(
            format!("{name}: one series, of the faster peer's time"),
            ours.one_ms / victoria.one_ms.min(sqlite.one_ms),
            1.0,
            "×",
        ),
        Claim::at_most(
            format!("{name}: all series, of the faster peer's time"),
            ours.all_ms / victoria.all_ms.min(sqlite.all_ms),
            1.0,
            "×",
        ),
    ];
    section.claims.extend(claims);
    Ok(())
}

fn compare(feed: &Feed) -> Result<[(&'static str, Figures); 3], String> {
    let dirs = [folder()?, folder()?, folder()?];
    let mut stores: [Box<dyn Store>; 3] = [
        Box::new(ours::Ours::open(dirs[0].path(), feed)?),
        Box::new(victoria::Victoria::start(dirs[1].path())?),
        Box::new(sqlite::Sqlite::open(dirs[2].path())?),
    ];
    let mut spent = [0.0; 3];
    for rows in portions(0..feed.rows()) {
        for (store, spent) in stores.iter_mut().zip(&mut spent) {
            *spent += timed(|| store.put(feed, rows.clone()))?.0;
        }
    }
    for (store, spent) in stores.iter_mut().zip(&mut spent) {
        *spent += timed(|| store.settle())?.0;
    }
    let (mut one, mut all) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    for turn in 0..TURNS {
        let series = turn * 7 % feed.series.len();
        let from = turn * 97 % (feed.rows() + 1 - 1_440.min(feed.rows()));
        let day = from..(from + 1_440).min(feed.rows());
        for (n, store) in stores.iter_mut().enumerate() {
            for (times, which, rows) in [(&mut one, Some(series), 0..feed.rows()), (&mut all, None, day.clone())] {
                let expected = rows.len() * if which.is_some() { 1 } else { feed.series.len() };
                let (seconds, found) = timed(|| store.read(feed, which, rows))?;
                if found != expected {
                    return Err(format!("{} gave {found} values of {expected}", store.name()));
                }
                times[n].push(seconds * 1000.0);
            }
        }
    }
    let names = [stores[0].name(), stores[1].name(), stores[2].name()];
    for store in stores {
        store.close()?;
    }
    let mut figures = names.map(|name| (name, Figures::default()));
    for (n, (_, figures)) in figures.iter_mut().enumerate() {
        for times in [&mut one[n], &mut all[n]] {
            times.sort_by(f64::total_cmp);
        }
        *figures = Figures {
            bytes_per_value: size(dirs[n].path())? as f64 / feed.values() as f64,
            values_per_s: feed.values() as f64 / spent[n],
            one_ms: percentile(&one[n], 0.5),
            all_ms: percentile(&all[n], 0.5),
        };
    }
    Ok(figures)
}

/// Bytes per value by which the folder grows with each hour that is sealed.
fn newest_hour(feed: &Feed) -> Result<f64, String> {
    let dir = folder()?;
    let mut store = ours::Ours::open(dir.path(), feed)?;
    // Some hours that are not compacted yet are there before, as always.
    let before = feed.rows().saturating_sub(HOURS * PORTION) / 2 / PORTION * PORTION;
    for rows in portions(0..before) {
        store.put(feed, rows)?;
    }
    store.settle()?;
    let old = size(dir.path())?;
    let hours = before..(before + HOURS * PORTION).min(feed.rows());
    let count = hours.len() * feed.series.len();
    for rows in portions(hours) {
        store.put_without_compaction(feed, rows)?;
    }
    store.shrink()?;
    Ok((size(dir.path())? - old) as f64 / count as f64)
}

fn portions(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(PORTION).map(move |from| from..(from + PORTION).min(end))
}

fn timed<T>(work: impl FnOnce() -> Result<T, String>) -> Result<(f64, T), String> {
    let begun = Instant::now();
    work().map(|done| (begun.elapsed().as_secs_f64(), done))
}

fn folder() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|error| error.to_string())
}

/// Bytes of all files below a folder.
fn size(folder: &Path) -> Result<u64, String> {
    let mut total = 0;
    for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let kind = entry.metadata().map_err(|error| error.to_string())?;
        total += if kind.is_dir() { size(&entry.path())? } else { kind.len() };
    }
    Ok(total)
}
