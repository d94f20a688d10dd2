//! How a model is recognised on the bus, and what a simulated one answers when asked who it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a model is recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identify {
    /// Beginnings of the extended name in the Socomec identification block, lower case.
    pub socomec: Vec<String>,
    /// First and last version of the register table that the profile describes; any when absent.
    pub table_versions: Option<(u16, u16)>,
    /// Beginnings of vendor and product in Modbus device identification.
    pub modbus: Vec<ModbusMatch>,
    /// SunSpec model ids.
    pub sunspec: Vec<u16>,
}

/// Beginnings of vendor and product, lower case; an empty product matches any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModbusMatch {
    /// Beginning of the vendor name.
    pub vendor: String,
    /// Beginning of the product code.
    pub product: String,
}

/// What a simulated device of this model says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identification {
    /// Socomec identification block at 50000.
    pub socomec: Option<SocomecIdentity>,
    /// Modbus device identification, function 43/14.
    pub modbus: Option<ModbusIdentity>,
    /// SunSpec common model.
    pub sunspec: Option<SunSpecIdentity>,
    /// The device's own clock.
    pub clock: Option<ClockBlock>,
}

/// Socomec identification block (50000).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocomecIdentity {
    /// Product order id: 100 Countis, 400 DIRIS.
    pub order: u16,
    /// Product id within the order.
    pub product: u16,
    /// Version of the register table, 101 = 1.01.
    pub table_version: u16,
    /// Software version, 100 = 1.00.
    pub software_version: u16,
    /// Product name.
    pub name: String,
    /// Extended name.
    pub extended_name: String,
}

/// Objects 0 to 2 of Modbus device identification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModbusIdentity {
    /// Vendor name.
    pub vendor: String,
    /// Product code.
    pub product: String,
    /// Revision.
    pub revision: String,
}

/// Texts of the SunSpec common model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SunSpecIdentity {
    /// Manufacturer.
    pub manufacturer: String,
    /// Model.
    pub model: String,
    /// Version.
    pub version: String,
}

/// Where a device keeps its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockBlock {
    /// First register.
    pub address: u16,
    /// How date and time lie there.
    pub layout: ClockLayout,
}

/// How date and time lie in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockLayout {
    /// Six registers: day, month, year, hour, minute, second.
    DayMonthYear,
    /// Two registers: seconds since 2000-01-01.
    SecondsSince2000,
}
