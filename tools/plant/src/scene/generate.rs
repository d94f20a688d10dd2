//! Scenes of hundreds of devices from a few lines.

use super::{BusSpec, DeviceSpec, GenerateSpec, Scene};

impl Scene {
    /// Puts the generated buses beside the written ones.
    pub(crate) fn expand(&mut self) {
        let generated: Vec<BusSpec> = self.generate.drain(..).flat_map(|spec| buses(&spec)).collect();
        self.buses.extend(generated);
    }
}

fn buses(spec: &GenerateSpec) -> Vec<BusSpec> {
    (1..=spec.buses)
        .map(|bus| BusSpec {
            name: format!("{}-{bus}", spec.prefix),
            kind: spec.kind,
            baud: spec.baud,
            devices: (1..=spec.devices).map(|unit| device(spec, bus, unit)).collect(),
            ..BusSpec::default()
        })
        .collect()
}

fn device(spec: &GenerateSpec, bus: u16, unit: u8) -> DeviceSpec {
    let turn = usize::from(bus - 1) * usize::from(spec.devices) + usize::from(unit - 1);
    let pick = |count: usize| if count == 0 { 0 } else { turn % count };
    DeviceSpec {
        unit,
        profile: spec.profiles.get(pick(spec.profiles.len())).cloned().unwrap_or_default(),
        name: format!("{}-{bus}-{unit:03}", spec.prefix),
        usage: spec.usages.get(pick(spec.usages.len())).copied(),
        ..DeviceSpec::default()
    }
}
