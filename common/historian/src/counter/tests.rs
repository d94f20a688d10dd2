use super::*;
use proptest::prelude::*;

const RULES: CounterRules = CounterRules { rollover: Some(1_000_000), max_per_hour: 36_000 };

/// Reads one value each ten seconds.
fn reasons(rules: CounterRules, readings: &[i64]) -> Vec<Reason> {
    let mut tracker = Tracker::new(rules, None);
    (1i64..).zip(readings).map(|(n, raw)| tracker.next(Timestamp(n * 10_000), *raw)).collect()
}

fn total(rules: CounterRules, readings: &[i64]) -> i64 {
    let samples: Vec<Sample> = (1i64..)
        .zip(readings.iter().zip(reasons(rules, readings)))
        .map(|(n, (raw, reason))| Sample::measured(Timestamp(n * 10_000), *raw, reason))
        .filter(counts)
        .collect();
    samples.windows(2).filter_map(|pair| consumed(&pair[0], &pair[1], &rules).steps).sum()
}

#[test]
fn growth_is_measured() {
    assert_eq!(reasons(RULES, &[100, 150, 150]), [Reason::Measured; 3]);
    assert_eq!(total(RULES, &[100, 150, 150, 151]), 51);
}

#[test]
fn overflow_is_seen_and_counted() {
    assert_eq!(reasons(RULES, &[999_950, 20]), [Reason::Measured, Reason::RolledOver]);
    assert_eq!(total(RULES, &[999_950, 20, 30]), 80);
}

#[test]
fn a_reset_is_believed_at_the_second_reading() {
    assert_eq!(
        reasons(RULES, &[500_000, 0, 5, 6]),
        [Reason::Measured, Reason::Implausible, Reason::CounterReset, Reason::Measured]
    );
    assert_eq!(total(RULES, &[500_000, 0, 5, 6]), 6);
}

#[test]
fn one_garbled_reading_changes_nothing() {
    for garbage in [0, 1, 999_999, i64::MAX, -1] {
        assert_eq!(
            reasons(RULES, &[500_000, garbage, 500_010]),
            [Reason::Measured, Reason::Implausible, Reason::Measured],
            "{garbage}"
        );
        assert_eq!(total(RULES, &[500_000, garbage, 500_010]), 10);
    }
}

#[test]
fn a_lasting_jump_is_another_meter() {
    let readings = [500_000, 800_000, 800_002, 800_003];
    assert_eq!(reasons(RULES, &readings), [Reason::Measured, Reason::Implausible, Reason::MeterExchanged, Reason::Measured]);
    assert_eq!(total(RULES, &readings), 1);
}

#[test]
fn a_declared_exchange_starts_anew() {
    let mut tracker = Tracker::new(RULES, Some(&Sample::measured(Timestamp(0), 500_000, Reason::Measured)));
    tracker.meter_exchanged();
    assert_eq!(tracker.next(Timestamp(10_000), 7), Reason::MeterExchanged);
    assert_eq!(tracker.next(Timestamp(20_000), 9), Reason::Measured);
}

#[test]
fn a_long_absence_makes_a_large_growth_plausible() {
    let mut tracker = Tracker::new(RULES, Some(&Sample::measured(Timestamp(0), 0, Reason::Measured)));
    assert_eq!(tracker.next(Timestamp(10 * 3_600_000), 300_000), Reason::Measured);
}

#[test]
fn a_clock_set_back_does_not_stop_counting() {
    let mut tracker = Tracker::new(RULES, Some(&Sample::measured(Timestamp(3_600_000), 100, Reason::Measured)));
    assert_eq!(tracker.next(Timestamp(0), 110), Reason::Measured);
}

#[test]
fn doubt_survives_a_restart() {
    let suspect = Sample::measured(Timestamp(0), 500, Reason::Implausible);
    let mut tracker = Tracker::new(RULES, Some(&suspect));
    assert_eq!(tracker.next(Timestamp(10_000), 400_000), Reason::Implausible);
    assert_eq!(tracker.next(Timestamp(20_000), 400_001), Reason::MeterExchanged);
}

#[test]
fn limits_follow_the_exponent() {
    let watt_hours = CounterRules::new(Quantity::ActiveEnergyImport, 0, None);
    let kilowatt_hours = CounterRules::new(Quantity::ActiveEnergyImport, 3, None);
    assert_eq!(watt_hours.max_per_hour, 1000 * kilowatt_hours.max_per_hour);
    // A 32-bit register of all ones is not a reading.
    let mut tracker = Tracker::new(watt_hours, Some(&Sample::measured(Timestamp(0), 0, Reason::Measured)));
    assert_eq!(tracker.next(Timestamp(10_000), i64::from(u32::MAX)), Reason::Implausible);
}

proptest! {
    #[test]
    fn never_negative_whatever_is_read(readings in prop::collection::vec(any::<i64>(), 0..40), modulus in prop::option::of(any::<i64>())) {
        let rules = CounterRules::new(Quantity::ActiveEnergyImport, 0, modulus);
        let samples: Vec<Sample> = (1i64..)
            .zip(readings.iter().zip(reasons(rules, &readings)))
            .map(|(n, (raw, reason))| Sample::measured(Timestamp(n * 10_000), *raw, reason))
            .collect();
        for pair in samples.windows(2) {
            prop_assert!(consumed(&pair[0], &pair[1], &rules).steps.is_none_or(|steps| steps >= 0));
        }
    }

    #[test]
    fn a_sound_meter_loses_nothing(steps in prop::collection::vec(0i64..100, 1..200), start in 0i64..1_000_000) {
        let mut index = start;
        let mut readings = vec![start];
        readings.extend(steps.iter().map(|step| { index = (index + step) % 1_000_000; index }));
        prop_assert_eq!(total(RULES, &readings), steps.iter().sum::<i64>());
    }
}
