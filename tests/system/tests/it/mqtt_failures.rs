//! What goes wrong between the gateway and its broker: each ends with all that was recorded, or with a named error.

use crate::disk_errors::notices;
use crate::failing_disk::{FOR_EVER, witnessed};
use crate::mqtt::{body, document};
use crate::stage::{Plant, SOON, believing, metered};
use crate::time::{Clocked, rows};
use haubert_testkit::disk::{Fault, Kind};
use haubert_testkit::forge::Forge;
use haubert_testkit::mosquitto::{Broker, Mosquitto, Watcher};
use haubert_testkit::{Api, Witness, policy, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A gateway whose clock can be set, with a meter and an authority that it trusts with MQTT.
struct Scene {
    gateway: Clocked,
    forge: Forge,
    dir: TempDir,
    _plant: Plant,
}

impl Scene {
    async fn new() -> Self {
        let gateway = Clocked::start("+0").await;
        let (plant, _device) = metered(&gateway.api).await;
        let (security, dir, forge) = believing(&gateway.program, "mqtt").await;
        policy::switch(&security, "mqtt", true).await.unwrap();
        Self { gateway, forge, dir, _plant: plant }
    }

    async fn broker(&self, port: u16) -> Mosquitto {
        Broker { port, ..Broker::GOOD }.start(self.dir.path(), &self.forge).await.unwrap()
    }

    async fn watch(&self, port: u16) -> Watcher {
        Watcher::start(port, &self.dir.path().join("ca.pem"), 5, &["port/quay/#"]).await.unwrap()
    }

    async fn send_to(&self, port: u16) {
        let now = self.view().await;
        self.gateway.api.put("/outlets/mqtt", body(&now, port, json!({}))).await.unwrap();
    }

    async fn view(&self) -> Value {
        self.gateway.api.get("/outlets/mqtt").await.unwrap()
    }

    async fn until<T>(&self, what: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        until(what, SOON, || async { wanted(&self.gateway.api.get("/outlets/mqtt").await.ok()?) }).await.unwrap()
    }

    /// Times of the trend of frequency that are sealed, so that they leave.
    async fn recorded(&self, wanted: usize) -> BTreeSet<i64> {
        let found = || async { Some(trend(&self.gateway.api).await?).filter(|times| times.len() >= wanted) };
        until("more is recorded", SOON, found).await.unwrap()
    }
}

async fn trend(api: &Api) -> Option<BTreeSet<i64>> {
    let series = api.get("/series?kind=trend&quantity=frequency").await.ok()?;
    let id = &series["items"].get(0)?["id"];
    Some(rows(api, id).await.into_iter().filter(|(_, value, _)| value.is_some()).map(|(at, ..)| at).collect())
}

/// Times of the trend of frequency in a message of history.
fn told(message: &Value, seen: &mut BTreeSet<i64>) -> Option<()> {
    told_of("frequency", message, seen)
}

fn told_of(quantity: &str, message: &Value, seen: &mut BTreeSet<i64>) -> Option<()> {
    let document = document(message, "/history")?;
    if document["quantity"] == quantity && document["kind"] == "trend" {
        let at = |sample: &Value| Some(sample["at"].as_str()?.parse::<jiff::Timestamp>().ok()?.as_millisecond());
        seen.extend(document["samples"].as_array()?.iter().filter_map(at));
    }
    Some(())
}

/// A line to the broker that takes so many bytes of each connection and then cuts it, without a word.
struct Scissors {
    port: u16,
    /// Bytes that are let through; 0 for all.
    most: Arc<AtomicU64>,
    cut: Arc<AtomicU64>,
}

impl Scissors {
    async fn new(to: u16, most: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (most, cut) = (Arc::new(AtomicU64::new(most)), Arc::new(AtomicU64::default()));
        let (allowed, cuts) = (Arc::clone(&most), Arc::clone(&cut));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(Self::pass(near, to, Arc::clone(&allowed), Arc::clone(&cuts)));
            }
        });
        Self { port, most, cut }
    }

    async fn pass(near: TcpStream, to: u16, most: Arc<AtomicU64>, cut: Arc<AtomicU64>) {
        let Ok(far) = TcpStream::connect(("127.0.0.1", to)).await else { return };
        let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.into_split(), far.into_split());
        let back = tokio::spawn(async move { tokio::io::copy(&mut far_in, &mut near_out).await });
        let (mut bytes, mut passed) = ([0; 512], 0u64);
        while let Ok(count) = near_in.read(&mut bytes).await {
            passed += count as u64;
            let most = most.load(Ordering::Relaxed);
            if count == 0 || far_out.write_all(&bytes[..count]).await.is_err() {
                break;
            }
            if most > 0 && passed >= most {
                cut.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
        back.abort();
    }
}

/// The broker takes the connection and part of what is sent, then the line is cut, again and again: nothing is lost in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_in_the_middle_again_and_again_costs_nothing() {
    let scene = Scene::new().await;
    let broker = scene.broker(0).await;
    let mut watcher = scene.watch(broker.port).await;
    let scissors = Scissors::new(broker.port, 6_000).await;
    scene.send_to(scissors.port).await;
    until("it was cut three times", SOON, || async { (scissors.cut.load(Ordering::Relaxed) >= 3).then_some(()) }).await.unwrap();
    scene.until("it says why", |view| view["failure"]["code"].is_string().then_some(())).await;
    let begun = scene.recorded(5).await;
    scissors.most.store(0, Ordering::Relaxed);
    let mut seen = BTreeSet::new();
    let first = *begun.first().unwrap();
    watcher
        .next("all of it", |message| {
            told(message, &mut seen)?;
            // What was recorded before the outlet was switched on need not leave.
            let from = seen.first().copied().unwrap_or(i64::MAX).max(first);
            begun.range(from..).all(|at| seen.contains(at)).then_some(()).filter(|()| seen.len() >= 5)
        })
        .await
        .unwrap();
    scene.until("all is well", |view| (view["state"] == "connected" && view["failure"].is_null()).then_some(())).await;
}

