//! The drill: a gateway and a hub under load are killed again and again at random moments, their disks lose what was not synced,
//! and nothing that either had shown or confirmed may be gone, changed or doubled.
//!
//! What counts as confirmed: at the gateway every sample that its API has shown and every setting that it has accepted; at the hub
//! every sample that its API has shown (it shows what it has committed, so all that it acknowledged) and every organisation that
//! it has accepted. After the hub was killed the gateway stands still until the hub has been looked at, else it would send again
//! what is missing. The measured values come from a [`Witness`], so that invented, repeated and reordered samples show, too.

mod ledger;
mod report;
mod server;

pub use ledger::{Cells, Ledger, cells, table_path};
pub use report::Report;
pub use server::Server;

use crate::commission;
use crate::disk::Manner;
use crate::{Dice, Witness, until};
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Meters on the gateway's bus. With the witness's quantities these make as many series as one CSV may have.
const METERS: u8 = 3;
/// Samples looked at again after each kill; all are at the end.
const RECENT: usize = 2_000;
/// Between two long lives there are at least so many short ones.
const SHORT_LIVES: usize = 10;
/// So many of a hundred kills come within a change of a file.
const AIMED: u64 = 60;
/// After so many of a hundred kills, it is killed again while it starts.
const STUMBLES: u64 = 20;
/// Longest wait for what takes no time on an idle machine.
const SOON: Duration = Duration::from_secs(60);
/// A gateway's configuration: samples as often and chunks as small as it allows.
pub const CONFIG: &str = "[recording]\nload_curve_minutes = 1\nindex_minutes = 1\ntrend_seconds = 1\nchunk_seconds = 10\n";

/// What to do.
#[derive(Debug, Clone, Copy)]
pub struct Drill {
    /// Decides every moment and every loss.
    pub seed: u64,
    /// How often to kill.
    pub kills: usize,
    /// The negative control: disks say that they synced and did not.
    pub lying: bool,
}

impl Drill {
    /// Does it, in folders below `dir`. What is found wrong is in the report; it ends the drill.
    ///
    /// # Errors
    /// When it cannot be done at all.
    pub async fn run(&self, dir: &Path) -> Result<Report, String> {
        let mut field = Field::set_up(dir, self.seed).await?;
        let manner = if self.lying { Manner::Lying } else { Manner::Honest };
        let mut short_lives = 0;
        for number in 0..self.kills {
            // At the end the gateway starts anew, and so does its patience with a hub that was away.
            let is_last = number + 1 == self.kills;
            let victim = if is_last || field.dice.percent(50) { Victim::Gateway } else { Victim::Hub };
            if short_lives >= SHORT_LIVES && field.is_fresh {
                short_lives = 0;
                field.live_long().await;
            } else {
                short_lives += 1;
                field.live(victim).await?;
            }
            field.is_fresh = matches!(victim, Victim::Gateway);
            if let Err(said) = field.kill(victim, manner).await {
                field.report.wrong.push(format!("kill {number} ({victim:?}): {said}"));
            }
            if !field.report.is_clean() {
                break;
            }
        }
        if field.report.is_clean()
            && let Err(said) = field.compare().await
        {
            field.report.wrong.push(said);
        }
        Ok(field.report)
    }
}

#[derive(Debug, Clone, Copy)]
enum Victim {
    Gateway,
    Hub,
}

/// Everything under the drill, and what it has said so far.
struct Field {
    dice: Dice,
    witness: Witness,
    gateway: Server,
    hub: Server,
    /// Where the hub keeps this gateway.
    path: String,
    /// Series and the unit behind each.
    units: HashMap<u64, u8>,
    series: Vec<u64>,
    at_gateway: Ledger,
    at_hub: Ledger,
    /// Settings asked for and confirmed, by number.
    asked: usize,
    confirmed: usize,
    organisations: Vec<String>,
    /// The gateway has just been started.
    is_fresh: bool,
    report: Report,
}

impl Field {
    async fn set_up(dir: &Path, seed: u64) -> Result<Self, String> {
        let io = |error: std::io::Error| error.to_string();
        let witness = Witness::start().await.map_err(io)?;
        let profiles = dir.join("profiles/haubert");
        std::fs::create_dir_all(&profiles).map_err(io)?;
        std::fs::write(profiles.join("witness.toml"), Witness::profile()).map_err(io)?;
        let config = dir.join("gateway.toml");
        std::fs::write(&config, format!("profiles_dir = {:?}\n{CONFIG}", dir.join("profiles"))).map_err(io)?;
        let config = ["--config".to_owned(), config.to_string_lossy().into_owned()];
        let gateway = Server::start("haubert-gateway", &dir.join("gateway"), &config).await?;
        let hub = Server::start("haubert-hub", &dir.join("hub"), &["--link-listen".to_owned(), "127.0.0.1:0".to_owned()]).await?;
        let line = json!({"kind": "tcp", "host": "127.0.0.1", "port": witness.port()});
        let bus = json!({"name": "bus", "line": line, "timeout_ms": 1000, "poll_ms": 100, "enabled": true});
        let bus = gateway.api.post("/buses", bus).await?;
        for unit in 1..=METERS {
            let device = json!({"bus_id": bus["id"], "name": format!("m{unit}"), "unit": unit, "profile_id": Witness::PROFILE});
            gateway.api.post("/devices", device).await?;
        }
        let id = commission::enrol(&gateway.api, &hub.api).await?;
        let mut this = Self {
            dice: Dice::new(seed),
            witness,
            gateway,
            hub,
            path: format!("/gateways/{id}"),
            units: HashMap::new(),
            series: Vec::new(),
            at_gateway: Ledger::default(),
            at_hub: Ledger::default(),
            asked: 0,
            confirmed: 0,
            organisations: Vec::new(),
            is_fresh: true,
            report: Report { seed, ..Report::default() },
        };
        this.know_series().await?;
        Ok(this)
    }

