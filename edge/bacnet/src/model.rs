//! Devices and their objects, worked out when the site changes; values are looked up when they are asked for. Pure.

use crate::site::{Meter, Site, Trend};
use crate::wire::code::{ObjectId, ObjectType};
use haubert_model::{DeviceId, Nature, PointRef, Quantity};
use std::collections::{BTreeMap, BTreeSet};

/// Longest name, in bytes: an answer that carries one must fit in the smallest message that an asker takes.
const MAX_NAME: usize = 120;
/// Numbers of objects of a load lie apart by this: instance = channel × this + number of the quantity.
const CHANNEL: u32 = 1000;

/// What an object stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The device itself.
    Device,
    /// A quantity in single precision.
    Input(u8, Quantity),
    /// A quantity in double precision, for counters: single precision has seven digits.
    Exact(u8, Quantity),
    /// A state that is or is not.
    State(u8, Quantity),
    /// History.
    Log(Trend),
}

/// An object of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) id: ObjectId,
    pub(crate) what: What,
}

/// A device: the gateway or a meter.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) instance: u32,
    /// Unlike that of any other here.
    pub(crate) name: String,
    /// `None`: the gateway.
    pub(crate) meter: Option<Meter>,
    /// By identifier.
    pub(crate) objects: Vec<Object>,
}

/// Everything that is shown.
#[derive(Debug)]
pub struct Model {
    pub(crate) site: Site,
    /// The gateway first, then meters by instance.
    pub(crate) devices: Vec<Device>,
    /// Another one for another list of devices, objects or names, and the same for the same, over restarts too.
    pub(crate) revision: u32,
}

/// Cut at a letter where it is too long; signs that no screen shows are left out.
fn named(text: &str) -> String {
    let mut name: String = text.chars().filter(|sign| !sign.is_control()).collect();
    while name.len() > MAX_NAME {
        name.pop();
    }
    name
}

