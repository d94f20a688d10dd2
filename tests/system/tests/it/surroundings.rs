//! What the machine does to the gateway: a disk that is full, a clock that jumps.

use crate::stage::{ONE_METER, PASSWORD, QUICK, SOON, adopt, client, live_value, plant, search, tcp_bus, text};
use haubert_testkit::drill::{cells, table_path};
use haubert_testkit::{Api, Program, bin_dir, until};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A gateway started by another program (`unshare`, `env`) that ends by becoming it.
pub(crate) async fn under(wrapper: &str, before: &[String], dir: &Path) -> Program {
    std::fs::write(dir.join("config.toml"), QUICK).unwrap();
    let mut arguments = before.to_vec();
    arguments.push(text(&bin_dir().join("haubert-gateway")));
    for argument in ["--listen", "127.0.0.1:0", "--config"] {
        arguments.push(argument.to_owned());
    }
    arguments.extend([text(&dir.join("config.toml")), "--data-dir".to_owned(), text(&dir.join("disk/data"))]);
    Program::start(wrapper, "gateway", dir, &arguments).await.unwrap()
}

async fn notices(api: &Api) -> Vec<String> {
    let home = api.get("/home").await.unwrap();
    home["notices"].as_array().unwrap().iter().map(|notice| notice["code"].as_str().unwrap().to_owned()).collect()
}

pub(crate) async fn events(api: &Api, code: &str) -> Vec<Value> {
    let events = api.get("/events?limit=500").await.unwrap();
    events["items"].as_array().unwrap().iter().filter(|event| event["code"] == code).cloned().collect()
}

/// Times and values of the first trend of frequency.
async fn trend(api: &Api) -> Vec<(String, Option<f64>)> {
    let series = api.get("/series?kind=trend&quantity=frequency").await.unwrap();
    let Some(id) = series["items"].get(0).and_then(|one| one["id"].as_u64()) else { return Vec::new() };
    let path = table_path("", &[id], "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z");
    let answer = api.send(reqwest::Method::GET, &path, None).await.unwrap();
    cells(&answer.text, &[id]).into_iter().map(|((at, _), value)| (at, value.parse().ok())).collect()
}

/// The gateway's data lies on a small file system of its own, in a mount namespace that only it sees.
#[tokio::test]
async fn a_full_disk_is_told_and_what_was_measured_meanwhile_is_kept() {
    let dir: TempDir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("disk")).unwrap();
    let mount = "mount -t tmpfs -o size=8m,mode=700 tmpfs \"$1\" && shift && exec \"$@\"";
    let before = ["-rm", "sh", "-c", mount, "sh"].map(str::to_owned).to_vec();
    let before: Vec<String> = before.into_iter().chain([text(&dir.path().join("disk"))]).collect();
    let program = under("/usr/bin/unshare", &before, dir.path()).await;
    let inside = PathBuf::from(format!("/proc/{}/root", program.pid().unwrap()));
    let certificate = inside.join(program.ready_text("ca_file").trim_start_matches('/'));
    let api = Api::new(&program.ready_text("https"), &certificate).unwrap();
    api.set_up(&program.setup_code().await.unwrap(), "ana", PASSWORD).await.unwrap();
    let plant = plant(ONE_METER).await;
    let bus = tcp_bus(&api, "tcp", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
    let found = search(&api, &bus, 1, 1).await;
    let device = adopt(&api, &bus, &found["found"][0]).await;
    live_value(&api, &device, "frequency").await;
    until("some history", SOON, || async { (trend(&api).await.len() >= 3).then_some(()) }).await.unwrap();

    let filler = inside.join(text(&dir.path().join("disk/filler")).trim_start_matches('/'));
    let mut fill = std::fs::File::create(&filler).unwrap();
    let block = vec![0u8; 4096];
    while std::io::Write::write_all(&mut fill, &block).is_ok() {}
    drop(fill);
    until("the full disk is told", SOON, || async { notices(&api).await.contains(&"disk_full".to_owned()).then_some(()) })
        .await
        .unwrap();
    let kept = trend(&api).await;
    // Measuring goes on: the live value is newer than the newest that could be stored.
    let measured = until("measuring goes on", SOON, || async {
        let live = api.get("/live").await.ok()?;
        let load = live["items"].as_array()?.iter().find(|item| item["values"]["frequency"].is_number())?;
        (load["remarks"]["frequency"].is_null() && millis(load["at"].as_str()?) >= millis(&kept.last()?.0) + 3_000)
            .then(|| load["at"].clone())
    })
    .await
    .unwrap();

    std::fs::remove_file(&filler).unwrap();
    let after = until("history goes on", SOON, || async {
        let rows = trend(&api).await;
        (notices(&api).await.is_empty() && rows.len() >= kept.len() + 3).then_some(rows)
    })
    .await
    .unwrap();
    assert!(after.starts_with(&kept), "what was stored before is still there");
    // What was shown while the disk was full is history now.
    let during = after.iter().filter(|(at, _)| *at > kept.last().unwrap().0 && at.as_str() <= measured.as_str().unwrap());
    assert!(during.count() >= 2, "nothing between {:?} and {measured} in {after:?}", kept.last());
}

