use super::*;
use proptest::prelude::*;

const MIN: i64 = 60_000;
const YEAR: i64 = 365 * 86_400_000;

fn watt(power: i64) -> Decimal {
    Decimal::new(power, 0)
}

fn ten_minutes() -> Accumulator {
    Accumulator::new(10, 0, 30_000).unwrap()
}

/// Reads `power(t)` each ten seconds over `from..=to`.
fn run(curve: &mut Accumulator, from: i64, to: i64, reason: Reason, power: impl Fn(i64) -> i64) -> Vec<Sample> {
    (from..=to).step_by(10_000).filter_map(|at| curve.push(Timestamp(at), watt(power(at)), reason)).collect()
}

#[test]
fn a_covered_period_is_complete() {
    let samples = run(&mut ten_minutes(), 0, 20 * MIN, Reason::Measured, |_| 500);
    assert_eq!(
        samples,
        [Sample::measured(Timestamp(0), 500, Reason::Measured), Sample::measured(Timestamp(10 * MIN), 500, Reason::Measured)]
    );
}

#[test]
fn a_ramp_has_its_middle_as_mean() {
    let samples = run(&mut ten_minutes(), 0, 10 * MIN, Reason::Measured, |at| at / 1000);
    assert_eq!(samples, [Sample::measured(Timestamp(0), 300, Reason::Measured)]);
}

#[test]
fn readings_off_the_border_are_split_at_it() {
    let mut curve = Accumulator::new(1, 0, 30_000).unwrap();
    let samples = run(&mut curve, 3_333, 3 * MIN + 3_333, Reason::Measured, |at| at);
    assert_eq!(samples[0].reason, Reason::Incomplete);
    assert_eq!(samples[1], Sample::measured(Timestamp(MIN), 90_000, Reason::Measured));
    assert_eq!(samples[2], Sample::measured(Timestamp(2 * MIN), 150_000, Reason::Measured));
}

#[test]
fn a_late_start_and_a_gap_are_incomplete() {
    let mut curve = ten_minutes();
    assert_eq!(run(&mut curve, 5 * MIN, 10 * MIN, Reason::Measured, |_| 7)[0].reason, Reason::Incomplete);
    let mut samples = run(&mut curve, 11 * MIN, 13 * MIN, Reason::Measured, |_| 100);
    samples.extend(run(&mut curve, 17 * MIN, 20 * MIN, Reason::Measured, |_| 100));
    assert_eq!(samples, [Sample::measured(Timestamp(10 * MIN), 100, Reason::Incomplete)]);
}

#[test]
fn missing_and_implausible_readings_are_not_averaged() {
    let mut curve = ten_minutes();
    run(&mut curve, 0, 9 * MIN, Reason::Measured, |_| 100);
    assert_eq!(curve.push(Timestamp(9 * MIN + 10_000), watt(i64::MAX), Reason::Implausible), None);
    let ended = run(&mut curve, 9 * MIN + 20_000, 10 * MIN, Reason::Measured, |_| 100);
    assert_eq!(ended, [Sample::measured(Timestamp(0), 100, Reason::Incomplete)]);
}

#[test]
fn a_clock_not_set_is_told() {
    let mut curve = ten_minutes();
    let complete = run(&mut curve, 0, 10 * MIN, Reason::ClockNotSet, |_| 1);
    assert_eq!(complete[0].reason, Reason::ClockNotSet);
    let mut curve = ten_minutes();
    let partial = run(&mut curve, 4 * MIN, 10 * MIN, Reason::ClockNotSet, |_| 1);
    assert_eq!(partial[0].reason, Reason::IncompleteClockNotSet);
}

#[test]
fn a_year_forward_ends_one_period_only() {
    let mut curve = ten_minutes();
    run(&mut curve, 0, 5 * MIN, Reason::Measured, |_| 100);
    let samples = run(&mut curve, YEAR, YEAR + 10 * MIN, Reason::Measured, |_| 100);
    assert_eq!(
        samples,
        [Sample::measured(Timestamp(0), 100, Reason::Incomplete), Sample::measured(Timestamp(YEAR), 100, Reason::Measured)]
    );
}

#[test]
fn an_hour_back_repeats_the_hour_without_garbage() {
    let mut curve = ten_minutes();
    run(&mut curve, 0, 65 * MIN, Reason::Measured, |_| 100);
    let again = run(&mut curve, 5 * MIN, 70 * MIN, Reason::Measured, |_| 100);
    assert!(again.iter().all(|sample| sample.raw == 100));
    // What was measured before the step is kept, as what it is.
    assert_eq!(again[0], Sample::measured(Timestamp(60 * MIN), 100, Reason::IncompleteClockNotSet));
    assert_eq!(again[1], Sample::measured(Timestamp(0), 100, Reason::Incomplete));
    assert_eq!(again.last().unwrap(), &Sample::measured(Timestamp(60 * MIN), 100, Reason::Measured));
}

#[test]
fn a_clock_disciplined_across_a_border_does_not_split_the_period() {
    let mut curve = ten_minutes();
    run(&mut curve, 0, 10 * MIN, Reason::Measured, |_| 100);
    assert_eq!(curve.push(Timestamp(10 * MIN - 200), watt(100), Reason::Measured), None);
    let next = run(&mut curve, 10 * MIN + 9_000, 20 * MIN + 9_000, Reason::Measured, |_| 100);
    assert_eq!(next, [Sample::measured(Timestamp(10 * MIN), 100, Reason::Measured)]);
}

#[test]
fn a_silent_meter_ends_its_period_by_the_clock() {
    let mut curve = ten_minutes();
    run(&mut curve, 0, 9 * MIN, Reason::Measured, |_| 100);
    assert_eq!(curve.tick(Timestamp(10 * MIN)), None);
    assert_eq!(curve.tick(Timestamp(11 * MIN)), Some(Sample::measured(Timestamp(0), 100, Reason::Incomplete)));
    assert_eq!(curve.tick(Timestamp(30 * MIN)), None);
}

#[test]
fn only_periods_that_divide_the_hour() {
    assert!(Accumulator::new(0, 0, 1).is_none());
    assert!(Accumulator::new(7, 0, 1).is_none());
}

proptest! {
    #[test]
    fn a_mean_lies_between_the_readings(
        steps in prop::collection::vec((1i64..90_000, -1000i64..1000), 2..300),
        jumps in prop::collection::vec((0usize..300, -2 * YEAR..2 * YEAR), 0..4),
    ) {
        let mut curve = Accumulator::new(1, 0, 60_000).unwrap();
        let (low, high) = (steps.iter().map(|step| step.1).min().unwrap(), steps.iter().map(|step| step.1).max().unwrap());
        let mut at = 3 * YEAR;
        for (n, (step, power)) in steps.iter().enumerate() {
            at += step + jumps.iter().filter(|jump| jump.0 == n).map(|jump| jump.1).sum::<i64>();
            if let Some(sample) = curve.push(Timestamp(at), watt(*power), Reason::Measured) {
                prop_assert!((low..=high).contains(&sample.raw));
                prop_assert_eq!(sample.at.0 % 60_000, 0);
            }
        }
    }

    #[test]
    fn any_times_and_powers_are_survived(readings in prop::collection::vec((any::<i64>(), any::<i64>(), any::<i8>()), 0..60)) {
        let mut curve = Accumulator::new(60, 0, i64::MAX).unwrap();
        for (at, mantissa, exponent) in readings {
            let _ = curve.push(Timestamp(at), Decimal::new(mantissa, exponent), Reason::Measured);
            let _ = curve.tick(Timestamp(at));
        }
    }
}
