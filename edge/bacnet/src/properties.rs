//! What each property of each object says (clause 12). Pure.

use crate::model::{Device, Model, Object, What};
use crate::moment;
use crate::present::{present, shown, write_present};
use crate::site::{Facts, Trend};
use crate::wire::apdu::MAX_APDU;
use crate::wire::code::{ObjectId, ObjectType, Refused, property};
use crate::wire::tag::Writer;
use haubert_model::{Nature, Quantity, Timestamp};

/// A vendor number that ASHRAE has given to nobody: the project has none of its own.
pub(crate) const VENDOR: u16 = 65_535;
pub(crate) const VENDOR_NAME: &str = "Haubert (no vendor number assigned)";
/// Milliseconds until a segment or a request is sent again.
pub(crate) const PATIENCE_MS: u64 = 3_000;
/// How often it is sent again.
pub(crate) const RETRIES: u8 = 3;
/// Records that a log shows, the newest.
pub(crate) const RECORDS: u32 = 4_000;
/// A record is there this long after its time, so that it does not change once it has been read.
const SETTLED_MS: i64 = 60_000;

/// 135-2012: the last one whose devices need no Network Port object.
const PROTOCOL_REVISION: u64 = 14;
/// Answers go out in segments, requests do not come in any (`segmented-transmit`).
pub(crate) const SEGMENTATION: u32 = 1;
/// Services that are executed: SubscribeCOV, ReadProperty, ReadPropertyMultiple, Who-Has, Who-Is, ReadRange.
const SERVICES: [usize; 6] = [5, 12, 14, 33, 34, 35];
const SERVICES_KNOWN: usize = 41;
const OBJECT_TYPES_KNOWN: usize = 55;
const OBJECT_TYPES: [ObjectType; 5] = [
    ObjectType::ANALOG_INPUT,
    ObjectType::BINARY_INPUT,
    ObjectType::DEVICE,
    ObjectType::TREND_LOG,
    ObjectType::LARGE_ANALOG_VALUE,
];

const DEVICE: &[u32] = &[
    property::SYSTEM_STATUS,
    property::VENDOR_NAME,
    property::VENDOR_IDENTIFIER,
    property::MODEL_NAME,
    property::FIRMWARE_REVISION,
    property::APPLICATION_SOFTWARE_VERSION,
    property::PROTOCOL_VERSION,
    property::PROTOCOL_REVISION,
    property::PROTOCOL_SERVICES_SUPPORTED,
    property::PROTOCOL_OBJECT_TYPES_SUPPORTED,
    property::OBJECT_LIST,
    property::MAX_APDU_LENGTH_ACCEPTED,
    property::SEGMENTATION_SUPPORTED,
    property::APDU_SEGMENT_TIMEOUT,
    property::APDU_TIMEOUT,
    property::NUMBER_OF_APDU_RETRIES,
    property::DEVICE_ADDRESS_BINDING,
    property::DATABASE_REVISION,
];
const DEVICE_MORE: &[u32] = &[
    property::DESCRIPTION,
    property::LOCAL_DATE,
    property::LOCAL_TIME,
    property::UTC_OFFSET,
    property::DAYLIGHT_SAVINGS_STATUS,
    property::ACTIVE_COV_SUBSCRIPTIONS,
    property::SERIAL_NUMBER,
];
const ANALOG: &[u32] =
    &[property::PRESENT_VALUE, property::STATUS_FLAGS, property::EVENT_STATE, property::OUT_OF_SERVICE, property::UNITS];
const ANALOG_MORE: &[u32] = &[property::DESCRIPTION, property::RELIABILITY, property::COV_INCREMENT];
const BINARY: &[u32] =
    &[property::PRESENT_VALUE, property::STATUS_FLAGS, property::EVENT_STATE, property::OUT_OF_SERVICE, property::POLARITY];
const BINARY_MORE: &[u32] = &[property::DESCRIPTION, property::RELIABILITY, property::ACTIVE_TEXT, property::INACTIVE_TEXT];
const LOG: &[u32] = &[
    property::ENABLE,
    property::STOP_WHEN_FULL,
    property::BUFFER_SIZE,
    property::LOG_BUFFER,
    property::RECORD_COUNT,
    property::TOTAL_RECORD_COUNT,
    property::EVENT_STATE,
    property::LOGGING_TYPE,
    property::STATUS_FLAGS,
];
const LOG_MORE: &[u32] = &[property::DESCRIPTION, property::LOG_DEVICE_OBJECT_PROPERTY, property::LOG_INTERVAL];

/// Properties of an object beside its identifier, name, type and this list: those that must be there, and others.
pub(crate) const fn listed(what: &What) -> (&'static [u32], &'static [u32]) {
    match what {
        What::Device => (DEVICE, DEVICE_MORE),
        What::Input(..) | What::Exact(..) => (ANALOG, ANALOG_MORE),
        What::State(..) => (BINARY, BINARY_MORE),
        What::Log(_) => (LOG, LOG_MORE),
    }
}

