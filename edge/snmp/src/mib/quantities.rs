//! Numbers and names of quantities in the MIB. A number is part of the index of rows that others keep: it never changes its meaning,
//! so it cannot be the place in a list that is ordered for screens.

use haubert_model::Quantity;

macro_rules! numbers {
    ($($variant:ident = $number:literal),+ $(,)?) => {
        /// Every quantity with its number, by number.
        pub const NUMBERS: &[(Quantity, u32)] = &[$((Quantity::$variant, $number)),+];

        /// The number of a quantity.
        pub const fn number(quantity: Quantity) -> u32 {
            match quantity { $(Quantity::$variant => $number),+ }
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

/// The code of a quantity as SMI wants labels: `active_power_l1` is `activePowerL1`.
pub fn label(quantity: Quantity) -> String {
    let mut label = String::new();
    for part in quantity.code().split('_') {
        let mut signs = part.chars();
        match signs.next() {
            Some(first) if !label.is_empty() => label.push(first.to_ascii_uppercase()),
            Some(first) => label.push(first),
            None => {}
        }
        label.push_str(signs.as_str());
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_has_one_number_of_its_own() {
        assert_eq!(NUMBERS.len(), Quantity::ALL.len());
        for (at, (quantity, number)) in NUMBERS.iter().enumerate() {
            assert_eq!(super::number(*quantity), *number);
            assert!(NUMBERS[..at].iter().all(|(_, other)| other < number), "by number");
            let label = label(*quantity);
            assert!(label.len() <= 64 && label.chars().all(|sign| sign.is_ascii_alphanumeric()), "{label}");
        }
        assert_eq!(label(Quantity::VoltageL1L2), "voltageL1L2");
    }
}
