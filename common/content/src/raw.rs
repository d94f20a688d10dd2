//! The file format, field by field. Semantic checks are in `check`; here is only what TOML and serde can say.
//! Doc comments of this file are the descriptions in the JSON Schema.

use crate::identity::ClockLayout;
use crate::log::RawLog;
use crate::{RegisterType, TextLayout, WordOrder};
use haubert_model::{Fluid, Quantity, Unit, Usage};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// A Haubert device profile: where one model of meter keeps its quantities.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Device profile")]
pub(crate) struct RawProfile {
    /// Maker.
    pub(crate) vendor: String,
    /// Model or models that share this map.
    pub(crate) model: String,
    /// Name of the map that several models share.
    #[serde(default)]
    pub(crate) family: String,
    /// Where the addresses come from: document, table version, repository.
    #[schemars(with = "String")]
    pub(crate) source: Spanned<String>,
    /// True when each address was checked against the maker's own document or a real device.
    #[serde(default)]
    pub(crate) verified: bool,
    /// What the device measures.
    #[schemars(with = "Vec<Fluid>")]
    pub(crate) fluids: Spanned<Vec<Fluid>>,
    /// Usage proposed when a device is added.
    pub(crate) usage: Option<Usage>,
    /// How the model is recognised.
    #[serde(default)]
    pub(crate) identify: RawIdentify,
    /// What one request may ask.
    #[serde(default)]
    pub(crate) limits: RawLimits,
    /// Loads (feeders, inputs) of the device; one when absent.
    pub(crate) channels: Option<RawChannels>,
    /// Present when addresses count from the first register (the id) of a SunSpec model.
    pub(crate) sunspec: Option<RawSunSpec>,
    /// Where the names of the loads are kept.
    pub(crate) names: Option<RawNames>,
    /// The load-curve log that the device keeps of itself, from which periods missed in an outage are read back.
    pub(crate) log: Option<RawLog>,
    /// What a simulated device of this model says of itself.
    #[serde(default)]
    pub(crate) simulator: RawSimulator,
    /// Questions that the maker's documents leave open; the values of a device answer them.
    #[serde(default)]
    #[schemars(with = "Vec<RawAlternative>")]
    pub(crate) alternatives: Vec<Spanned<RawAlternative>>,
    /// Points that exist once, on the channel given (1 when absent).
    #[serde(default)]
    pub(crate) points: Vec<RawPoint>,
    /// Points that exist for each channel: address of channel 1, then one stride further for each next one.
    #[serde(default)]
    pub(crate) channel_points: Vec<RawPoint>,
}

/// How the model is recognised.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RawIdentify {
    /// Beginnings of the extended name in the Socomec identification block, lower case.
    #[schemars(with = "Vec<String>")]
    pub(crate) socomec: Option<Spanned<Vec<String>>>,
    /// First and last version of the register table that this profile describes.
    #[schemars(with = "Option<(u16, u16)>")]
    pub(crate) table_versions: Option<Spanned<(u16, u16)>>,
    /// Beginnings of vendor and product in Modbus device identification (function 43/14).
    pub(crate) modbus: Vec<RawModbusMatch>,
}

/// One way to recognise a device by function 43/14; case does not matter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawModbusMatch {
    /// Beginning of the vendor name.
    pub(crate) vendor: String,
    /// Beginning of the product code; any product when empty.
    #[serde(default)]
    pub(crate) product: String,
}

/// What one request may ask.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RawLimits {
    /// Most registers in one read, 1 to 125.
    #[schemars(with = "u16")]
    pub(crate) max_registers: Option<Spanned<u16>>,
    /// Table of points that name none.
    pub(crate) table: TableName,
    /// Ranges, first and last register, that a request must not touch.
    #[schemars(with = "Vec<(u16, u16)>")]
    pub(crate) holes: Vec<Spanned<(u16, u16)>>,
}

impl Default for RawLimits {
    fn default() -> Self {
        Self { max_registers: None, table: TableName::HoldingRegisters, holes: Vec::new() }
    }
}

/// Which of the Modbus register tables.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TableName {
    /// Function 3.
    HoldingRegisters,
    /// Function 4.
    InputRegisters,
    /// Function 1, one bit: 0 or 1.
    Coils,
    /// Function 2, one bit: 0 or 1.
    DiscreteInputs,
}

/// Loads of the device.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawChannels {
    /// How many, 1 to 250.
    #[schemars(with = "u8")]
    pub(crate) count: Spanned<u8>,
    /// Registers from one channel to the next.
    #[schemars(with = "u16")]
    pub(crate) stride: Spanned<u16>,
    /// Register (of channel 1) that holds 1 when the channel is in use.
    #[schemars(with = "Option<u16>")]
    pub(crate) in_use: Option<Spanned<u16>>,
}

/// A SunSpec model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSunSpec {
    /// Model ids that have this layout.
    #[schemars(with = "Vec<u16>")]
    pub(crate) models: Spanned<Vec<u16>>,
    /// Registers that follow id and length.
    #[schemars(with = "u16")]
    pub(crate) length: Spanned<u16>,
}

/// Where the names of the loads are kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawNames {
    /// First register of the first name.
    #[schemars(with = "u16")]
    pub(crate) address: Spanned<u16>,
    /// Registers from one name to the next.
    pub(crate) stride: u16,
    /// Registers of one name.
    pub(crate) words: u16,
    /// How characters lie in them.
    pub(crate) layout: TextLayout,
}

