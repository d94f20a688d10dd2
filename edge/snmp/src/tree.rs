//! What is answered to which name: lookup, and the next name after any. Pure.
//!
//! Names are not listed anywhere. Rows are sorted by their indexes when the site changes; a name is taken apart into object and
//! index, and the next one is found by bisection. Values are looked up when they are asked for, so a thousand devices that nobody
//! asks about cost what their rows take.

use crate::mib::{Group, Leaf, OBJECTS, Object, PRODUCT};
use crate::site::{Alarm, AlarmState, Criticality, Device, Facts, Site};
use crate::value::{Datum, plain};
use haubert_model::{DeviceId, Nature, PointRef, Quality, Quantity, Reading};
use std::sync::{Arc, LazyLock};

/// Objects that can be read, with their names in numbers.
static READABLE: LazyLock<Vec<(Vec<u32>, &'static Object)>> =
    LazyLock::new(|| OBJECTS.iter().filter(|object| !object.is_index).map(|object| (object.oid(), object)).collect());

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A value.
    Value(Datum),
    /// There is such an object, but not this instance of it.
    NoInstance,
    /// There is no such object.
    NoObject,
}

/// Rows of devices and what they measure; made when the site changes.
#[derive(Debug, Default)]
pub struct Rows {
    site: Site,
    measures: Vec<Measure>,
    /// `sysUpTime` when it was made.
    changed_at: u32,
}

#[derive(Debug, Clone, Copy)]
struct Measure {
    /// Place of its device.
    device: u32,
    /// Place of its load within the device.
    load: u16,
    channel: u8,
    quantity: Quantity,
}

impl Rows {
    /// Of this site, as it is from `changed_at` (`sysUpTime`) on. Devices without a number of their own are left out.
    pub fn new(mut site: Site, changed_at: u32) -> Self {
        site.devices.retain(|device| device.index != 0 && i32::try_from(device.index).is_ok());
        site.devices.sort_by_key(|device| device.index);
        site.devices.dedup_by_key(|device| device.index);
        let mut measures = Vec::new();
        for (device, place) in site.devices.iter().zip(0u32..) {
            let of_load = |(channel, quantity): &(u8, Quantity)| {
                let load = device.loads.iter().position(|load| load.channel == *channel)?;
                Some(Measure { device: place, load: u16::try_from(load).ok()?, channel: *channel, quantity: *quantity })
            };
            measures.extend(device.points.iter().filter_map(of_load));
        }
        measures.sort_unstable_by_key(Measure::key);
        measures.dedup_by_key(|measure| measure.key());
        measures.shrink_to_fit();
        Self { site, measures, changed_at }
    }

    /// The site.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// How many rows say what is measured.
    pub fn measures(&self) -> usize {
        self.measures.len()
    }

    fn device_of(&self, id: DeviceId) -> Option<&Device> {
        self.site.devices.iter().find(|device| device.id == id)
    }
}

impl Measure {
    const fn key(&self) -> (u32, u8, u32) {
        (self.device, self.channel, self.quantity.number())
    }
}

/// Everything that is answered; cheap to make of what changes seldom.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Devices and what they measure.
    pub rows: Arc<Rows>,
    /// Alarms by their numbers.
    pub alarms: Arc<Vec<Alarm>>,
}

/// An index: up to three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Index([u32; 3], usize);

impl Index {
    fn arcs(&self) -> &[u32] {
        self.0.get(..self.1).unwrap_or_default()
    }
}

impl Tree {
    /// With alarms in the order of their numbers.
    pub fn new(rows: Arc<Rows>, mut alarms: Vec<Alarm>) -> Self {
        alarms.retain(|alarm| alarm.index != 0 && i32::try_from(alarm.index).is_ok());
        alarms.sort_by_key(|alarm| alarm.index);
        alarms.dedup_by_key(|alarm| alarm.index);
        Self { rows, alarms: Arc::new(alarms) }
    }

