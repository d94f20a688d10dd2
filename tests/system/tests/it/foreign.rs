//! Devices and readers that nobody here wrote: pymodbus and libmodbus serve a meter, mbpoll reads the same registers.

use crate::stage::{SOON, adopt, gateway, live_value, search, tcp_bus};
use haubert_testkit::{LibmodbusServer, PymodbusServer, mbpoll, until};
use std::path::Path;

/// A Countis E34 as the committed sample has it: identification block, registers, and the values they mean.
struct Meter {
    image: Vec<(u16, u16)>,
    values: Vec<(String, f64)>,
}

fn countis() -> Meter {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/device-profiles/socomec/countis-e3x.samples.toml");
    let samples: toml::Table = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let sample = samples["sample"][0].as_table().unwrap();
    let mut image = identification("Countis E34", 200);
    for block in sample["blocks"].as_array().unwrap() {
        let start = block["address"].as_integer().unwrap();
        let words = block["words"].as_array().unwrap();
        image.extend((start..).zip(words).map(|(address, word)| (address as u16, word.as_integer().unwrap() as u16)));
    }
    let values = sample["values"].as_array().unwrap().iter();
    let value = |item: &toml::Value| Some((item["quantity"].as_str()?.to_owned(), item.get("value")?.as_str()?.parse().ok()?));
    Meter { image, values: values.filter_map(value).collect() }
}

/// The block at 50000 (Socomec): the mark one character per register, texts two per register.
pub(crate) fn identification(name: &str, table_version: u16) -> Vec<(u16, u16)> {
    let mut image: Vec<(u16, u16)> = (50_000..50_066).map(|address| (address, 0)).collect();
    let mut put = |start: usize, words: &[u16]| {
        for (at, word) in words.iter().enumerate() {
            image[start - 50_000 + at].1 = *word;
        }
    };
    let paired = |text: &str| -> Vec<u16> {
        let padded = format!("{text:<16}");
        padded.as_bytes().chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    };
    put(50_000, &"SOCO".bytes().map(u16::from).collect::<Vec<_>>());
    put(50_004, &[100, 34, table_version, 100, 2601, 1, 77]);
    put(50_042, &paired("SOCOMEC"));
    put(50_050, &paired("COUNTIS"));
    put(50_058, &paired(name));
    image
}

async fn reads_what_mbpoll_reads(port: u16, meter: &Meter) {
    let gateway = gateway().await;
    let bus = tcp_bus(&gateway.api, "étranger", port).await;
    let done = search(&gateway.api, &bus, 1, 2).await;
    let found = &done["found"][0];
    assert_eq!(found["profile_id"], "socomec/countis-e3x", "{done}");
    assert_eq!(found["by"], "identification_block");
    assert_eq!(found["identity"]["table_version"], 200);
    let device = adopt(&gateway.api, &bus, found).await;
    for (quantity, expected) in &meter.values {
        let shown = live_value(&gateway.api, &device, quantity).await;
        assert!((shown - expected).abs() < 1e-9, "{quantity}: {shown} instead of {expected}");
    }
    // The same registers by another reader: phase voltages, V/100, high word first.
    let words = mbpoll(port, 1, 0xC558, 6).await.unwrap();
    for (at, quantity) in ["voltage_l1", "voltage_l2", "voltage_l3"].into_iter().enumerate() {
        let raw = u32::from(words[2 * at]) << 16 | u32::from(words[2 * at + 1]);
        let shown = live_value(&gateway.api, &device, quantity).await;
        assert!((shown - f64::from(raw) / 100.0).abs() < 1e-9, "{quantity}: mbpoll read {raw}");
    }
    // The test button shows the raw words beside the value.
    let report =
        gateway.api.post(&format!("/devices/{}/test", device["id"].as_str().unwrap()), serde_json::json!({})).await.unwrap();
    assert_eq!(report["ok"], true, "{report}");
    let point = report["points"].as_array().unwrap().iter().find(|point| point["quantity"] == "voltage_l1").unwrap();
    assert_eq!(point["words"][1], format!("0x{:04X}", words[1]));
    // And it becomes history.
    until("a sample is stored", SOON, || async {
        let series = gateway.api.get("/series?quantity=frequency").await.ok()?;
        series["items"].as_array()?.first()?["last_at"].as_str().map(str::to_owned)
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_pymodbus_device_is_found_read_and_kept() {
    let meter = countis();
    let server = PymodbusServer::start(&meter.image).await.unwrap();
    reads_what_mbpoll_reads(server.port, &meter).await;
}

#[tokio::test]
async fn a_libmodbus_device_is_found_read_and_kept() {
    let meter = countis();
    let server = LibmodbusServer::start(&meter.image).await.unwrap();
    reads_what_mbpoll_reads(server.port, &meter).await;
}
