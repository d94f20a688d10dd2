//! What the registers say agrees with itself, and repeats.

use crate::wire::{FROZEN, Master, one_device, start};
use haubert_model::Quantity as Q;

/// A meter of 10 W steps at 200 kW: what rounding may cost.
const STEP_W: f64 = 40.0;

#[tokio::test]
async fn powers_voltages_and_currents_agree() {
    for (profile, usage) in [
        ("socomec/countis-e3x", "cranes"),
        ("socomec/diris-b30", "reefers"),
        ("sunspec/meter-213", "production"),
        ("eastron/sdm630", "process"),
    ] {
        let plant = start(&one_device(profile, &format!("usage = \"{usage}\"\nnominal_kw = 200"))).await;
        let mut master = Master::connect(plant.address("b").unwrap()).await;
        for hour in 0..8 {
            let r = master.readings(1, profile).await;
            let (p, q, s) = (r.get(Q::ActivePowerTotal), r.get(Q::ReactivePowerTotal), r.get(Q::ApparentPowerTotal));
            assert!((p.hypot(q) - s).abs() <= STEP_W, "{profile}: P {p} Q {q} S {s}");
            assert!((r.get(Q::ActivePowerL1) + r.get(Q::ActivePowerL2) + r.get(Q::ActivePowerL3) - p).abs() <= STEP_W);
            assert!((r.get(Q::ReactivePowerL1) + r.get(Q::ReactivePowerL2) + r.get(Q::ReactivePowerL3) - q).abs() <= STEP_W);
            if s > 1000.0 {
                assert!((r.get(Q::PowerFactorTotal) - p / s).abs() < 0.02, "{profile}");
            }
            let (v1, v2) = (r.get(Q::VoltageL1), r.get(Q::VoltageL2));
            assert!((220.0..240.0).contains(&v1), "{v1}");
            assert!((r.get(Q::VoltageL1L2) - (v1 * v1 + v2 * v2 + v1 * v2).sqrt()).abs() < 0.5);
            let s1 = r.get(Q::ActivePowerL1).hypot(r.get(Q::ReactivePowerL1));
            assert!((r.get(Q::CurrentL1) * v1 - s1).abs() <= STEP_W, "{profile}: {} A", r.get(Q::CurrentL1));
            assert!((49.9..50.1).contains(&r.get(Q::Frequency)));
            assert_eq!(p < 0.0, usage == "production" && p != 0.0, "only production feeds back: {p}");
            plant.advance(3_600_000 + hour * 1000);
        }
        plant.shutdown().await;
    }
}

