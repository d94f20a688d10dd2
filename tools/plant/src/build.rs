//! From a scene to devices: profiles found, loads wired, sums told what they sum.

use crate::answer::Bus;
use crate::clock::PlantClock;
use crate::device::{Device, Surroundings};
use crate::load::{Load, LoadContext};
use crate::scene::{BusSpec, DeviceSpec, Scene, SceneError};
use haubert_content::{Catalogue, Profile, ProfileId};
use haubert_model::{Fluid, Quantity};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// All buses of a scene, nothing opened yet.
pub(crate) fn buses(scene: &Scene, catalogue: &Catalogue, clock: &Arc<PlantClock>) -> Result<Vec<Arc<Bus>>, SceneError> {
    let impossible = |message: String| SceneError::Impossible { place: scene.name.clone(), message };
    let zone = TimeZone::get(&scene.time_zone).map_err(|error| impossible(error.to_string()))?;
    let mut buses = Vec::with_capacity(scene.buses.len());
    for spec in &scene.buses {
        let mut devices = std::collections::BTreeMap::new();
        for device in &spec.devices {
            let built = build_device(scene, spec, device, catalogue, &zone, clock)?;
            devices.insert(device.unit, Arc::new(built));
        }
        buses.push(Arc::new(Bus {
            name: spec.name.clone(),
            kind: spec.kind,
            line: spec.line(),
            think: Duration::from_millis(spec.think_ms.into()),
            devices,
            clock: Arc::clone(clock),
            ignored: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            overlapping: AtomicU64::new(0),
        }));
    }
    let all: Vec<Arc<Load>> =
        buses.iter().flat_map(|bus| bus.devices.values()).flat_map(|device| device.loads.iter().cloned()).collect();
    let parts: Vec<Arc<Load>> = all.iter().filter(|load| !load.is_sum() && load.fluid == Fluid::Electricity).cloned().collect();
    all.iter().filter(|load| load.is_sum()).for_each(|load| load.sum_of(parts.clone()));
    Ok(buses)
}

fn build_device(
    scene: &Scene,
    bus: &BusSpec,
    spec: &DeviceSpec,
    catalogue: &Catalogue,
    zone: &TimeZone,
    clock: &PlantClock,
) -> Result<Device, SceneError> {
    let impossible = |message: String| SceneError::Impossible { place: format!("{}/{}", bus.name, spec.name), message };
    let profile = catalogue
        .get_shared(&ProfileId::new(spec.profile.as_str()))
        .ok_or_else(|| impossible(format!("no device profile {:?}", spec.profile)))?;
    for (question, answer) in &spec.layout.0 {
        let known = profile.alternatives.iter().find(|known| known.name == *question);
        if known.is_none_or(|known| known.options.iter().all(|option| option.name != *answer)) {
            return Err(impossible(format!("{} leaves no question {question:?} with the answer {answer:?}", spec.profile)));
        }
    }
    let loads = spec.effective_loads();
    if loads.len() > usize::from(profile.channels) {
        return Err(impossible(format!("{} loads; {} has {}", loads.len(), spec.profile, profile.channels)));
    }
    let phases = phases(&profile);
    let fluid = spec.fluid.or(profile.fluids.first().copied()).unwrap_or(Fluid::Electricity);
    let loads = loads
        .iter()
        .enumerate()
        .map(|(index, load)| {
            let name = format!("{}#{index}", spec.name);
            Load::new(load, &LoadContext { scene, name: &name, fluid, zone, start: clock.start(), phases }).map(Arc::new)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let surroundings = Surroundings {
        seed: scene.seed,
        zone,
        refresh_ms: scene.refresh_ms.into(),
        log_period_s: scene.log_period_s,
        start: clock.start(),
    };
    Ok(Device::new(spec.name.clone(), spec.unit, spec.serial.clone(), profile, loads, &spec.layout, &surroundings))
}

/// How many phases a device of this profile can show.
fn phases(profile: &Profile) -> u8 {
    let has = |quantity| profile.measures(quantity);
    if has(Quantity::VoltageL2L3) || has(Quantity::CurrentL3) {
        3
    } else if has(Quantity::CurrentL2) {
        2
    } else {
        1
    }
}
