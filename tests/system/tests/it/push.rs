//! What the gateway pushes by HTTPS, at a receiver that checks signatures with libraries that nobody here wrote.

use crate::stage::{Plant, SOON, Server, believing, client, gateway, metered};
use haubert_testkit::forge::{Flaw, Forge};
use haubert_testkit::webhooks::{Keys, Receiver, TOKEN};
use haubert_testkit::{Api, policy, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tempfile::TempDir;

/// A gateway with a meter, an authority that it trusts with the push, and keys.
struct Scene {
    gateway: Server,
    security: Api,
    device: Value,
    keys: Keys,
    forge: Forge,
    dir: TempDir,
    _plant: Plant,
}

impl Scene {
    async fn new() -> Self {
        let gateway = gateway().await;
        let (plant, device) = metered(&gateway.api).await;
        let (security, dir, forge) = believing(&gateway.program, "push").await;
        let made = gateway.api.post("/outlets/push/keys", json!({})).await.unwrap();
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let keys = Keys { secret: text("secret"), public_key: text("public_key") };
        Self { gateway, security, device, keys, forge, dir, _plant: plant }
    }

    async fn receiver(&self, flaw: Flaw, answers: &[&str]) -> Receiver {
        Receiver::start(self.dir.path(), &self.forge, flaw, &self.keys, answers).await.unwrap()
    }

    async fn allow(&self) {
        policy::switch(&self.security, "push", true).await.unwrap();
    }

    async fn view(&self) -> Value {
        self.gateway.api.get("/outlets/push").await.unwrap()
    }

    async fn change(&self, port: u16, change: Value) -> Value {
        self.gateway.api.put("/outlets/push", body(port, change)).await.unwrap()
    }

    async fn until<T>(&self, what: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        until(what, SOON, || async { wanted(&self.gateway.api.get("/outlets/push").await.ok()?) }).await.unwrap()
    }
}

/// Settings for this receiver, with `change` over them.
fn body(port: u16, change: Value) -> Value {
    let mut settings = json!({
        "enabled": true, "url": format!("https://127.0.0.1:{port}/in/site?format=1"), "user": "", "client_certificate": false,
        "history": true, "alarms": true, "live_seconds": 1,
    });
    settings.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({"settings": settings, "password": TOKEN})
}

/// The data of a request of this type that was taken.
fn told(request: &Value, of: &str) -> Option<Value> {
    (request["answer"] == "ok" && request["body"]["type"] == of).then(|| request["body"]["data"].clone())
}

/// Off until two people have switched it on; then what is newest, recorded and wrong arrives, signed both ways, and no secret
/// comes back.
#[tokio::test]
async fn signed_messages_arrive_once_both_switches_are_on() {
    let scene = Scene::new().await;
    let mut receiver = scene.receiver(Flaw::None, &[]).await;
    let api = &scene.gateway.api;
    let refused = api.put("/outlets/push", body(receiver.port, json!({}))).await.unwrap_err();
    assert!(refused.contains("switched_off"), "{refused}");
    scene.allow().await;
    let trial = api.post("/outlets/push/test", body(receiver.port, json!({}))).await.unwrap();
    let steps: Vec<&str> = trial["steps"].as_array().unwrap().iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!((steps.as_slice(), &trial["ok"]), (&["resolve", "reach", "tls", "tell"][..], &json!(true)), "{trial}");
    assert_eq!(scene.view().await["state"], "off", "a try switches nothing on");
    let test = receiver.next("the try", |request| Some(request.clone())).await.unwrap();
    assert_eq!(
        (&test["body"]["type"], &test["body"]["version"], &test["path"]),
        (&json!("gateway.test"), &json!(1), &json!("/in/site?format=1"))
    );
    assert_eq!((&test["by_secret"], &test["by_public_key"]), (&json!(true), &json!(true)), "{test}");

    let view = scene.change(receiver.port, json!({})).await;
    assert_eq!((&view["password_set"], &view["public_key"]), (&json!(true), &json!(scene.keys.public_key)));
    let mut gateways = BTreeSet::new();
    let newest = receiver
        .next("newest values", |request| {
            assert_eq!((&request["by_secret"], &request["by_public_key"]), (&json!(true), &json!(true)), "{request}");
            gateways.insert(request["body"]["gateway"].to_string());
            told(request, "measurements.newest")
        })
        .await
        .unwrap();
    assert_eq!((&newest[0]["device"], &newest[0]["values"]["frequency"]["unit"]), (&json!("Atelier"), &json!("Hz")));
    let recorded = receiver.next("recorded values", |request| told(request, "measurements.recorded")).await.unwrap();
    assert!(!recorded[0]["samples"].as_array().unwrap().is_empty(), "{recorded}");
    assert_eq!(gateways.len(), 1);

    // What is wrong goes with each change.
    let point = json!({"device": scene.device["id"], "channel": 1, "quantity": "frequency"});
    let condition =
        json!({"kind": "analogue", "points": [point], "join": "or", "high": 1.0, "low": null, "hysteresis_percent": 1.0});
    let rule = json!({
        "name": "Frequency", "enabled": true, "criticality": "critical", "acknowledgement": "manual",
        "start_delay_s": 0.0, "drop_delay_s": 0.0, "condition": condition,
    });
    api.post("/alarm-rules", rule).await.unwrap();
    let alarms =
        receiver.next("an alarm", |request| told(request, "alarms.changed").filter(|data| data["total"] == 1)).await.unwrap();
    assert_eq!((&alarms["alarms"][0]["name"], &alarms["alarms"][0]["state"]), (&json!("Frequency"), &json!("active")));

    let counters =
        scene.until("counted", |view| (view["counters"]["samples"].as_u64()? > 0).then(|| view["counters"].clone())).await;
    assert!(counters["requests"].as_u64().unwrap() >= 3, "{counters}");
    let trail = scene.security.get("/audit?text=push&limit=50").await.unwrap();
    assert!(trail["items"].as_array().unwrap().iter().any(|record| record["actor"]["account"] == "ana"), "{trail}");
    let secret = scene.keys.secret.trim_start_matches("whsec_");
    for shown in [&trail, &scene.view().await] {
        let shown = shown.to_string();
        assert!(!shown.contains(TOKEN) && !shown.contains(secret), "a secret comes back");
    }
}

/// Times of the samples of each series.
fn times(data: &Value, seen: &mut BTreeSet<String>) {
    for document in data.as_array().into_iter().flatten() {
        let series = format!("{} {}", document["quantity"], document["kind"]);
        seen.extend(document["samples"].as_array().into_iter().flatten().map(|sample| format!("{series} {}", sample["at"])));
    }
}

/// The server refuses, takes and drops, is gone, and the gateway loses its power meanwhile: nothing that was recorded is missing.
#[tokio::test]
async fn what_was_recorded_arrives_after_refusals_drops_and_a_power_cut() {
    let scene = Scene::new().await;
    scene.allow().await;
    let only = json!({"alarms": false, "live_seconds": 0});
    let mut receiver = scene.receiver(Flaw::None, &["503", "drop"]).await;
    let port = receiver.port;
    scene.change(port, only.clone()).await;
    let mut first = BTreeSet::new();
    receiver
        .next("refused", |request| (request["answer"] == "503").then(|| times(&request["body"]["data"], &mut first)))
        .await
        .unwrap();
    assert!(!first.is_empty());
    scene.until("it says why", |view| (view["failure"]["code"] == "message_refused").then_some(())).await;
    receiver.next("taken and dropped", |request| (request["answer"] == "drop").then_some(())).await.unwrap();
    let mut seen = BTreeSet::new();
    receiver
        .next("all of the first", |request| {
            times(&told(request, "measurements.recorded")?, &mut seen);
            first.is_subset(&seen).then_some(())
        })
        .await
        .unwrap();
    receiver.end().await.unwrap();
    scene.until("it waits", |view| (view["state"] == "waiting" && view["failure"]["code"].is_string()).then_some(())).await;
    let waits = |view: &Value| view["backlog"]["samples"].as_u64().filter(|samples| *samples > 0);
    scene.until("a backlog", waits).await;

    let Scene { gateway, security: _, device, keys, forge, dir, _plant } = scene;
    let gateway = gateway.crash_and_restart().await;
    let security = client(&gateway.program);
    let scene = Scene { gateway, security, device, keys, forge, dir, _plant };
    let waiting = usize::try_from(scene.until("the backlog is still there", waits).await).unwrap();
    let oldest = scene.view().await["backlog"]["oldest_at"].to_string();
    // The same server elsewhere: the place reached stays.
    let mut receiver = scene.receiver(Flaw::None, &[]).await;
    scene.change(receiver.port, only).await;
    let mut seen = BTreeSet::new();
    receiver
        .next("all that waited", |request| {
            times(&told(request, "measurements.recorded")?, &mut seen);
            (seen.len() >= waiting).then_some(())
        })
        .await
        .unwrap();
    assert!(seen.iter().any(|one| one.ends_with(&oldest)), "the oldest of them: {oldest}");
    scene.until("all is well", |view| (view["state"] == "idle" && view["failure"].is_null()).then_some(())).await;
}

/// A wrong certificate, a wrong token, a refusal, nobody there: each is told by its name; a token stays with its server.
#[tokio::test]
async fn each_failure_of_a_push_has_its_name() {
    let scene = Scene::new().await;
    scene.allow().await;
    let api = &scene.gateway.api;
    let tried = async |body: Value| {
        let trial = api.post("/outlets/push/test", body).await.unwrap();
        let last = trial["steps"].as_array().unwrap().last().unwrap().clone();
        (last["step"].as_str().unwrap().to_owned(), last["code"].as_str().unwrap_or("fine").to_owned())
    };
    let said = |step: &str, code: &str| (step.to_owned(), code.to_owned());
    for (flaw, code) in [
        (Flaw::Expired, "peer_expired"),
        (Flaw::UnknownAuthority, "peer_unknown_authority"),
        (Flaw::WrongName, "peer_wrong_name"),
    ] {
        let receiver = scene.receiver(flaw, &[]).await;
        assert_eq!(tried(body(receiver.port, json!({}))).await, said("tls", code), "{flaw:?}");
    }
    let receiver = scene.receiver(Flaw::None, &["413", "301"]).await;
    let port = receiver.port;
    assert_eq!(tried(body(port, json!({}))).await, said("tell", "message_refused"));
    assert_eq!(tried(body(port, json!({}))).await, said("tell", "message_refused"), "nobody is sent elsewhere");
    let mut wrong = body(port, json!({}));
    wrong["password"] = json!("another");
    assert_eq!(tried(wrong).await, said("tell", "login_refused"));
    receiver.end().await.unwrap();
    assert_eq!(tried(body(port, json!({}))).await, said("reach", "connection_failed"));
    assert_eq!(tried(body(port, json!({"url": "https://nobody.invalid/"}))).await, said("resolve", "name_unknown"));

    scene.change(port, json!({"enabled": false})).await;
    let mut elsewhere = body(port, json!({"url": "https://127.0.0.2/"}));
    elsewhere.as_object_mut().unwrap().remove("password");
    let refused = api.post("/outlets/push/test", elsewhere).await.unwrap_err();
    assert!(refused.contains("password"), "{refused}");
}