#[tokio::test]
async fn energy_is_the_integral_of_power_and_never_falls() {
    let profile = "socomec/diris-b30";
    let plant = start(&one_device(profile, "load = [{ name = \"P1\", usage = \"cranes\", nominal_kw = 480 }, { name = \"Toit\", usage = \"production\", nominal_kw = 90 }]")).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    // From 7:00 local, whole steps of the model's ten seconds.
    let (mut imported, mut exported) = (0.0, 0.0);
    let first = master.readings(1, profile).await;
    let mut last = first.get(Q::ActiveEnergyImport);
    for _ in 0..180 {
        let now = master.readings(1, profile).await;
        imported += now.of(1, Q::ActivePowerTotal) * 10.0 / 3600.0;
        exported -= now.of(2, Q::ActivePowerTotal) * 10.0 / 3600.0;
        assert!(now.get(Q::ActiveEnergyImport) >= last);
        last = now.get(Q::ActiveEnergyImport);
        plant.advance(10_000);
    }
    let now = master.readings(1, profile).await;
    let close = |measured: f64, integral: f64| (measured - integral).abs() <= 1.0 + 0.002 * integral;
    assert!(imported > 1000.0 && close(now.get(Q::ActiveEnergyImport) - first.get(Q::ActiveEnergyImport), imported));
    assert!(close(now.of(2, Q::ActiveEnergyExport) - first.of(2, Q::ActiveEnergyExport), exported));
    assert_eq!(now.of(2, Q::ActiveEnergyImport), 0.0);
    let (p, q, s) = (
        imported,
        now.get(Q::ReactiveEnergyImport) - first.get(Q::ReactiveEnergyImport),
        now.get(Q::ApparentEnergy) - first.get(Q::ApparentEnergy),
    );
    assert!((p.hypot(q) - s).abs() < 0.01 * s, "energies of one hour keep the angle: {p} {q} {s}");
    assert_eq!(now.get(Q::OperatingTime) - first.get(Q::OperatingTime), 1800.0);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_registers_and_another_seed_others() {
    let scene =
        |seed: u64| one_device("socomec/countis-e3x", "usage = \"offices\"").replace("seed = 5", &format!("seed = {seed}"));
    let mut seen = Vec::new();
    for seed in [5, 5, 6] {
        let plant = start(&scene(seed)).await;
        let mut master = Master::connect(plant.address("b").unwrap()).await;
        let mut words = Vec::new();
        // Also in another order: the second plant is asked after a longer jump only.
        for jump in if seen.is_empty() { vec![3600, 82_800] } else { vec![86_400] } {
            plant.advance(jump * 1000);
            words = master.readings(1, "socomec/countis-e3x").await.words.into_iter().collect();
        }
        words.push((0, master.read(1, haubert_modbus::Table::HoldingRegisters, 50_008, 5).await.unwrap()[2]));
        seen.push(words);
        plant.shutdown().await;
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
}

#[tokio::test]
async fn tariffs_share_the_energy_and_days_differ() {
    let profile = "socomec/countis-e3x";
    let plant = start(&one_device(profile, "usage = \"offices\"\nnominal_kw = 50")).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let tariffs = |r: &crate::wire::Readings| {
        [Q::ActiveEnergyImportT1, Q::ActiveEnergyImportT2, Q::ActiveEnergyImportT3, Q::ActiveEnergyImportT4]
            .iter()
            .map(|q| r.get(*q))
            .sum::<f64>()
    };
    // Each tariff counts in kWh, the total in 10 Wh.
    let first = master.readings(1, profile).await;
    assert!((tariffs(&first) - first.get(Q::ActiveEnergyImport)).abs() <= 4010.0);
    assert_eq!(first.get(Q::TariffInProgress), 1.0);
    let mut days = Vec::new();
    let mut before = first.get(Q::ActiveEnergyImport);
    for _ in 0..7 {
        plant.advance(86_400_000);
        let now = master.readings(1, profile).await;
        assert!((tariffs(&now) - now.get(Q::ActiveEnergyImport)).abs() <= 4010.0);
        days.push(now.get(Q::ActiveEnergyImport) - before);
        before = now.get(Q::ActiveEnergyImport);
    }
    // Monday to Friday against Saturday, which begins with the last hours of Friday night.
    assert!(days[5] < 0.6 * days[1], "{days:?}");
}

#[tokio::test]
async fn the_incomer_is_the_sum_of_its_loads() {
    let device = |unit: u8, name: &str, more: &str| {
        format!("[[bus.device]]\nunit = {unit}\nname = \"{name}\"\nprofile = \"socomec/countis-e3x\"\n{more}\n")
    };
    let text = format!(
        "{FROZEN}[[bus]]\nname = \"b\"\nkind = \"tcp\"\n{}{}{}{}",
        device(1, "all", "sum = true\nusage = \"supply\"\nindex = 0"),
        device(2, "cranes", "usage = \"cranes\"\nnominal_kw = 500"),
        device(3, "cold", "usage = \"reefers\"\nnominal_kw = 200"),
        device(4, "roof", "usage = \"production\"\nnominal_kw = 60"),
    );
    let plant = start(&text).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    plant.advance(6 * 3_600_000);
    let mut readings = Vec::new();
    for unit in 1..=4 {
        readings.push(master.readings(unit, "socomec/countis-e3x").await);
    }
    let parts: f64 = readings[1..].iter().map(|r| r.get(Q::ActivePowerTotal)).sum();
    assert!((readings[0].get(Q::ActivePowerTotal) - parts).abs() <= STEP_W, "{parts}");
    assert!(readings[3].get(Q::ActivePowerTotal) < 0.0);
}

#[tokio::test]
async fn water_and_gas_come_by_pulse() {
    let profile = "haubert/pulse-8";
    let plant = start(&one_device(profile, "load = [{ name = \"Eau\", fluid = \"water\", usage = \"water\", nominal_m3h = 20, index = 1500 }, { name = \"Gaz\", fluid = \"gas\", nominal_m3h = 30, index = 10 }]")).await;
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let first = master.readings(1, profile).await;
    assert!((first.get(Q::Volume) - 1500.0).abs() < 20.0);
    assert!((first.get(Q::PulseCount) - (first.get(Q::Volume) * 100.0).floor()).abs() <= 1.0, "10 litres a pulse");
    plant.advance(86_400_000);
    let next = master.readings(1, profile).await;
    for channel in [1, 2] {
        let volume = next.of(channel, Q::Volume) - first.of(channel, Q::Volume);
        assert!((20.0..720.0).contains(&volume), "{volume} m³ in a day");
    }
    assert_eq!(next.of(3, Q::Volume), 0.0, "nothing is wired to input 3");
}

#[tokio::test]
async fn time_runs_as_fast_as_told() {
    let plant = start(&one_device("socomec/countis-e3x", "").replace("speed = 1e-9", "speed = 100000")).await;
    // The real clock first: what passes between the two readings must not be missing from it.
    let real = std::time::Instant::now();
    let began = plant.now();
    while plant.now().ms_since(began) < 3_600_000 {
        tokio::task::yield_now().await;
    }
    assert!(real.elapsed().as_secs_f64() >= 0.036);
}
