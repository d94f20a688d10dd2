//! The objects, in the order of their numbers.

use super::{Group, Leaf, Object, Syntax};
use Group::{Alarm, Device, Gateway, Measure, System};

/// How a device answers.
const DEVICE_STATES: &[(&str, i32)] = &[("disabled", 1), ("neverSeen", 2), ("offline", 3), ("degraded", 4), ("online", 5)];
/// How far a value can be trusted.
const QUALITIES: &[(&str, i32)] = &[("good", 1), ("uncertain", 2), ("bad", 3)];
/// How much an alarm matters.
const CRITICALITIES: &[(&str, i32)] = &[("information", 1), ("notCritical", 2), ("critical", 3)];
/// How an alarm stands.
const ALARM_STATES: &[(&str, i32)] = &[("active", 1), ("finished", 2), ("over", 3)];

const fn object(leaf: Leaf, group: Group, number: u32, name: &'static str, syntax: Syntax, about: &'static str) -> Object {
    Object { leaf, group, number, name, syntax, is_index: false, about }
}

const fn index(leaf: Leaf, group: Group, number: u32, name: &'static str, syntax: Syntax, about: &'static str) -> Object {
    Object { leaf, group, number, name, syntax, is_index: true, about }
}

/// Every object, in the order of their numbers.
pub const OBJECTS: &[Object] = &[
    object(Leaf::SysDescr, System, 1, "sysDescr", Syntax::Text, ""),
    object(Leaf::SysObjectId, System, 2, "sysObjectID", Syntax::Oid, ""),
    object(Leaf::SysUpTime, System, 3, "sysUpTime", Syntax::Ticks, ""),
    object(Leaf::SysContact, System, 4, "sysContact", Syntax::Text, ""),
    object(Leaf::SysName, System, 5, "sysName", Syntax::Text, ""),
    object(Leaf::SysLocation, System, 6, "sysLocation", Syntax::Text, ""),
    object(Leaf::SysServices, System, 7, "sysServices", Syntax::Integer, ""),
    object(Leaf::Version, Gateway, 1, "haubertVersion", Syntax::Text, "The gateway's release."),
    object(Leaf::SiteName, Gateway, 2, "haubertSiteName", Syntax::Text, "The site, as its people call it."),
    object(
        Leaf::ClockSet,
        Gateway,
        3,
        "haubertClockSet",
        Syntax::Truth,
        "Whether the gateway's clock is known to be right. While it is false, times below may be wrong.",
    ),
    object(Leaf::Devices, Gateway, 4, "haubertDeviceCount", Syntax::Gauge, "Rows of haubertDeviceTable."),
    object(Leaf::Answering, Gateway, 5, "haubertDevicesAnswering", Syntax::Gauge, "Those of them that are online or degraded."),
    object(
        Leaf::Alarms,
        Gateway,
        6,
        "haubertAlarmCount",
        Syntax::Gauge,
        "Alarms that are raised, or over and not yet acknowledged: rows of haubertAlarmTable, of which there are at most 1000.",
    ),
    object(
        Leaf::CriticalAlarms,
        Gateway,
        7,
        "haubertCriticalAlarms",
        Syntax::Gauge,
        "Those of them that are active and critical.",
    ),
    object(
        Leaf::TablesChanged,
        Gateway,
        8,
        "haubertTablesChanged",
        Syntax::TimeStamp,
        "sysUpTime when rows of haubertDeviceTable or haubertMeasureTable last came, went or were named otherwise.",
    ),
    index(
        Leaf::DeviceIndex,
        Device,
        1,
        "haubertDeviceIndex",
        Syntax::Index,
        "Number of the device. It is given once, stays over restarts and changes of the site, and is never given to another device.",
    ),
    object(Leaf::DeviceName, Device, 2, "haubertDeviceName", Syntax::Text, "As the site's people call it."),
    object(Leaf::DeviceMake, Device, 3, "haubertDeviceMake", Syntax::Text, "Who made it; empty when unknown."),
    object(Leaf::DeviceModel, Device, 4, "haubertDeviceModel", Syntax::Text, "What it is; empty when unknown."),
    object(Leaf::DeviceSerial, Device, 5, "haubertDeviceSerial", Syntax::Text, "Its serial number; empty when unknown."),
    object(Leaf::DeviceBus, Device, 6, "haubertDeviceBus", Syntax::Text, "The field bus that it is read by."),
    object(Leaf::DeviceUnit, Device, 7, "haubertDeviceUnit", Syntax::Gauge, "Its unit id on that bus."),
    object(
        Leaf::DeviceState,
        Device,
        8,
        "haubertDeviceState",
        Syntax::Enumeration(DEVICE_STATES),
        "How it answers: switched off, not once since the gateway started, not any more, not always or not all, as it should.",
    ),
    object(
        Leaf::DeviceLastContact,
        Device,
        9,
        "haubertDeviceLastContact",
        Syntax::Date,
        "When it last answered, UTC. No instance before its first answer.",
    ),
    index(Leaf::MeasureLoad, Measure, 1, "haubertMeasureLoad", Syntax::Channel, "Number of the load within its device, from 1."),
    index(Leaf::MeasureQuantity, Measure, 2, "haubertMeasureQuantity", Syntax::Named("HaubertQuantity"), "What is measured."),
    object(Leaf::MeasureLoadName, Measure, 3, "haubertMeasureLoadName", Syntax::Text, "The load, as the site's people call it."),
    object(
        Leaf::MeasureCode,
        Measure,
        4,
        "haubertMeasureCode",
        Syntax::Text,
        "What is measured, by the name that the gateway's API and exports use.",
    ),
    object(Leaf::MeasureUnit, Measure, 5, "haubertMeasureUnit", Syntax::Text, "Its unit; empty for pure numbers and states."),
    object(
        Leaf::MeasureText,
        Measure,
        6,
        "haubertMeasureText",
        Syntax::Text,
        "The newest value in decimal notation with all its digits, in that unit. No instance while there is no usable value.",
    ),
    object(
        Leaf::MeasureExponent,
        Measure,
        7,
        "haubertMeasureExponent",
        Syntax::Integer,
        "haubertMeasureValue and haubertMeasureCounter are to be multiplied by ten to this power. It is the same at all times for a \
         quantity.",
    ),
    object(
        Leaf::MeasureValue,
        Measure,
        8,
        "haubertMeasureValue",
        Syntax::Integer,
        "The newest value of what is no counter, in that unit and power of ten, rounded half away from zero. No instance while there \
         is no usable value, or where 32 bits do not hold it.",
    ),
    object(
        Leaf::MeasureCounter,
        Measure,
        9,
        "haubertMeasureCounter",
        Syntax::Counter64,
        "The newest value of what only ever grows (energy, volume, pulses), in that unit and power of ten. It is the meter's own index: \
         it begins anew when the meter is exchanged or set back, which haubertMeasureQuality then notes for one value. No instance \
         for other quantities, or while there is no usable value.",
    ),
    object(
        Leaf::MeasureQuality,
        Measure,
        10,
        "haubertMeasureQuality",
        Syntax::Enumeration(QUALITIES),
        "How far to trust the newest value; bad when there is none, or when the device does not answer.",
    ),
    object(
        Leaf::MeasureTime,
        Measure,
        11,
        "haubertMeasureTime",
        Syntax::Date,
        "When the newest answer came, UTC. No instance before the first.",
    ),
    index(
        Leaf::AlarmIndex,
        Alarm,
        1,
        "haubertAlarmIndex",
        Syntax::Index,
        "Number of the alarm, in the order in which they were raised.",
    ),
    object(Leaf::AlarmName, Alarm, 2, "haubertAlarmName", Syntax::Text, "What the alarm is called."),
    object(
        Leaf::AlarmDevice,
        Alarm,
        3,
        "haubertAlarmDevice",
        Syntax::Text,
        "The device that it is about, or whose value raised it; empty when there is none.",
    ),
    object(
        Leaf::AlarmDeviceIndex,
        Alarm,
        4,
        "haubertAlarmDeviceIndex",
        Syntax::IndexOrZero,
        "haubertDeviceIndex of that device; 0 when there is none, or when it is gone.",
    ),
    object(
        Leaf::AlarmCriticality,
        Alarm,
        5,
        "haubertAlarmCriticality",
        Syntax::Enumeration(CRITICALITIES),
        "How much it matters: good to know, somebody should look, somebody must act.",
    ),
    object(
        Leaf::AlarmState,
        Alarm,
        6,
        "haubertAlarmState",
        Syntax::Enumeration(ALARM_STATES),
        "Whether it is raised, over and waiting for somebody to have seen it, or over.",
    ),
    object(Leaf::AlarmSince, Alarm, 7, "haubertAlarmSince", Syntax::Date, "Since when its condition held, UTC."),
    object(
        Leaf::AlarmAcknowledged,
        Alarm,
        8,
        "haubertAlarmAcknowledged",
        Syntax::Truth,
        "Whether somebody has said that they have seen it.",
    ),
    object(Leaf::AlarmText, Alarm, 9, "haubertAlarmText", Syntax::Text, "What raised it, in a few words."),
];