    /// Waits until every meter's trends exist, and learns which series is whose.
    async fn know_series(&mut self) -> Result<(), String> {
        let api = &self.gateway.api;
        let items = until("series of every meter", SOON, || async {
            let items = api.get("/series?kind=trend").await.ok()?["items"].as_array()?.clone();
            (items.len() >= usize::from(METERS) * 15).then_some(items)
        })
        .await?;
        let loads = api.get("/loads").await?;
        let loads = loads["items"].as_array().cloned().unwrap_or_default();
        for one in items {
            let load = loads.iter().find(|load| load["id"] == one["load_id"]);
            let unit = load.and_then(|load| load["device_name"].as_str()?.trim_start_matches('m').parse().ok());
            let (Some(id), Some(unit)) = (one["id"].as_u64(), unit) else { return Err(format!("a series of no meter: {one}")) };
            self.units.insert(id, unit);
            self.series.push(id);
        }
        Ok(())
    }

    /// Lets both work for a while under a curious eye. Often the victim is to die within a write or a sync, not at some time.
    async fn live(&mut self, victim: Victim) -> Result<(), String> {
        if self.dice.percent(AIMED) {
            let nth = self.dice.between(1, 40);
            match victim {
                Victim::Gateway => self.gateway.end_at(nth)?,
                Victim::Hub => self.hub.end_at(nth)?,
            }
        }
        let wait = if self.dice.percent(80) { self.dice.between(0, 400) } else { self.dice.between(400, 2_000) };
        let end = Instant::now() + Duration::from_millis(wait);
        // An observation that the end cuts off has shown nothing.
        while let Ok(Ok(())) = timeout_at(end, self.work_on()).await {}
        Ok(())
    }

    /// Lets both work until chunks were sealed and sent, and a moment more. Nobody changes settings meanwhile: each change makes
    /// the gateway greet the hub anew.
    async fn live_long(&mut self) {
        let before = self.at_hub.len();
        let limit = Instant::now() + SOON;
        while self.at_hub.len() == before && Instant::now() < limit {
            let _shown_or_not = self.observe().await;
        }
        let end = Instant::now() + Duration::from_millis(self.dice.between(0, 600));
        while let Ok(Ok(())) = timeout_at(end, self.observe()).await {}
    }

    async fn observe(&mut self) -> Result<(), String> {
        let shown = self.gateway.csv("", &self.series, &self.at_gateway.before(500)).await?;
        self.at_gateway.take(cells(&shown, &self.series));
        let known: Vec<u64> = self.hub.series(&self.path, "trend").await?;
        if !known.is_empty() {
            let shown = self.hub.csv(&self.path, &known, &self.at_hub.before(500)).await?;
            self.at_hub.take(cells(&shown, &known));
        }
        Ok(())
    }

    /// A look at everything, and settings that change.
    async fn work_on(&mut self) -> Result<(), String> {
        self.observe().await?;
        self.asked += 1;
        let site = json!({"name": format!("Quai {}", self.asked), "time_zone": "Europe/Paris", "country": "FR"});
        self.gateway.api.put("/site", site).await?;
        self.confirmed = self.asked;
        if self.organisations.len() * 20 < self.asked {
            let name = format!("Terminal {}", self.asked);
            self.hub.api.post("/organisations", json!({"name": name, "kind": "terminal"})).await?;
            self.organisations.push(name);
        }
        Ok(())
    }

    async fn kill(&mut self, victim: Victim, manner: Manner) -> Result<(), String> {
        let took = match victim {
            Victim::Gateway => {
                self.report.gateway_kills += 1;
                self.report.cut(self.gateway.cut_off(&mut self.dice).await?);
                if self.dice.percent(STUMBLES) {
                    self.report.cut(self.gateway.stumble(manner, &mut self.dice).await?);
                }
                let took = self.gateway.restart(manner).await?;
                self.check_gateway(RECENT).await?;
                took
            }
            Victim::Hub => {
                self.report.hub_kills += 1;
                self.gateway.freeze();
                let outcome = self.kill_hub(manner).await;
                self.gateway.thaw();
                outcome?
            }
        };
        self.report.started(took);
        self.report.shown_at_gateway = self.at_gateway.len();
        self.report.shown_at_hub = self.at_hub.len();
        self.report.settings = self.confirmed + self.organisations.len();
        Ok(())
    }