/// Properties that every object has, as the special ones of ReadPropertyMultiple list them first.
pub(crate) const COMMON: [u32; 3] = [property::OBJECT_IDENTIFIER, property::OBJECT_NAME, property::OBJECT_TYPE];

/// The newest record of a log by its number, which is the count of its periods since the epoch; none of the future.
pub(crate) fn newest(trend: &Trend, now: Timestamp) -> u32 {
    u32::try_from((now.as_millis() - SETTLED_MS) / 1000 / i64::from(trend.period_s.max(1))).unwrap_or(0)
}

/// A property: one value, a list, or an array, whose elements can be read one by one.
enum Value {
    Whole(Writer),
    Array(Vec<Writer>),
}

fn one(write: impl for<'w> FnOnce(&'w mut Writer) -> &'w mut Writer) -> Option<Value> {
    let mut writer = Writer::default();
    write(&mut writer);
    Some(Value::Whole(writer))
}

fn array<T>(items: impl IntoIterator<Item = T>, write: impl for<'w> Fn(&'w mut Writer, T) -> &'w mut Writer) -> Option<Value> {
    let element = |item| {
        let mut writer = Writer::default();
        write(&mut writer, item);
        writer
    };
    Some(Value::Array(items.into_iter().map(element).collect()))
}

/// Where properties are read.
pub(crate) struct View<'a> {
    pub(crate) model: &'a Model,
    pub(crate) facts: &'a dyn Facts,
    /// `Active_COV_Subscriptions` of a device, by instance.
    pub(crate) subscriptions: &'a dyn Fn(u32) -> Vec<u8>,
}

