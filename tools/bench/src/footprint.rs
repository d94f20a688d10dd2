//! Memory, start and size of the gateway.

use crate::gateway::Gateway;
use crate::plant::{Layout, Plant};
use crate::process::{Process, mib, settle};
use crate::report::{Claim, Section, Table, number, percentile};
use haubert_testkit::{bin_dir, until};
use jiff::Timestamp;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tokio::process::Command;

/// 1,000 devices with 50 values each.
const LAYOUT: Layout = Layout { buses: 10, devices: 100, loads: 2, floats: 25 };
/// A site of ordinary size, for the start.
const SITE: Layout = Layout { buses: 1, devices: 32, loads: 1, floats: 25 };
/// Restarts.
const STARTS: usize = 5;
/// Time in which memory settles: a history flush, a seal, some minutes' polling.
const SETTLE: Duration = Duration::from_secs(60);

/// Measures all of it.
pub(crate) async fn measure() -> Result<Section, String> {
    let (idle, full) = (idle().await?, full().await?);
    let starts = starts().await?;
    let slowest = percentile(&starts, 1.0);
    let mut sizes = Table::new(&["program", "stripped, MiB"]);
    for program in ["haubert-gateway", "haubert-hub", "haubert-plant"] {
        sizes.row([program.to_owned(), number(mib(stripped_bytes(program).await?))]);
    }
    Ok(Section {
        id: "footprint",
        title: "Footprint of the gateway",
        about: "Resident memory is VmRSS, pages of the program file included; the configuration is the default one.".to_owned(),
        claims: vec![
            Claim::at_most("idle: no device, a user signed in", mib(idle), 24.0, "MiB"),
            Claim::at_most("1,000 devices × 50 values, each read every second, trends kept every minute", mib(full), 80.0, "MiB"),
            Claim::at_most(
                format!("killed and started with 32 devices: to the first value stored durably, slowest of {STARTS}"),
                slowest,
                1.0,
                "s",
            ),
        ],
        tables: vec![sizes],
        notes: vec![format!("Start to first stored value, median: {} s.", number(percentile(&starts, 0.5)))],
    })
}

async fn idle() -> Result<f64, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut gateway = Gateway::start(dir.path(), "").await?;
    settle(Duration::from_secs(20)).await;
    let resident = Process(gateway.pid()?).resident()?;
    gateway.stop().await.map(|()| resident)
}

async fn full() -> Result<f64, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let plant = Plant::start(dir.path(), &LAYOUT, 1_000).await?;
    let mut gateway = Gateway::start(dir.path(), &config(dir.path())).await?;
    gateway.add(&plant, &LAYOUT, 1_000).await?;
    settle(SETTLE + Duration::from_secs(15)).await;
    let resident = Process(gateway.pid()?).resident()?;
    let asked = plant.asked().await?;
    if asked.by_device.iter().any(|(requests, _)| *requests < 60) {
        return Err("not every device was read each second".to_owned());
    }
    gateway.stop().await.map(|()| resident)
}

/// Kills and starts a commissioned gateway; seconds from its start to the first sample stored after it, in order of size.
async fn starts() -> Result<Vec<f64>, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let plant = Plant::start(dir.path(), &SITE, 1_000).await?;
    let mut gateway = Gateway::start(dir.path(), &config(dir.path())).await?;
    gateway.add(&plant, &SITE, 1_000).await?;
    settle(Duration::from_secs(5)).await;
    let mut seconds = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        gateway.kill().await;
        let begun = now()?;
        gateway.again(dir.path()).await?;
        let api = &gateway.api;
        // Looked at often enough to see the first of the writes, one a second; when it was written the gateway itself says.
        let at = until("a stored value", Duration::from_secs(30), || async {
            let health = api.get("/diagnostics").await.ok()?;
            health["historian"]["last_write_at"].as_str()?.parse::<Timestamp>().ok()
        })
        .await?;
        seconds.push(at.duration_since(begun).as_secs_f64());
    }
    gateway.stop().await?;
    seconds.sort_by(f64::total_cmp);
    Ok(seconds)
}

fn config(dir: &Path) -> String {
    format!("profiles_dir = {:?}\n", dir.join("profiles"))
}

fn now() -> Result<Timestamp, String> {
    Timestamp::try_from(SystemTime::now()).map_err(|error| error.to_string())
}

/// Size of a program without its symbols.
async fn stripped_bytes(program: &str) -> Result<f64, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let bare = dir.path().join(program);
    let done = Command::new("strip").arg("-o").arg(&bare).arg(bin_dir().join(program)).status().await;
    if !done.map_err(|error| format!("strip: {error}"))?.success() {
        return Err(format!("strip {program}"));
    }
    std::fs::metadata(&bare).map(|data| data.len() as f64).map_err(|error| error.to_string())
}
