//! Which readings become which series.
//!
//! Decided by the quantity alone, so that every meter of the same kind leaves the same history: counters are indexes, total
//! power is also a load curve, the quantities that people plot are trends, and states are kept when they change. Per-phase
//! power factors and the like are shown live, and kept where the configuration asks for them.

use haubert_model::{Nature, Quantity, RecordKind};

/// The kinds of series that a quantity is kept in; `more_trends` are kept as trends whatever they are.
pub fn kinds(quantity: Quantity, more_trends: &[Quantity]) -> &'static [RecordKind] {
    match quantity.nature() {
        Nature::Counter => &[RecordKind::Index],
        Nature::State => &[RecordKind::State],
        Nature::Instant if quantity == Quantity::ActivePowerTotal => &[RecordKind::LoadCurve, RecordKind::Trend],
        Nature::Instant if is_plotted(quantity) || more_trends.contains(&quantity) => &[RecordKind::Trend],
        Nature::Instant => &[],
    }
}

const fn is_plotted(quantity: Quantity) -> bool {
    use Quantity as Q;
    matches!(
        quantity,
        Q::ReactivePowerTotal
            | Q::ApparentPowerTotal
            | Q::PowerFactorTotal
            | Q::VoltageL1
            | Q::VoltageL2
            | Q::VoltageL3
            | Q::VoltageL1L2
            | Q::VoltageL2L3
            | Q::VoltageL3L1
            | Q::CurrentL1
            | Q::CurrentL2
            | Q::CurrentL3
            | Q::CurrentNeutral
            | Q::Frequency
            | Q::ThdVoltageL1
            | Q::ThdCurrentL1
            | Q::VolumeFlow
            | Q::Temperature
            | Q::RelativeHumidity
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_is_kept_and_total_power_twice() {
        for quantity in Quantity::ALL.iter().filter(|quantity| quantity.nature() == Nature::Counter) {
            assert_eq!(kinds(*quantity, &[]), [RecordKind::Index]);
        }
        assert_eq!(kinds(Quantity::ActivePowerTotal, &[]), [RecordKind::LoadCurve, RecordKind::Trend]);
        assert!(kinds(Quantity::PowerFactorL2, &[]).is_empty());
        assert_eq!(kinds(Quantity::PowerFactorL2, &[Quantity::PowerFactorL2]), [RecordKind::Trend]);
    }
}
