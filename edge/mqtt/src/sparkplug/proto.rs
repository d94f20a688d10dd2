//! The messages of `sparkplug_b.proto` (Eclipse Tahu), as far as an edge node writes and reads them; other fields are passed over.

use prost::{Message, Oneof};

/// Data types (*Sparkplug 3.0.0*, 6.4.16).
pub(crate) mod datatype {
    pub(crate) const INT32: u32 = 3;
    pub(crate) const INT64: u32 = 4;
    pub(crate) const DOUBLE: u32 = 10;
    pub(crate) const BOOLEAN: u32 = 11;
    pub(crate) const STRING: u32 = 12;
}

/// What each message carries.
#[derive(Clone, PartialEq, Message)]
pub struct Payload {
    /// When it was made, ms since 1970.
    #[prost(uint64, optional, tag = "1")]
    pub timestamp: Option<u64>,
    /// Values.
    #[prost(message, repeated, tag = "2")]
    pub metrics: Vec<Metric>,
    /// Number of the message, 0 to 255 and again.
    #[prost(uint64, optional, tag = "3")]
    pub seq: Option<u64>,
}

/// A value with its name.
#[derive(Clone, PartialEq, Message)]
pub struct Metric {
    /// Name, unique within the device.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// When it was measured, ms since 1970.
    #[prost(uint64, optional, tag = "3")]
    pub timestamp: Option<u64>,
    /// One of the data types.
    #[prost(uint32, optional, tag = "4")]
    pub datatype: Option<u32>,
    /// It belongs into the history and does not change what is shown now.
    #[prost(bool, optional, tag = "5")]
    pub is_historical: Option<bool>,
    /// There is no value.
    #[prost(bool, optional, tag = "7")]
    pub is_null: Option<bool>,
    /// Unit and quality.
    #[prost(message, optional, tag = "9")]
    pub properties: Option<PropertySet>,
    /// The value.
    #[prost(oneof = "MetricValue", tags = "10, 11, 13, 14, 15")]
    pub value: Option<MetricValue>,
}

/// A value.
#[derive(Clone, PartialEq, Oneof)]
pub enum MetricValue {
    /// 32 bits.
    #[prost(uint32, tag = "10")]
    Int(u32),
    /// 64 bits.
    #[prost(uint64, tag = "11")]
    Long(u64),
    /// Double precision.
    #[prost(double, tag = "13")]
    Double(f64),
    /// Yes or no.
    #[prost(bool, tag = "14")]
    Boolean(bool),
    /// Text.
    #[prost(string, tag = "15")]
    Text(String),
}

/// Properties: keys, and a value for each.
#[derive(Clone, PartialEq, Message)]
pub struct PropertySet {
    /// Names.
    #[prost(string, repeated, tag = "1")]
    pub keys: Vec<String>,
    /// Values.
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<PropertyValue>,
}

/// A property.
#[derive(Clone, PartialEq, Message)]
pub struct PropertyValue {
    /// One of the data types.
    #[prost(uint32, optional, tag = "1")]
    pub datatype: Option<u32>,
    /// The value.
    #[prost(oneof = "PropertyContent", tags = "3, 8")]
    pub value: Option<PropertyContent>,
}

/// A property's value.
#[derive(Clone, PartialEq, Oneof)]
pub enum PropertyContent {
    /// 32 bits.
    #[prost(uint32, tag = "3")]
    Int(u32),
    /// Text.
    #[prost(string, tag = "8")]
    Text(String),
}
