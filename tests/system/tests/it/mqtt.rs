//! What the gateway sends by MQTT, at a broker and to a subscriber that nobody here wrote.

use crate::stage::{Plant, SOON, Server, believing, client, gateway, metered};
use haubert_testkit::forge::{Flaw, Forge};
use haubert_testkit::mosquitto::{Broker, Mosquitto, USER, Watcher, mosquitto_sub, paho_publishes};
use haubert_testkit::{Api, policy, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use tempfile::TempDir;

/// A gateway with a meter, and an authority that it trusts with MQTT.
struct Scene {
    gateway: Server,
    security: Api,
    device: Value,
    forge: Forge,
    dir: TempDir,
    _plant: Plant,
}

impl Scene {
    async fn new() -> Self {
        let gateway = gateway().await;
        let (plant, device) = metered(&gateway.api).await;
        let (security, dir, forge) = believing(&gateway.program, "mqtt").await;
        Self { gateway, security, device, forge, dir, _plant: plant }
    }

    fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    async fn broker(&self, broker: Broker<'_>) -> Mosquitto {
        broker.start(self.dir.path(), &self.forge).await.unwrap()
    }

    async fn allow(&self) {
        policy::switch(&self.security, "mqtt", true).await.unwrap();
    }

    async fn change(&self, port: u16, change: Value) -> Value {
        let now = self.gateway.api.get("/outlets/mqtt").await.unwrap();
        self.gateway.api.put("/outlets/mqtt", body(&now, port, change)).await.unwrap()
    }

    async fn watch(&self, port: u16, topics: &[&str]) -> Watcher {
        Watcher::start(port, &self.ca(), 5, topics).await.unwrap()
    }

    async fn until<T>(&self, what: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        until(what, SOON, || async { wanted(&self.gateway.api.get("/outlets/mqtt").await.ok()?) }).await.unwrap()
    }
}

/// Settings for this broker, with `change` over them.
pub(crate) fn body(now: &Value, port: u16, change: Value) -> Value {
    let mut settings = now["settings"].clone();
    let base =
        json!({"enabled": true, "host": "127.0.0.1", "port": port, "user": USER.0, "live_seconds": 1, "prefix": "port/quay"});
    for layer in [base, change] {
        settings.as_object_mut().unwrap().extend(layer.as_object().unwrap().clone());
    }
    json!({"settings": settings, "password": USER.1})
}

pub(crate) fn document(message: &Value, topic: &str) -> Option<Value> {
    let text = message["text"].as_str().filter(|_| message["topic"].as_str().is_some_and(|at| at.ends_with(topic)))?;
    serde_json::from_str(text).ok()
}

/// Off until two people have switched it on; then values and history arrive, Home Assistant is told, and the trail knows who did it.
#[tokio::test]
async fn values_arrive_as_json_and_nothing_leaves_before_both_switches_are_on() {
    let scene = Scene::new().await;
    let broker = scene.broker(Broker::GOOD).await;
    let api = &scene.gateway.api;
    let now = api.get("/outlets/mqtt").await.unwrap();
    assert_eq!((&now["state"], &now["settings"]["enabled"], &now["password_set"]), (&json!("off"), &json!(false), &json!(false)));
    let refused = api.put("/outlets/mqtt", body(&now, broker.port, json!({}))).await.unwrap_err();
    assert!(refused.contains("switched_off"), "{refused}");
    scene.allow().await;
    let trial = api.post("/outlets/mqtt/test", body(&now, broker.port, json!({}))).await.unwrap();
    let steps: Vec<&str> = trial["steps"].as_array().unwrap().iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(
        (steps.as_slice(), &trial["ok"]),
        (&["resolve", "reach", "tls", "connect", "publish"][..], &json!(true)),
        "{trial}"
    );
    assert_eq!(api.get("/outlets/mqtt").await.unwrap()["state"], "off", "a try switches nothing on");

    let mut watcher = scene.watch(broker.port, &["port/quay/#", "homeassistant/#"]).await;
    let view = scene.change(broker.port, json!({"version": "3.1.1", "home_assistant": true})).await;
    assert_eq!(view["password_set"], true);
    assert!(!view.to_string().contains(USER.1), "the password comes back");
    watcher
        .next("online", |message| (message["topic"] == "port/quay/status" && message["text"] == "online").then_some(()))
        .await
        .unwrap();
    let announced = watcher.next("an announcement", |message| document(message, "/config")).await.unwrap();
    let live = watcher.next("a live document", |message| document(message, "/live")).await.unwrap();
    assert_eq!(live["device"], "Atelier");
    assert_eq!(live["values"]["frequency"]["unit"], "Hz");
    assert!((49.0..51.0).contains(&live["values"]["frequency"]["value"].as_f64().unwrap()), "{live}");
    let state_topic = announced["state_topic"].as_str().unwrap();
    let kept = mosquitto_sub(broker.port, &scene.ca(), state_topic).await.unwrap();
    assert!(
        serde_json::from_str::<Value>(&kept).unwrap()["values"].is_object(),
        "retained, and to be read by another client: {kept}"
    );
    let history = watcher.next("recorded values", |message| document(message, "/history")).await.unwrap();
    assert!(!history["samples"].as_array().unwrap().is_empty(), "{history}");
    let counters =
        scene.until("acknowledged", |view| (view["counters"]["samples"].as_u64()? > 0).then(|| view["counters"].clone())).await;
    assert_eq!(counters["refused"], 0);

    // What is wrong is one document, kept for who comes later.
    let point = json!({"device": scene.device["id"], "channel": 1, "quantity": "frequency"});
    let condition =
        json!({"kind": "analogue", "points": [point], "join": "or", "high": 1.0, "low": null, "hysteresis_percent": 1.0});
    let rule = json!({
        "name": "Frequency", "enabled": true, "criticality": "critical", "acknowledgement": "manual",
        "start_delay_s": 0.0, "drop_delay_s": 0.0, "condition": condition,
    });
    api.post("/alarm-rules", rule).await.unwrap();
    let wrong =
        watcher.next("an alarm", |message| document(message, "/alarms").filter(|document| document["total"] == 1)).await.unwrap();
    assert_eq!((&wrong["alarms"][0]["name"], &wrong["alarms"][0]["state"]), (&json!("Frequency"), &json!("active")));
    let kept = mosquitto_sub(broker.port, &scene.ca(), "port/quay/alarms").await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap()["alarms"][0]["criticality"], "critical");

    // A device that goes takes its announcements along.
    let device = format!("/devices/{}", scene.device["id"].as_str().unwrap());
    api.send(Method::DELETE, &device, None).await.unwrap().ok().unwrap();
    watcher
        .next("an announcement taken away", |message| {
            let topic = message["topic"].as_str()?;
            (topic.ends_with("/config") && message["text"] == "").then_some(())
        })
        .await
        .unwrap();
    scene.change(broker.port, json!({"enabled": false})).await;
    watcher
        .next("offline", |message| (message["topic"] == "port/quay/status" && message["text"] == "offline").then_some(()))
        .await
        .unwrap();
    let trail = scene.security.get("/audit?text=mqtt&limit=50").await.unwrap();
    let by: Vec<&Value> = trail["items"].as_array().unwrap().iter().map(|record| &record["actor"]["account"]).collect();
    assert!(by.contains(&&json!("ana")), "{trail}");
    assert!(!trail.to_string().contains(USER.1), "the password is in the trail");
}

