//! Against the simulated plant: real profiles, real line timing, faults switched while the bus runs.

use crate::support::*;
use haubert_content::ProfileId;
use haubert_fieldbus::{DeviceSettings, DeviceState, Discovery, DiscoverySettings, Gates, Line, Parity, ProgressState};
use haubert_model::{Quality, Quantity, Reason};
use haubert_plant::{Fault, Plant, PlantOptions, Scene};
use std::path::Path;
use std::time::Duration;

const SCENE: &str = r#"
[[bus]]
name = "quay"
kind = "tcp"
[[bus.device]]
unit = 1
profile = "socomec/countis-e3x"
name = "crane"
nominal_kw = 200
usage = "cranes"
index = 1000
[[bus.device]]
unit = 4
profile = "socomec/digiware-i35"
name = "feeders"
[[bus.device.load]]
name = "Lighting"
nominal_kw = 5
usage = "lighting"
[[bus.device.load]]
name = "Offices"
nominal_kw = 9
usage = "offices"
[[bus.device]]
unit = 9
profile = "sunspec/meter-203"
name = "roof"
nominal_kw = 50
usage = "production"

[[bus]]
name = "yard"
kind = "serial"
baud = 38400
parity = "even"
stop_bits = 1
[[bus.device]]
unit = 2
profile = "socomec/countis-e2x"
name = "reefers"
nominal_kw = 30
usage = "reefers"
[[bus.device]]
unit = 3
profile = "socomec/diris-a10"
name = "pumps"
nominal_kw = 12
usage = "process"
"#;

async fn plant() -> Plant {
    Plant::start(Scene::parse("test", SCENE, Path::new(".")).unwrap(), PlantOptions::default()).await.unwrap()
}

fn quay(plant: &Plant) -> Line {
    Line::Tcp { host: "127.0.0.1".to_owned(), port: plant.address("quay").unwrap().port() }
}

fn yard(plant: &Plant) -> Line {
    let path = plant.path("yard").unwrap().to_str().unwrap().to_owned();
    Line::Serial { path, baud: 38_400, parity: Parity::Even, stop_bits: 1 }
}

#[tokio::test]
async fn a_plant_is_found_and_then_read() {
    let plant = plant().await;
    let catalogue = catalogue();
    let search = DiscoverySettings {
        line: quay(&plant),
        hosts: Vec::new(),
        first_unit: 1,
        last_unit: 10,
        timeout: Duration::from_millis(500),
    };
    let discovery = Discovery::start(search, catalogue.clone(), Gates::default(), None);
    let mut progress = discovery.progress();
    let ended = tokio::time::timeout(BOUND, progress.wait_for(|progress| progress.state != ProgressState::Running)).await;
    let found = ended.unwrap().unwrap().found.clone();
    assert_eq!(found.iter().map(|found| found.unit).collect::<Vec<_>>(), [1, 4, 9], "{found:?}");
    let profiles: Vec<_> = found.iter().filter_map(|found| found.profile_id.as_ref()).map(ProfileId::as_str).collect();
    assert_eq!(profiles, ["socomec/countis-e3x", "socomec/digiware-i35", "sunspec/meter-203"]);
    assert_eq!(found[1].load_names[..2], ["Lighting", "Offices"]);

    let devices = found.iter().map(|found| DeviceSettings {
        base: found.base,
        channels: found.channels,
        table_version: found.identity.table_version,
        ..device(found.unit, found.profile_id.as_ref().unwrap().as_str())
    });
    let mut running = Running::start(settings(quay(&plant), 2000, 50), devices.collect(), catalogue);
    for unit in [1, 4, 9] {
        let readings = running.round(unit).await;
        // A SunSpec counter at zero is "not there" by that standard.
        let bad: Vec<_> = readings
            .iter()
            .filter(|reading| reading.quality() == Quality::Bad && !(unit == 9 && reading.reason == Reason::NotAvailable))
            .collect();
        assert!(bad.is_empty(), "unit {unit}: {bad:?}");
    }
    // What arrives is what the physics says, as far as the registers' resolution and the time between allow.
    let truth = plant.values("crane").unwrap();
    let energy = truth.iter().find(|value| value.quantity == Quantity::ActiveEnergyImport).unwrap().value;
    let read = value(&of(&running.round(1).await, Quantity::ActiveEnergyImport)).unwrap();
    assert!((read - energy).abs() < energy * 0.01, "{read} and {energy}");
    plant.shutdown().await;
}

#[tokio::test]
async fn a_serial_line_keeps_its_time_and_survives_faults() {
    let plant = plant().await;
    let devices = vec![device(2, "socomec/countis-e2x"), device(3, "socomec/diris-a10")];
    let mut running = Running::start(settings(yard(&plant), 300, 200), devices, catalogue());
    running.round_with(2, all_good).await;
    running.round_with(3, all_good).await;

    plant.fault("reefers", Fault::WrongCrc).unwrap();
    running.round_with(2, |readings| readings.iter().all(|reading| reading.reason == Reason::DamagedAnswer)).await;
    running.round_with(3, all_good).await;
    plant.clear("reefers").unwrap();
    running.round_with(2, all_good).await;

    plant.fault("pumps", Fault::Silent).unwrap();
    running.round_with(3, |readings| readings.iter().all(|reading| reading.reason == Reason::NoAnswer)).await;
    running.state(3, DeviceState::Offline).await;
    running.round_with(2, all_good).await;
    plant.clear("pumps").unwrap();
    running.state(3, DeviceState::Online).await;

    for fault in [Fault::Garbage, Fault::Truncated, Fault::Slow(Duration::from_millis(500))] {
        plant.fault_for("reefers", fault, 2).unwrap();
        running.round_with(2, |readings| readings.iter().any(|reading| reading.value.is_none())).await;
        running.round_with(2, all_good).await;
    }
    let status = running.bus.status();
    assert!(status.totals.crc >= 2 && status.bus_load > 0.0, "{status:?}");
    running.bus.shutdown().await;
    plant.shutdown().await;
}
