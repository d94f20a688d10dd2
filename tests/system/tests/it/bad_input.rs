//! Devices that misbehave, a disk that is full, a clock that jumps: clear words, nothing lost, nobody else slowed.

use crate::stage::{PASSWORD, Plant, SOON, Server, adopt, gateway, live_value, plant, search, tcp_bus};
use haubert_testkit::{Api, until};
use reqwest::Method;
use serde_json::{Value, json};

const SCENE: &str = r#"
name = "bad"
title = "Bad"
seed = 3
time_zone = "Europe/Paris"

[[bus]]
name = "tcp"
kind = "tcp"
[[bus.device]]
unit = 1
profile = "socomec/countis-e3x"
name = "Malade"
usage = "process"
nominal_kw = 90
[[bus.device]]
unit = 2
profile = "socomec/countis-e3x"
name = "Sain"
usage = "process"
nominal_kw = 90

[[bus]]
name = "other"
kind = "tcp"
[[bus.device]]
unit = 3
profile = "eastron/sdm630"
name = "Flottant"
usage = "hvac"
nominal_kw = 20
"#;

struct Stage {
    plant: Plant,
    gateway: Server,
    sick: Value,
    sound: Value,
}

async fn stage() -> Stage {
    let plant = plant(SCENE).await;
    let gateway = gateway().await;
    let bus = tcp_bus(&gateway.api, "tcp", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
    let found = search(&gateway.api, &bus, 1, 2).await;
    let sick = adopt(&gateway.api, &bus, &found["found"][0]).await;
    let sound = adopt(&gateway.api, &bus, &found["found"][1]).await;
    for device in [&sick, &sound] {
        live_value(&gateway.api, device, "active_power_total").await;
    }
    Stage { plant, gateway, sick, sound }
}

/// A value with its quality, reason and time.
async fn live(api: &Api, device: &Value, quantity: &str) -> Option<Value> {
    let live = api.get(&format!("/live?device_id={}", device["id"].as_str().unwrap())).await.ok()?;
    let load = live["items"].as_array()?.iter().find(|item| item["values"].get(quantity).is_some())?;
    let remark = &load["remarks"][quantity];
    let said = |name: &str, expected: &str| remark[name].as_str().unwrap_or(expected).to_owned();
    let at = load["times"].get(quantity).unwrap_or(&load["at"]);
    Some(json!({
        "value": load["values"][quantity], "at": at,
        "quality": said("quality", "good"), "reason": said("reason", "measured"),
    }))
}

async fn until_reason(api: &Api, device: &Value, reason: &str) -> Value {
    until(&format!("the reason {reason}"), SOON, || async {
        live(api, device, "active_power_total").await.filter(|value| value["reason"] == reason)
    })
    .await
    .unwrap()
}

async fn bus_health(api: &Api) -> Value {
    api.get("/diagnostics").await.unwrap()["buses"][0].clone()
}

/// Rounds of readings that arrived of a device: its newest value's time changes so many times.
async fn keeps_coming(api: &Api, device: &Value, times: usize) {
    let seen = std::cell::RefCell::new(std::collections::BTreeSet::new());
    until("new values", SOON, || async {
        let value = live(api, device, "active_power_total").await?;
        let mut seen = seen.borrow_mut();
        if value["quality"] == "good" {
            seen.insert(value["at"].as_str()?.to_owned());
        }
        (seen.len() >= times).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_silent_device_is_said_to_be_so_costs_its_neighbour_nothing_and_is_back_at_once() {
    let Stage { plant, gateway, sick, sound } = stage().await;
    plant.control("fault tcp/1 silent").await;
    let value = until_reason(&gateway.api, &sick, "no_answer").await;
    assert_eq!((value["value"].clone(), value["quality"].clone()), (Value::Null, json!("bad")));
    keeps_coming(&gateway.api, &sound, 5).await;
    let health = until("the device is offline", SOON, || async {
        let bus = bus_health(&gateway.api).await;
        (bus["devices"][0]["state"] == "offline" && bus["state"] == "degraded").then_some(bus)
    })
    .await
    .unwrap();
    assert_eq!(health["devices"][1]["state"], "online", "{health}");
    assert!(health["devices"][0]["next_try_at"].is_string(), "{health}");
    let home = gateway.api.get("/home").await.unwrap();
    assert!(home["notices"].as_array().unwrap().iter().any(|notice| notice["code"] == "device_offline"), "{}", home["notices"]);
    plant.control("clear tcp/1").await;
    until_reason(&gateway.api, &sick, "measured").await;
    let events = gateway.api.get("/events").await.unwrap();
    let codes: Vec<&str> = events["items"].as_array().unwrap().iter().filter_map(|event| event["code"].as_str()).collect();
    assert!(codes.contains(&"device_offline") && codes.contains(&"device_online"), "{codes:?}");
}

#[tokio::test]
async fn exceptions_wrong_transactions_truncation_and_garbage_never_become_values() {
    let Stage { plant, gateway, sick, sound } = stage().await;
    let good = live(&gateway.api, &sick, "voltage_l1").await.unwrap()["value"].as_f64().unwrap();
    assert!((180.0..280.0).contains(&good));
    for fault in ["exception 4", "wrong_transaction", "truncated", "garbage"] {
        plant.control(&format!("fault tcp/1 {fault}")).await;
        until(fault, SOON, || async { live(&gateway.api, &sick, "voltage_l1").await.filter(|value| value["quality"] == "bad") })
            .await
            .unwrap();
        keeps_coming(&gateway.api, &sound, 3).await;
        plant.control("clear tcp/1").await;
        until("back", SOON, || async {
            live(&gateway.api, &sick, "voltage_l1").await.filter(|value| value["quality"] == "good")
        })
        .await
        .unwrap();
    }
    // What was kept of it holds no absurd voltage: only gaps.
    let series = gateway.api.get("/series?kind=trend&quantity=voltage_l1").await.unwrap();
    for one in series["items"].as_array().unwrap() {
        let path = format!("/series/{}/samples?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z", one["id"]);
        let samples = gateway.api.get(&path).await.unwrap();
        for point in samples["points"].as_array().unwrap() {
            assert!(point["min"].as_f64().is_none_or(|volts| (180.0..280.0).contains(&volts)), "{point}");
        }
    }
}

#[tokio::test]
async fn not_a_number_is_named_and_not_kept() {
    let plant = plant(SCENE).await;
    let gateway = gateway().await;
    let bus = tcp_bus(&gateway.api, "other", plant.bus("other")["port"].as_u64().unwrap() as u16).await;
    // This meter does not say who it is: a person chooses its profile.
    let found = search(&gateway.api, &bus, 3, 3).await;
    assert_eq!((found["found"][0]["profile_id"].clone(), found["found"][0]["by"].clone()), (Value::Null, json!("answers")));
    let body = json!({"bus_id": bus["id"], "name": "Flottant", "unit": 3, "profile_id": "eastron/sdm630"});
    let device = gateway.api.post("/devices", body).await.unwrap();
    live_value(&gateway.api, &device, "active_power_total").await;
    plant.control("fault other/3 nan").await;
    let value = until_reason(&gateway.api, &device, "not_a_number").await;
    assert_eq!(value["value"], Value::Null);
}

#[tokio::test]
async fn another_meter_in_the_same_place_is_an_event_and_no_consumption() {
    let Stage { plant, gateway, sick, .. } = stage().await;
    plant.control("fault tcp/1 exchange").await;
    let event = until("the exchange is told", SOON, || async {
        let events = gateway.api.get("/events").await.ok()?;
        events["items"].as_array()?.iter().find(|event| event["code"] == "meter_exchanged").cloned()
    })
    .await
    .unwrap();
    assert_ne!(event["params"]["before"], event["params"]["after"]);
    let devices = gateway.api.get("/devices").await.unwrap();
    let device = devices["items"].as_array().unwrap().iter().find(|device| device["id"] == sick["id"]).unwrap();
    assert_eq!(device["identity"]["serial"], event["params"]["after"]);
    let from = "2020-01-01";
    let used =
        gateway.api.get(&format!("/consumption?from={from}&to=2100-01-01&step=year&by=load&fluid=electricity")).await.unwrap();
    let row = used["rows"].as_array().unwrap().iter().find(|row| row["label"].as_str().unwrap().contains('1')).unwrap();
    // 90 kW for a minute at most: a counter that fell to zero must not read as thousands of kWh.
    assert!(row["total"].as_f64().is_none_or(|wh| (0.0..5_000.0).contains(&wh)), "{row}");
}

#[tokio::test]
async fn bad_requests_name_what_is_wrong_and_change_nothing() {
    let gateway = gateway().await;
    let api = &gateway.api;
    let bus = tcp_bus(api, "bus", 9).await;
    let refused = [
        (
            "/buses",
            json!({"name": "x", "line": {"kind": "tcp", "host": "a b", "port": 502}, "timeout_ms": 500, "poll_ms": 500, "enabled": true}),
            "line.host",
        ),
        (
            "/buses",
            json!({"name": "x", "line": {"kind": "serial", "path": "/etc/passwd", "baud": 9600, "parity": "even", "stop_bits": 1}, "timeout_ms": 500, "poll_ms": 500, "enabled": true}),
            "line.path",
        ),
        ("/devices", json!({"bus_id": bus["id"], "name": "x", "unit": 0, "profile_id": "socomec/countis-e3x"}), "unit"),
        ("/devices", json!({"bus_id": bus["id"], "name": "x", "unit": 1, "profile_id": "no/such"}), "profile_id"),
        ("/zones", json!({"name": " ", "parent_id": null}), "name"),
        ("/zones", json!({"name": "x", "parent_id": null, "colour": "red"}), "colour"),
        ("/hub-link/enrolment", json!({"hub_url": "http://hub", "token": "t", "fingerprint": "00"}), "hub_url"),
    ];
    for (path, body, field) in refused {
        let answer = api.send(Method::POST, path, Some(&body)).await.unwrap();
        assert_eq!(answer.status.as_u16(), 422, "{path} {body}: {}", answer.text);
        assert_eq!(answer.body["fields"][0]["field"], field, "{path}: {}", answer.text);
    }
    for query in ["from=2026-01-01&to=2026-01-01", "from=2026-13-01&to=2027-01-01", "from=1000-01-01&to=3000-01-01"] {
        let answer =
            api.send(Method::GET, &format!("/consumption?{query}&step=hour&by=load&fluid=electricity"), None).await.unwrap();
        assert_eq!(answer.status.as_u16(), 422, "{query}: {}", answer.text);
    }
    assert_eq!(api.get("/zones").await.unwrap()["items"], json!([]));
    let answer =
        api.send(Method::POST, "/session", Some(&json!({"user": "ana", "password": format!("{PASSWORD}x")}))).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.code()), (401, "wrong_credentials"));
}
