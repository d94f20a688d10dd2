//! What is known of each sensor, and what its uplinks and its silence make of its device. No IO: what is to be told comes out.

use super::values::values;
use crate::topology::{Device, Sensor, Topology};
use haubert_content::{About, DecoderCatalogue, ProfileId};
use haubert_fieldbus::{DeviceState, Readout, Taken};
use haubert_lorawan::{DevEui, Event, Memory, Seen, Uplink};
use haubert_model::{DeviceId, Quantity, Reason, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Sensors that are remembered without having been taken in; of more, the one heard longest ago is forgotten.
const MAX_STRANGERS: usize = 1_000;

/// A sensor that has been heard and not taken in.
pub type Heard = (DevEui, Memory);
/// A sensor that has been taken in: what is remembered of it, and its usual interval in s.
pub type Known = (Memory, u32);

/// What becomes of a message or of a silence.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    /// A device's state changed; with what it was.
    State(DeviceId, DeviceState, Option<DeviceState>),
    /// Values, or the lack of them.
    Values(Readout),
}

/// What came of an uplink.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Taking {
    pub(super) is_repeated: bool,
    pub(super) is_stranger: bool,
    pub(super) is_not_understood: bool,
}

/// All sensors.
#[derive(Default)]
pub(super) struct Sensors {
    memories: BTreeMap<DevEui, Memory>,
    /// Not yet kept.
    changed: BTreeSet<DevEui>,
    /// As last told.
    states: HashMap<DeviceId, DeviceState>,
    /// Points that each has had a value of since the start.
    points: HashMap<DeviceId, BTreeSet<(u8, Quantity)>>,
}

impl Sensors {
    /// With what was kept.
    pub(super) fn new(memories: BTreeMap<DevEui, Memory>) -> Self {
        Self { memories, ..Self::default() }
    }

    /// Takes an event of a sensor; what is to be told goes to `news`.
    pub(super) fn take(
        &mut self,
        (dev_eui, event): (DevEui, &Event),
        (topology, decoders): (&Topology, &DecoderCatalogue),
        now: Timestamp,
        news: &mut Vec<News>,
    ) -> Taking {
        let device = taken_in(topology, dev_eui);
        if !self.memories.contains_key(&dev_eui) {
            if device.is_none() {
                self.make_room(topology);
            }
            if matches!(event, Event::Other) {
                return Taking::default();
            }
        }
        let memory = self.memories.entry(dev_eui).or_default();
        self.changed.insert(dev_eui);
        match event {
            Event::Uplink(uplink) => {
                if memory.uplink(uplink, now) == Seen::Repeated {
                    return Taking { is_repeated: true, ..Taking::default() };
                }
                match device {
                    None => Taking { is_stranger: true, ..Taking::default() },
                    Some((device, sensor)) if device.enabled => {
                        let left = self.values((device, sensor), decoders, uplink, now, news);
                        Taking { is_not_understood: left, ..Taking::default() }
                    }
                    Some(_) => Taking::default(),
                }
            }
            Event::Join => {
                memory.joined();
                Taking::default()
            }
            Event::Status(status) => {
                memory.status(status);
                Taking::default()
            }
            Event::Other => Taking::default(),
        }
    }

    /// What an uplink brings to a device that has been taken in; true when not all was understood.
    fn values(
        &mut self,
        (device, sensor): (&Device, &Sensor),
        decoders: &DecoderCatalogue,
        uplink: &Uplink,
        now: Timestamp,
        news: &mut Vec<News>,
    ) -> bool {
        self.state(device.id, DeviceState::Online, news);
        let Some(decoder) = decoders.get(&ProfileId::new(sensor.decoder.as_str())) else { return true };
        let decoded = decoder.decode(uplink.f_port, &uplink.data);
        if let Some(memory) = self.memories.get_mut(&sensor.dev_eui) {
            for own in &decoded.own {
                match own.about {
                    About::BatteryPercent => memory.battery_percent = Some(own.value.to_f64()),
                    About::BatteryVolts => memory.battery_volts = Some(own.value.to_f64()),
                }
            }
        }
        let found = values(&decoded, sensor);
        if !found.is_empty() {
            self.points.entry(device.id).or_default().extend(found.iter().map(|one| (one.load, one.quantity)));
            let taken = |value| match value {
                Ok(value) => Taken::measured(value, now, Reason::Measured),
                Err(reason) => Taken::missing(now, reason),
            };
            let values = found.iter().map(|one| taken(one.value)).collect();
            let points = found.iter().map(|one| (one.load, one.quantity)).collect();
            news.push(News::Values(Readout { device: device.id, at: now, points, values }));
        }
        decoded.left > 0
    }