impl View<'_> {
    /// Writes a property, or the element of it at `index` (0: how many there are).
    ///
    /// # Errors
    /// Why there is nothing to write.
    pub(crate) fn write(
        &self,
        device: &Device,
        object: &Object,
        (property, index): (u32, Option<u32>),
        writer: &mut Writer,
    ) -> Result<(), Refused> {
        if property == property::LOG_BUFFER && matches!(object.what, What::Log(_)) {
            return Err(Refused::READ_ACCESS_DENIED);
        }
        match (self.value(device, object, property).ok_or(Refused::UNKNOWN_PROPERTY)?, index) {
            (Value::Whole(value), None) => writer.raw(&value.done()),
            (Value::Whole(_), Some(_)) => return Err(Refused::NOT_AN_ARRAY),
            (Value::Array(elements), None) => elements.into_iter().fold(writer, |writer, element| writer.raw(&element.done())),
            (Value::Array(elements), Some(0)) => writer.unsigned(elements.len() as u64),
            (Value::Array(mut elements), Some(index)) => {
                let at = usize::try_from(index - 1).unwrap_or(usize::MAX);
                if at >= elements.len() {
                    return Err(Refused::INVALID_ARRAY_INDEX);
                }
                writer.raw(&elements.swap_remove(at).done())
            }
        };
        Ok(())
    }

    fn value(&self, device: &Device, object: &Object, property: u32) -> Option<Value> {
        match property {
            property::OBJECT_IDENTIFIER => one(|to| to.object(object.id)),
            property::OBJECT_NAME => one(|to| to.text(&device.name_of(object))),
            property::OBJECT_TYPE => one(|to| to.enumerated(object.id.kind.0.into())),
            property::PROPERTY_LIST => {
                let (required, optional) = listed(&object.what);
                array(required.iter().chain(optional), |to, property| to.enumerated(*property))
            }
            _ => match object.what {
                What::Device => self.of_device(device, property),
                What::Log(trend) => self.of_log(device, trend, property),
                what => self.of_point(device, what, property),
            },
        }
    }

    fn of_device(&self, device: &Device, property: u32) -> Option<Value> {
        let (site, meter, now) = (&self.model.site, device.meter.as_ref(), self.facts.now());
        let text = |text: &str| one(|to| to.text(text));
        let number = |number: u64| one(|to| to.unsigned(number));
        let bits = |set: &[usize], known: usize| {
            let bits: Vec<bool> = (0..known).map(|bit| set.contains(&bit)).collect();
            one(|to| to.bits(&bits))
        };
        match property {
            // Operational, or not.
            property::SYSTEM_STATUS => {
                let answers = device.id().is_none_or(|id| self.facts.answers(id));
                one(|to| to.enumerated(if answers { 0 } else { 4 }))
            }
            property::VENDOR_NAME => text(VENDOR_NAME),
            property::VENDOR_IDENTIFIER => number(VENDOR.into()),
            property::MODEL_NAME => match meter {
                Some(meter) => text([&*meter.make, &*meter.model].join(" ").trim()),
                None => text("Haubert gateway"),
            },
            property::FIRMWARE_REVISION | property::APPLICATION_SOFTWARE_VERSION => text(&site.version),
            property::PROTOCOL_VERSION => number(1),
            property::PROTOCOL_REVISION => number(PROTOCOL_REVISION),
            property::PROTOCOL_SERVICES_SUPPORTED => bits(&SERVICES, SERVICES_KNOWN),
            property::PROTOCOL_OBJECT_TYPES_SUPPORTED => bits(&OBJECT_TYPES.map(|kind| usize::from(kind.0)), OBJECT_TYPES_KNOWN),
            property::OBJECT_LIST => array(&device.objects, |to, object| to.object(object.id)),
            property::MAX_APDU_LENGTH_ACCEPTED => number(MAX_APDU as u64),
            property::SEGMENTATION_SUPPORTED => one(|to| to.enumerated(SEGMENTATION)),
            property::APDU_SEGMENT_TIMEOUT | property::APDU_TIMEOUT => number(PATIENCE_MS),
            property::NUMBER_OF_APDU_RETRIES => number(RETRIES.into()),
            property::DEVICE_ADDRESS_BINDING => one(|to| to),
            property::DATABASE_REVISION => number(self.model.revision.into()),
            property::DESCRIPTION => match meter {
                Some(_) => text(&format!("Meter behind the gateway {}", site.name)),
                None => text("Gateway of energy meters, read only"),
            },
            property::LOCAL_DATE => moment::local(now, &site.zone).and_then(|now| one(|to| to.date(now))),
            property::LOCAL_TIME => moment::local(now, &site.zone).and_then(|now| one(|to| to.time(now))),
            property::UTC_OFFSET => one(|to| to.signed(moment::behind_utc(now, &site.zone))),
            property::DAYLIGHT_SAVINGS_STATUS => one(|to| to.boolean(moment::is_summer(now, &site.zone))),
            property::ACTIVE_COV_SUBSCRIPTIONS => one(|to| to.raw(&(self.subscriptions)(device.instance))),
            property::SERIAL_NUMBER => text(meter.map_or("", |meter| &meter.serial)),
            _ => None,
        }
    }

    fn of_point(&self, device: &Device, what: What, property: u32) -> Option<Value> {
        let (channel, quantity, shown) = shown(&what)?;
        let now = || present(device, &what, self.facts);
        let is_state = matches!(what, What::State(..));
        match property {
            property::PRESENT_VALUE => now().and_then(|said| one(|to| write_present(&what, &said, to))),
            property::STATUS_FLAGS => now().and_then(|said| one(|to| to.bits(&said.flags()))),
            property::RELIABILITY => now().and_then(|said| one(|to| to.enumerated(said.reliability))),
            // Normal: there are no alarms by BACnet.
            property::EVENT_STATE => one(|to| to.enumerated(0)),
            property::OUT_OF_SERVICE => one(|to| to.boolean(false)),
            property::DESCRIPTION => one(|to| to.text(&description(device, channel, quantity))),
            property::ACTIVE_TEXT if is_state => one(|to| to.text("1")),
            property::INACTIVE_TEXT if is_state => one(|to| to.text("0")),
            // Normal.
            property::POLARITY if is_state => one(|to| to.enumerated(0)),
            property::UNITS if !is_state => one(|to| to.enumerated(shown.unit)),
            property::COV_INCREMENT if !is_state => one(|to| match what {
                What::Exact(..) => to.double(shown.increment),
                _ => to.real(shown.increment as f32),
            }),
            _ => None,
        }
    }

    fn of_log(&self, device: &Device, trend: Trend, property: u32) -> Option<Value> {
        let Trend { channel, quantity, period_s } = trend;
        let newest = newest(&trend, self.facts.now());
        match property {
            property::ENABLE => one(|to| to.boolean(true)),
            property::STOP_WHEN_FULL => one(|to| to.boolean(false)),
            property::BUFFER_SIZE => one(|to| to.unsigned(RECORDS.into())),
            property::RECORD_COUNT => one(|to| to.unsigned(newest.min(RECORDS).into())),
            property::TOTAL_RECORD_COUNT => one(|to| to.unsigned(newest.into())),
            property::EVENT_STATE => one(|to| to.enumerated(0)),
            // Polled.
            property::LOGGING_TYPE => one(|to| to.enumerated(0)),
            property::STATUS_FLAGS => one(|to| to.bits(&[false; 4])),
            property::LOG_INTERVAL => one(|to| to.unsigned(u64::from(period_s) * 100)),
            property::DESCRIPTION => one(|to| to.text(&description(device, channel, quantity))),
            property::LOG_DEVICE_OBJECT_PROPERTY => {
                let is_of = |object: &&Object| match object.what {
                    What::Exact(of, known) => (of, known) == (channel, quantity),
                    What::Input(of, known) => (of, known) == (channel, quantity) && !logs_exactly(quantity),
                    _ => false,
                };
                let logged = device.objects.iter().find(is_of)?;
                one(|to| {
                    to.context_object(0, logged.id).context_unsigned(1, property::PRESENT_VALUE.into());
                    to.context_object(3, ObjectId::device(device.instance))
                })
            }
            _ => None,
        }
    }
}

