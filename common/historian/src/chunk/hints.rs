//! Which quantities of one load foretell which: knowledge of electricity, because trying them all takes too long.

use haubert_model::Quantity::{self, *};

/// Sets of quantities of the same load that tell much about this one, best first. What foretells is by itself or is foretold by
/// what is by itself, and few do: who reads one column reads these too. (Currents from reactive power as well, and the second and
/// third phases from the first: 0.3 % smaller, and one series takes a fifth longer to read.)
pub(crate) const fn hints(quantity: Quantity) -> &'static [&'static [Quantity]] {
    match quantity {
        // Loads draw from their phases in proportions that change little.
        ActivePowerL1 | ActivePowerL2 | ActivePowerL3 => &[&[ActivePowerTotal]],
        ReactivePowerL1 | ReactivePowerL2 | ReactivePowerL3 => &[&[ReactivePowerTotal]],
        ApparentPowerTotal => &[&[ActivePowerTotal, ReactivePowerTotal]],
        ApparentPowerL1 | ApparentPowerL2 | ApparentPowerL3 => &[&[ApparentPowerTotal]],
        // I = P / (U cos φ), and the power factor changes little.
        CurrentL1 => &[&[ActivePowerTotal, VoltageL1]],
        CurrentL2 => &[&[ActivePowerTotal, VoltageL2]],
        CurrentL3 => &[&[ActivePowerTotal, VoltageL3]],
        CurrentNeutral | CurrentSystem => &[&[CurrentL1, CurrentL2, CurrentL3]],
        VoltageL1L2 => &[&[VoltageL1, VoltageL2]],
        VoltageL2L3 => &[&[VoltageL2, VoltageL3]],
        VoltageL3L1 => &[&[VoltageL3, VoltageL1]],
        VoltageSystem => &[&[VoltageL1, VoltageL2, VoltageL3]],
        PowerFactorL1 | PowerFactorL2 | PowerFactorL3 => &[&[PowerFactorTotal]],
        // Indexes are integrals.
        ActiveEnergyImport => &[&[ActivePowerTotal]],
        ReactiveEnergyImport => &[&[ReactivePowerTotal]],
        ApparentEnergy => &[&[ApparentPowerTotal], &[ActivePowerTotal]],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_short_and_never_closed() {
        fn depth(quantity: Quantity, left: usize) -> usize {
            assert!(left > 0, "{quantity:?} is too far from what stands by itself");
            let others = hints(quantity).iter().copied().flatten();
            others.map(|other| depth(*other, left - 1) + 1).max().unwrap_or(0)
        }
        for quantity in Quantity::ALL {
            assert!(depth(*quantity, 3) <= 2);
            assert!(hints(*quantity).iter().all(|others| (1..=3).contains(&others.len())));
        }
    }
}
