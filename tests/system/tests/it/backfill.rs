//! What was missed in an outage is read back from the meters' own logs, is true, says where it comes from, and reaches the hub.

use crate::stage::{PASSWORD, Plant, SOON, Server, adopt, client, hub, joining, plant, register, search, tcp_bus};
use crate::surroundings::events;
use crate::time::{Clocked, Row, rows};
use haubert_testkit::{Api, SECURITY_USER, policy, until};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const MINUTE: i64 = 60_000;
/// A recovery, on a busy machine.
const LATER: Duration = Duration::from_secs(90);

/// Meters of both manners of log, and one whose log nobody may read.
const SCENE: &str = r#"
name = "logs"
title = "Logs"
seed = 11
time_zone = "Europe/Paris"
log_period_s = 60
start = "{now}"
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
load = [{ name = "Allée A", nominal_kw = 60 }, { name = "Allée B", nominal_kw = 40 }]
[[bus.device]]
unit = 3
profile = "socomec/countis-e3x"
name = "Station"
usage = "hvac"
nominal_kw = 20
"#;

fn now_ms() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A plant that shows the same time as the machine.
async fn plant_of_today() -> Plant {
    let now = jiff::Timestamp::from_millisecond(now_ms()).unwrap();
    let plant = plant(&SCENE.replace("{now}", &now.to_string())).await;
    // Starting took a while.
    let behind = now_ms() - plant.control("time").await["result"]["ms"].as_i64().unwrap();
    plant.control(&format!("advance {}", behind.max(0) / 1_000)).await;
    plant
}

