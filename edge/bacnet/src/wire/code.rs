//! Numbers of the standard: objects, properties, services, and why something is refused (clauses 20 and 21).

/// A kind of object (`BACnetObjectType`). Others than those named here exist; they come in requests and are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectType(pub(crate) u16);

impl ObjectType {
    /// A value of single precision that is measured.
    pub(crate) const ANALOG_INPUT: Self = Self(0);
    /// One of two states that is measured.
    pub(crate) const BINARY_INPUT: Self = Self(3);
    /// The device itself.
    pub(crate) const DEVICE: Self = Self(8);
    /// History of a property.
    pub(crate) const TREND_LOG: Self = Self(20);
    /// A value of double precision.
    pub(crate) const LARGE_ANALOG_VALUE: Self = Self(46);
}

/// An object of a device: 10 bits of type, 22 of instance (clause 20.2.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectId {
    /// What it is.
    pub(crate) kind: ObjectType,
    /// Which, 0 to [`ObjectId::ANY`].
    pub(crate) instance: u32,
}

impl ObjectId {
    /// The instance that stands for no device, or for whichever is asked.
    pub(crate) const ANY: u32 = 0x3F_FFFF;

    pub(crate) const fn new(kind: ObjectType, instance: u32) -> Self {
        Self { kind, instance: instance & Self::ANY }
    }

    pub(crate) const fn device(instance: u32) -> Self {
        Self::new(ObjectType::DEVICE, instance)
    }

    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self { kind: ObjectType((bits >> 22) as u16), instance: bits & Self::ANY }
    }

    pub(crate) const fn bits(self) -> u32 {
        ((self.kind.0 as u32) << 22) | (self.instance & Self::ANY)
    }
}

/// Properties (`BACnetPropertyIdentifier`).
pub(crate) mod property {
    pub(crate) const ACTIVE_TEXT: u32 = 4;
    pub(crate) const ALL: u32 = 8;
    pub(crate) const APDU_SEGMENT_TIMEOUT: u32 = 10;
    pub(crate) const APDU_TIMEOUT: u32 = 11;
    pub(crate) const APPLICATION_SOFTWARE_VERSION: u32 = 12;
    pub(crate) const BUFFER_SIZE: u32 = 126;
    pub(crate) const COV_INCREMENT: u32 = 22;
    pub(crate) const DAYLIGHT_SAVINGS_STATUS: u32 = 24;
    pub(crate) const DESCRIPTION: u32 = 28;
    pub(crate) const DEVICE_ADDRESS_BINDING: u32 = 30;
    pub(crate) const ENABLE: u32 = 133;
    pub(crate) const EVENT_STATE: u32 = 36;
    pub(crate) const FIRMWARE_REVISION: u32 = 44;
    pub(crate) const INACTIVE_TEXT: u32 = 46;
    pub(crate) const LOCAL_DATE: u32 = 56;
    pub(crate) const LOCAL_TIME: u32 = 57;
    pub(crate) const LOG_BUFFER: u32 = 131;
    pub(crate) const LOG_DEVICE_OBJECT_PROPERTY: u32 = 132;
    pub(crate) const LOG_INTERVAL: u32 = 134;
    pub(crate) const LOGGING_TYPE: u32 = 197;
    pub(crate) const MAX_APDU_LENGTH_ACCEPTED: u32 = 62;
    pub(crate) const MODEL_NAME: u32 = 70;
    pub(crate) const NUMBER_OF_APDU_RETRIES: u32 = 73;
    pub(crate) const OBJECT_IDENTIFIER: u32 = 75;
    pub(crate) const OBJECT_LIST: u32 = 76;
    pub(crate) const OBJECT_NAME: u32 = 77;
    pub(crate) const OBJECT_TYPE: u32 = 79;
    pub(crate) const OPTIONAL: u32 = 80;
    pub(crate) const OUT_OF_SERVICE: u32 = 81;
    pub(crate) const POLARITY: u32 = 84;
    pub(crate) const PRESENT_VALUE: u32 = 85;
    pub(crate) const PROTOCOL_OBJECT_TYPES_SUPPORTED: u32 = 96;
    pub(crate) const PROTOCOL_SERVICES_SUPPORTED: u32 = 97;
    pub(crate) const PROTOCOL_VERSION: u32 = 98;
    pub(crate) const RECORD_COUNT: u32 = 141;
    pub(crate) const RELIABILITY: u32 = 103;
    pub(crate) const REQUIRED: u32 = 105;
    pub(crate) const SEGMENTATION_SUPPORTED: u32 = 107;
    pub(crate) const STATUS_FLAGS: u32 = 111;
    pub(crate) const STOP_WHEN_FULL: u32 = 144;
    pub(crate) const SYSTEM_STATUS: u32 = 112;
    pub(crate) const TOTAL_RECORD_COUNT: u32 = 145;
    pub(crate) const UNITS: u32 = 117;
    pub(crate) const UTC_OFFSET: u32 = 119;
    pub(crate) const VENDOR_IDENTIFIER: u32 = 120;
    pub(crate) const VENDOR_NAME: u32 = 121;
    pub(crate) const PROTOCOL_REVISION: u32 = 139;
    pub(crate) const ACTIVE_COV_SUBSCRIPTIONS: u32 = 152;
    pub(crate) const DATABASE_REVISION: u32 = 155;
    pub(crate) const PROPERTY_LIST: u32 = 371;
    pub(crate) const SERIAL_NUMBER: u32 = 372;
}