fn millis(at: &str) -> i64 {
    at.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

pub(crate) fn faketime() -> PathBuf {
    let places = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(|place| format!("/usr/lib/{place}/faketime/libfaketimeMT.so.1"));
    places.into_iter().map(PathBuf::from).find(|path| path.exists()).expect("libfaketime (make test installs it)")
}

#[tokio::test]
async fn a_clock_that_jumps_back_an_hour_and_forward_a_year_is_an_event_and_stops_nothing() {
    let dir: TempDir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("disk")).unwrap();
    let hands = dir.path().join("clock");
    std::fs::write(&hands, "+0").unwrap();
    let before = [
        format!("LD_PRELOAD={}", text(&faketime())),
        format!("FAKETIME_TIMESTAMP_FILE={}", text(&hands)),
        "FAKETIME_NO_CACHE=1".to_owned(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ];
    let program = under("/usr/bin/env", &before, dir.path()).await;
    let api = client(&program);
    api.set_up(&program.setup_code().await.unwrap(), "ana", PASSWORD).await.unwrap();
    let plant = plant(ONE_METER).await;
    let bus = tcp_bus(&api, "tcp", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
    let found = search(&api, &bus, 1, 1).await;
    let device = adopt(&api, &bus, &found["found"][0]).await;
    live_value(&api, &device, "frequency").await;
    let mut stored = 0;
    for (offset, by_ms) in [("-3600", -3_600_000i64), ("+365d", 365 * 86_400_000 + 3_600_000)] {
        until("some history", SOON, || async { (trend(&api).await.len() > stored + 2).then_some(()) }).await.unwrap();
        stored = trend(&api).await.len();
        // Replaced in one step, as a time service would step the clock; a half-read file must not be seen.
        let next = dir.path().join("next");
        std::fs::write(&next, offset).unwrap();
        std::fs::rename(&next, &hands).unwrap();
        // A session does not survive such a jump, in either direction.
        let jump = until("the jump is told", SOON, || async {
            if api.get("/session").await.is_err() {
                api.sign_in("ana", PASSWORD).await.ok()?;
            }
            events(&api, "clock_jump").await.into_iter().find(|event| near(event, by_ms))
        });
        jump.await.unwrap();
        until("history goes on", SOON, || async { (trend(&api).await.len() > stored + 2).then_some(()) }).await.unwrap();
    }
    let diagnostics = api.get("/diagnostics").await.unwrap();
    assert!(diagnostics["clock"]["last_jump"]["by_ms"].as_i64().unwrap() > 0, "{diagnostics}");
    assert_eq!(diagnostics["historian"]["state"], "ok");
    haubert_score::record("09.jumps", true, "-1 h and +1 year: each an event of its size, history goes on");
}

fn near(event: &Value, by_ms: i64) -> bool {
    let told: i64 = event["params"]["by_ms"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
    (told - by_ms).abs() < 5_000
}
