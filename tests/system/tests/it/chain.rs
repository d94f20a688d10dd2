//! From a register to two screens: plant → gateway → hub, with crashes and outages on the way.

use crate::stage::{SOON, Server, add_bus, adopt, gateway, hub, joining, live_value, plant, register, search};
use haubert_testkit::drill::{cells, table_path};
use haubert_testkit::{Api, until};
use reqwest::Method;
use serde_json::{Value, json};

const SCENE: &str = r#"
name = "small"
title = "Small"
seed = 7
time_zone = "Europe/Paris"

[[bus]]
name = "tcp"
kind = "tcp"
[[bus.device]]
unit = 1
profile = "socomec/countis-e3x"
name = "Atelier"
usage = "process"
nominal_kw = 90
[[bus.device]]
unit = 2
profile = "socomec/diris-b30"
name = "Tableau"
usage = "reefers"
load = [{ name = "Allée A", nominal_kw = 60 }, { name = "Allée B", nominal_kw = 60 }]
[[bus.device]]
unit = 3
profile = "sunspec/meter-203"
name = "Toiture"
usage = "production"
nominal_kw = 40

[[bus]]
name = "serial"
kind = "serial"
baud = 38400
parity = "even"
stop_bits = 1
[[bus.device]]
unit = 5
profile = "socomec/diris-a10"
name = "Bureaux"
usage = "offices"
nominal_kw = 15

[[bus]]
name = "converter"
kind = "rtu_over_tcp"
[[bus.device]]
unit = 9
profile = "socomec/countis-e2x"
name = "Station"
usage = "hvac"
nominal_kw = 20
"#;

/// A time that no sample reaches.
const FAR: &str = "2100-01-01T00:00:00Z";

/// The line of one of the plant's buses, as the gateway is told of it.
fn line(bus: &Value) -> Value {
    match bus["kind"].as_str().unwrap() {
        "serial" => {
            json!({"kind": "serial", "path": bus["path"], "baud": bus["baud"], "parity": bus["parity"], "stop_bits": bus["stop_bits"]})
        }
        kind => json!({"kind": kind, "host": bus["host"], "port": bus["port"]}),
    }
}

/// Rows of a CSV of all trends of the gateway between two times.
async fn rows(api: &Api, prefix: &str, from: &str, to: &str) -> Vec<String> {
    let series = api.get(&format!("{prefix}/series?kind=trend&quantity=active_power_total")).await.unwrap();
    let ids = [series["items"][0]["id"].as_u64().unwrap()];
    let path = table_path(prefix, &ids, from, to);
    let answer = api.send(Method::GET, &path, None).await.unwrap();
    assert!(answer.status.is_success(), "{path}: {}", answer.text);
    cells(&answer.text, &ids).into_iter().map(|((at, _), value)| format!("{at},{value}")).collect()
}

async fn now(gateway: &Server) -> String {
    gateway.api.get("/diagnostics").await.unwrap()["at"].as_str().unwrap().to_owned()
}

async fn joined(gateway: &Server, hub: &Server) -> String {
    let (id, enrolment) = register(&hub.api).await;
    gateway.api.post("/hub-link/enrolment", joining(&enrolment)).await.unwrap();
    let path = format!("/gateways/{id}");
    until("the hub sees the gateway", SOON, || async { hub.api.get(&path).await.ok().filter(|one| one["online"] == true) })
        .await
        .unwrap();
    id
}