/// Bus and devices, in order of their unit ids. The logs of the first two may be read back.
async fn commission(gateway: &Api, plant: &Plant) -> Vec<Value> {
    let bus = tcp_bus(gateway, "tcp", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
    let found = search(gateway, &bus, 1, 3).await;
    let mut devices = Vec::new();
    for one in found["found"].as_array().unwrap() {
        let device = adopt(gateway, &bus, one).await;
        let read_log = device["unit"] != 3;
        let change = json!({"name": device["name"], "enabled": true, "profile_id": device["profile_id"], "reading": {"read_log": read_log}});
        devices.push(gateway.put(&format!("/devices/{}", device["id"].as_str().unwrap()), change).await.unwrap());
    }
    assert_eq!(devices.len(), 3, "{found}");
    devices
}

/// Lets the plant and the gateway's clock jump together, by whole minutes.
async fn pass(plant: &Plant, gateway: &Clocked, minutes: u32, passed: &mut u32) {
    *passed += minutes;
    plant.control(&format!("advance {}", minutes * 60)).await;
    gateway.set(&format!("+{}", *passed * 60)).await;
}

/// The load curves of one load after the other, with the name by which the plant knows it and its number there.
async fn curves(gateway: &Api) -> Vec<(Value, &'static str, usize)> {
    let series = gateway.get("/series?kind=load_curve&quantity=active_power_total").await.unwrap();
    let mut found: Vec<(Value, &'static str, usize)> = Vec::new();
    for one in series["items"].as_array().unwrap() {
        let (device, channel) = match one["load_name"].as_str().unwrap() {
            name if name.contains("All\u{e9}e A") || name.contains("tcp 2 1") => ("Tableau", 0),
            name if name.contains("All\u{e9}e B") || name.contains("tcp 2 2") => ("Tableau", 1),
            name if name.contains("tcp 1") => ("Atelier", 0),
            _ => ("Station", 0),
        };
        found.push((one["id"].clone(), device, channel));
    }
    found
}

/// Starts of the minutes from the first recorded one to `to` for which there is no sample that covers them whole.
fn holes(rows: &[Row], to: i64) -> Vec<i64> {
    let whole =
        |start: i64| rows.iter().any(|(at, value, reason)| *at == start && value.is_some() && !reason.contains("incomplete"));
    // The first one began before the meters did: no log has it.
    let Some(first) = rows.first().map(|row| row.0) else { return vec![0] };
    (1..).map(|n| first + n * MINUTE).take_while(|start| start + MINUTE <= to).filter(|start| !whole(*start)).collect()
}

/// Waits until the load curve has no hole up to `to`.
async fn whole(gateway: &Clocked, id: &Value, to: i64) -> Vec<Row> {
    let found = until(&format!("series {id} is whole"), LATER, || async {
        Some(rows(&gateway.api, id).await).filter(|rows| holes(rows, to).is_empty())
    })
    .await;
    match found {
        Ok(rows) => rows,
        Err(late) => {
            panic!("{late}: {:?}, events {:?}", rows(&gateway.api, id).await, events(&gateway.api, "backfill_done").await)
        }
    }
}

/// Each recovered value is the mean that the plant integrates over that minute, to the resolution of the meter's log.
async fn is_true(plant: &Plant, rows: &[Row], device: &str, channel: usize) -> usize {
    let recovered: Vec<&Row> = rows.iter().filter(|(.., reason)| reason == "recovered").collect();
    for (at, value, _) in &recovered {
        let means = plant.control(&format!("mean {device} {at} {}", at + MINUTE)).await;
        let truth = means["result"][channel].as_f64().unwrap();
        let value = value.unwrap();
        // Half a step of ten watts, and the meter's clock is up to a second beside the plant's.
        assert!((value - truth).abs() <= 6.0 + truth * 0.03, "{device} {channel} at {at}: {value} W, in truth {truth} W");
    }
    recovered.len()
}

async fn writes(plant: &Plant, unit: u64) -> u64 {
    let stats = plant.control("stats").await;
    let one = stats["result"].as_array().unwrap().iter().find(|one| one["unit"] == unit).unwrap().clone();
    one["writes"].as_u64().unwrap()
}

#[tokio::test]
async fn an_outage_of_the_bus_and_one_of_the_gateway_leave_no_hole() {
    let plant = plant_of_today().await;
    let gateway = Clocked::start("+0").await;
    let hub: Server = hub().await;
    commission(&gateway.api, &plant).await;
    let (hub_id, enrolment) = register(&hub.api).await;
    gateway.api.post("/hub-link/enrolment", joining(&enrolment)).await.unwrap();
    let mut passed = 0;
    // The first periods are recorded, cut short by a jump.
    until("all loads measure", SOON, || async {
        let live = gateway.api.get("/live?quantities=active_power_total").await.ok()?;
        (live["items"].as_array()?.iter().filter(|item| item["values"]["active_power_total"].is_number()).count() >= 4)
            .then_some(())
    })
    .await
    .unwrap();
    // A period of which there is but one reading gives no sample: then the next one does.
    let mut begun = false;
    for _ in 0..6 {
        pass(&plant, &gateway, 3, &mut passed).await;
        let seen =
            until("load curves", Duration::from_secs(10), || async { (curves(&gateway.api).await.len() >= 4).then_some(()) });
        begun = seen.await.is_ok();
        if begun {
            break;
        }
    }
    assert!(begun, "no load curve of all loads");
    // The meters' setting allows it, the policy does not: nothing was written.
    assert_eq!((writes(&plant, 1).await, writes(&plant, 2).await), (0, 0));
    let security = client(&gateway.program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    policy::switch(&security, "modbus_writing", true).await.unwrap();

    // The bus is cut for half an hour.
    for unit in 1..=3 {
        plant.control(&format!("fault tcp/{unit} silent")).await;
    }
    until("all meters are silent", LATER, || async {
        let devices = gateway.api.get("/devices").await.ok()?;
        devices["items"].as_array()?.iter().all(|device| device["state"] == "offline").then_some(())
    })
    .await
    .unwrap();
    pass(&plant, &gateway, 30, &mut passed).await;
    plant.control("clear").await;
    let restored = now_ms() + i64::from(passed) * MINUTE;

    let curves = curves(&gateway.api).await;
    for (id, device, channel) in curves.iter().filter(|(_, device, _)| *device != "Station") {
        let rows = whole(&gateway, id, restored - 2 * MINUTE).await;
        assert!(is_true(&plant, &rows, device, *channel).await >= 28, "{device} {channel}: {rows:?}");
    }
    let told = events(&gateway.api, "backfill_done").await;
    assert!(told.iter().any(|event| event["params"]["recovered"].as_str().unwrap().parse::<u32>().unwrap() >= 28), "{told:?}");
    // Where nobody allowed it nothing was written, and the hole is shown as one.
    assert_eq!(writes(&plant, 3).await, 0);
    assert!(writes(&plant, 1).await > 0 && writes(&plant, 2).await > 0);
    let station = curves.iter().find(|(_, device, _)| *device == "Station").unwrap();
    assert!(holes(&rows(&gateway.api, &station.0).await, restored - 2 * MINUTE).len() >= 28);

    // The gateway itself is gone for an hour.
    passed += 60;
    plant.control("advance 3600").await;
    let gateway = gateway.reboot(&format!("+{}", passed * 60)).await;
    let restored = now_ms() + i64::from(passed) * MINUTE;
    for (id, device, channel) in curves.iter().filter(|(_, device, _)| *device != "Station") {
        let rows = whole(&gateway, id, restored - 2 * MINUTE).await;
        assert!(is_true(&plant, &rows, device, *channel).await >= 80, "{device} {channel}: {rows:?}");
    }

    // The hub has it too, in place of what it may have had of the same minutes.
    let (id, ..) = curves[0].clone();
    let here = whole(&gateway, &id, restored - 2 * MINUTE).await;
    let load = gateway.api.get("/series?kind=load_curve").await.unwrap()["items"][0]["load_id"].clone();
    until("the late data are at the hub", LATER, || async {
        let series = hub.api.get(&format!("/gateways/{hub_id}/series?kind=load_curve")).await.ok()?;
        let there = series["items"].as_array()?.iter().find(|one| one["load_id"] == load)?["id"].clone();
        let time = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
        let (from, to) = (time(here.first()?.0), time(restored));
        let path = format!("/gateways/{hub_id}/series/{there}/samples?from={from}&to={to}&max_points=5000");
        let found = hub.api.get(&path).await.ok()?;
        let points = found["points"].as_array()?;
        let same = here.iter().filter(|(.., reason)| reason == "recovered").all(|(at, value, _)| {
            points.iter().any(|point| point["t"] == *at && point["v"].as_f64() == *value && point["r"] == "recovered")
        });
        same.then_some(())
    })
    .await
    .unwrap();
}

/// Modbus writes are off. One file makes the one request of ours that is not a read, and a test of that crate says to which register;
/// and one file, the list of what masters may write, passes on a request of theirs.
#[test]
fn only_the_window_of_a_log_and_what_a_list_names_is_ever_written() {
    let makers = |words: &[&str]| {
        let mut makers = Vec::new();
        for room in ["../../edge", "../../hub", "../../common"] {
            collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(room), words, &mut makers);
        }
        makers
    };
    let writes = makers(&["Request::Write", "Request::MaskWrite", "Request::ReadWrite"]);
    assert_eq!(writes, ["edge/fieldbus/src/question.rs"], "another file makes a Modbus write");
    assert_eq!(makers(&["Question::listed"]), ["edge/fieldbus/src/writable.rs"], "another file passes on a master's write");
}

fn collect(folder: &Path, words: &[&str], makers: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            // Tests, and what only carries requests: the codec, and the lines.
            if !path.ends_with("tests")
                && !path.ends_with("fieldbus/src/transport")
                && !path.ends_with("common/modbus")
                && !path.ends_with("target")
            {
                collect(&path, words, makers);
            }
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            if words.iter().any(|maker| code.contains(maker)) {
                let name = path.to_string_lossy().into_owned();
                makers.push(name.split_once("../../").map_or(name.clone(), |(_, rest)| rest.to_owned()));
            }
        }
    }
}
