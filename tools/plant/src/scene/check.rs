//! What a scene may not say, found before anything is opened.

use super::{BusKind, BusSpec, DeviceSpec, Scene, SceneError};
use haubert_modbus::limits::LAST_UNIT;
use haubert_model::Quantity;
use std::collections::BTreeSet;

const MAX_BUSES: usize = 256;
const MAX_DEVICES: usize = 10_000;

fn impossible<T>(place: impl Into<String>, message: impl Into<String>) -> Result<T, SceneError> {
    Err(SceneError::Impossible { place: place.into(), message: message.into() })
}

impl Scene {
    /// Buses and devices within reason, generated ones included: to be asked before they are generated.
    pub(crate) fn check_size(&self) -> Result<(), SceneError> {
        let written: usize = self.buses.iter().map(|bus| bus.devices.len()).sum();
        let generated: usize = self.generate.iter().map(|spec| usize::from(spec.buses) * usize::from(spec.devices)).sum();
        let buses = self.buses.len() + self.generate.iter().map(|spec| usize::from(spec.buses)).sum::<usize>();
        let devices = written + generated;
        if buses == 0 || buses > MAX_BUSES || devices > MAX_DEVICES {
            let message = format!("{buses} buses and {devices} devices; there may be {MAX_BUSES} and {MAX_DEVICES}");
            return impossible(&self.name, message);
        }
        Ok(())
    }

    /// Names and unit ids unique, numbers within reason.
    pub(crate) fn check(&self) -> Result<(), SceneError> {
        if !(self.speed.is_finite() && self.speed > 0.0 && self.speed <= 100_000.0) {
            return impossible(&self.name, "speed must be above 0 and at most 100,000");
        }
        if !(1.0..=100_000.0).contains(&self.nominal_v) {
            return impossible(&self.name, "nominal_v must be 1 to 100,000 V");
        }
        let mut names = BTreeSet::new();
        for bus in &self.buses {
            if !names.insert(bus.name.as_str()) || bus.name.is_empty() || bus.name.contains(['/', ' ']) {
                return impossible(&bus.name, "a bus has a name of its own, without slash or space");
            }
            check_bus(bus)?;
        }
        let mut names = BTreeSet::new();
        for device in self.buses.iter().flat_map(|bus| &bus.devices) {
            if !names.insert(device.name.as_str()) || device.name.is_empty() {
                return impossible(&device.name, "a device has a name of its own");
            }
        }
        Ok(())
    }
}

fn check_bus(bus: &BusSpec) -> Result<(), SceneError> {
    if bus.kind == BusKind::Serial && bus.baud.is_none() {
        return impossible(&bus.name, "a serial bus has a baud rate");
    }
    if bus.baud.is_some_and(|baud| !(300..=1_000_000).contains(&baud))
        || bus.stop_bits.is_some_and(|bits| !(1..=2).contains(&bits))
    {
        return impossible(&bus.name, "a line has 300 to 1,000,000 baud and 1 or 2 stop bits");
    }
    let mut units = BTreeSet::new();
    for device in &bus.devices {
        if !(1..=LAST_UNIT).contains(&device.unit) || !units.insert(device.unit) {
            return impossible(
                format!("{}/{}", bus.name, device.name),
                format!("unit {} is taken or not within 1 to {LAST_UNIT}", device.unit),
            );
        }
        check_device(bus, device)?;
    }
    Ok(())
}

fn check_device(bus: &BusSpec, device: &DeviceSpec) -> Result<(), SceneError> {
    let place = || format!("{}/{}", bus.name, device.name);
    for load in device.effective_loads() {
        let sizes = [load.nominal_kw, load.nominal_m3h, load.index];
        if sizes.into_iter().flatten().any(|size| !(size.is_finite() && (0.0..=1e9).contains(&size))) {
            return impossible(place(), "sizes and indexes are between 0 and 10^9");
        }
        if load.phases.is_some_and(|phases| !matches!(phases, 1 | 3)) {
            return impossible(place(), "a load has 1 or 3 phases");
        }
        let replayed = [Quantity::ActivePowerTotal, Quantity::ReactivePowerTotal, Quantity::VoltageL1, Quantity::VolumeFlow];
        if let Some(column) =
            load.replay.iter().flat_map(|replay| &replay.columns).find(|column| !replayed.contains(&column.quantity))
        {
            return impossible(
                place(),
                format!("{} cannot be replayed; {} can", column.quantity, replayed.map(Quantity::code).join(", ")),
            );
        }
        if load.sum && load.replay.is_some() {
            return impossible(place(), "a load sums or replays, not both");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The devices were once made before they were counted.
    #[test]
    fn a_scene_that_generates_millions_is_refused_before_it_does() {
        let text = "name = \"x\"\n[[generate]]\nprefix = \"z\"\nbuses = 65535\ndevices = 255\nkind = \"tcp\"\nprofiles = [\"a/b\"]\nusages = [\"it\"]\n";
        let said = Scene::parse("x.toml", text, std::path::Path::new(".")).unwrap_err().to_string();
        assert!(said.contains("65535 buses"), "{said}");
    }
}