/// Confirmed services (`BACnetConfirmedServiceChoice`) that are known here.
pub(crate) mod confirmed {
    pub(crate) const COV_NOTIFICATION: u8 = 1;
    pub(crate) const SUBSCRIBE_COV: u8 = 5;
    pub(crate) const READ_PROPERTY: u8 = 12;
    pub(crate) const READ_PROPERTY_MULTIPLE: u8 = 14;
    pub(crate) const WRITE_PROPERTY: u8 = 15;
    pub(crate) const WRITE_PROPERTY_MULTIPLE: u8 = 16;
    pub(crate) const READ_RANGE: u8 = 26;
}

/// Unconfirmed services (`BACnetUnconfirmedServiceChoice`) that are known here.
pub(crate) mod unconfirmed {
    pub(crate) const I_AM: u8 = 0;
    pub(crate) const I_HAVE: u8 = 1;
    pub(crate) const COV_NOTIFICATION: u8 = 2;
    pub(crate) const WHO_HAS: u8 = 7;
    pub(crate) const WHO_IS: u8 = 8;
}

/// Why a request is answered with an *Error* (clause 18): class and code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) class: u32,
    pub(crate) code: u32,
}

impl Refused {
    pub(crate) const UNKNOWN_OBJECT: Self = Self { class: 1, code: 31 };
    pub(crate) const UNKNOWN_PROPERTY: Self = Self { class: 2, code: 32 };
    pub(crate) const READ_ACCESS_DENIED: Self = Self { class: 2, code: 27 };
    pub(crate) const WRITE_ACCESS_DENIED: Self = Self { class: 2, code: 40 };
    pub(crate) const INVALID_ARRAY_INDEX: Self = Self { class: 2, code: 42 };
    pub(crate) const NOT_A_LIST: Self = Self { class: 5, code: 22 };
    pub(crate) const NOT_AN_ARRAY: Self = Self { class: 2, code: 50 };
    pub(crate) const NOT_COV: Self = Self { class: 1, code: 45 };
    pub(crate) const NO_SPACE: Self = Self { class: 3, code: 19 };
    pub(crate) const OPERATIONAL_PROBLEM: Self = Self { class: 0, code: 25 };
}

/// Why a request cannot be understood (`BACnetRejectReason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Reject {
    InvalidTag = 4,
    MissingParameter = 5,
    OutOfRange = 6,
    TooManyArguments = 7,
    UnrecognizedService = 9,
}

/// Why a conversation ends (`BACnetAbortReason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Abort {
    BufferOverflow = 1,
    SegmentationNotSupported = 4,
    OutOfResources = 9,
}

/// Why a request comes to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    Refused(Refused),
    Reject(Reject),
    Abort(Abort),
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Reject> for Failed {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

impl From<Abort> for Failed {
    fn from(abort: Abort) -> Self {
        Self::Abort(abort)
    }
}
