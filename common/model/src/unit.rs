//! Units of measure. Each quantity has one canonical unit; profiles convert to it.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! units {
    ($($(#[$doc:meta])* $variant:ident = $symbol:literal),+ $(,)?) => {
        /// A unit of measure, written with its usual symbol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum Unit { $($(#[$doc])* #[serde(rename = $symbol)] $variant),+ }

        impl Unit {
            /// Every unit, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The symbol as printed beside a value; empty for pure numbers.
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$variant => $symbol),+ }
            }
        }
    };
}

units!(
    /// Active power.
    Watt = "W",
    /// Reactive power.
    Var = "var",
    /// Apparent power.
    VoltAmpere = "VA",
    /// Active energy.
    WattHour = "Wh",
    /// Reactive energy.
    VarHour = "varh",
    /// Apparent energy.
    VoltAmpereHour = "VAh",
    /// Voltage.
    Volt = "V",
    /// Current.
    Ampere = "A",
    /// Frequency.
    Hertz = "Hz",
    /// Ratio in hundredths.
    Percent = "%",
    /// Temperature.
    Celsius = "°C",
    /// Volume.
    CubicMetre = "m³",
    /// Volume flow.
    CubicMetrePerHour = "m³/h",
    /// Time.
    Second = "s",
    /// A pure number.
    One = "",
);

// By hand, because the derived one leaves out the empty symbol of pure numbers.
impl utoipa::PartialSchema for Unit {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let symbols = Self::ALL.iter().map(|unit| unit.symbol());
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A unit of measure, written with its usual symbol; empty for pure numbers."))
            .enum_values(Some(symbols))
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Unit {}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}
