//! Every profile that ships, served by the simulated plant from the same file, recognised, read and compared with the plant's
//! own physics; and layouts that documents leave open, settled by watching.

use crate::support::*;
use haubert_content::{Addressing, Profile, ResolvedPoint, embedded};
use haubert_fieldbus::{DeviceSettings, DirectLine, Gates, Line, Patience, Place, Presence, identify, settle};
use haubert_model::{Decimal, Layout, Nature, Quantity, Reading, Reason, Verdict};
use haubert_plant::{Plant, PlantOptions, Scene};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The plant's clock stands practically still, so that what was read and what is true belong to one moment.
const STILL: &str = "speed = 0.000001\n[[bus]]\nname = \"b\"\nkind = \"tcp\"\n";

async fn plant(text: &str) -> (Plant, Line) {
    let plant = Plant::start(Scene::parse("test", text, Path::new(".")).unwrap(), PlantOptions::default()).await.unwrap();
    let line = Line::Tcp { host: "127.0.0.1".to_owned(), port: plant.address("b").unwrap().port() };
    (plant, line)
}

/// A device of this profile with all its loads, drawing within every register's range.
fn scene_of(profile: &Profile, unit: u8) -> String {
    let usage = profile.usage_hint.map_or("process", |usage| usage.code());
    let fluid = profile.fluids[0].code();
    let mut text =
        format!("[[bus.device]]\nunit = {unit}\nprofile = \"{}\"\nname = \"d{unit}\"\nfluid = \"{fluid}\"\n", profile.id);
    for channel in 1..=profile.channels {
        writeln!(text, "[[bus.device.load]]\nname = \"l{channel}\"\nusage = \"{usage}\"\nindex = {}", 4000 + u32::from(channel))
            .unwrap();
        writeln!(text, "nominal_kw = 11\nnominal_m3h = 3").unwrap();
    }
    text
}

/// How far a reading may be from the truth: a step of the register, the float's or the quantity's own resolution.
fn tolerance(point: &ResolvedPoint, truth: f64) -> f64 {
    let power = if point.scale_register.is_some() { f64::from(point.served_exponent) } else { 0.0 };
    let step = point.step() * 10f64.powf(power);
    let resolution = 10f64.powi(i32::from(point.quantity.resolution_exponent()));
    if point.kind.is_float() { resolution.max(truth.abs() * 1e-6) } else { step.max(1e-3) * 1.001 }
}

/// What a register that starts again shows of a counter.
fn shown(point: &ResolvedPoint, truth: f64) -> f64 {
    let Some((low, high)) = point.kind.integer_range().filter(|_| point.quantity.nature() == Nature::Counter) else {
        return truth;
    };
    let steps = point.rollover.map_or(high + 1, i128::from) as f64;
    let power = if point.scale_register.is_some() { f64::from(point.served_exponent) } else { 0.0 };
    if low == 0 { truth.rem_euclid(steps * point.scale.to_f64() * 10f64.powf(power)) } else { truth }
}

#[tokio::test]
async fn every_shipped_profile_is_served_by_the_plant_and_read_back() {
    let catalogue = Arc::new(embedded().unwrap());
    let scene = catalogue.iter().zip(1u8..).fold(STILL.to_owned(), |text, (profile, unit)| text + &scene_of(profile, unit));
    let (plant, line) = plant(&scene).await;
    let mut devices = Vec::new();
    let mut direct = DirectLine::open(line.clone(), &Gates::default(), Duration::from_secs(10)).await.unwrap();
    for (profile, unit) in catalogue.iter().zip(1u8..) {
        let found = match identify(&mut direct, unit, &catalogue).await {
            Presence::Found(found) => *found,
            other => panic!("{}: {other:?}", profile.id),
        };
        let known = &profile.identify;
        if !(known.socomec.is_empty() && known.modbus.is_empty() && known.sunspec.is_empty()) {
            assert_eq!(found.profile.as_ref(), Some(&profile.id), "what it says of itself");
            assert_eq!(found.channels, profile.channels, "{}", profile.id);
        }
        devices.push(DeviceSettings {
            base: found.base,
            table_version: found.identity.table_version,
            ..device(unit, profile.id.as_str())
        });
    }
    let mut running = Running::start(settings(line, 10_000, 1000), devices.clone(), catalogue.clone());
    let mut rounds: HashMap<_, Vec<Reading>> = HashMap::new();
    while rounds.len() < devices.len() {
        // A merged read that the device refuses is split; until then some values are missing.
        if let haubert_fieldbus::BusEvent::Readout(readout) = running.event().await
            && readout.values.iter().all(|taken| taken.reason != Reason::Refused)
        {
            rounds.entry(readout.device).or_insert_with(|| readings(&readout));
        }
    }
    let mut checked = 0;
    for (profile, settings) in catalogue.iter().zip(&devices) {
        let truth = plant.values(&settings.name.replace("meter ", "d")).unwrap();
        let readings = &rounds[&settings.id];
        let points = profile.points_as(settings.table_version, 0, &Layout::default());
        assert_eq!(points.len(), readings.len(), "{}", profile.id);
        for point in &points {
            let place = format!("{}: {} of channel {}", profile.id, point.quantity, point.channel);
            let is_here = |reading: &&Reading| (reading.point.channel, reading.point.quantity) == (point.channel, point.quantity);
            let reading = readings.iter().find(is_here).unwrap_or_else(|| panic!("{place} is not read"));
            let value = truth.iter().find(|value| (value.channel, value.quantity) == (point.channel, point.quantity));
            // The physics has no breakers and inputs; they stand at zero.
            let truth = shown(point, value.map_or(0.0, |value| value.value));
            let absent = point.absent == Some(0) && truth == 0.0;
            if absent {
                assert_eq!((reading.value, reading.reason), (None, Reason::NotAvailable), "{place}");
            } else {
                let read = reading.value.map(Decimal::to_f64).unwrap_or_else(|| panic!("{place}: {reading:?}"));
                assert!((read - truth).abs() <= tolerance(point, truth), "{place}: read {read}, true {truth}");
                assert_eq!(reading.reason, Reason::Measured, "{place}: {read}");
            }
            checked += 1;
        }
    }
    assert!(checked > 1500, "only {checked} values");
    running.bus.shutdown().await;
    plant.shutdown().await;
}

