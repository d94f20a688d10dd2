//! Devices that answer what no meter measures and what is no answer: nothing of it becomes a measurement, and memory stays bounded.

use crate::stage::{SOON, gateway, tcp_bus};
use haubert_testkit::{Served, until};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers that a broken or hostile meter may show.
const ABSURD: [f32; 9] = [f32::MAX, f32::MIN, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, 1e-45, -1e30, -0.0];
/// Functions that change nothing in a device: reading, and saying what it is.
const READS: [u8; 5] = [1, 2, 3, 4, 43];
/// Exchanges after which memory is looked at, and exchanges at the end.
const WARM: u64 = 400;
const ALL: u64 = 1_600;
/// What memory may grow by in between: allocators take from the system in large steps, and history's caches fill. Growth in
/// proportion to what there was before would depend on what other tests leave of the machine's memory.
const ROOM: u64 = 16 << 20;

/// The answer to the `number`-th request: absurd values, and every tenth time something that is no answer.
fn answer(number: u64, transaction: u16, unit: u8, pdu: &[u8]) -> Option<Vec<u8>> {
    let frame = |transaction: u16, unit: u8, length: u16, body: &[u8]| {
        let mut bytes = [transaction.to_be_bytes(), [0, 0], length.to_be_bytes()].concat();
        bytes.push(unit);
        bytes.extend_from_slice(body);
        bytes
    };
    let count = u16::from(*pdu.last()?);
    let mut body = vec![*pdu.first()?, (count * 2) as u8];
    for at in 0..u64::from(count / 2) {
        body.extend(ABSURD[((number + at) % ABSURD.len() as u64) as usize].to_be_bytes());
    }
    let whole = body.len() as u16 + 1;
    match number % 60 {
        7 => Some((0..2_000u64).map(|at| (number.wrapping_mul(31) ^ at.wrapping_mul(17)) as u8).collect()),
        17 => Some(frame(transaction, unit.wrapping_add(1), whole, &body)),
        27 => Some(frame(transaction.wrapping_add(1), unit, whole, &body)),
        37 => Some(frame(transaction, unit, 60_000, &body)),
        47 => Some(frame(transaction, unit, 3, &[body[0] | 0x80, number as u8])),
        57 => None,
        _ => Some(frame(transaction, unit, whole, &body)),
    }
}

fn finite(value: &Value) -> bool {
    value.is_null() || value.as_f64().is_some_and(f64::is_finite)
}

#[tokio::test]
async fn absurd_values_and_broken_frames_never_become_measurements_and_cost_no_memory() {
    let (asked, writes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (counter, written) = (Arc::clone(&asked), Arc::clone(&writes));
    let served = Served::start(move |header, pdu| {
        written.fetch_add(u64::from(!READS.contains(&pdu[0])), Ordering::Relaxed);
        answer(counter.fetch_add(1, Ordering::Relaxed), header.transaction, header.unit, pdu)
    })
    .await
    .unwrap();
    let mut gateway = gateway().await;
    for bus in 0..4 {
        let bus = tcp_bus(&gateway.api, &format!("bus {bus}"), served.port).await;
        for unit in 1..=3 {
            let device = json!({"bus_id": bus["id"], "name": format!("{unit}"), "unit": unit, "profile_id": "eastron/sdm630"});
            gateway.api.post("/devices", device).await.unwrap();
        }
    }
    let reached = |number: u64| {
        let asked = Arc::clone(&asked);
        until("exchanges", SOON * 5, move || {
            let now = asked.load(Ordering::Relaxed);
            async move { (now >= number).then_some(()) }
        })
    };
    reached(WARM).await.unwrap();
    let before = gateway.program.resident().unwrap();
    reached(ALL).await.unwrap();
    let after = gateway.program.resident().unwrap();
    assert!(after < before + ROOM, "{before} bytes after {WARM} exchanges, {after} after {ALL}");
    let writes = writes.load(Ordering::Relaxed);
    haubert_score::record("14.writes", writes == 0, format!("{writes} in {ALL} exchanges"));
    assert_eq!(writes, 0);

    assert!(gateway.program.runs());
    let log = std::fs::read_to_string(&gateway.program.log_file).unwrap();
    assert!(!log.contains("panicked at"), "{log}");
    let diagnostics = gateway.api.get("/diagnostics").await.unwrap();
    assert_eq!(diagnostics["historian"]["state"], "ok", "{diagnostics}");
    // The profile says what a voltage can be; power has no bound but must be a number.
    let live = gateway.api.get("/live").await.unwrap();
    for item in live["items"].as_array().unwrap() {
        for (quantity, value) in item["values"].as_object().unwrap() {
            assert!(finite(value), "{quantity}: {item}");
            let good = item["remarks"].get(quantity).is_none();
            assert!(
                !good || !quantity.starts_with("voltage") || (0.0..=900.0).contains(&value.as_f64().unwrap()),
                "{quantity}: {item}"
            );
        }
    }
    let series = gateway.api.get("/series?kind=trend").await.unwrap();
    for one in series["items"].as_array().unwrap() {
        let path = format!("/series/{}/samples?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z", one["id"]);
        let samples = gateway.api.get(&path).await.unwrap();
        for point in samples["points"].as_array().unwrap() {
            let is_voltage = one["quantity"].as_str().unwrap().starts_with("voltage");
            for part in ["min", "max"] {
                let value = &point[part];
                let plausible =
                    !is_voltage || point["q"] != "good" || value.as_f64().is_none_or(|volts| (0.0..=900.0).contains(&volts));
                assert!(finite(value) && plausible, "{}: {point}", one["quantity"]);
            }
        }
    }
}
