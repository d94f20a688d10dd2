//! What an installer does on the first day: describe the site, find the devices, name and place the loads, join the hub.

use crate::{Api, policy, until};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// Zones of the scene and the usages that lie in each.
const ZONES: &[(&str, &[&str])] = &[
    ("Quai", &["cranes", "shore_power"]),
    ("Parc à conteneurs", &["reefers", "lighting", "charging"]),
    ("Bâtiments", &["offices", "it", "hvac", "production", "water"]),
];

/// Adds every bus of a plant (as its ready file describes it) and all that discovery finds on it; tells how many devices each
/// bus has.
///
/// # Errors
/// What the gateway refused, or what did not happen in time.
pub async fn gateway(api: &Api, plant: &Value) -> Result<Vec<(String, usize)>, String> {
    api.put("/site", json!({"name": "Terminal de démonstration", "time_zone": "Europe/Paris", "country": "FR"})).await?;
    let mut zones = HashMap::new();
    for (name, usages) in ZONES {
        let zone = api.post("/zones", json!({"name": name, "parent_id": null})).await?;
        for usage in *usages {
            zones.insert(*usage, zone["id"].clone());
        }
    }
    let mut counts = Vec::new();
    for bus in array(plant, "buses") {
        counts.push((bus["name"].as_str().unwrap_or_default().to_owned(), add_bus(api, bus).await?));
    }
    place_loads(api, plant, &zones).await?;
    Ok(counts)
}

async fn add_bus(api: &Api, bus: &Value) -> Result<usize, String> {
    let line = match bus["kind"].as_str() {
        Some("serial") => {
            json!({"kind": "serial", "path": bus["path"], "baud": bus["baud"], "parity": bus["parity"], "stop_bits": bus["stop_bits"]})
        }
        kind => json!({"kind": kind, "host": bus["host"], "port": bus["port"]}),
    };
    let units: Vec<u64> = array(bus, "devices").iter().filter_map(|device| device["unit"].as_u64()).collect();
    let added = api
        .post("/buses", json!({"name": bus["name"], "line": line, "timeout_ms": 1000, "poll_ms": 1000, "enabled": true}))
        .await?;
    let search = json!({"line": line, "first_unit": units.iter().min(), "last_unit": units.iter().max(), "timeout_ms": 500});
    let search = api.post("/discoveries", search).await?;
    let path = format!("/discoveries/{}", search["id"].as_str().unwrap_or_default());
    let done = until("the search for devices ends", Duration::from_secs(120), || async {
        api.get(&path).await.ok().filter(|search| search["state"] != "running")
    })
    .await?;
    let scene: HashMap<u64, &Value> =
        array(bus, "devices").iter().filter_map(|device| Some((device["unit"].as_u64()?, device))).collect();
    let devices: Vec<Value> = array(&done, "found")
        .iter()
        .filter_map(|found| {
            let unit = found["unit"].as_u64()?;
            let device = scene.get(&unit)?;
            // Some meters do not say what they are; a person reads it on the front plate and chooses.
            let profile = if found["profile_id"].is_null() { &device["profile"] } else { &found["profile_id"] };
            Some(json!({
                "bus_id": added["id"], "name": device["name"], "unit": unit, "profile_id": profile,
                "base": found["base"], "identity": found["identity"], "channels": found["channels"], "load_names": found["load_names"],
            }))
        })
        .collect();
    let count = devices.len();
    api.post("/devices/batch", json!({"devices": devices})).await?;
    Ok(count)
}

/// Names, usages and fluids as the scene tells them; a person would choose them on the site page.
async fn place_loads(api: &Api, plant: &Value, zones: &HashMap<&str, Value>) -> Result<(), String> {
    let scene: HashMap<(&str, u64), &Value> = array(plant, "buses")
        .iter()
        .flat_map(|bus| array(bus, "devices"))
        .flat_map(|device| {
            let name = device["name"].as_str().unwrap_or_default();
            (1..).zip(array(device, "loads")).map(move |(channel, load)| ((name, channel), load))
        })
        .collect();
    let loads = api.get("/loads").await?;
    for load in array(&loads, "items") {
        let channel = load["channel"].as_u64().unwrap_or_default();
        let id = load["id"].as_str().unwrap_or_default();
        let path = format!("/loads/{id}");
        let Some(wanted) = load["device_name"].as_str().and_then(|name| scene.get(&(name, channel))) else {
            // An input to which nothing is wired.
            api.put(&path, json!({"name": load["name"], "usage": load["usage"], "zone_id": null, "enabled": false})).await?;
            continue;
        };
        let zone = wanted["usage"].as_str().and_then(|usage| zones.get(usage));
        let change =
            json!({"name": wanted["name"], "usage": wanted["usage"], "fluid": wanted["fluid"], "zone_id": zone, "enabled": true});
        api.put(&path, change).await?;
    }
    Ok(())
}

/// Registers the gateway with the hub and waits until the hub sees it; gives its id there.
///
/// # Errors
/// What either refused, or what did not happen in time.
pub async fn enrol(gateway: &Api, hub: &Api) -> Result<String, String> {
    let organisation = hub.post("/organisations", json!({"name": "Terminal de démonstration", "kind": "terminal"})).await?;
    let site = json!({"organisation_id": organisation["id"], "name": "Quai de démonstration", "time_zone": "Europe/Paris", "country": "FR"});
    let site = hub.post("/sites", site).await?;
    let registered = hub.post("/gateways", json!({"site_id": site["id"], "name": "Passerelle du quai"})).await?;
    let enrolment = &registered["enrolment"];
    let body = json!({"hub_url": enrolment["hub_url"], "token": enrolment["token"], "fingerprint": enrolment["fingerprint"]});
    gateway.post("/hub-link/enrolment", body).await?;
    let id = registered["gateway"]["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/gateways/{id}");
    until("the hub sees the gateway", Duration::from_secs(30), || async {
        hub.get(&path).await.ok().filter(|gateway| gateway["online"] == true)
    })
    .await?;
    Ok(id)
}

/// Allows the one write that it takes to read a meter's own log: by the keeper's policy, and for each meter whose profile says
/// that it has one.
///
/// # Errors
/// What the gateway refused, in words.
pub async fn allow_logs(gateway: &Api, security: &Api) -> Result<usize, String> {
    policy::switch(security, "modbus_writing", true).await?;
    let profiles = gateway.get("/device-profiles").await?;
    let devices = gateway.get("/devices").await?;
    let with_log: Vec<&Value> =
        array(&profiles, "items").iter().filter(|profile| profile["has_log"] == true).map(|profile| &profile["id"]).collect();
    let mut allowed = 0;
    for device in array(&devices, "items").iter().filter(|device| with_log.contains(&&device["profile_id"])) {
        let mut device = device.clone();
        device["reading"]["read_log"] = true.into();
        let change = json!({
            "name": device["name"], "profile_id": device["profile_id"], "enabled": device["enabled"], "reading": device["reading"],
        });
        gateway.put(&format!("/devices/{}", device["id"].as_str().unwrap_or_default()), change).await?;
        allowed += 1;
    }
    Ok(allowed)
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
