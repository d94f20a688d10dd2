//! How long each page waits for its data: a gateway and a hub with the demonstration's devices, and a gateway with 1,000.

use crate::gateway::{Gateway, sign_up, start};
use crate::plant::{Layout, Plant};
use crate::process::settle;
use crate::report::{Section, Table, number, percentile};
use haubert_testkit::{Api, commission, until};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Requests per path.
const TIMES: usize = 50;
/// What 95 % of the answers must stay below, milliseconds.
const BAR_MS: f64 = 200.0;
/// As many devices as a gateway is made for.
const THOUSAND: Layout = Layout { buses: 10, devices: 100, loads: 1, floats: 25 };

/// Measures pages of the WEBVIEW and of the portal.
pub(crate) async fn measure() -> Result<Section, String> {
    let mut table = Table::new(&["request", "runs", "median, ms", "95 %, ms", "slowest, ms", "bar for 95 %, ms", "held"]);
    demonstration(&mut table).await?;
    thousand(&mut table).await?;
    Ok(Section {
        id: "pages",
        title: "Pages",
        about:
            "Time to the whole answer, over HTTPS on loopback, of what each page asks for. With 32 devices: the demonstration's \
                plant, a gateway and a hub on SQLite. With 1,000: one gateway, each device with 25 values read every second."
                .to_owned(),
        tables: vec![table],
        ..Section::default()
    })
}

async fn demonstration(table: &mut Table) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let plant = start("haubert-plant", dir.path(), &["--run-dir".into(), path("plant")]).await?;
    let mut gateway = Gateway::start(dir.path(), "[recording]\ntrend_seconds = 1\nchunk_seconds = 10\n").await?;
    let hub_arguments =
        ["--data-dir".into(), path("hub"), "--listen".into(), "127.0.0.1:0".into(), "--link-listen".into(), "127.0.0.1:0".into()];
    let hub = start("haubert-hub", dir.path(), &hub_arguments).await?;
    let hub_api = sign_up(&hub).await?;
    commission::gateway(&gateway.api, &plant.ready).await?;
    let id = commission::enrol(&gateway.api, &hub_api).await?;
    until("a minute's history at the hub", Duration::from_secs(120), || async {
        let series = hub_api.get(&format!("/gateways/{id}/series")).await.ok()?;
        (series["items"].as_array()?.len() > 100).then_some(())
    })
    .await?;
    pages(table, &gateway.api, "WEBVIEW, 32 devices", &gateway_paths(&gateway.api).await?).await?;
    pages(table, &hub_api, "portal, 32 devices", &hub_paths(&hub_api, &id).await?).await?;
    hub.stop().await.map_err(|error| error.to_string())?;
    gateway.stop().await
}

async fn thousand(table: &mut Table) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let plant = Plant::start(dir.path(), &THOUSAND, 1_000).await?;
    let profiles = dir.path().join("profiles");
    let config = format!("profiles_dir = {profiles:?}\n[recording]\ntrend_seconds = 1\nchunk_seconds = 10\n");
    let mut gateway = Gateway::start(dir.path(), &config).await?;
    gateway.add(&plant, &THOUSAND, 1_000).await?;
    settle(Duration::from_secs(20)).await;
    pages(table, &gateway.api, "WEBVIEW, 1,000 devices", &gateway_paths(&gateway.api).await?).await?;
    gateway.stop().await
}

async fn gateway_paths(api: &Api) -> Result<Vec<String>, String> {
    let series = api.get("/series?kind=trend&quantity=active_power_total").await?;
    let id = series["items"].get(0).map(|one| one["id"].clone()).unwrap_or(json!(1));
    let paths = ["/home", "/live", "/loads", "/buses", "/devices", "/diagnostics", "/events", "/hub-link", "/series"];
    let mut paths: Vec<String> = paths.map(str::to_owned).to_vec();
    paths.push(format!("/series/{id}/samples?from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"));
    paths.push("/consumption?from=2026-01-01&to=2027-01-01&step=day&by=load&fluid=electricity&compare=previous".to_owned());
    Ok(paths)
}

async fn hub_paths(api: &Api, id: &str) -> Result<Vec<String>, String> {
    let series: Value = api.get(&format!("/gateways/{id}/series")).await?;
    let first = series["items"].get(0).map(|one| one["id"].clone()).unwrap_or(json!(1));
    Ok(vec![
        "/gateways".to_owned(),
        format!("/gateways/{id}"),
        format!("/gateways/{id}/live"),
        format!("/gateways/{id}/series"),
        format!("/gateways/{id}/series/{first}/samples?from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"),
    ])
}

async fn pages(table: &mut Table, api: &Api, app: &str, paths: &[String]) -> Result<(), String> {
    for path in paths {
        let mut times_ms = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let begun = Instant::now();
            api.get(path).await?;
            times_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        times_ms.sort_by(f64::total_cmp);
        let most = percentile(&times_ms, 0.95);
        let held = if most <= BAR_MS { "yes" } else { "**no**" };
        let figures = [percentile(&times_ms, 0.5), most, percentile(&times_ms, 1.0)].map(number);
        let [median, most, slowest] = figures;
        table.row([
            format!("{app}: GET {}", shown(path)),
            TIMES.to_string(),
            median,
            most,
            slowest,
            number(BAR_MS),
            held.to_owned(),
        ]);
    }
    Ok(())
}

/// A path without its query and with ids as a word.
fn shown(path: &str) -> String {
    let path = path.split('?').next().unwrap_or(path);
    let parts: Vec<&str> = path.split('/').map(|part| if part.len() == 36 { "{id}" } else { part }).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_not_shown() {
        assert_eq!(shown("/gateways/0190f8f0-0000-7000-8000-000000000000/series?x=1"), "/gateways/{id}/series");
    }
}