    /// What `oid` stands for.
    pub fn get(&self, facts: &dyn Facts, oid: &[u32]) -> Found {
        for (base, object) in &*READABLE {
            let Some(rest) = oid.strip_prefix(base.as_slice()) else { continue };
            let place = self.first_not_below(object.group, rest, false);
            let hit = place.filter(|place| self.index(object.group, *place).is_some_and(|index| index.arcs() == rest));
            let value = hit.and_then(|place| self.value(facts, object, place));
            return value.map_or(Found::NoInstance, Found::Value);
        }
        Found::NoObject
    }

    /// The next name after `oid` among those that begin with `prefix`, and its value.
    pub fn next(&self, facts: &dyn Facts, prefix: &[u32], oid: &[u32]) -> Option<(Vec<u32>, Datum)> {
        for (base, object) in &*READABLE {
            if !base.starts_with(prefix) {
                continue;
            }
            let first = match oid.strip_prefix(base.as_slice()) {
                Some(rest) => self.first_not_below(object.group, rest, true),
                None if oid < base.as_slice() => Some(0),
                None => None,
            };
            let Some(first) = first else { continue };
            for place in first..self.len(object.group) {
                if let (Some(value), Some(index)) = (self.value(facts, object, place), self.index(object.group, place)) {
                    return Some(([base.as_slice(), index.arcs()].concat(), value));
                }
            }
        }
        None
    }

    /// The value of an alarm's object, and its name, as notifications carry them.
    pub fn of_alarm(&self, alarm: &Alarm, leaf: Leaf) -> Option<(Vec<u32>, Datum)> {
        let object = OBJECTS.iter().find(|object| object.leaf == leaf)?;
        let mut oid = object.oid();
        oid.push(alarm.index);
        Some((oid, self.alarm(alarm, leaf)?))
    }

    fn len(&self, group: Group) -> usize {
        match group {
            Group::System | Group::Gateway => 1,
            Group::Device => self.rows.site.devices.len(),
            Group::Measure => self.rows.measures.len(),
            Group::Alarm => self.alarms.len(),
        }
    }

    fn index(&self, group: Group, place: usize) -> Option<Index> {
        match group {
            Group::System | Group::Gateway => (place == 0).then_some(Index([0; 3], 1)),
            Group::Device => Some(Index([self.rows.site.devices.get(place)?.index, 0, 0], 1)),
            Group::Measure => {
                let measure = self.rows.measures.get(place)?;
                let device = self.measured_by(measure)?;
                Some(Index([device.index, measure.channel.into(), measure.quantity.number()], 3))
            }
            Group::Alarm => Some(Index([self.alarms.get(place)?.index, 0, 0], 1)),
        }
    }

    /// Place of the first row whose index is not below `rest`, or beyond it where `after` says so; `None` when there is none.
    fn first_not_below(&self, group: Group, rest: &[u32], after: bool) -> Option<usize> {
        let (mut low, mut high) = (0, self.len(group));
        while low < high {
            let middle = low + (high - low) / 2;
            let index = self.index(group, middle)?;
            let is_before = if after { index.arcs() <= rest } else { index.arcs() < rest };
            if is_before { low = middle + 1 } else { high = middle }
        }
        (low < self.len(group)).then_some(low)
    }

    fn measured_by(&self, measure: &Measure) -> Option<&Device> {
        self.rows.site.devices.get(usize::try_from(measure.device).ok()?)
    }

    fn value(&self, facts: &dyn Facts, object: &Object, place: usize) -> Option<Datum> {
        match object.group {
            Group::System | Group::Gateway => Some(self.scalar(facts, object.leaf)),
            Group::Device => device(facts, self.rows.site.devices.get(place)?, object.leaf),
            Group::Measure => {
                let measure = self.rows.measures.get(place)?;
                self.measure(facts, measure, object.leaf)
            }
            Group::Alarm => self.alarm(self.alarms.get(place)?, object.leaf),
        }
    }