const DIGIWARE: &str = r#"
[[bus]]
name = "b"
kind = "tcp"
[[bus.device]]
unit = 1
profile = "socomec/digiware-i35"
name = "as the lists have it"
nominal_kw = 80
usage = "reefers"
[[bus.device]]
unit = 2
profile = "socomec/digiware-i35"
name = "as the official table of the family has it"
nominal_kw = 80
usage = "reefers"
layout = { energies = "from-4d83" }
"#;

#[tokio::test]
async fn the_place_of_an_energy_is_settled_by_what_grows_as_the_power_says() {
    let (plant, line) = plant(DIGIWARE).await;
    let catalogue = catalogue();
    let profile = catalogue.get(&haubert_content::ProfileId::new("socomec/digiware-i35")).unwrap();
    let patience = Patience { at_least: Duration::from_secs(3), at_most: BOUND, every: Duration::from_millis(500) };
    let mut direct = DirectLine::open(line.clone(), &Gates::default(), Duration::from_secs(10)).await.unwrap();
    let mut layouts = Vec::new();
    for (unit, option, address, other) in [(1, "from-4d81", 0x4D81, 1), (2, "from-4d83", 0x4D83, 0)] {
        let place = Place { unit, base: None, table_version: Some(153), channels: 1 };
        let choices = settle(&mut direct, place, profile, patience).await;
        assert_eq!(choices.len(), 1);
        let choice = &choices[0];
        assert!(choice.settled && choice.option == option, "{choice:?}");
        let told: Vec<_> = choice.candidates.iter().map(|candidate| candidate.address).collect();
        assert_eq!(told, [0x4D81, 0x4D83]);
        let taken = choice.candidates.iter().find(|candidate| candidate.address == address).unwrap();
        assert_eq!(taken.verdict, Verdict::Fits, "{choice:?}");
        assert_ne!(choice.candidates[other].verdict, Verdict::Fits, "{choice:?}");
        layouts.push(Layout([(choice.question.clone(), choice.option.clone())].into()));
    }
    // Read in its own layout, each tells its true energy; in the other's, it does not.
    let names = ["as the lists have it", "as the official table of the family has it"];
    let mut devices: Vec<DeviceSettings> = (1u8..=2)
        .zip(&layouts)
        .map(|(unit, layout)| DeviceSettings {
            table_version: Some(153),
            channels: 1,
            layout: layout.clone(),
            ..device(unit, "socomec/digiware-i35")
        })
        .collect();
    let mut running = Running::start(settings(line, 10_000, 300), devices.clone(), catalogue.clone());
    for (unit, name) in (1u8..=2).zip(names) {
        let before = energy(&plant, name);
        let read = value(&of(&running.round(unit).await, Quantity::ActiveEnergyImport)).unwrap();
        assert!((read - before).abs() < before * 0.001, "{read} and {before}");
        let hours = running.round(unit).await.iter().any(|reading| reading.point.quantity == Quantity::OperatingTime);
        assert_eq!(hours, unit == 2, "only one layout has an hour meter");
    }
    devices[1].layout = Layout::default();
    running.bus.update(devices, catalogue.clone());
    let truth = energy(&plant, names[1]);
    running
        .round_with(2, |readings| {
            let reading = of(readings, Quantity::ActiveEnergyImport);
            value(&reading).is_none_or(|read| (read - truth).abs() > truth * 0.5)
        })
        .await;
    running.bus.shutdown().await;
    plant.shutdown().await;
}

fn energy(plant: &Plant, name: &str) -> f64 {
    let values = plant.values(name).unwrap();
    values.iter().find(|value| value.quantity == Quantity::ActiveEnergyImport).unwrap().value
}

#[tokio::test]
async fn while_nobody_answers_nothing_is_settled() {
    let (plant, line) = plant(DIGIWARE).await;
    let catalogue = catalogue();
    let profile = catalogue.get(&haubert_content::ProfileId::new("socomec/digiware-i35")).unwrap();
    let mut direct = DirectLine::open(line, &Gates::default(), Duration::from_millis(200)).await.unwrap();
    for unit in [1, 9] {
        plant.fault("as the lists have it", haubert_plant::Fault::Silent).unwrap();
        let place = Place { unit, base: None, table_version: None, channels: 3 };
        assert_eq!(settle(&mut direct, place, profile, Patience::default()).await, Vec::new());
    }
    assert!(profile.addressing == Addressing::Absolute);
    plant.shutdown().await;
}
