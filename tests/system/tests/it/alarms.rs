//! Alarms, from a meter's value to somebody who has seen it.

use crate::stage::{ONE_METER, Plant, SOON, Server, adopt, gateway, live_value, plant, search, tcp_bus};
use haubert_testkit::{Api, until};
use reqwest::Method;
use serde_json::{Value, json};

async fn with_meter() -> (Plant, Server, Value) {
    let plant = plant(ONE_METER).await;
    let gateway = gateway().await;
    let port = u16::try_from(plant.bus("tcp")["port"].as_u64().unwrap()).unwrap();
    let bus = tcp_bus(&gateway.api, "Atelier", port).await;
    let found = search(&gateway.api, &bus, 1, 1).await;
    let device = adopt(&gateway.api, &bus, &found["found"][0]).await;
    live_value(&gateway.api, &device, "voltage_l1").await;
    (plant, gateway, device)
}

fn rule(name: &str, acknowledgement: &str, condition: Value) -> Value {
    json!({
        "name": name, "enabled": true, "criticality": "critical", "acknowledgement": acknowledgement,
        "start_delay_s": 0.0, "drop_delay_s": 0.0, "condition": condition,
    })
}

fn voltage(device: &Value, high: f64) -> Value {
    let point = json!({"device": device["id"], "channel": 1, "quantity": "voltage_l1"});
    json!({"kind": "analogue", "points": [point], "join": "or", "high": high, "low": null, "hysteresis_percent": 1.0})
}

/// The newest alarm of this name, once it is in this state.
async fn alarm(api: &Api, name: &str, state: &str) -> Value {
    until(&format!("{name} is {state}"), SOON, || async {
        let alarms = api.get("/alarms").await.ok()?;
        alarms["items"].as_array()?.iter().find(|one| one["name"] == name && one["state"] == state).cloned()
    })
    .await
    .unwrap()
}

/// Raised by a value, seen by somebody, gone with the value; a crash in between changes nothing.
#[tokio::test]
async fn a_value_beyond_its_threshold_is_raised_survives_a_crash_and_waits_for_somebody() {
    let (_plant, gateway, device) = with_meter().await;
    let said = gateway.api.post("/alarm-rules/try", rule("Try", "none", voltage(&device, 100.0))).await.unwrap();
    assert_eq!(said["holds"], true);
    assert!(said["points"][0]["value"].as_f64().unwrap() > 100.0, "{said}");
    let calm = gateway.api.post("/alarm-rules/try", rule("Try", "none", voltage(&device, 500.0))).await.unwrap();
    assert_eq!(calm["holds"], false);
    let made = gateway.api.post("/alarm-rules", rule("Overvoltage", "manual", voltage(&device, 100.0))).await.unwrap();
    let raised = alarm(&gateway.api, "Overvoltage", "active").await;
    assert_eq!((&raised["cause"]["threshold"], &raised["cause"]["side"]), (&json!(100.0), &json!("high")));
    assert_eq!(gateway.api.get("/alarms/counts").await.unwrap()["critical"], 1);
    let twice = gateway.api.post("/alarm-rules", rule("overvoltage", "none", voltage(&device, 1.0))).await.unwrap_err();
    assert!(twice.contains("taken"), "{twice}");

    let gateway = gateway.crash_and_restart().await;
    live_value(&gateway.api, &device, "voltage_l1").await;
    let still = alarm(&gateway.api, "Overvoltage", "active").await;
    assert_eq!((&still["id"], &still["began_at"]), (&raised["id"], &raised["began_at"]), "the same alarm goes on");

    let path = format!("/alarm-rules/{}", made["id"].as_str().unwrap());
    gateway.api.put(&path, rule("Overvoltage", "manual", voltage(&device, 500.0))).await.unwrap();
    let finished = alarm(&gateway.api, "Overvoltage", "finished").await;
    assert_eq!(finished["ended_by"], "rule_changed");
    assert!(finished["reached"].as_f64().unwrap() > 200.0);
    let seen = format!("/alarms/{}/acknowledgement", finished["id"]);
    let over = gateway.api.post(&seen, json!({"note": "Threshold was wrong"})).await.unwrap();
    assert_eq!(
        (&over["state"], &over["acknowledged_by"], &over["note"]),
        (&json!("over"), &json!("ana"), &json!("Threshold was wrong"))
    );
    let again = gateway.api.post(&seen, json!({})).await.unwrap_err();
    assert!(again.contains("conflict"), "{again}");
    assert_eq!(gateway.api.get("/alarms?which=current").await.unwrap()["items"], json!([]));
    let told = gateway.api.get("/events").await.unwrap();
    let codes: Vec<&str> = told["items"].as_array().unwrap().iter().filter_map(|event| event["code"].as_str()).collect();
    assert!(codes.contains(&"alarm_raised") && codes.contains(&"alarm_over"), "{codes:?}");
}

/// A meter that falls silent has an alarm of its own; a combination of the two is raised with both, and ends with the first.
#[tokio::test]
async fn a_silent_meter_has_its_alarm_and_silence_ends_no_other() {
    let (plant, gateway, device) = with_meter().await;
    let over = gateway.api.post("/alarm-rules", rule("Overvoltage", "none", voltage(&device, 100.0))).await.unwrap();
    let silent = rule("Communication lost", "none", json!({"kind": "communication", "device": null}));
    let silent = gateway.api.post("/alarm-rules", silent).await.unwrap();
    let both = json!({"kind": "combination", "first": over["id"], "second": silent["id"], "join": "and"});
    gateway.api.post("/alarm-rules", rule("Blind and too high", "manual", both)).await.unwrap();
    alarm(&gateway.api, "Overvoltage", "active").await;
    plant.control("fault tcp/1 silent").await;
    let lost = alarm(&gateway.api, "Communication lost", "active").await;
    assert_eq!((&lost["device_id"], &lost["device"]), (&device["id"], &device["name"]));
    alarm(&gateway.api, "Blind and too high", "active").await;
    alarm(&gateway.api, "Overvoltage", "active").await;
    let path = format!("/alarm-rules/{}", over["id"].as_str().unwrap());
    assert_eq!(gateway.api.send(Method::DELETE, &path, None).await.unwrap().status, 409, "another alarm combines it");
    plant.control("clear tcp/1").await;
    alarm(&gateway.api, "Communication lost", "over").await;
    let waiting = alarm(&gateway.api, "Blind and too high", "finished").await;
    let all = gateway.api.post("/alarms/acknowledgements", json!({"newest": waiting["id"], "note": ""})).await.unwrap();
    assert_eq!(all["acknowledged"], 1);
    assert_eq!(
        gateway.api.get("/alarms/counts").await.unwrap(),
        json!({"critical": 1, "not_critical": 0, "information": 0, "unacknowledged": 0, "current": 1})
    );
}