/// FNV-1a of what lists say.
fn revision(devices: &[Device]) -> u32 {
    let mut hash = 0x811C_9DC5u32;
    let mut take = |bytes: &[u8]| bytes.iter().for_each(|byte| hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    for device in devices {
        for object in &device.objects {
            take(&object.id.bits().to_be_bytes());
            take(device.name_of(object).as_bytes());
        }
    }
    hash
}

impl Device {
    fn gateway(site: &Site) -> Self {
        let id = ObjectId::device(site.instance);
        Self { instance: site.instance, name: named(&site.name), meter: None, objects: vec![Object { id, what: What::Device }] }
    }

    fn meter(meter: Meter) -> Self {
        let mut objects = vec![Object { id: ObjectId::device(meter.instance), what: What::Device }];
        let mut add = |kind, channel: u8, quantity: Quantity, what| {
            objects.push(Object { id: ObjectId::new(kind, u32::from(channel) * CHANNEL + quantity.number()), what });
        };
        let is_shown = |channel: u8| meter.loads.iter().any(|load| load.channel == channel);
        for (channel, quantity) in meter.points.iter().copied().filter(|(channel, _)| is_shown(*channel)) {
            match quantity {
                Quantity::DigitalInput => add(ObjectType::BINARY_INPUT, channel, quantity, What::State(channel, quantity)),
                _ => add(ObjectType::ANALOG_INPUT, channel, quantity, What::Input(channel, quantity)),
            }
            if quantity.nature() == Nature::Counter {
                add(ObjectType::LARGE_ANALOG_VALUE, channel, quantity, What::Exact(channel, quantity));
            }
        }
        for trend in meter.trends.iter().filter(|trend| meter.points.contains(&(trend.channel, trend.quantity))) {
            if is_shown(trend.channel) && trend.period_s > 0 {
                add(ObjectType::TREND_LOG, trend.channel, trend.quantity, What::Log(*trend));
            }
        }
        objects.sort_unstable_by_key(|object| object.id);
        objects.dedup_by_key(|object| object.id);
        objects.shrink_to_fit();
        Self { instance: meter.instance, name: named(&meter.name), meter: Some(meter), objects }
    }

    /// The object of this identifier; whoever does not know the device's instance may say [`ObjectId::ANY`].
    pub(crate) fn object(&self, id: ObjectId) -> Option<&Object> {
        let id = if id == ObjectId::device(ObjectId::ANY) { ObjectId::device(self.instance) } else { id };
        self.objects.binary_search_by_key(&id, |object| object.id).ok().and_then(|at| self.objects.get(at))
    }

    /// Unlike that of any other object of the device.
    pub(crate) fn name_of(&self, object: &Object) -> String {
        let (channel, text) = match object.what {
            What::Device => return self.name.clone(),
            What::Input(channel, quantity) | What::State(channel, quantity) => (channel, quantity.code().to_owned()),
            What::Exact(channel, quantity) => (channel, format!("{} exact", quantity.code())),
            What::Log(trend) => (trend.channel, format!("{} log", trend.quantity.code())),
        };
        // The load's name is for people, its number makes it one of a kind.
        let load = self.load(channel);
        named(&format!("{text} {channel} {load}"))
    }

    /// What people call the load.
    pub(crate) fn load(&self, channel: u8) -> &str {
        let loads = self.meter.iter().flat_map(|meter| &meter.loads);
        loads.into_iter().find(|load| load.channel == channel).map_or("", |load| load.name.as_str())
    }

    /// The point of a quantity of this meter.
    pub(crate) fn point(&self, channel: u8, quantity: Quantity) -> Option<PointRef> {
        Some(PointRef { device: self.id()?, channel, quantity })
    }

    /// Which meter; `None` for the gateway.
    pub(crate) fn id(&self) -> Option<DeviceId> {
        self.meter.as_ref().map(|meter| meter.id)
    }

    /// Its address in the virtual network: its instance (annex H.7.2).
    pub(crate) fn mac(&self) -> [u8; 3] {
        let [_, a, b, c] = self.instance.to_be_bytes();
        [a, b, c]
    }
}

impl Model {
    /// Of this site. Meters without an instance of their own are left out.
    pub fn new(mut site: Site) -> Self {
        let mut meters = std::mem::take(&mut site.meters);
        meters.retain(|meter| meter.instance < ObjectId::ANY && meter.instance != site.instance);
        meters.sort_by_key(|meter| meter.instance);
        meters.dedup_by_key(|meter| meter.instance);
        let mut devices = vec![Device::gateway(&site)];
        devices.extend(meters.into_iter().map(Device::meter));
        let mut uses: BTreeMap<String, u32> = BTreeMap::new();
        for device in &devices {
            *uses.entry(device.name.clone()).or_default() += 1;
        }
        let mut taken: BTreeSet<String> = uses.iter().filter(|(_, uses)| **uses == 1).map(|(name, _)| name.clone()).collect();
        for device in &mut devices {
            if uses.get(&device.name).is_some_and(|uses| *uses > 1) || device.name.is_empty() {
                // An instance is one of a kind; a name that looks like that of another with its instance is made longer.
                let mut name = format!("{} {}", device.name, device.instance);
                while taken.contains(&name) {
                    name.push('_');
                }
                taken.insert(name.clone());
                device.name = name;
            }
        }
        let revision = revision(&devices);
        Self { site, devices, revision }
    }

    /// Every meter that is shown: its instance, its name and how many objects it has.
    pub fn listing(&self) -> impl Iterator<Item = (u32, &str, usize)> {
        self.meters().iter().map(|device| (device.instance, device.name.as_str(), device.objects.len()))
    }

    pub(crate) fn gateway(&self) -> Option<&Device> {
        self.devices.first()
    }

    /// By instance.
    pub(crate) fn meters(&self) -> &[Device] {
        self.devices.get(1..).unwrap_or_default()
    }

    /// The meter at this address of the virtual network.
    pub(crate) fn behind(&self, mac: &[u8]) -> Option<&Device> {
        let &[a, b, c] = mac else { return None };
        self.device(u32::from_be_bytes([0, a, b, c])).filter(|device| device.meter.is_some())
    }

    /// The device of this instance.
    pub(crate) fn device(&self, instance: u32) -> Option<&Device> {
        if self.site.instance == instance {
            return self.gateway();
        }
        let meters = self.meters();
        meters.binary_search_by_key(&instance, |device| device.instance).ok().and_then(|at| meters.get(at))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::site::Load;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    pub(crate) const POWER: Trend = Trend { channel: 1, quantity: Quantity::ActivePowerTotal, period_s: 600 };
    pub(crate) const ENERGY: Trend = Trend { channel: 1, quantity: Quantity::ActiveEnergyImport, period_s: 600 };

    pub(crate) fn meter(instance: u32, name: &str) -> Meter {
        Meter {
            id: DeviceId(uuid::Uuid::from_u128(instance.into())),
            instance,
            name: name.to_owned(),
            make: "Socomec".to_owned(),
            model: "Countis E34".to_owned(),
            serial: "0815".to_owned(),
            loads: vec![Load { channel: 1, name: "Quay".to_owned() }, Load { channel: 2, name: "Door".to_owned() }],
            points: vec![
                (1, Quantity::ActivePowerTotal),
                (1, Quantity::ActiveEnergyImport),
                (2, Quantity::DigitalInput),
                (3, Quantity::Frequency),
            ],
            trends: vec![POWER, ENERGY],
        }
    }

    pub(crate) fn model(meters: Vec<Meter>) -> Model {
        let site = Site {
            name: "Port".to_owned(),
            instance: 100,
            network: 4711,
            version: "1.2.3".to_owned(),
            zone: TimeZone::UTC,
            meters,
        };
        Model::new(site)
    }

    #[test]
    fn objects_have_numbers_that_say_load_and_quantity() {
        let model = model(vec![meter(105, "Meter")]);
        let device = model.device(105).unwrap();
        let ids: Vec<(u16, u32)> = device.objects.iter().map(|object| (object.id.kind.0, object.id.instance)).collect();
        assert_eq!(ids, [(0, 1001), (0, 1036), (3, 2053), (8, 105), (20, 1001), (20, 1036), (46, 1036)]);
        assert_eq!(device.name_of(&device.objects[1]), "active_energy_import 1 Quay");
        assert_eq!(device.name_of(&device.objects[6]), "active_energy_import exact 1 Quay");
        assert_eq!(model.behind(&[0, 0, 105]).map(|device| device.instance), Some(105));
        assert!(model.behind(&[0, 0, 100]).is_none() && model.behind(&[105]).is_none(), "the gateway is on the other network");
        assert_eq!(device.object(ObjectId::device(ObjectId::ANY)).unwrap().id.instance, 105);
    }

    #[test]
    fn the_revision_is_that_of_what_is_shown() {
        let of = |name: &str| model(vec![meter(101, name)]).revision;
        assert_eq!(of("Meter"), of("Meter"));
        assert_ne!(of("Meter"), of("Other"));
    }

    #[test]
    fn a_meter_of_the_gateways_instance_is_left_out() {
        assert_eq!(model(vec![meter(100, "Meter"), meter(101, "Other"), meter(101, "Same")]).listing().count(), 1);
    }

    proptest! {
        #[test]
        fn no_two_devices_or_objects_have_one_name(names in proptest::collection::vec("(Port|a|a 101|a 102|)_?", 0..12)) {
            let model = model((101..).zip(&names).map(|(instance, name)| meter(instance, name)).collect());
            let all: BTreeSet<&str> = model.devices.iter().map(|device| device.name.as_str()).collect();
            prop_assert_eq!(all.len(), model.devices.len());
            for device in model.meters() {
                let objects: BTreeSet<String> = device.objects.iter().map(|object| device.name_of(object)).collect();
                prop_assert_eq!(objects.len(), device.objects.len());
            }
        }
    }
}