/// A question that documents leave open. A counter must grow by the integral of its power: the gateway watches it at each
/// candidate place and keeps the one that does.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAlternative {
    /// Short name: lower-case letters, digits and dashes.
    pub(crate) name: String,
    /// What contradicts what.
    pub(crate) why: String,
    /// Quantities that lie elsewhere under another answer.
    pub(crate) quantities: Vec<Quantity>,
    /// The one of them that is watched; a counter.
    pub(crate) counter: Quantity,
    /// The power of which the counter is the integral.
    pub(crate) power: Quantity,
    /// The answers, the usual one first.
    pub(crate) options: Vec<RawOption>,
}

/// One answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawOption {
    /// Short name.
    pub(crate) name: String,
    /// Registers added to the stated addresses.
    pub(crate) shift: i16,
    /// Quantities that exist under this answer only.
    #[serde(default)]
    pub(crate) only: Vec<Quantity>,
}

/// What a simulated device of this model says of itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RawSimulator {
    /// Socomec identification block at 50000.
    pub(crate) socomec: Option<RawSocomec>,
    /// Modbus device identification, function 43/14.
    pub(crate) modbus: Option<RawModbus>,
    /// SunSpec common model.
    pub(crate) common: Option<RawCommon>,
    /// The device's own clock.
    pub(crate) clock: Option<RawClock>,
    /// Pairs of scale register and the power of ten that the simulator puts there.
    #[schemars(with = "Vec<(u16, i8)>")]
    pub(crate) exponents: Vec<Spanned<(u16, i8)>>,
}

/// Socomec identification block.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSocomec {
    /// Product order id: 100 Countis, 400 DIRIS.
    pub(crate) order: u16,
    /// Product id within the order.
    #[serde(default)]
    pub(crate) product: u16,
    /// Version of the register table, 101 = 1.01.
    pub(crate) table_version: u16,
    /// Software version, 100 = 1.00.
    pub(crate) software_version: u16,
    /// Product name.
    pub(crate) name: String,
    /// Extended name, by which the model is recognised.
    pub(crate) extended_name: String,
}

/// Modbus device identification.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawModbus {
    /// Vendor name, object 0.
    pub(crate) vendor: String,
    /// Product code, object 1.
    pub(crate) product: String,
    /// Revision, object 2.
    pub(crate) revision: String,
}

/// SunSpec common model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCommon {
    /// Manufacturer (Mn).
    pub(crate) manufacturer: String,
    /// Model (Md).
    pub(crate) model: String,
    /// Version (Vr).
    pub(crate) version: String,
}

/// The device's own clock.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawClock {
    /// First register.
    #[schemars(with = "u16")]
    pub(crate) address: Spanned<u16>,
    /// How date and time lie there.
    pub(crate) layout: ClockLayout,
}

/// One quantity of the device.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPoint {
    /// What is measured.
    #[schemars(with = "Quantity")]
    pub(crate) quantity: Spanned<Quantity>,
    /// Channel that has it; not for points of each channel.
    #[schemars(with = "Option<u8>")]
    pub(crate) channel: Option<Spanned<u8>>,
    /// Register table, when not the one of `limits`.
    pub(crate) table: Option<TableName>,
    /// First register, as on the wire (counted from zero).
    #[schemars(with = "u16")]
    pub(crate) address: Spanned<u16>,
    /// Type of the number.
    #[serde(rename = "type")]
    pub(crate) kind: RegisterType,
    /// Which register of a longer number comes first.
    #[serde(default)]
    pub(crate) words: WordOrder,
    /// Value of one raw step in the unit, as exact decimal text: "0.01", "10", "1e6"; "-1" where a signed number counts the
    /// other way round (an inverter's production is negative power).
    #[schemars(with = "Option<String>")]
    pub(crate) scale: Option<Spanned<String>>,
    /// Unit of the scaled value: the canonical unit of the quantity.
    #[schemars(with = "Unit")]
    pub(crate) unit: Spanned<Unit>,
    /// Register with a signed power of ten that multiplies the value (SunSpec `sunssf`).
    #[schemars(with = "Option<u16>")]
    pub(crate) scale_register: Option<Spanned<u16>>,
    /// Further register whose scaled value is added.
    pub(crate) plus: Option<RawPart>,
    /// Bit pattern that means "not there", in hexadecimal: "0x8000".
    #[schemars(with = "Option<String>")]
    pub(crate) absent: Option<Spanned<String>>,
    /// Smallest and largest value, in the unit, that is believed.
    #[schemars(with = "Option<(f64, f64)>")]
    pub(crate) plausible: Option<Spanned<(f64, f64)>>,
    /// Raw value at which a counter starts again from zero.
    #[schemars(with = "Option<u64>")]
    pub(crate) rollover: Option<Spanned<u64>>,
    /// First and last version of the register table in which the point exists.
    #[schemars(with = "Option<(u16, u16)>")]
    pub(crate) tables: Option<Spanned<(u16, u16)>>,
}

/// Further register whose scaled value is added, such as a residual or the counter of a second tariff.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPart {
    /// First register.
    #[schemars(with = "u16")]
    pub(crate) address: Spanned<u16>,
    /// Type of the number: a float where the point is one, else an integer.
    #[serde(rename = "type")]
    pub(crate) kind: RegisterType,
    /// Value of one raw step in the unit of the point.
    #[schemars(with = "String")]
    pub(crate) scale: Spanned<String>,
}
