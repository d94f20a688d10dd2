//! The hub's disk fails, call by call and for a while, and is full: nothing that it confirmed is lost, it never falls over, and the
//! gateway sends again what was refused, each sample once and in order.

use crate::failing_disk::{FOR_EVER, WALK, witnessed};
use crate::stage::SOON;
use haubert_testkit::disk::{Fault, Kind, Manner};
use haubert_testkit::drill::{Cells, Ledger, Server, cells};
use haubert_testkit::{Dice, Witness, commission, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;

const EVER: &str = "2000-01-01T00:00:00Z";
/// Series of one meter, and of one table.
const QUANTITIES: usize = 15;
const COLUMNS: usize = 45;

/// A gateway that measures and sends, and a hub on a disk that can fail.
struct Stage {
    witness: Witness,
    gateway: Server,
    hub: Server,
    path: String,
    series: Vec<u64>,
    /// What the hub has shown.
    ledger: Ledger,
}

impl Stage {
    async fn new(dir: &Path, meters: u8) -> Self {
        let witness = Witness::start().await.unwrap();
        let gateway = witnessed(dir, &witness, meters).await;
        let link = ["--link-listen".to_owned(), "127.0.0.1:0".to_owned()];
        let hub = Server::start("haubert-hub", &dir.join("hub"), &link).await.unwrap();
        let path = format!("/gateways/{}", commission::enrol(&gateway.api, &hub.api).await.unwrap());
        let series = until("history at the hub", SOON * 2, || async {
            let series = hub.series(&path, "trend").await.ok()?;
            (series.len() >= QUANTITIES * usize::from(meters)).then_some(series)
        })
        .await
        .unwrap();
        Self { witness, gateway, hub, path, series, ledger: Ledger::default() }
    }

    async fn at_hub(&self) -> Option<Cells> {
        shown(&self.hub, &self.path, &self.series).await
    }

    async fn at_gateway(&self) -> Option<Cells> {
        shown(&self.gateway, "", &self.series).await
    }

    /// Everything that the hub has shown it still shows.
    async fn look(&mut self, step: &str) {
        let now = until("the hub shows history", SOON, || self.at_hub()).await.unwrap();
        let gone = self.ledger.missing_from(&now, "");
        assert!(gone.is_empty(), "after {step}: {gone:?}");
        self.ledger.take(now);
    }

    /// What the hub holds grows, and nothing is amiss.
    async fn goes_on(&mut self, step: &str) {
        let before = self.ledger.len();
        until(&format!("the hub receives again after {step}"), SOON * 3, || async {
            let sound = self.hub.api.get("/storage").await.ok()?["trouble"].is_null();
            (self.at_hub().await?.len() > before && sound).then_some(())
        })
        .await
        .unwrap();
        self.look(step).await;
    }

    /// Both sides hold the same, and each meter's numbers rise: each sample once, in order.
    async fn is_equal(&self) {
        let last = until("history", SOON, || self.at_gateway()).await.unwrap().keys().next_back().unwrap().0.clone();
        let all = until("the hub has all that the gateway has", SOON * 3, || async {
            let (here, there) = (self.at_gateway().await?, self.at_hub().await?);
            let end = ..=(last.clone(), u64::MAX);
            here.range(end.clone()).eq(there.range(end)).then_some(here)
        })
        .await
        .unwrap();
        let mut newest = std::collections::HashMap::new();
        for ((at, series), value) in all {
            let number: f64 = value.parse().unwrap();
            let before = newest.insert(series, number).unwrap_or(0.0);
            assert!(number > before, "series {series} at {at}: {number} after {before}");
            assert!(self.witness.told(number as u64).is_some(), "series {series} at {at}: no meter ever showed {number}");
        }
    }

    fn nobody_fell_over(&self) {
        assert!(self.hub.panics().is_empty(), "{:?}", self.hub.panics());
        assert!(self.gateway.panics().is_empty(), "{:?}", self.gateway.panics());
    }
}

/// All that a program shows of these series.
async fn shown(server: &Server, path: &str, series: &[u64]) -> Option<Cells> {
    let mut all = Cells::new();
    for some in series.chunks(COLUMNS) {
        all.extend(cells(&server.csv(path, some, EVER).await.ok()?, some));
    }
    Some(all)
}

fn organisation(name: &str) -> Value {
    json!({"name": name, "kind": "terminal"})
}

#[tokio::test]
async fn a_call_to_the_hubs_disk_that_fails_once_loses_nothing_that_it_confirmed() {
    let dir = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(dir.path(), 1).await;
    for (at, (kind, fault)) in WALK.into_iter().enumerate() {
        for nth in [1, 2, 5] {
            stage.hub.disk.faults().arm(&[kind], nth, fault, 1).unwrap();
            // A setting is either refused and not there, or accepted and there.
            let name = format!("{kind:?} {fault:?} {nth}");
            let answer = stage.hub.api.send(Method::POST, "/organisations", Some(&organisation(&name))).await.unwrap();
            stage.look(&name).await;
            stage.hub.disk.faults().disarm().unwrap();
            let is_there = stage.hub.names("/organisations").await.unwrap().contains(&name);
            assert_eq!(is_there, answer.status.is_success(), "{name}: {} {}", answer.status, answer.text);
        }
        // The gateway tries again after a while, longer each time: not waited for after each.
        if at % 3 == 2 {
            stage.goes_on(&format!("{kind:?} {fault:?}")).await;
        }
    }
    stage.hub.cut_off(&mut Dice::new(1)).await.unwrap();
    stage.hub.restart(Manner::Honest).await.unwrap();
    stage.look("a power cut").await;
    stage.is_equal().await;
    stage.nobody_fell_over();
}

/// What a disk that fails for a while makes of the hub: told, live values and measuring go on at the gateway, and all of it
/// arrives once there is room.
#[tokio::test]
async fn a_hub_whose_disk_is_full_or_fails_says_so_and_receives_everything_later() {
    let dir = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(dir.path(), 1).await;
    let cases = [
        (Kind::Write, Fault::Full, "disk_full"),
        (Kind::Write, Fault::Broken, "disk_failing"),
        (Kind::Sync, Fault::Broken, "disk_failing"),
    ];
    for (kind, fault, told) in cases {
        stage.look("before").await;
        stage.hub.disk.faults().arm(&[kind], 1, fault, FOR_EVER).unwrap();
        until(told, SOON, || async {
            let storage = stage.hub.api.get("/storage").await.ok()?;
            (storage["trouble"] == told && storage["trouble_since"].is_string()).then_some(())
        })
        .await
        .unwrap();
        // Measuring goes on: the gateway keeps chunks that wait.
        until("a backlog at the gateway", SOON * 2, || async {
            let link = stage.gateway.api.get("/hub-link").await.ok()?;
            (link["backlog_chunks"].as_u64()? >= 15).then_some(())
        })
        .await
        .unwrap();
        let name = format!("not kept {kind:?} {fault:?}");
        let answer = stage.hub.api.send(Method::POST, "/organisations", Some(&organisation(&name))).await.unwrap();
        assert!(answer.status.is_server_error(), "{name}: {}", answer.status);
        stage.look(&name).await;
        stage.hub.disk.faults().disarm().unwrap();
        assert!(!stage.hub.names("/organisations").await.unwrap().contains(&name));
        stage.goes_on(&name).await;
    }
    stage.is_equal().await;
    stage.nobody_fell_over();
}

/// The whole look finds what no page checksum guards: a bit in a chunk of history.
#[tokio::test]
async fn damage_in_the_hubs_database_is_found_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(dir.path(), 1).await;
    stage.gateway.stop().await.unwrap();
    let whole = looked(&stage.hub).await;
    assert_eq!(whole["state"], "whole", "{whole}");
    assert!(whole["chunks"].as_u64().unwrap() > 0, "{whole}");
    stage.hub.stop().await.unwrap();
    let file = stage.hub.file("hub.sqlite3");
    let mut bytes = std::fs::read(&file).unwrap();
    // Every chunk begins with these letters.
    let chunk = bytes.windows(3).rposition(|window| window == b"HBC").unwrap();
    bytes[chunk + 9] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    stage.hub.restart(Manner::Kept).await.unwrap();
    let damaged = looked(&stage.hub).await;
    assert_eq!(damaged["state"], "damaged", "{damaged}");
    assert!(damaged["findings"][0].as_str().unwrap().starts_with("chunk "), "{damaged}");
    // It is not forgotten.
    stage.hub.stop().await.unwrap();
    stage.hub.restart(Manner::Kept).await.unwrap();
    until("the damage is still told", SOON, || async {
        (stage.hub.api.get("/storage").await.ok()?["state"] == "damaged").then_some(())
    })
    .await
    .unwrap();
    stage.nobody_fell_over();
}

