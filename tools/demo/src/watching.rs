//! What the gateway watches: alarms of every kind that the demonstration's site has something for.

use crate::say;
use haubert_testkit::Api;
use serde_json::{Value, json};

/// Writes the rules.
pub(crate) async fn begin(gateway: &Api) -> Result<(), String> {
    let loads = gateway.get("/loads").await?;
    let loads: Vec<&Value> = loads.get("items").and_then(Value::as_array).into_iter().flatten().collect();
    let of_usage = |usage: &str| loads.iter().find(|load| load.get("usage").is_some_and(|known| known == usage));
    let point = |load: &Value, quantity: &str| {
        let at = |name: &str| load.get(name).cloned().unwrap_or_default();
        json!({"device": at("device_id"), "channel": at("channel"), "quantity": quantity})
    };
    let rule = |name: &str, criticality: &str, seconds: f64, condition: Value| {
        json!({
            "name": name, "enabled": true, "criticality": criticality, "condition": condition, "start_delay_s": seconds, "drop_delay_s": seconds,
            "acknowledgement": if criticality == "information" { "none" } else { "manual" },
        })
    };
    let mut rules = vec![
        rule("Compteur muet", "not_critical", 10.0, json!({"kind": "communication", "device": null})),
        rule("Disque plein", "critical", 0.0, json!({"kind": "system", "notice": "disk_full"})),
        rule("Source bloquée par le pare-feu", "not_critical", 0.0, json!({"kind": "system", "notice": "sources_blocked"})),
    ];
    if let Some(load) = of_usage("cranes") {
        let power = point(load, "active_power_total");
        let high = json!({"kind": "analogue", "points": [power], "join": "or", "high": 100_000.0, "low": null, "hysteresis_percent": 10.0});
        rules.push(rule("Portique au-delà de 100 kW", "information", 2.0, high));
        let phases: Vec<Value> = ["voltage_l1", "voltage_l2", "voltage_l3"].iter().map(|phase| point(load, phase)).collect();
        rules.push(rule(
            "Creux de tension au portique",
            "critical",
            0.0,
            json!({"kind": "voltage", "points": phases, "nominal_v": 230.0, "event": "dip"}),
        ));
    }
    if let Some(load) = of_usage("reefers") {
        let index = point(load, "active_energy_import");
        rules.push(rule(
            "Frigos : 1 MWh dans le jour",
            "not_critical",
            0.0,
            json!({"kind": "energy", "point": index, "period": "day", "reach": 1e6}),
        ));
    }
    let count = rules.len();
    for rule in rules {
        gateway.post("/alarm-rules", rule).await?;
    }
    say(&format!("  {count} alarms watch over meters, energy and the gateway itself: see Alarms"));
    Ok(())
}
