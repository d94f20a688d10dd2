//! Scenes of the simulated plant: few lines may ask for many devices, but not for more than there may be.
#![no_main]

use haubert_plant::Scene;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|text: &str| {
    let Ok(scene) = Scene::parse("fuzz", text, Path::new(".")) else { return };
    assert!((1..=256).contains(&scene.buses.len()));
    assert!(scene.buses.iter().map(|bus| bus.devices.len()).sum::<usize>() <= 10_000);
    for bus in &scene.buses {
        assert!(bus.line().is_none_or(|line| line.wire_time(256) > std::time::Duration::ZERO));
        assert!(bus.devices.iter().all(|device| (1..=247).contains(&device.unit)));
    }
});
