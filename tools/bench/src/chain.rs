//! From start to the first stored value, and how long each page waits for its data.

use haubert_testkit::{Api, Program, commission, until};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Requests per path.
const TIMES: usize = 50;
/// Restarts of the gateway.
const STARTS: usize = 5;
const PASSWORD: &str = "Bench-Password-1";

/// One line of the report.
pub(crate) struct Figure {
    pub(crate) what: String,
    /// Milliseconds, in order of size.
    pub(crate) times_ms: Vec<f64>,
    /// What it must stay below, milliseconds.
    pub(crate) bar_ms: f64,
}

pub(crate) async fn measure() -> Result<Vec<Figure>, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let plant = start("haubert-plant", dir.path(), &["--run-dir".into(), path("plant")]).await?;
    std::fs::write(path("gateway.toml"), "[recording]\ntrend_seconds = 1\nchunk_seconds = 10\n")
        .map_err(|error| error.to_string())?;
    let arguments =
        ["--config".into(), path("gateway.toml"), "--data-dir".into(), path("data"), "--listen".into(), "127.0.0.1:0".into()];
    let gateway = start("haubert-gateway", dir.path(), &arguments).await?;
    let hub_arguments =
        ["--data-dir".into(), path("hub"), "--listen".into(), "127.0.0.1:0".into(), "--link-listen".into(), "127.0.0.1:0".into()];
    let hub = start("haubert-hub", dir.path(), &hub_arguments).await?;
    let api = sign_up(&gateway).await?;
    let hub_api = sign_up(&hub).await?;
    commission::gateway(&api, &plant.ready).await?;
    let id = commission::enrol(&api, &hub_api).await?;
    until("a minute's history at the hub", Duration::from_secs(120), || async {
        let series = hub_api.get(&format!("/gateways/{id}/series")).await.ok()?;
        (series["items"].as_array()?.len() > 100).then_some(())
    })
    .await?;
    let mut figures = pages(&api, "WEBVIEW", &gateway_paths(&api).await?).await?;
    figures.extend(pages(&hub_api, "portal", &hub_paths(&hub_api, &id).await?).await?);
    hub.stop().await.map_err(|error| error.to_string())?;
    figures.insert(0, first_value(gateway, dir.path(), &arguments).await?);
    Ok(figures)
}

async fn start(name: &str, dir: &Path, arguments: &[String]) -> Result<Program, String> {
    Program::start(name, name, dir, arguments).await.map_err(|error| error.to_string())
}

fn client(program: &Program) -> Result<Api, String> {
    Api::new(&program.ready_text("https"), Path::new(&program.ready_text("ca_file"))).map_err(|error| error.to_string())
}

async fn sign_up(program: &Program) -> Result<Api, String> {
    let api = client(program)?;
    let code = program.setup_code().await.map_err(|error| error.to_string())?;
    api.set_up(&code, "bench", PASSWORD).await?;
    Ok(api)
}

/// Kills and starts the commissioned gateway; the time from its start to a stored sample that is newer.
async fn first_value(mut gateway: Program, dir: &Path, arguments: &[String]) -> Result<Figure, String> {
    let mut times_ms = Vec::new();
    for _ in 0..STARTS {
        gateway.kill().await;
        let begun = Instant::now();
        gateway = start("haubert-gateway", dir, arguments).await?;
        let api = client(&gateway)?;
        api.sign_in("bench", PASSWORD).await?;
        until("a stored value", Duration::from_secs(30), || async {
            let health = api.get("/diagnostics").await.ok()?;
            health["historian"]["last_write_at"].is_string().then_some(())
        })
        .await?;
        times_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(figure("gateway, killed and started: to the first value stored durably".to_owned(), times_ms, 2_000.0))
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

async fn pages(api: &Api, app: &str, paths: &[String]) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    for path in paths {
        let mut times_ms = Vec::new();
        for _ in 0..TIMES {
            let begun = Instant::now();
            api.get(path).await?;
            times_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        let shown = path.split('?').next().unwrap_or(path);
        let shown: Vec<&str> = shown.split('/').map(|part| if part.len() == 36 { "{id}" } else { part }).collect();
        figures.push(figure(format!("{app}: GET {}", shown.join("/")), times_ms, 200.0));
    }
    Ok(figures)
}

fn figure(what: String, mut times_ms: Vec<f64>, bar_ms: f64) -> Figure {
    times_ms.sort_by(f64::total_cmp);
    Figure { what, times_ms, bar_ms }
}