/// The uplink is away for a day: what was recorded in each part of it arrives once it is back.
#[tokio::test(flavor = "multi_thread")]
async fn an_uplink_that_is_away_for_a_day_costs_nothing() {
    let scene = Scene::new().await;
    let broker = scene.broker(0).await;
    let port = broker.port;
    scene.send_to(port).await;
    scene.until("the first chunk is acknowledged", |view| (view["counters"]["samples"].as_u64()? > 0).then_some(())).await;
    broker.kill().await.unwrap();
    scene.until("it waits", |view| (view["state"] == "waiting" && view["failure"]["code"].is_string()).then_some(())).await;
    let mut count = scene.recorded(0).await.len();
    let away = *scene.recorded(1).await.last().unwrap();
    for hours in [6, 12, 18, 24] {
        scene.gateway.set(&format!("+{}", hours * 3600)).await;
        count = scene.recorded(count + 3).await.len();
    }
    let recorded = scene.recorded(count).await;
    let day = 24 * 3_600_000;
    assert!(recorded.last().unwrap() - away >= day, "a day went by");
    let _broker = scene.broker(port).await;
    let mut watcher = scene.watch(port).await;
    let mut seen = BTreeSet::new();
    let wanted: BTreeSet<i64> = recorded.range(away + 1..).copied().collect();
    watcher
        .next("all of the day", |message| {
            told(message, &mut seen)?;
            wanted.is_subset(&seen).then_some(())
        })
        .await
        .unwrap();
}

/// A machine that wakes up in 1970 can verify nobody: it says so by name, sends nothing, and sends all once its clock is set.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_not_set_is_a_named_error_and_loses_nothing() {
    let scene = Scene::new().await;
    let broker = scene.broker(0).await;
    scene.send_to(broker.port).await;
    scene.until("it sends", |view| (view["counters"]["samples"].as_u64()? > 0).then_some(())).await;
    let Scene { gateway, forge, dir, _plant } = scene;
    let gateway = gateway.reboot("@1970-01-01 00:00:05").await;
    let scene = Scene { gateway, forge, dir, _plant };
    scene.until("a named error", |view| (view["failure"]["code"] == "peer_not_yet_valid").then_some(())).await;
    let home = scene.gateway.api.get("/home").await.unwrap();
    assert!(home["notices"].as_array().unwrap().iter().any(|notice| notice["code"] == "clock_not_set"), "{home}");
    let before = scene.recorded(1).await.len();
    let guessed = scene.recorded(before + 3).await;
    let mut watcher = scene.watch(broker.port).await;
    scene.gateway.set("+0").await;
    let mut seen = BTreeSet::new();
    let wanted: Vec<i64> = guessed.iter().rev().take(3).copied().collect();
    watcher
        .next("what was recorded meanwhile", |message| {
            told(message, &mut seen)?;
            wanted.iter().all(|at| seen.contains(at)).then_some(())
        })
        .await
        .unwrap();
}

/// A full disk is told by name; what was recorded before it and after it arrives, and nothing has to be started anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_for_a_while_costs_the_broker_nothing_that_was_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let witness = Witness::start().await.unwrap();
    let gateway = witnessed(dir.path(), &witness, 1).await;
    let api = &gateway.api;
    let (security, keys, forge) = believing(gateway.program.as_ref().unwrap(), "mqtt").await;
    policy::switch(&security, "mqtt", true).await.unwrap();
    let broker = Broker::GOOD.start(keys.path(), &forge).await.unwrap();
    let mut watcher = Watcher::start(broker.port, &keys.path().join("ca.pem"), 5, &["port/quay/#"]).await.unwrap();
    let trends = || async { api.get("/series?kind=trend").await.ok()?["items"].get(0).cloned() };
    let trend = until("a trend", SOON, trends).await.unwrap();
    let quantity = trend["quantity"].as_str().unwrap();
    let recorded = || async {
        let rows = rows(api, &trend["id"]).await;
        rows.into_iter().filter(|(_, value, _)| value.is_some()).map(|(at, ..)| at).collect::<BTreeSet<i64>>()
    };
    let now = api.get("/outlets/mqtt").await.unwrap();
    api.put("/outlets/mqtt", body(&now, broker.port, json!({}))).await.unwrap();
    let mut seen = BTreeSet::new();
    let first = |message: &Value| told_of(quantity, message, &mut seen).filter(|()| !seen.is_empty());
    watcher.next("the first of it", first).await.unwrap();
    let from = *seen.first().unwrap();

    gateway.disk.faults().arm(&[Kind::Write], 1, Fault::Full, FOR_EVER).unwrap();
    until("it is told", SOON, || async { notices(&gateway).await?.contains(&"disk_full".to_owned()).then_some(()) })
        .await
        .unwrap();
    gateway.disk.faults().disarm().unwrap();
    let before = recorded().await.len();
    let goes_on = || async {
        let all = recorded().await;
        (all.len() > before + 15 && notices(&gateway).await?.is_empty()).then_some(all)
    };
    let all = until("it goes on, and no notice is left", SOON, goes_on).await.unwrap();
    let every = |message: &Value| {
        told_of(quantity, message, &mut seen)?;
        all.range(from..).all(|at| seen.contains(at)).then_some(())
    };
    watcher.next("all of it", every).await.unwrap();
    assert!(gateway.panics().is_empty(), "{:?}", gateway.panics());
}
