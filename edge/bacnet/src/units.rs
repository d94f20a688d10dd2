//! Units as BACnet numbers them (`BACnetEngineeringUnits`, clause 21), and from which change on others are told.

use haubert_model::{Nature, Quantity, Unit};

/// How an object shows a quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shown {
    /// The unit's number.
    pub(crate) unit: u32,
    /// Values are divided by this.
    pub(crate) divisor: f64,
    /// Change of the value as shown that subscribers are told of.
    pub(crate) increment: f64,
}

const fn shown(unit: u32, divisor: f64, increment: f64) -> Shown {
    Shown { unit, divisor, increment }
}

/// In the unit in which the gateway keeps it.
pub(crate) fn exact(quantity: Quantity) -> Shown {
    match (quantity, quantity.unit()) {
        (Quantity::PowerFactorTotal | Quantity::PowerFactorL1 | Quantity::PowerFactorL2 | Quantity::PowerFactorL3, _) => {
            shown(15, 1.0, 0.01)
        }
        (Quantity::RelativeHumidity, _) => shown(29, 1.0, 0.5),
        (_, Unit::Watt) => shown(47, 1.0, 10.0),
        (_, Unit::Var) => shown(11, 1.0, 10.0),
        (_, Unit::VoltAmpere) => shown(8, 1.0, 10.0),
        (_, Unit::WattHour) => shown(18, 1.0, 100.0),
        (_, Unit::VarHour) => shown(203, 1.0, 100.0),
        (_, Unit::VoltAmpereHour) => shown(239, 1.0, 100.0),
        (_, Unit::Volt) => shown(5, 1.0, 1.0),
        (_, Unit::Ampere) => shown(3, 1.0, 0.1),
        (_, Unit::Hertz) => shown(27, 1.0, 0.05),
        (_, Unit::Percent) => shown(98, 1.0, 0.5),
        (_, Unit::Celsius) => shown(62, 1.0, 0.2),
        (_, Unit::CubicMetre) => shown(80, 1.0, 0.1),
        (_, Unit::CubicMetrePerHour) => shown(135, 1.0, 0.1),
        (_, Unit::Second) => shown(73, 1.0, 3600.0),
        (_, Unit::One) => shown(95, 1.0, if matches!(quantity.nature(), Nature::Instant) { 0.1 } else { 1.0 }),
    }
}

/// In a unit in which single precision goes far: energies in thousands.
pub(crate) fn rounded(quantity: Quantity) -> Shown {
    match quantity.unit() {
        Unit::WattHour => shown(19, 1000.0, 0.1),
        Unit::VarHour => shown(204, 1000.0, 0.1),
        Unit::VoltAmpereHour => shown(240, 1000.0, 0.1),
        _ => exact(quantity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_the_standard() {
        for (quantity, number) in [
            (Quantity::ActivePowerTotal, 47),
            (Quantity::ReactivePowerTotal, 11),
            (Quantity::VoltageL1, 5),
            (Quantity::CurrentL1, 3),
            (Quantity::Frequency, 27),
            (Quantity::PowerFactorTotal, 15),
            (Quantity::ThdVoltageL1, 98),
            (Quantity::ActiveEnergyImport, 18),
            (Quantity::ReactiveEnergyImport, 203),
            (Quantity::Temperature, 62),
            (Quantity::RelativeHumidity, 29),
            (Quantity::Volume, 80),
            (Quantity::PulseCount, 95),
        ] {
            assert_eq!(exact(quantity).unit, number, "{quantity}");
        }
        assert_eq!(rounded(Quantity::ActiveEnergyImport), shown(19, 1000.0, 0.1));
    }

    #[test]
    fn every_change_that_is_told_of_is_one() {
        for quantity in Quantity::ALL {
            assert!(exact(*quantity).increment > 0.0 && rounded(*quantity).increment > 0.0);
        }
    }
}