/// Whether records of it need double precision.
pub(crate) fn logs_exactly(quantity: Quantity) -> bool {
    quantity.nature() == Nature::Counter
}

/// Device, load and quantity. Its unit stands in the object's own property: that of an energy is another in each of its objects.
fn description(device: &Device, channel: u8, quantity: Quantity) -> String {
    format!("{} · {} · {}", device.name, device.load(channel), quantity.code().replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::{meter, model};
    use haubert_model::{Decimal, DeviceId, PointRef, Reading, Reason};

    struct Now;

    impl Facts for Now {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(6_000_000)
        }

        fn answers(&self, _: DeviceId) -> bool {
            true
        }

        fn reading(&self, point: PointRef) -> Option<Reading> {
            let (at, value) = (self.now(), Decimal::new(123_456_789, 0));
            match point.quantity {
                Quantity::ActivePowerTotal => Some(Reading::missing(point, at, Reason::NoAnswer)),
                _ => Some(Reading::measured(point, value, at, Reason::Measured)),
            }
        }
    }

    fn read(instance: u32, id: ObjectId, property: u32, index: Option<u32>) -> Result<Vec<u8>, Refused> {
        let model = model(vec![meter(101, "Meter")]);
        let view = View { model: &model, facts: &Now, subscriptions: &|_| Vec::new() };
        let device = model.device(instance).unwrap();
        let mut writer = Writer::default();
        view.write(device, device.object(id).unwrap(), (property, index), &mut writer).map(|()| writer.done())
    }

    #[test]
    fn every_property_that_is_listed_can_be_read() {
        let model = model(vec![meter(101, "Meter")]);
        let view = View { model: &model, facts: &Now, subscriptions: &|_| Vec::new() };
        for device in &model.devices {
            for object in &device.objects {
                let (required, optional) = listed(&object.what);
                for property in COMMON.iter().chain(required).chain(optional) {
                    let mut writer = Writer::default();
                    let written = view.write(device, object, (*property, None), &mut writer);
                    let is_buffer = *property == property::LOG_BUFFER;
                    assert_eq!(written.is_err(), is_buffer, "{property} of {:?}", object.id);
                }
            }
        }
    }

    #[test]
    fn an_energy_is_exact_in_double_precision() {
        let exact = read(101, ObjectId::new(ObjectType::LARGE_ANALOG_VALUE, 1036), property::PRESENT_VALUE, None).unwrap();
        assert_eq!(exact, [&[0x55, 8], &123_456_789f64.to_be_bytes()[..]].concat());
        let rounded = read(101, ObjectId::new(ObjectType::ANALOG_INPUT, 1036), property::PRESENT_VALUE, None).unwrap();
        assert_eq!(rounded, [&[0x44], &123_456.79_f32.to_be_bytes()[..]].concat(), "kilowatt hours");
    }

    #[test]
    fn a_meter_that_does_not_answer_has_no_number() {
        let id = ObjectId::new(ObjectType::ANALOG_INPUT, 1001);
        assert_eq!(read(101, id, property::RELIABILITY, None), Ok(vec![0x91, 12]));
        assert_eq!(read(101, id, property::STATUS_FLAGS, None), Ok(vec![0x82, 4, 0x40]));
        let value = read(101, id, property::PRESENT_VALUE, None).unwrap();
        assert!(f32::from_be_bytes(value[1..].try_into().unwrap()).is_nan());
    }

    #[test]
    fn elements_are_read_one_by_one() {
        let id = ObjectId::device(101);
        assert_eq!(read(101, id, property::OBJECT_LIST, Some(0)), Ok(vec![0x21, 7]));
        assert_eq!(read(101, id, property::OBJECT_LIST, Some(4)), Ok(vec![0xC4, 2, 0, 0, 101]));
        assert_eq!(read(101, id, property::OBJECT_LIST, Some(8)), Err(Refused::INVALID_ARRAY_INDEX));
        assert_eq!(read(101, id, property::OBJECT_NAME, Some(1)), Err(Refused::NOT_AN_ARRAY));
        assert_eq!(read(100, ObjectId::device(100), property::PRESENT_VALUE, None), Err(Refused::UNKNOWN_PROPERTY));
    }
}