    /// Judges the silence of every sensor that has been taken in.
    pub(super) fn listen(&mut self, topology: &Topology, decoders: &DecoderCatalogue, now: Timestamp, news: &mut Vec<News>) {
        let there: HashSet<DeviceId> = of(topology).filter(|(device, _)| device.enabled).map(|(device, _)| device.id).collect();
        self.states.retain(|id, _| there.contains(id));
        self.points.retain(|id, _| there.contains(id));
        for (device, sensor) in of(topology).filter(|(device, _)| device.enabled) {
            let usual_s = self.usual_s(sensor, decoders);
            let state = match self.memories.get(&sensor.dev_eui) {
                Some(memory) if memory.heard_at.is_some() && memory.is_silent(usual_s, now) => DeviceState::Offline,
                Some(memory) if memory.heard_at.is_some() => DeviceState::Online,
                _ => DeviceState::NeverSeen,
            };
            let fell_silent = self.state(device.id, state, news) && state == DeviceState::Offline;
            if let Some(points) = self.points.get(&device.id).filter(|_| fell_silent) {
                let values = points.iter().map(|_| Taken::missing(now, Reason::NoAnswer)).collect();
                news.push(News::Values(Readout { device: device.id, at: now, points: points.iter().copied().collect(), values }));
            }
        }
    }

    /// Notes a device's state; true when it changed.
    fn state(&mut self, id: DeviceId, state: DeviceState, news: &mut Vec<News>) -> bool {
        let before = self.states.insert(id, state);
        if before == Some(state) {
            return false;
        }
        news.push(News::State(id, state, before));
        true
    }

    /// Nothing is judged while nothing is heard: the next judgement tells each state anew.
    pub(super) fn rest(&mut self) {
        self.states.clear();
    }

    fn usual_s(&self, sensor: &Sensor, decoders: &DecoderCatalogue) -> u32 {
        let model_s = decoders.get(&ProfileId::new(sensor.decoder.as_str())).map_or(3_600, |decoder| decoder.interval_s);
        self.memories.get(&sensor.dev_eui).map_or(model_s, |memory| memory.usual_s(sensor.interval_s, model_s))
    }

    /// What is known of a sensor that has been taken in.
    pub(super) fn known(&self, sensor: &Sensor, decoders: &DecoderCatalogue) -> Known {
        (self.memories.get(&sensor.dev_eui).cloned().unwrap_or_default(), self.usual_s(sensor, decoders))
    }

    /// What is remembered of a sensor, taken in or not.
    pub(super) fn memory(&self, dev_eui: DevEui) -> Option<Memory> {
        self.memories.get(&dev_eui).cloned()
    }

    /// Those that nobody has taken in, the last heard first.
    pub(super) fn heard(&self, topology: &Topology) -> Vec<Heard> {
        let mut heard: Vec<Heard> = self.strangers(topology).map(|(eui, memory)| (*eui, memory.clone())).collect();
        heard.sort_by_key(|(_, memory)| std::cmp::Reverse(memory.heard_at));
        heard
    }

    /// What has changed since it was last asked; `None`: it is to be forgotten.
    pub(super) fn take_changed(&mut self) -> Vec<(DevEui, Option<Memory>)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|eui| (eui, self.memories.get(&eui).cloned())).collect()
    }

    fn strangers<'a>(&'a self, topology: &Topology) -> impl Iterator<Item = (&'a DevEui, &'a Memory)> {
        let known: HashSet<DevEui> = of(topology).map(|(_, sensor)| sensor.dev_eui).collect();
        self.memories.iter().filter(move |(eui, _)| !known.contains(eui))
    }

    fn make_room(&mut self, topology: &Topology) {
        if self.memories.len() < MAX_STRANGERS || self.strangers(topology).count() < MAX_STRANGERS {
            return;
        }
        let oldest = self.strangers(topology).min_by_key(|(_, memory)| memory.heard_at).map(|(eui, _)| *eui);
        if let Some(oldest) = oldest {
            self.memories.remove(&oldest);
            self.changed.insert(oldest);
        }
    }
}

/// The sensors that have been taken in.
fn of(topology: &Topology) -> impl Iterator<Item = (&Device, &Sensor)> {
    topology.devices.iter().filter_map(|device| Some((device, device.sensor()?)))
}

fn taken_in(topology: &Topology, dev_eui: DevEui) -> Option<(&Device, &Sensor)> {
    of(topology).find(|(_, sensor)| sensor.dev_eui == dev_eui)
}

#[cfg(test)]
mod tests;
