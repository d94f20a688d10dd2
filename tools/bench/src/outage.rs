//! The day after an outage: 24 hours of history wait at the gateway, the hub comes back, and everything must arrive, once and
//! in order, while what is measured now is not held up by it.
//!
//! The backlog is written with the gateway's own historian, as the gateway would have written it; gateway and hub that drain
//! it are the real programs, and so is the plant that is measured meanwhile.

mod backlog;

use crate::gateway::{Gateway, sign_up, start};
use crate::plant::{Layout, Plant};
use crate::process::{Process, settle};
use crate::report::{Claim, Section, number};
use backlog::Written;
use haubert_testkit::{Api, Program, commission};
use jiff::Timestamp;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// 100 devices with ten values each.
const LAYOUT: Layout = Layout { buses: 4, devices: 25, loads: 1, floats: 10 };
/// Length of the outage.
const OUTAGE_S: i64 = 86_400;
/// Period of the samples.
const PERIOD_S: i64 = 10;
/// How much faster than real time it must drain, and how late live data may be.
const FASTER: f64 = 10.0;
const LATE_S: f64 = 2.0;
/// How often the gateway sends its newest values to the hub, seconds.
const RHYTHM_S: f64 = 5.0;
/// Snapshots of live data to see before it is judged; the backlog may be gone before the second comes.
const SNAPSHOTS: usize = 2;

/// Makes the backlog and watches it drain.
pub(crate) async fn measure() -> Result<Section, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let plant = Plant::start(dir.path(), &LAYOUT, 1_000).await?;
    let profiles = dir.path().join("profiles");
    let config = format!("profiles_dir = {profiles:?}\n[recording]\ntrend_seconds = {PERIOD_S}\n");
    let mut gateway = Gateway::start(dir.path(), &config).await?;
    let hub = start_hub(dir.path(), "127.0.0.1:0", "127.0.0.1:0").await?;
    let (https, link) = (address(&hub.ready_text("https")), address(&hub.ready_text("link")));
    let hub_api = sign_up(&hub).await?;
    let id = commission::enrol(&gateway.api, &hub_api).await?;
    // Not polled yet: the day that is written must come before what is measured afterwards.
    gateway.add_switched(&plant, &LAYOUT, 1_000, false).await?;
    let loads = gateway.api.get("/loads").await?;
    // The hub goes away first, then the gateway for as long as a day's history takes to write.
    hub.stop().await.map_err(|error| error.to_string())?;
    gateway.stop().await?;
    let data = dir.path().join("data");
    let written = tokio::task::spawn_blocking(move || Written::make(&data, &loads, OUTAGE_S, PERIOD_S, &LAYOUT))
        .await
        .map_err(|error| error.to_string())??;
    gateway.again(dir.path()).await?;
    gateway.switch(true).await?;
    settle(Duration::from_secs(3)).await;
    let waiting = gateway.api.get("/hub-link").await?["backlog_chunks"].as_f64().unwrap_or_default();
    let process = Process(gateway.pid()?);
    let used = process.used()?;
    let hub = start_hub(dir.path(), &https, &link).await?;
    let returned = Instant::now();
    let hub_api = signed_in(&hub).await?;
    let drained = drain(&gateway.api, &hub_api, &id, returned).await?;
    let (cpu_s, _) = process.used()?.since(&used);
    let elapsed = drained.took.unwrap_or_default().as_secs_f64();
    gateway.stop().await?;
    hub.stop().await.map_err(|error| error.to_string())?;
    let arrived = written.look(&dir.path().join("hub/hub.sqlite3"))?;
    let samples = written.samples as f64;
    Ok(Section {
        id: "outage",
        title: "Outage",
        about: format!(
            "24 h of {PERIOD_S} s data from 100 devices of ten values ({} samples) wait at the gateway, which goes on polling the 100 \
             devices each second. The hub (SQLite) comes back. Arrival is read from the hub's own file.",
            number(samples)
        ),
        claims: vec![
            Claim::at_least("drained, times faster than real time", OUTAGE_S as f64 / elapsed, FASTER, "×"),
            Claim::new(
                "each sample once",
                format!("{} missing, {} twice, {} altered", arrived.missing, arrived.twice, arrived.altered),
                "0, 0, 0",
                arrived.missing + arrived.twice + arrived.altered == 0,
            ),
            Claim::new(
                "order kept (within each series)",
                format!("{} out of order", arrived.disordered),
                "0",
                arrived.disordered == 0,
            ),
            Claim::at_most("live data at the hub: from measured to seen, slowest", drained.slowest_s, LATE_S, "s"),
            Claim::at_most(
                format!("live data, from the link's return on: longest pause beyond its rhythm of {RHYTHM_S} s"),
                (drained.longest_pause_s - RHYTHM_S).max(0.0),
                LATE_S,
                "s",
            ),
        ],
        notes: vec![format!(
            "Drained in {} s: {} samples/s, {} chunks; {} s of the gateway's CPU. Meanwhile the hub's newest values were looked at {} times.",
            number(elapsed),
            number(samples / elapsed),
            number(waiting),
            number(cpu_s),
            drained.looks_while
        )],
        ..Section::default()
    })
}