/// Times of the samples of one series, by topic and quantity, as they came.
fn times(document: &Value, seen: &mut BTreeSet<String>) {
    let series = format!("{} {}", document["quantity"], document["kind"]);
    for sample in document["samples"].as_array().into_iter().flatten() {
        seen.insert(format!("{series} {}", sample["at"]));
    }
}

/// The line is cut, the gateway loses its power meanwhile, the line comes back: nothing that was recorded is missing.
#[tokio::test]
async fn what_was_recorded_while_the_broker_was_gone_arrives_when_it_is_back() {
    let scene = Scene::new().await;
    scene.allow().await;
    let broker = scene.broker(Broker::GOOD).await;
    let port = broker.port;
    scene.change(port, json!({})).await;
    scene.until("the first chunk is acknowledged", |view| (view["counters"]["samples"].as_u64()? > 0).then_some(())).await;
    broker.kill().await.unwrap();
    scene
        .until("it waits, and says why", |view| (view["state"] == "waiting" && view["failure"]["code"].is_string()).then_some(()))
        .await;
    let waits = |view: &Value| view["backlog"]["samples"].as_u64().filter(|samples| *samples > 0);
    scene.until("a backlog", waits).await;

    // Power goes while the backlog waits.
    let Scene { gateway, security: _, device, forge, dir, _plant } = scene;
    let gateway = gateway.crash_and_restart().await;
    let security = client(&gateway.program);
    let scene = Scene { gateway, security, device, forge, dir, _plant };
    let waiting = scene.until("the backlog is still there", waits).await;
    let oldest = scene.gateway.api.get("/outlets/mqtt").await.unwrap()["backlog"]["oldest_at"].clone();
    let broker = scene.broker(Broker { port, ..Broker::GOOD }).await;
    let mut watcher = scene.watch(broker.port, &["port/quay/#"]).await;
    let mut seen = BTreeSet::new();
    let wanted = usize::try_from(waiting).unwrap();
    watcher
        .next("all that waited", |message| {
            times(&document(message, "/history")?, &mut seen);
            (seen.len() >= wanted).then_some(())
        })
        .await
        .unwrap();
    assert!(seen.iter().any(|one| one.ends_with(&oldest.to_string())), "the oldest of them: {oldest}");
    scene.until("connected", |view| (view["state"] == "connected" && view["failure"].is_null()).then_some(())).await;
}

