//! Recorded readings come back as recorded.

use crate::wire::{Master, one_device};
use haubert_model::Quantity as Q;
use haubert_plant::{Plant, PlantOptions, Scene};
use std::path::Path;

const RECORDING: &str = "Date;Time;P;Q;V\n\
16/12/2006;17:24:00;4.200;0.400;234.84\n\
16/12/2006;17:25:00;6.000;0.600;233.63\n\
16/12/2006;17:26:00;?;;\n\
16/12/2006;17:27:00;1.000;0.100;235.10\n";

const SPEC: &str = r#"
[bus.device.replay]
file = "recording.csv"
time = ["Date", "Time"]
time_format = "%d/%m/%Y %H:%M:%S"
columns = [
  { column = "P", quantity = "active_power_total", scale = 1000 },
  { column = "Q", quantity = "reactive_power_total", scale = 1000 },
  { column = "V", quantity = "voltage_l1" },
]
"#;

async fn start(recording: &str, spec: &str) -> Result<Plant, haubert_plant::PlantError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("recording.csv"), recording).unwrap();
    let text = one_device("socomec/diris-b30", &format!("index = 0\nphases = 1\n{spec}"));
    Plant::start(Scene::parse("replay", &text, folder.path())?, PlantOptions::default()).await
}

#[tokio::test]
async fn rows_hold_until_the_next_and_then_begin_again() {
    let plant = start(RECORDING, SPEC).await.unwrap();
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let mut energy = 0.0;
    for (power, reactive, volts) in [
        (4200.0, 400.0, 234.84),
        (6000.0, 600.0, 233.63),
        (6000.0, 600.0, 233.63),
        (1000.0, 100.0, 235.10),
        (4200.0, 400.0, 234.84),
    ] {
        let now = master.readings(1, "socomec/diris-b30").await;
        assert_eq!(now.get(Q::ActivePowerTotal), power);
        assert_eq!(now.get(Q::ReactivePowerTotal), reactive);
        assert_eq!(now.get(Q::VoltageL1), volts);
        assert!((now.get(Q::ActiveEnergyImport) - energy).abs() < 0.2, "{energy}");
        energy += power / 60.0;
        plant.advance(60_000);
    }
}

#[tokio::test]
async fn what_cannot_be_replayed_is_said_with_its_line() {
    for (recording, spec, says) in [
        ("", SPEC.to_owned(), "recording.csv:1: empty"),
        ("Date;Time;P;V\n", SPEC.to_owned(), "recording.csv:1: no column \"Q\""),
        ("Date;Time;P;Q;V\n16/12/2006;17:24:00;1;1;230\n", SPEC.to_owned(), "fewer than two rows"),
        ("Date;Time;P;Q;V\nyesterday;17:24:00;1;1;230\n", SPEC.to_owned(), "recording.csv:2: time"),
        (
            "Date;Time;P;Q;V\n16/12/2006;17:24:00;1;1;230\n16/12/2006;17:24:00;1;1;230\n",
            SPEC.to_owned(),
            "recording.csv:3: time does not go forward",
        ),
        (RECORDING, SPEC.replace("voltage_l1", "frequency"), "frequency cannot be replayed"),
        (RECORDING, SPEC.replace("recording.csv", "absent.csv"), "absent.csv"),
        (RECORDING, SPEC.replace("time_format", "tim_format"), "unknown field"),
    ] {
        let error = start(recording, &spec).await.unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
}

#[test]
fn a_recording_is_looked_for_beside_the_scene() {
    let error = Scene::load(Path::new("/absent/scene.toml")).unwrap_err().to_string();
    assert!(error.starts_with("read /absent/scene.toml"), "{error}");
}
