//! The MIB: every object that the agent answers, once. The tree that answers and the file that others load are made from it, so that
//! they cannot disagree.

mod objects;
pub mod quantities;
mod text;

pub use objects::{NOTIFICATIONS, NotificationType, OBJECTS};
pub use text::text;

/// The enterprise number under which everything of ours stands. It is the one that IANA keeps for documentation (RFC 5612): the
/// project has none of its own. Whoever has one and ships Haubert under a name of his own changes it here, and only here.
pub const ENTERPRISE: u32 = 32473;
/// Root of what is ours: `enterprises.32473.1`.
pub const ROOT: [u32; 8] = [1, 3, 6, 1, 4, 1, ENTERPRISE, 1];
/// `system` of SNMPv2-MIB.
pub const SYSTEM: [u32; 7] = [1, 3, 6, 1, 2, 1, 1];
/// What `sysObjectID` says: `haubertGatewayProduct`.
pub const PRODUCT: [u32; 10] = [1, 3, 6, 1, 4, 1, ENTERPRISE, 1, 2, 1];
/// `snmpTraps` of SNMPv2-MIB, the standard notifications.
pub const STANDARD_NOTIFICATIONS: [u32; 9] = [1, 3, 6, 1, 6, 3, 1, 1, 5];

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Scalars of SNMPv2-MIB.
    System,
    /// Scalars about the gateway.
    Gateway,
    /// A row for each device.
    Device,
    /// A row for each quantity of each load.
    Measure,
    /// A row for each alarm that needs somebody.
    Alarm,
}

impl Group {
    /// What its objects' own numbers are appended to.
    pub fn base(self) -> Vec<u32> {
        let below = |arcs: &[u32]| [&ROOT[..], arcs].concat();
        match self {
            Self::System => SYSTEM.to_vec(),
            Self::Gateway => below(&[1, 1]),
            Self::Device => below(&[1, 2, 1]),
            Self::Measure => below(&[1, 3, 1]),
            Self::Alarm => below(&[1, 4, 1]),
        }
    }

    /// Whether it has one instance of each object, and no rows.
    pub const fn is_scalar(self) -> bool {
        matches!(self, Self::System | Self::Gateway)
    }
}

/// How an object's values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// UTF-8, at most 255 bytes.
    Text,
    /// 32 bits with sign.
    Integer,
    /// 1 to 2147483647.
    Index,
    /// 0 to 2147483647.
    IndexOrZero,
    /// A number of a load within its device.
    Channel,
    /// A textual convention of this module.
    Named(&'static str),
    /// One of these.
    Enumeration(&'static [(&'static str, i32)]),
    /// 32 bits without sign.
    Gauge,
    /// 64 bits, counting.
    Counter64,
    /// Hundredths of a second.
    Ticks,
    /// `sysUpTime` when something happened.
    TimeStamp,
    /// 11 bytes (RFC 2579).
    Date,
    /// true(1), false(2).
    Truth,
    /// An object's name.
    Oid,
}

/// Which value an object has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the objects' descriptions say what each is
pub enum Leaf {
    SysDescr,
    SysObjectId,
    SysUpTime,
    SysContact,
    SysName,
    SysLocation,
    SysServices,
    Version,
    SiteName,
    ClockSet,
    Devices,
    Answering,
    Alarms,
    CriticalAlarms,
    TablesChanged,
    DeviceIndex,
    DeviceName,
    DeviceMake,
    DeviceModel,
    DeviceSerial,
    DeviceBus,
    DeviceUnit,
    DeviceState,
    DeviceLastContact,
    MeasureLoad,
    MeasureQuantity,
    MeasureLoadName,
    MeasureCode,
    MeasureUnit,
    MeasureText,
    MeasureExponent,
    MeasureValue,
    MeasureCounter,
    MeasureQuality,
    MeasureTime,
    AlarmIndex,
    AlarmName,
    AlarmDevice,
    AlarmDeviceIndex,
    AlarmCriticality,
    AlarmState,
    AlarmSince,
    AlarmAcknowledged,
    AlarmText,
}

/// An object.
#[derive(Debug, Clone, Copy)]
pub struct Object {
    /// Which value it has.
    pub leaf: Leaf,
    /// Where it stands.
    pub group: Group,
    /// Its number there.
    pub number: u32,
    /// Its name in the file.
    pub name: &'static str,
    /// How its values are written.
    pub syntax: Syntax,
    /// Whether it is an index only, which is not read by itself.
    pub is_index: bool,
    /// What it says.
    pub about: &'static str,
}

impl Object {
    /// Its name in numbers, without an instance.
    pub fn oid(&self) -> Vec<u32> {
        let mut oid = self.group.base();
        oid.push(self.number);
        oid
    }
}
