//! Programs with a key: what they may, and the metrics that Prometheus reads.

use crate::stage::{ONE_METER, PASSWORD, client, gateway, live_value, plant, tcp_bus};
use haubert_testkit::{Api, SECURITY_USER, tools_dir};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// What Prometheus' own parser makes of the text.
async fn parsed(text: &str) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/prometheus_reads.py");
    let mut command = Command::new(tools_dir().join("venv/bin/python"));
    let mut child = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "the parser refuses:\n{text}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn with_key(api: &Api, key: &str, method: Method, path: &str) -> haubert_testkit::Answer {
    let bearer = format!("Bearer {key}");
    api.send_with(method, path, &json!({"name": "x", "days": 1, "may_change": false}), &[("authorization", &bearer)])
        .await
        .unwrap()
}

/// A key reads what its owner may read and no more; metrics are what the API says, in words that Prometheus takes.
#[tokio::test]
async fn a_program_with_a_key_reads_metrics_and_nothing_that_is_its_owners() {
    let plant = plant(ONE_METER).await;
    let gateway = gateway().await;
    let bus = tcp_bus(&gateway.api, "Bus \"1\"", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
    let device = json!({"bus_id": bus["id"], "name": "Grue \\ 4", "unit": 1, "profile_id": "socomec/countis-e3x"});
    let device = gateway.api.post("/devices", device).await.unwrap();
    live_value(&gateway.api, &device, "active_energy_import").await;
    let made = gateway.api.post("/account/keys", json!({"name": "Prometheus", "days": 30, "may_change": false})).await.unwrap();
    let key = made["secret"].as_str().unwrap();
    let program = client(&gateway.program);

    let answer = with_key(&program, key, Method::GET, "/metrics").await;
    assert!(answer.status.is_success(), "{}", answer.text);
    let samples = parsed(&answer.text).await;
    let of =
        |name: &str| samples.iter().find(|sample| sample["name"] == name).unwrap_or_else(|| panic!("{name} in\n{}", answer.text));
    let energy = of("haubert_active_energy_import_watt_hours_total");
    assert_eq!((&energy["type"], &energy["labels"]["device"]), (&json!("counter"), &json!("Grue \\ 4")));
    assert!(energy["value"].as_f64().unwrap() > 0.0);
    let volts = of("haubert_voltage_l1_volts");
    assert!((200.0..260.0).contains(&volts["value"].as_f64().unwrap()), "{volts}");
    assert_eq!(of("haubert_device_up")["value"].as_f64(), Some(1.0));
    assert_eq!(of("haubert_bus_up")["labels"]["bus"], "Bus \"1\"");
    assert_eq!(of("haubert_alarms_active")["type"], "gauge");

    for (method, path) in [
        (Method::POST, "/zones"),
        (Method::GET, "/account/keys"),
        (Method::POST, "/account/keys"),
        (Method::GET, "/account"),
        (Method::GET, "/accounts"),
    ] {
        let refused = with_key(&program, key, method.clone(), path).await;
        assert_eq!(refused.status, 403, "{method} {path}: {}", refused.text);
    }
    let wrong = with_key(&program, &"A".repeat(43), Method::GET, "/metrics").await;
    assert_eq!(wrong.status, 401);

    let listed = gateway.api.get("/account/keys").await.unwrap();
    assert!(listed["items"][0]["last_used_at"].is_string() && !listed.to_string().contains(key), "{listed}");
    let ended = format!("/account/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(gateway.api.send(Method::DELETE, &ended, None).await.unwrap().status, 204);
    assert_eq!(with_key(&program, key, Method::GET, "/metrics").await.status, 401);

    // Who made the key, and that it ended, stands in the trail; the key does not.
    let security = client(&gateway.program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    let trail = security.get("/audit?limit=50").await.unwrap().to_string();
    assert!(trail.contains("api_key") && !trail.contains(key), "{trail}");
}