    fn scalar(&self, facts: &dyn Facts, leaf: Leaf) -> Datum {
        let site = &self.rows.site;
        let count = |count: usize| Datum::Unsigned(u32::try_from(count).unwrap_or(u32::MAX));
        match leaf {
            Leaf::SysDescr => Datum::text(&format!("Haubert gateway {}", site.version)),
            Leaf::SysObjectId => Datum::Oid(PRODUCT.to_vec()),
            Leaf::SysUpTime => Datum::Ticks(facts.uptime()),
            Leaf::SysContact => Datum::text(&site.contact),
            Leaf::SysName | Leaf::SiteName => Datum::text(&site.name),
            Leaf::SysLocation => Datum::text(&site.location),
            // Applications and end-to-end (RFC 3418): 2^(7-1) + 2^(4-1).
            Leaf::SysServices => Datum::Integer(72),
            Leaf::Version => Datum::text(&site.version),
            Leaf::ClockSet => Datum::truth(facts.clock_set()),
            Leaf::Devices => count(site.devices.len()),
            Leaf::Answering => {
                use crate::site::DeviceState::{Degraded, Online};
                count(site.devices.iter().filter(|device| matches!(facts.device(device.id).0, Online | Degraded)).count())
            }
            Leaf::Alarms => count(self.alarms.len()),
            Leaf::CriticalAlarms => {
                let counts = |alarm: &&Alarm| (alarm.state, alarm.criticality) == (AlarmState::Active, Criticality::Critical);
                count(self.alarms.iter().filter(counts).count())
            }
            _ => Datum::Ticks(self.rows.changed_at),
        }
    }

    fn measure(&self, facts: &dyn Facts, measure: &Measure, leaf: Leaf) -> Option<Datum> {
        let (by, quantity) = (self.measured_by(measure)?, measure.quantity);
        let reading = || facts.reading(PointRef { device: by.id, channel: measure.channel, quantity });
        let scaled = |reading: Reading| reading.value?.rescaled(quantity.resolution_exponent()).ok();
        let is_counter = quantity.nature() == Nature::Counter;
        match leaf {
            Leaf::MeasureLoadName => Some(Datum::text(&by.loads.get(usize::from(measure.load))?.name)),
            Leaf::MeasureCode => Some(Datum::text(quantity.code())),
            Leaf::MeasureUnit => Some(Datum::text(quantity.unit().symbol())),
            Leaf::MeasureText => Some(Datum::text(&plain(reading()?.value?))),
            Leaf::MeasureExponent => Some(Datum::Integer(quantity.resolution_exponent().into())),
            Leaf::MeasureValue if !is_counter => Some(Datum::Integer(scaled(reading()?)?.mantissa.try_into().ok()?)),
            Leaf::MeasureCounter if is_counter => Some(Datum::Counter(scaled(reading()?)?.mantissa.try_into().ok()?)),
            Leaf::MeasureQuality => Some(Datum::Integer(match reading().map(|reading| reading.quality()) {
                Some(Quality::Good) => 1,
                Some(Quality::Uncertain) => 2,
                Some(Quality::Bad) | None => 3,
            })),
            Leaf::MeasureTime => Datum::date(reading()?.at),
            _ => None,
        }
    }

    fn alarm(&self, alarm: &Alarm, leaf: Leaf) -> Option<Datum> {
        match leaf {
            Leaf::AlarmName => Some(Datum::text(&alarm.name)),
            Leaf::AlarmDevice if alarm.device.is_empty() => {
                let device = alarm.device_id.and_then(|id| self.rows.device_of(id));
                Some(Datum::text(device.map_or("", |device| &device.name)))
            }
            Leaf::AlarmDevice => Some(Datum::text(&alarm.device)),
            Leaf::AlarmDeviceIndex => {
                let device = alarm.device_id.and_then(|id| self.rows.device_of(id));
                Some(Datum::Integer(device.and_then(|device| device.index.try_into().ok()).unwrap_or(0)))
            }
            Leaf::AlarmCriticality => Some(Datum::Integer(alarm.criticality as i32)),
            Leaf::AlarmState => Some(Datum::Integer(alarm.state as i32)),
            Leaf::AlarmSince => Datum::date(alarm.since),
            Leaf::AlarmAcknowledged => Some(Datum::truth(alarm.acknowledged)),
            Leaf::AlarmText => Some(Datum::text(&alarm.text)),
            _ => None,
        }
    }
}