/// What was seen while the backlog went over.
#[derive(Debug, Default)]
struct Drained {
    looks: usize,
    /// Of them, while something waited.
    looks_while: usize,
    /// Time until nothing waited.
    took: Option<Duration>,
    /// Longest time from the gateway's snapshot to its first sight at the hub.
    slowest_s: f64,
    /// Longest time between two snapshots seen.
    longest_pause_s: f64,
}

/// Watches until nothing waits, at least two rhythms of live data.
async fn drain(gateway: &Api, hub: &Api, id: &str, begun: Instant) -> Result<Drained, String> {
    let path = format!("/gateways/{id}");
    let mut drained = Drained::default();
    let mut newest = None;
    // The first pause begins when the gateway has found the hub again: live data must not wait for the backlog.
    let mut seen_at: Option<Instant> = None;
    let mut snapshots = 0;
    loop {
        let view = hub.get(&format!("{path}/live")).await?;
        drained.looks += 1;
        if let Some(at) = view["at"].as_str().and_then(|text| text.parse::<Timestamp>().ok())
            && newest != Some(at)
        {
            // What the hub shows first may be of before the outage.
            if drained.looks > 1 {
                drained.slowest_s = drained.slowest_s.max((now_ms() - at.as_millisecond()) as f64 / 1000.0);
                let pause = seen_at.map_or(Duration::ZERO, |before| before.elapsed());
                drained.longest_pause_s = drained.longest_pause_s.max(pause.as_secs_f64());
                seen_at = Some(Instant::now());
                snapshots += 1;
            }
            newest = Some(at);
        }
        if drained.took.is_none() {
            drained.looks_while += 1;
        }
        let link = gateway.get("/hub-link").await?;
        if link["state"] == "online" {
            seen_at.get_or_insert_with(Instant::now);
        }
        let waits = link["backlog_chunks"].as_u64().unwrap_or(u64::MAX);
        if waits == 0 && link["state"] == "online" && drained.looks > 3 {
            drained.took.get_or_insert_with(|| begun.elapsed());
        }
        if drained.took.is_some() && snapshots >= SNAPSHOTS {
            return Ok(drained);
        }
        if begun.elapsed() > Duration::from_secs(900) {
            return Err(format!("after {:?} the link says {link}", begun.elapsed()));
        }
        settle(Duration::from_millis(50)).await;
    }
}

async fn start_hub(dir: &Path, listen: &str, link: &str) -> Result<Program, String> {
    let data = dir.join("hub").to_string_lossy().into_owned();
    let arguments = ["--data-dir", &data, "--listen", listen, "--link-listen", link].map(str::to_owned);
    start("haubert-hub", dir, &arguments).await
}

async fn signed_in(hub: &Program) -> Result<Api, String> {
    let api = crate::gateway::client(hub)?;
    api.sign_in("bench", crate::gateway::PASSWORD).await?;
    Ok(api)
}

/// Host and port of a URL.
fn address(url: &str) -> String {
    url.trim_start_matches("https://").trim_end_matches('/').to_owned()
}

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