/// A server with the wrong certificate, a wrong password, nobody there: each is told by its name, and no password leaves before the
/// broker is known.
#[tokio::test]
async fn each_failure_has_its_name() {
    let scene = Scene::new().await;
    scene.allow().await;
    let api = &scene.gateway.api;
    let now = api.get("/outlets/mqtt").await.unwrap();
    let tried = async |port: u16, change: Value| {
        let trial = api.post("/outlets/mqtt/test", body(&now, port, change)).await.unwrap();
        let last = trial["steps"].as_array().unwrap().last().unwrap().clone();
        (last["step"].as_str().unwrap().to_owned(), last["code"].as_str().unwrap_or("fine").to_owned())
    };
    for (flaw, code) in [
        (Flaw::Expired, "peer_expired"),
        (Flaw::NotYetValid, "peer_not_yet_valid"),
        (Flaw::UnknownAuthority, "peer_unknown_authority"),
        (Flaw::WrongName, "peer_wrong_name"),
    ] {
        let broker = scene.broker(Broker { flaw, ..Broker::GOOD }).await;
        assert_eq!(tried(broker.port, json!({})).await, ("tls".to_owned(), code.to_owned()), "{flaw:?}");
    }
    let broker = scene.broker(Broker::GOOD).await;
    for version in ["3.1.1", "5"] {
        let mut wrong = body(&now, broker.port, json!({"version": version}));
        wrong["password"] = json!("another");
        let trial = api.post("/outlets/mqtt/test", wrong).await.unwrap();
        let code = trial["steps"][3]["code"].as_str().unwrap();
        assert!(["refused_not_authorized", "refused_credentials"].contains(&code), "{version}: {trial}");
    }
    assert_eq!(tried(broker.port, json!({"host": "nobody.invalid"})).await, ("resolve".to_owned(), "name_unknown".to_owned()));
    let port = broker.port;
    broker.kill().await.unwrap();
    assert_eq!(tried(port, json!({})).await, ("reach".to_owned(), "connection_failed".to_owned()));

    // A password stays with its broker: whoever may change the settings cannot have it sent elsewhere.
    scene.change(port, json!({"enabled": false})).await;
    let mut elsewhere = body(&now, port, json!({"host": "127.0.0.2"}));
    elsewhere.as_object_mut().unwrap().remove("password");
    let refused = api.post("/outlets/mqtt/test", elsewhere).await.unwrap_err();
    assert!(refused.contains("password"), "{refused}");
}

/// Births before data, numbers without a gap, recorded values as historical ones, and one command that is obeyed.
#[tokio::test]
async fn a_sparkplug_host_follows_the_node() {
    let scene = Scene::new().await;
    scene.allow().await;
    let broker = scene.broker(Broker::GOOD).await;
    // As a host does, not what it says itself.
    let said = ["NBIRTH", "DBIRTH", "DDATA", "DDEATH", "NDEATH"].map(|kind| format!("spBv1.0/port/{kind}/#"));
    let mut watcher = scene.watch(broker.port, &said.each_ref().map(String::as_str)).await;
    scene.change(broker.port, json!({"format": "sparkplug_b", "group_id": "port", "edge_node_id": "quay"})).await;
    let number = |message: &Value| message["payload"]["seq"].as_str().map(|seq| seq.parse::<u64>().unwrap());
    let birth = watcher
        .next("the node's birth", |message| (message["topic"] == "spBv1.0/port/NBIRTH/quay").then(|| message.clone()))
        .await;
    let birth = birth.unwrap();
    assert_eq!(number(&birth), Some(0));
    let born_as = birth["payload"]["metrics"][0].clone();
    assert_eq!(born_as["name"], "bdSeq");
    let mut last = 0;
    let mut born = BTreeSet::new();
    watcher
        .next("recorded values", |message| {
            let (topic, seq) = (message["topic"].as_str()?, number(message)?);
            last = (last + 1) % 256;
            assert_eq!(seq, last, "{topic}");
            let metrics = message["payload"]["metrics"].as_array()?;
            let names: Vec<String> = metrics.iter().map(|metric| metric["name"].as_str().unwrap().to_owned()).collect();
            if topic == "spBv1.0/port/DBIRTH/quay/Atelier" {
                born.extend(names);
                return None;
            }
            assert!(names.iter().all(|name| born.contains(name)), "not born: {names:?}");
            metrics.iter().any(|metric| metric["is_historical"] == true).then_some(())
        })
        .await
        .unwrap();
    let ca = scene.ca();
    paho_publishes(broker.port, &ca, &["say", "spBv1.0/port/NCMD/quay", "nonsense"]).await.unwrap();
    paho_publishes(broker.port, &ca, &["rebirth", "spBv1.0/port/NCMD/quay"]).await.unwrap();
    watcher.next("born again", |message| (message["topic"] == "spBv1.0/port/NBIRTH/quay").then_some(())).await.unwrap();
    let counters = &scene.gateway.api.get("/outlets/mqtt").await.unwrap()["counters"];
    assert_eq!((&counters["commands"], &counters["commands_refused"]), (&json!(1), &json!(1)));
    scene.gateway.program.kill().await;
    let death = watcher
        .next("its death", |message| (message["topic"] == "spBv1.0/port/NDEATH/quay").then(|| message.clone()))
        .await
        .unwrap();
    assert_eq!(death["payload"]["metrics"][0]["long_value"], born_as["long_value"], "of the birth it belongs to");
}