/// A whole look, begun and ended.
async fn looked(hub: &Server) -> Value {
    let answer = hub.api.send(Method::POST, "/storage/check", None).await.unwrap();
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    until("the look ends", SOON, || async {
        let storage = hub.api.get("/storage").await.ok()?;
        (storage["is_running"] == false).then_some(storage)
    })
    .await
    .unwrap()
}

/// Thousands of samples that wait while the hub is away are drained in order, each once.
#[tokio::test]
async fn a_backlog_of_thousands_arrives_whole_in_order_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(dir.path(), 12).await;
    stage.hub.stop().await.unwrap();
    let before = stage.at_gateway().await.unwrap().len();
    until("thousands of samples", SOON * 3, || async { (stage.at_gateway().await?.len() > before + 3_000).then_some(()) })
        .await
        .unwrap();
    stage.hub.restart(Manner::Kept).await.unwrap();
    stage.is_equal().await;
    stage.nobody_fell_over();
}

/// The gateway's disk is full for long: it is told, live values go on, and what was measured meanwhile becomes history, here and
/// at the hub, as soon as there is room.
#[tokio::test]
async fn what_a_gateway_measures_while_its_disk_is_full_is_kept_whole() {
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::new(dir.path(), 12).await;
    let before = stage.at_gateway().await.unwrap().len();
    stage.gateway.disk.faults().arm(&[Kind::Write], 1, Fault::Full, FOR_EVER).unwrap();
    // As many samples as an hour of a small site makes.
    until("samples wait", SOON * 3, || async {
        let historian = stage.gateway.api.get("/diagnostics").await.ok()?["historian"].clone();
        (historian["state"] == "disk_full" && historian["waiting"].as_u64()? > 3_000).then_some(())
    })
    .await
    .unwrap();
    let home = stage.gateway.api.get("/home").await.unwrap();
    assert!(home["notices"].as_array().unwrap().iter().any(|notice| notice["code"] == "disk_full"), "{}", home["notices"]);
    let at = || async { Some(stage.gateway.api.get("/live").await.ok()?["items"][0]["at"].clone()) };
    let first = until("live values", SOON, &at).await.unwrap();
    until("live values go on", SOON, || async { (at().await? != first).then_some(()) }).await.unwrap();
    stage.gateway.disk.faults().disarm().unwrap();
    until("it recovers", SOON, || async {
        let diagnostics = stage.gateway.api.get("/diagnostics").await.ok()?;
        (diagnostics["historian"]["state"] == "ok" && diagnostics["historian"]["waiting"] == 0).then_some(())
    })
    .await
    .unwrap();
    assert!(stage.at_gateway().await.unwrap().len() > before + 3_000);
    stage.is_equal().await;
    stage.nobody_fell_over();
}
