//! Numbers of quantities for protocols that name things by numbers (SNMP, BACnet). A number is part of indexes that others keep: it
//! never changes its meaning, so it cannot be the place in a list that is ordered for screens.

use crate::Quantity;

macro_rules! numbers {
    ($($variant:ident = $number:literal),+ $(,)?) => {
        impl Quantity {
            /// Its number, from 1 on; never that of another quantity, in no version.
            pub const fn number(self) -> u32 {
                match self { $(Self::$variant => $number),+ }
            }

            /// The quantity of this number.
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

numbers!(
    ActivePowerTotal = 1,
    ActivePowerL1 = 2,
    ActivePowerL2 = 3,
    ActivePowerL3 = 4,
    ReactivePowerTotal = 5,
    ReactivePowerL1 = 6,
    ReactivePowerL2 = 7,
    ReactivePowerL3 = 8,
    ApparentPowerTotal = 9,
    ApparentPowerL1 = 10,
    ApparentPowerL2 = 11,
    ApparentPowerL3 = 12,
    PowerFactorTotal = 13,
    PowerFactorL1 = 14,
    PowerFactorL2 = 15,
    PowerFactorL3 = 16,
    VoltageL1 = 17,
    VoltageL2 = 18,
    VoltageL3 = 19,
    VoltageL1L2 = 20,
    VoltageL2L3 = 21,
    VoltageL3L1 = 22,
    VoltageSystem = 23,
    CurrentL1 = 24,
    CurrentL2 = 25,
    CurrentL3 = 26,
    CurrentNeutral = 27,
    CurrentSystem = 28,
    Frequency = 29,
    ThdVoltageL1 = 30,
    ThdVoltageL2 = 31,
    ThdVoltageL3 = 32,
    ThdCurrentL1 = 33,
    ThdCurrentL2 = 34,
    ThdCurrentL3 = 35,
    ActiveEnergyImport = 36,
    ActiveEnergyExport = 37,
    ReactiveEnergyImport = 38,
    ReactiveEnergyExport = 39,
    ApparentEnergy = 40,
    ActiveEnergyImportT1 = 41,
    ActiveEnergyImportT2 = 42,
    ActiveEnergyImportT3 = 43,
    ActiveEnergyImportT4 = 44,
    TariffInProgress = 45,
    OperatingTime = 46,
    Volume = 47,
    VolumeFlow = 48,
    PulseCount = 49,
    Temperature = 50,
    RelativeHumidity = 51,
    AnalogInput = 52,
    DigitalInput = 53,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_has_one_number_of_its_own() {
        for quantity in Quantity::ALL {
            assert_eq!(Quantity::from_number(quantity.number()), Some(*quantity));
        }
        assert_eq!(Quantity::from_number(0), None);
    }
}