/// A kind of notification of our own.
#[derive(Debug, Clone, Copy)]
pub struct NotificationType {
    /// Its number below `haubertNotifications`.
    pub number: u32,
    /// Its name in the file.
    pub name: &'static str,
    /// What it carries.
    pub objects: &'static [Leaf],
    /// When it is sent.
    pub about: &'static str,
}

const OF_AN_ALARM: &[Leaf] = &[
    Leaf::AlarmName,
    Leaf::AlarmDevice,
    Leaf::AlarmDeviceIndex,
    Leaf::AlarmCriticality,
    Leaf::AlarmState,
    Leaf::AlarmSince,
    Leaf::AlarmText,
];

/// The notifications of our own.
pub const NOTIFICATIONS: &[NotificationType] = &[
    NotificationType { number: 1, name: "haubertAlarmRaised", objects: OF_AN_ALARM, about: "An alarm was raised." },
    NotificationType {
        number: 2,
        name: "haubertAlarmOver",
        objects: OF_AN_ALARM,
        about: "An alarm is over. It stays in haubertAlarmTable as long as it waits for somebody to acknowledge it.",
    },
    NotificationType {
        number: 3,
        name: "haubertTest",
        objects: &[Leaf::SiteName],
        about: "Somebody tries on the gateway's page whether notifications arrive.",
    },
];
