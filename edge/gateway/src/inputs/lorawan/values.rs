//! From what a decoder found to what is recorded. Pure.

use crate::topology::{Pulse, PulseUnit, Sensor};
use haubert_content::{Decoded, Measured, parse_scale};
use haubert_model::{Decimal, Quantity, Reason};

/// The values of an uplink, with what its pulses stand for, by channel and quantity.
pub(super) fn values(decoded: &Decoded, sensor: &Sensor) -> Vec<Measured> {
    let mut values = decoded.measured.clone();
    for one in decoded.measured.iter().filter(|one| one.quantity == Quantity::PulseCount) {
        let weighed = sensor.pulses.get(&one.load).and_then(|pulse| weighed(one, pulse));
        let Some(weighed) = weighed else { continue };
        // What the site knows of its counter counts more than what the sensor makes of it.
        values.retain(|other| (other.load, other.quantity) != (weighed.load, weighed.quantity));
        values.push(weighed);
    }
    values.sort_by_key(|one| (one.load, one.quantity));
    values
}

impl PulseUnit {
    /// What is counted, and the power of ten of a unit in that quantity's own.
    const fn quantity(self) -> (Quantity, i8) {
        match self {
            Self::Litre => (Quantity::Volume, -3),
            Self::CubicMetre => (Quantity::Volume, 0),
            Self::WattHour => (Quantity::ActiveEnergyImport, 0),
            Self::KilowattHour => (Quantity::ActiveEnergyImport, 3),
        }
    }
}

impl Pulse {
    /// Its weight as a number above 0.
    pub fn weight(&self) -> Option<Decimal> {
        parse_scale(&self.weight).filter(|weight| weight.mantissa > 0)
    }
}

fn weighed(count: &Measured, pulse: &Pulse) -> Option<Measured> {
    let (weight, (quantity, power)) = (pulse.weight()?, pulse.unit.quantity());
    let value = count.value.and_then(|count| {
        let mantissa = count.mantissa.checked_mul(weight.mantissa).ok_or(Reason::OutOfRange)?;
        let exponent = count.exponent.checked_add(weight.exponent).and_then(|sum| sum.checked_add(power));
        Ok(Decimal::new(mantissa, exponent.ok_or(Reason::OutOfRange)?))
    });
    Some(Measured { load: count.load, quantity, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensor(weight: &str, unit: PulseUnit) -> Sensor {
        Sensor {
            dev_eui: haubert_lorawan::DevEui(1),
            decoder: "milesight/em300-di".to_owned(),
            interval_s: None,
            pulses: [(1, Pulse { weight: weight.to_owned(), unit })].into(),
        }
    }

    fn counted(count: i64) -> Decoded {
        let pulses = |load| Measured { load, quantity: Quantity::PulseCount, value: Ok(Decimal::new(count, 0)) };
        Decoded { measured: vec![pulses(2), pulses(1)], ..Decoded::default() }
    }

    #[test]
    fn pulses_are_volumes_and_energies_exactly() {
        for (weight, unit, quantity, value) in [
            ("10", PulseUnit::Litre, Quantity::Volume, Decimal::new(1234, -2)),
            ("0.25", PulseUnit::CubicMetre, Quantity::Volume, Decimal::new(30_850, -2)),
            ("1.5", PulseUnit::WattHour, Quantity::ActiveEnergyImport, Decimal::new(18_510, -1)),
            ("0.001", PulseUnit::KilowattHour, Quantity::ActiveEnergyImport, Decimal::new(1234, 0)),
        ] {
            let found = values(&counted(1234), &sensor(weight, unit));
            let keys: Vec<_> = found.iter().map(|one| (one.load, one.quantity)).collect();
            let mut wanted = vec![(1, Quantity::PulseCount), (1, quantity), (2, Quantity::PulseCount)];
            wanted.sort_unstable();
            assert_eq!(keys, wanted);
            assert_eq!(found.iter().find(|one| one.quantity == quantity).unwrap().value, Ok(value), "{weight} {unit:?}");
        }
    }

    #[test]
    fn a_weight_that_is_none_leaves_the_pulses() {
        for weight in ["", "0", "-1", "1,5", "x"] {
            assert_eq!(values(&counted(1), &sensor(weight, PulseUnit::Litre)).len(), 2, "{weight}");
        }
        let many = values(&counted(i64::MAX), &sensor("999999999", PulseUnit::Litre));
        assert!(many.iter().any(|one| one.value == Err(Reason::OutOfRange)));
    }
}