fn device(facts: &dyn Facts, device: &Device, leaf: Leaf) -> Option<Datum> {
    match leaf {
        Leaf::DeviceName => Some(Datum::text(&device.name)),
        Leaf::DeviceMake => Some(Datum::text(&device.make)),
        Leaf::DeviceModel => Some(Datum::text(&device.model)),
        Leaf::DeviceSerial => Some(Datum::text(&device.serial)),
        Leaf::DeviceBus => Some(Datum::text(&device.bus)),
        Leaf::DeviceUnit => Some(Datum::Unsigned(device.unit.into())),
        Leaf::DeviceState => Some(Datum::Integer(facts.device(device.id).0 as i32)),
        Leaf::DeviceLastContact => Datum::date(facts.device(device.id).1?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mib::{ROOT, SYSTEM};
    use crate::site::{DeviceState, Load};
    use haubert_model::{Decimal, Reason, Timestamp};
    use proptest::prelude::*;
    use uuid::Uuid;

    /// Devices answer with a value that says which; those of an even id do not.
    struct Now;

    impl Facts for Now {
        fn uptime(&self) -> u32 {
            4711
        }

        fn clock_set(&self) -> bool {
            true
        }

        fn device(&self, device: DeviceId) -> (DeviceState, Option<Timestamp>) {
            if device.0.as_u128().is_multiple_of(2) {
                (DeviceState::Offline, None)
            } else {
                (DeviceState::Online, Some(Timestamp(1)))
            }
        }

        fn reading(&self, point: PointRef) -> Option<Reading> {
            let answers = self.device(point.device).0 == DeviceState::Online;
            let value = Decimal::new(i64::try_from(point.device.0.as_u128()).unwrap() * 1000 + i64::from(point.channel), -1);
            answers.then(|| Reading::measured(point, value, Timestamp(1_000), Reason::Measured))
        }
    }

    fn tree(devices: &[(u32, &[(u8, Quantity)])]) -> Tree {
        let device = |(index, points): &(u32, &[(u8, Quantity)])| Device {
            id: DeviceId(Uuid::from_u128(u128::from(*index))),
            index: *index,
            name: format!("Device {index}"),
            make: "Maker".to_owned(),
            model: String::new(),
            serial: String::new(),
            bus: "Bus".to_owned(),
            unit: 1,
            loads: points.iter().map(|(channel, _)| Load { channel: *channel, name: format!("Load {channel}") }).collect(),
            points: points.to_vec(),
        };
        let site = Site { name: "Quay".to_owned(), devices: devices.iter().map(device).collect(), ..Site::default() };
        let alarm = |index| Alarm {
            index,
            name: "Alarm".to_owned(),
            device: "Device 3".to_owned(),
            device_id: Some(DeviceId(Uuid::from_u128(3))),
            criticality: Criticality::Critical,
            state: AlarmState::Active,
            since: Timestamp(0),
            acknowledged: false,
            text: String::new(),
        };
        Tree::new(Arc::new(Rows::new(site, 7)), vec![alarm(9), alarm(2)])
    }

    fn walk(tree: &Tree, prefix: &[u32]) -> Vec<(Vec<u32>, Datum)> {
        let mut at = prefix.to_vec();
        std::iter::from_fn(|| {
            let next = tree.next(&Now, prefix, &at)?;
            at.clone_from(&next.0);
            Some(next)
        })
        .collect()
    }

    fn below(arcs: &[u32]) -> Vec<u32> {
        [&ROOT[..], &[1], arcs].concat()
    }

    const POINTS: &[(u8, Quantity)] =
        &[(2, Quantity::VoltageL1), (1, Quantity::ActiveEnergyImport), (1, Quantity::Frequency), (1, Quantity::ActivePowerTotal)];

    #[test]
    fn values_stand_where_the_mib_says() {
        let tree = tree(&[(3, POINTS), (2, POINTS)]);
        let value = |arcs: &[u32]| tree.get(&Now, &below(arcs));
        assert_eq!(value(&[1, 4, 0]), Found::Value(Datum::Unsigned(2)), "devices");
        assert_eq!(value(&[1, 5, 0]), Found::Value(Datum::Unsigned(1)), "that answer");
        assert_eq!(value(&[2, 1, 2, 3]), Found::Value(Datum::text("Device 3")));
        assert_eq!(value(&[2, 1, 1, 3]), Found::NoObject, "an index is not read");
        assert_eq!(value(&[2, 1, 2, 4]), Found::NoInstance);
        assert_eq!(value(&[3, 1, 6, 3, 2, 17]), Found::Value(Datum::text("300.2")));
        assert_eq!(value(&[3, 1, 8, 3, 2, 17]), Found::Value(Datum::Integer(30_020)));
        assert_eq!(value(&[3, 1, 8, 3, 1, 36]), Found::NoInstance, "a counter counts");
        assert_eq!(value(&[3, 1, 9, 3, 1, 36]), Found::Value(Datum::Counter(300)));
        assert_eq!(value(&[3, 1, 10, 2, 1, 36]), Found::Value(Datum::Integer(3)), "no answer, bad");
        assert_eq!(value(&[3, 1, 6, 2, 1, 36]), Found::NoInstance);
        assert_eq!(value(&[4, 1, 4, 9]), Found::Value(Datum::Integer(3)));
        assert_eq!(value(&[4, 1, 2]), Found::NoInstance);
        assert_eq!(tree.get(&Now, &[1, 3, 6, 1, 2, 1, 1, 3, 0]), Found::Value(Datum::Ticks(4711)));
        assert_eq!(value(&[9]), Found::NoObject);
    }

    #[test]
    fn an_empty_site_has_scalars_only() {
        let tree = Tree::default();
        assert_eq!(walk(&tree, &ROOT).len(), 8);
        assert_eq!(walk(&tree, &SYSTEM).len(), 7);
    }

    proptest! {
        #[test]
        fn a_walk_goes_up_and_meets_all_that_can_be_read(indexes in proptest::collection::btree_set(1u32..40, 0..8), at in proptest::collection::vec(0u32..50, 0..14)) {
            let devices: Vec<(u32, &[(u8, Quantity)])> = indexes.iter().map(|index| (*index, POINTS)).collect();
            let tree = tree(&devices);
            for prefix in [&ROOT[..], &SYSTEM] {
                let walked = walk(&tree, prefix);
                prop_assert!(walked.windows(2).all(|pair| pair[0].0 < pair[1].0), "strictly up");
                prop_assert!(walked.iter().all(|(name, _)| name.starts_with(prefix)));
                for (name, value) in &walked {
                    prop_assert_eq!(tree.get(&Now, name), Found::Value(value.clone()));
                }
                // After any name comes the first of those walked that is beyond it.
                for asked in [at.clone(), [prefix, &at].concat()] {
                    let wanted = walked.iter().find(|(name, _)| *name > asked).cloned();
                    prop_assert_eq!(tree.next(&Now, prefix, &asked), wanted);
                }
            }
            // Complete: 10 columns but the two that have no value, of each row.
            let answering = indexes.iter().filter(|index| !index.is_multiple_of(2)).count();
            let of_devices = indexes.len() * 7 + answering;
            let of_measures = indexes.len() * 4 * 5 + answering * 4 * 3;
            prop_assert_eq!(walk(&tree, &ROOT).len(), 8 + of_devices + of_measures + 2 * 8);
        }
    }
}