/// Waits until the hub has every chunk that the gateway sealed, and at least one.
async fn in_step(gateway: &Server) {
    until("the hub has every chunk", SOON, || async {
        let link = gateway.api.get("/hub-link").await.ok()?;
        (link["backlog_chunks"] == 0 && !link["last_ack_at"].is_null()).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn measurements_travel_from_three_kinds_of_bus_to_two_screens() {
    let plant = plant(SCENE).await;
    let gateway = gateway().await;
    let hub = hub().await;
    let mut devices = Vec::new();
    for (name, first, last, count) in [("tcp", 1, 4, 3), ("serial", 4, 6, 1), ("converter", 8, 10, 1)] {
        let bus = add_bus(&gateway.api, name, line(&plant.bus(name))).await;
        let done = search(&gateway.api, &bus, first, last).await;
        let found = done["found"].as_array().unwrap();
        assert_eq!(found.len(), count, "{name}: {done}");
        for one in found {
            assert!(one["profile_id"].is_string(), "{name}: {one}");
            devices.push(adopt(&gateway.api, &bus, one).await);
        }
    }
    for device in &devices {
        let power = live_value(&gateway.api, device, "active_power_total").await;
        let apparent = live_value(&gateway.api, device, "apparent_power_total").await;
        assert!(power.abs() <= apparent + 20.0, "{}: P {power} W, S {apparent} VA", device["name"]);
    }
    let id = joined(&gateway, &hub).await;
    // Live: the hub shows every load's power.
    until("live values of all loads at the hub", SOON, || async {
        let live = hub.api.get(&format!("/gateways/{id}/live")).await.ok()?;
        let powers =
            live["items"].as_array()?.iter().filter(|item| item["quantity"] == "active_power_total" && item["value"].is_number());
        (powers.count() >= 6).then_some(())
    })
    .await
    .unwrap();
    // History: what the hub tells of a past stretch is what the gateway tells of it.
    let from = now(&gateway).await;
    until("some samples", SOON, || async { (rows(&gateway.api, "", &from, FAR).await.len() >= 3).then_some(()) }).await.unwrap();
    // Both are asked anew each time: a sample taken just before `to` may be written just after.
    let to = now(&gateway).await;
    until("the same history at the hub", SOON, || async {
        let here = rows(&gateway.api, "", &from, &to).await;
        let there = rows(&hub.api, &format!("/gateways/{id}"), &from, &to).await;
        (here.len() >= 3 && there == here).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_crash_and_an_outage_of_the_hub_lose_nothing_and_double_nothing() {
    let plant = plant(SCENE).await;
    let gateway = gateway().await;
    let hub = hub().await;
    let bus = add_bus(&gateway.api, "tcp", line(&plant.bus("tcp"))).await;
    let found = search(&gateway.api, &bus, 1, 1).await;
    let device = adopt(&gateway.api, &bus, &found["found"][0]).await;
    live_value(&gateway.api, &device, "active_power_total").await;
    let id = joined(&gateway, &hub).await;
    in_step(&gateway).await;
    let from = now(&gateway).await;

    // The hub is gone; the gateway measures on, and crashes meanwhile.
    let hub_address = (hub.program.ready_text("https"), hub.program.ready_text("link"));
    let hub_down = hub.pause().await;
    until("a backlog", SOON, || async {
        let link = gateway.api.get("/hub-link").await.ok()?;
        (link["backlog_chunks"].as_u64()? >= 3 && link["state"] == "offline").then_some(())
    })
    .await
    .unwrap();
    let before = rows(&gateway.api, "", &from, &now(&gateway).await).await;
    let gateway = gateway.crash_and_restart().await;
    let after = rows(&gateway.api, "", &from, &now(&gateway).await).await;
    assert!(after.starts_with(&before), "a row shown before the crash is gone or changed after it");

    // The hub is back: everything arrives, once.
    let hub = hub_down.resume().await;
    assert_eq!((hub.program.ready_text("https"), hub.program.ready_text("link")), hub_address);
    let to = now(&gateway).await;
    let path = format!("/gateways/{id}");
    until("the same history on both sides", SOON, || async {
        let here = rows(&gateway.api, "", &from, &to).await;
        let there = rows(&hub.api, &path, &from, &to).await;
        (here == there && here.len() >= after.len()).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_token_works_once_and_a_revoked_gateway_is_told_so() {
    let hub = hub().await;
    let (first, second) = tokio::join!(gateway(), gateway());
    let (id, enrolment) = register(&hub.api).await;
    let wrong = json!({"hub_url": enrolment["hub_url"], "token": enrolment["token"], "fingerprint": "00".repeat(32)});
    let answer = first.api.send(Method::POST, "/hub-link/enrolment", Some(&wrong)).await.unwrap();
    assert_eq!(answer.code(), "hub_untrusted", "another authority than the one told: {}", answer.text);
    first.api.post("/hub-link/enrolment", joining(&enrolment)).await.unwrap();
    let answer = second.api.send(Method::POST, "/hub-link/enrolment", Some(&joining(&enrolment))).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.code()), (422, "token_used"), "{}", answer.text);
    until("the link is up", SOON, || async { first.api.get("/hub-link").await.ok().filter(|link| link["state"] == "online") })
        .await
        .unwrap();
    let answer = hub.api.send(Method::POST, &format!("/gateways/{id}/revocation"), Some(&json!({}))).await.unwrap();
    assert!(answer.status.is_success(), "{}", answer.text);
    until("the gateway is refused", SOON, || async {
        first.api.get("/hub-link").await.ok().filter(|link| link["state"] == "refused")
    })
    .await
    .unwrap();
}
