//! Answers to Who-Is and Who-Has: a few at a time, so that a short question does not let loose a thousand answers at once. Pure.

use crate::model::{Device, Model};
use crate::origin::Origin;
use crate::properties::{SEGMENTATION, VENDOR};
use crate::wire::apdu::{self, MAX_APDU};
use crate::wire::code::{ObjectId, unconfirmed};
use crate::wire::service::{Range, Target};
use crate::wire::tag::Writer;
use std::ops::RangeInclusive;

/// Searches at the same time.
const MOST: usize = 16;
/// Devices that are looked at in one step, and milliseconds to the next.
const STEP: usize = 16;
const STEP_MS: u64 = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Search {
    origin: Origin,
    range: Range,
    /// `None`: devices are looked for.
    target: Option<Target>,
    /// The next device, and the last, by place.
    places: RangeInclusive<usize>,
}

/// Searches under way.
#[derive(Debug, Default)]
pub(crate) struct Searches {
    all: Vec<Search>,
    due_ms: u64,
}

/// I-Am of a device.
pub(crate) fn i_am(device: &Device) -> Vec<u8> {
    let mut to = Writer::default();
    to.object(ObjectId::device(device.instance)).unsigned(MAX_APDU as u64).enumerated(SEGMENTATION).unsigned(VENDOR.into());
    apdu::unconfirmed(unconfirmed::I_AM, &to.done())
}

/// I-Have of a device, where it has what is looked for.
fn i_have(device: &Device, target: &Target) -> Option<Vec<u8>> {
    let object = match target {
        Target::Object(id) => device.object(*id),
        Target::Name(name) => device.objects.iter().find(|object| device.name_of(object) == *name),
    }?;
    let mut to = Writer::default();
    to.object(ObjectId::device(device.instance)).object(object.id).text(&device.name_of(object));
    Some(apdu::unconfirmed(unconfirmed::I_HAVE, &to.done()))
}

impl Searches {
    /// Begins one among the devices at `places`; false when there are too many, or this one is under way.
    pub(crate) fn begin(
        &mut self,
        origin: Origin,
        (range, target): (Range, Option<Target>),
        places: RangeInclusive<usize>,
    ) -> bool {
        let is_known = self.all.iter().any(|one| (one.origin, one.range, &one.target) == (origin, range, &target));
        if is_known || self.all.len() >= MOST {
            return false;
        }
        self.all.push(Search { origin, range, target, places });
        true
    }

    /// What goes out now: to whom, from which device, what.
    pub(crate) fn step(&mut self, model: &Model, now_ms: u64) -> Vec<(Origin, u32, Vec<u8>)> {
        let mut out = Vec::new();
        self.due_ms = now_ms + STEP_MS;
        self.all.retain_mut(|one| {
            for place in one.places.by_ref().take(STEP) {
                let Some(device) = model.devices.get(place) else { return false };
                if one.range.is_some_and(|(low, high)| !(low..=high).contains(&device.instance)) {
                    continue;
                }
                let message = match &one.target {
                    None => Some(i_am(device)),
                    Some(target) => i_have(device, target),
                };
                out.extend(message.map(|message| (one.origin, device.instance, message)));
            }
            !one.places.is_empty()
        });
        out
    }

    pub(crate) fn due(&self) -> Option<u64> {
        (!self.all.is_empty()).then_some(self.due_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::{meter, model};
    use crate::wire::code::ObjectType;

    const ORIGIN: Origin = Origin { peer: std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 1), place: None };

    #[test]
    fn many_devices_answer_a_few_at_a_time_and_each_once() {
        let model = model((200..300).map(|instance| meter(instance, "Meter")).collect());
        let mut searches = Searches::default();
        assert!(searches.begin(ORIGIN, (None, None), 0..=100) && !searches.begin(ORIGIN, (None, None), 0..=100));
        let mut found = Vec::new();
        let mut now = 0;
        while searches.due().is_some() {
            let step = searches.step(&model, now);
            assert!(step.len() <= STEP);
            found.extend(step.into_iter().map(|(_, device, _)| device));
            now = searches.due().unwrap_or(now);
        }
        assert_eq!(found, std::iter::once(100).chain(200..300).collect::<Vec<_>>());
    }

    #[test]
    fn ranges_and_objects_are_looked_for() {
        let model = model(vec![meter(101, "One"), meter(102, "Two")]);
        let ask = |range, target| {
            let mut searches = Searches::default();
            searches.begin(ORIGIN, (range, target), 0..=2);
            searches.step(&model, 0).into_iter().map(|(_, device, _)| device).collect::<Vec<_>>()
        };
        assert_eq!(ask(Some((102, 102)), None), [102]);
        assert_eq!(ask(None, Some(Target::Object(ObjectId::new(ObjectType::BINARY_INPUT, 2053)))), [101, 102]);
        assert_eq!(ask(None, Some(Target::Name("Two".to_owned()))), [102]);
        assert_eq!(ask(None, Some(Target::Name("Three".to_owned()))), [] as [u32; 0]);
    }

    /// Example of annex F.4.1, with our numbers.
    #[test]
    fn a_device_says_who_it_is() {
        let model = model(vec![]);
        assert_eq!(i_am(&model.devices[0]), [0x10, 0, 0xC4, 2, 0, 0, 100, 0x22, 5, 0xC4, 0x91, 1, 0x22, 0xFF, 0xFF]);
    }
}