    async fn kill_hub(&mut self, manner: Manner) -> Result<Duration, String> {
        self.report.cut(self.hub.cut_off(&mut self.dice).await?);
        if self.dice.percent(STUMBLES) {
            self.report.cut(self.hub.stumble(manner, &mut self.dice).await?);
        }
        let took = self.hub.restart(manner).await?;
        self.check_hub(RECENT).await?;
        Ok(took)
    }

    async fn check_gateway(&mut self, samples: usize) -> Result<Cells, String> {
        let from = self.at_gateway.before(samples);
        let now = cells(&self.gateway.csv("", &self.series, &from).await?, &self.series);
        self.report.lost.extend(self.at_gateway.missing_from(&now, &from).into_iter().map(|what| format!("gateway: {what}")));
        let name = self.gateway.api.get("/site").await?["name"].as_str().unwrap_or_default().to_owned();
        let number: usize = name.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        if number < self.confirmed {
            self.report.lost.push(format!("gateway: setting {} was confirmed, now it is {name:?}", self.confirmed));
        }
        Ok(now)
    }

    async fn check_hub(&mut self, samples: usize) -> Result<Cells, String> {
        let from = self.at_hub.before(samples);
        let known = self.hub.series(&self.path, "trend").await?;
        let now = if known.is_empty() { Cells::new() } else { cells(&self.hub.csv(&self.path, &known, &from).await?, &known) };
        self.report.lost.extend(self.at_hub.missing_from(&now, &from).into_iter().map(|what| format!("hub: {what}")));
        let names = self.hub.names("/organisations").await?;
        let gone = self.organisations.iter().filter(|name| !names.contains(name));
        self.report.lost.extend(gone.map(|name| format!("hub: organisation {name:?} was confirmed, now it is gone")));
        Ok(now)
    }

    /// The end: both sides hold the same, every sample is one that a meter gave, each once and in order.
    async fn compare(&mut self) -> Result<(), String> {
        self.observe().await?;
        let last = self.at_gateway.before(0);
        let (gateway, hub, series, path) = (&self.gateway, &self.hub, &self.series, &self.path);
        until("the hub has everything", SOON * 2, || async {
            let here = cells(&gateway.csv("", series, "2000-01-01T00:00:00Z").await.ok()?, series);
            let there = cells(&hub.csv(path, series, "2000-01-01T00:00:00Z").await.ok()?, series);
            here.range(..=(last.clone(), u64::MAX)).eq(there.range(..=(last.clone(), u64::MAX))).then_some(())
        })
        .await?;
        let all = self.check_gateway(usize::MAX).await?;
        self.check_hub(usize::MAX).await?;
        self.check_truth(&all);
        for alarm in self
            .gateway
            .alarms(&[
                "history_damaged",
                "history_salvaged",
                "history_restored",
                "config_restored",
                "key_restored",
                "chunk_refused",
            ])
            .await?
        {
            self.report.wrong.push(format!("gateway: {alarm}"));
        }
        self.gateway.stop().await?;
        self.hub.stop().await?;
        self.report.wrong.extend(self.gateway.panics().into_iter().chain(self.hub.panics()));
        self.check_chunks()
    }

    fn check_truth(&mut self, all: &Cells) {
        let mut last: HashMap<u64, u64> = HashMap::new();
        for ((at, series), value) in all {
            let number = value.parse::<f64>().map_or(0, |value| value as u64);
            if self.witness.told(number) != self.units.get(series).copied() {
                self.report.wrong.push(format!("series {series} at {at}: no meter ever showed {value} there"));
            }
            let before = last.insert(*series, number).unwrap_or(0);
            if number <= before {
                self.report.doubled.push(format!("series {series} at {at}: {number} after {before}"));
            }
        }
    }

    /// The file itself: no time twice in the sealed chunks of a series.
    fn check_chunks(&mut self) -> Result<(), String> {
        use haubert_historian::{Key, Reader, chunk};
        let said = |error: haubert_historian::StoreError| error.to_string();
        let key = haubert_trust::KeyFile::open_or_create(&self.gateway.file("storage.key")).map_err(|error| error.to_string())?;
        let reader = Reader::open(self.gateway.file("history.db"), &Key::new(*key.expose())).map_err(said)?;
        let mut times = std::collections::HashSet::new();
        let mut cursor = 0;
        loop {
            let rows = reader.chunks_after(cursor, 1 << 20).map_err(said)?;
            let Some(last) = rows.last() else { return Ok(()) };
            cursor = last.cursor;
            for row in rows {
                self.report.chunks += 1;
                for sample in chunk::decode(&row.bytes).map_err(|error| format!("chunk {}: {error}", row.cursor))? {
                    if !times.insert((row.series, sample.at)) {
                        self.report.doubled.push(format!("series {:?} at {:?} is in two chunks", row.series, sample.at));
                    }
                }
            }
        }
    }
}
