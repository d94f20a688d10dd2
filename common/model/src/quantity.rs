//! What is measured. A closed list: each quantity has one canonical unit, one resolution and one nature, so that
//! profiles, history, outlets and screens agree without negotiation.

use crate::Unit;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a quantity behaves in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Has a value at each instant (power, voltage).
    Instant,
    /// Only ever grows, save for overflow, reset or exchange (energy, volume).
    Counter,
    /// One of a few states (a breaker, an input).
    State,
}

/// The text is not the code of a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown quantity {0:?}")]
pub struct UnknownQuantity(pub String);

macro_rules! quantities {
    ($($variant:ident = $code:literal, $unit:ident, $nature:ident, $exponent:literal);+ $(;)?) => {
        /// A measured quantity. The code (`active_power_total`) is its name in profiles, API and files.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
        #[allow(missing_docs)] // the code names each of them in full
        pub enum Quantity { $(#[serde(rename = $code)] #[schema(rename = $code)] $variant),+ }

        impl Quantity {
            /// Every quantity, in display order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, `snake_case`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The unit in which values of this quantity are always given.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit),+ }
            }

            /// How it behaves in time.
            pub const fn nature(self) -> Nature {
                match self { $(Self::$variant => Nature::$nature),+ }
            }

            /// Finest power of ten worth keeping, in the canonical unit: floats are rounded to it.
            pub const fn resolution_exponent(self) -> i8 {
                match self { $(Self::$variant => $exponent),+ }
            }
        }

        impl FromStr for Quantity {
            type Err = UnknownQuantity;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($code => Ok(Self::$variant),)+ _ => Err(UnknownQuantity(text.chars().take(64).collect())) }
            }
        }
    };
}

quantities!(
    ActivePowerTotal = "active_power_total", Watt, Instant, 0;
    ActivePowerL1 = "active_power_l1", Watt, Instant, 0;
    ActivePowerL2 = "active_power_l2", Watt, Instant, 0;
    ActivePowerL3 = "active_power_l3", Watt, Instant, 0;
    ReactivePowerTotal = "reactive_power_total", Var, Instant, 0;
    ReactivePowerL1 = "reactive_power_l1", Var, Instant, 0;
    ReactivePowerL2 = "reactive_power_l2", Var, Instant, 0;
    ReactivePowerL3 = "reactive_power_l3", Var, Instant, 0;
    ApparentPowerTotal = "apparent_power_total", VoltAmpere, Instant, 0;
    ApparentPowerL1 = "apparent_power_l1", VoltAmpere, Instant, 0;
    ApparentPowerL2 = "apparent_power_l2", VoltAmpere, Instant, 0;
    ApparentPowerL3 = "apparent_power_l3", VoltAmpere, Instant, 0;
    PowerFactorTotal = "power_factor_total", One, Instant, -3;
    PowerFactorL1 = "power_factor_l1", One, Instant, -3;
    PowerFactorL2 = "power_factor_l2", One, Instant, -3;
    PowerFactorL3 = "power_factor_l3", One, Instant, -3;
    VoltageL1 = "voltage_l1", Volt, Instant, -2;
    VoltageL2 = "voltage_l2", Volt, Instant, -2;
    VoltageL3 = "voltage_l3", Volt, Instant, -2;
    VoltageL1L2 = "voltage_l1_l2", Volt, Instant, -2;
    VoltageL2L3 = "voltage_l2_l3", Volt, Instant, -2;
    VoltageL3L1 = "voltage_l3_l1", Volt, Instant, -2;
    VoltageSystem = "voltage_system", Volt, Instant, -2;
    CurrentL1 = "current_l1", Ampere, Instant, -3;
    CurrentL2 = "current_l2", Ampere, Instant, -3;
    CurrentL3 = "current_l3", Ampere, Instant, -3;
    CurrentNeutral = "current_neutral", Ampere, Instant, -3;
    CurrentSystem = "current_system", Ampere, Instant, -3;
    Frequency = "frequency", Hertz, Instant, -3;
    ThdVoltageL1 = "thd_voltage_l1", Percent, Instant, -2;
    ThdVoltageL2 = "thd_voltage_l2", Percent, Instant, -2;
    ThdVoltageL3 = "thd_voltage_l3", Percent, Instant, -2;
    ThdCurrentL1 = "thd_current_l1", Percent, Instant, -2;
    ThdCurrentL2 = "thd_current_l2", Percent, Instant, -2;
    ThdCurrentL3 = "thd_current_l3", Percent, Instant, -2;
    ActiveEnergyImport = "active_energy_import", WattHour, Counter, 0;
    ActiveEnergyExport = "active_energy_export", WattHour, Counter, 0;
    ReactiveEnergyImport = "reactive_energy_import", VarHour, Counter, 0;
    ReactiveEnergyExport = "reactive_energy_export", VarHour, Counter, 0;
    ApparentEnergy = "apparent_energy", VoltAmpereHour, Counter, 0;
    ActiveEnergyImportT1 = "active_energy_import_t1", WattHour, Counter, 0;
    ActiveEnergyImportT2 = "active_energy_import_t2", WattHour, Counter, 0;
    ActiveEnergyImportT3 = "active_energy_import_t3", WattHour, Counter, 0;
    ActiveEnergyImportT4 = "active_energy_import_t4", WattHour, Counter, 0;
    TariffInProgress = "tariff_in_progress", One, State, 0;
    OperatingTime = "operating_time", Second, Counter, 0;
    Volume = "volume", CubicMetre, Counter, -3;
    VolumeFlow = "volume_flow", CubicMetrePerHour, Instant, -3;
    PulseCount = "pulse_count", One, Counter, 0;
    Temperature = "temperature", Celsius, Instant, -2;
    RelativeHumidity = "relative_humidity", Percent, Instant, -1;
    AnalogInput = "analog_input", One, Instant, -3;
    DigitalInput = "digital_input", One, State, 0;
);

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_are_unique() {
        for (at, quantity) in Quantity::ALL.iter().enumerate() {
            assert_eq!(quantity.code().parse::<Quantity>().unwrap(), *quantity);
            assert_eq!(serde_json_name(*quantity), quantity.code());
            assert!(Quantity::ALL[..at].iter().all(|other| other.code() != quantity.code()));
        }
    }

    fn serde_json_name(quantity: Quantity) -> String {
        use serde::de::IntoDeserializer;
        let text: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = quantity.code().into_deserializer();
        Quantity::deserialize(text).unwrap().code().to_owned()
    }
}
