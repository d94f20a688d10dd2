use super::*;
use haubert_model::{Quantity, Reason};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;
const RULES: CounterRules = CounterRules { rollover: Some(1_000_000_000), max_per_hour: 1_000_000_000 };

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn bounds(step: Step, from: Date, to: Date) -> Vec<Bounds> {
    bucket_bounds(step, from, to, &paris()).unwrap()
}

fn midnight(day: Date) -> i64 {
    day.to_zoned(paris()).unwrap().timestamp().as_millisecond()
}

fn index(at: i64, raw: i64) -> Sample {
    Sample::measured(Timestamp(at), raw, Reason::Measured)
}

fn mantissas(buckets: &[Bucket]) -> Vec<Option<i64>> {
    buckets.iter().map(|bucket| bucket.value.map(|value| value.mantissa)).collect()
}

#[test]
fn days_have_the_hours_of_the_calendar() {
    for (day, hours) in [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)] {
        let end = day.tomorrow().unwrap();
        assert_eq!(bounds(Step::Hour, day, end).len(), hours);
        let days = bounds(Step::Day, day, end);
        assert_eq!(days.len(), 1);
        assert_eq!(days[0].end.ms_since(days[0].start), hours as i64 * HOUR);
    }
}

#[test]
fn months_and_years_are_whole() {
    let months = bounds(Step::Month, date(2026, 1, 15), date(2026, 4, 1));
    assert_eq!(months.len(), 3);
    assert_eq!(months[0].start.0, midnight(date(2026, 1, 1)));
    assert_eq!(months[2].end.ms_since(months[2].start), 31 * 24 * HOUR - HOUR);
    assert_eq!(bounds(Step::Year, date(2025, 5, 5), date(2026, 1, 2)).len(), 2);
}

#[test]
fn a_zone_that_changes_by_half_an_hour_is_covered_without_holes() {
    let zone = TimeZone::get("Australia/Lord_Howe").unwrap();
    let hours = bucket_bounds(Step::Hour, date(2026, 4, 4), date(2026, 4, 7), &zone).unwrap();
    assert!(hours.windows(2).all(|pair| pair[0].end == pair[1].start));
    let last = hours.last().unwrap();
    assert_eq!(last.end.ms_since(hours[0].start), 72 * HOUR + HOUR / 2);
}

#[test]
fn refuses_absurd_ranges() {
    assert_eq!(bucket_bounds(Step::Hour, date(1, 1, 1), date(9999, 1, 1), &paris()), Err(RollupError::TooMany));
    assert!(bucket_bounds(Step::Year, date(9990, 1, 1), date(9999, 12, 31), &paris()).is_err());
    assert_eq!(bucket_bounds(Step::Day, date(2026, 1, 2), date(2026, 1, 1), &paris()), Ok(vec![]));
}

#[test]
fn an_hour_between_readings_is_shared() {
    let start = midnight(date(2026, 6, 1));
    let samples = [index(start - HOUR / 2, 0), index(start + HOUR / 2, 100), index(start + 3 * HOUR / 2, 300)];
    let buckets = from_index(&samples, 0, &RULES, &bounds(Step::Hour, date(2026, 6, 1), date(2026, 6, 2)), HOUR);
    assert_eq!(mantissas(&buckets)[..3], [Some(150), Some(100), None]);
    assert_eq!(buckets[0].quality, Quality::Good);
    assert_eq!((buckets[1].quality, buckets[1].coverage), (Quality::Uncertain, 0.5));
    assert_eq!((buckets[2].quality, buckets[2].coverage), (Quality::Bad, 0.0));
}

#[test]
fn a_long_gap_is_shared_but_uncertain() {
    let start = midnight(date(2026, 6, 1));
    let samples = [index(start, 0), index(start + HOUR, 60), index(start + 4 * HOUR, 360), index(start + 5 * HOUR, 361)];
    let buckets = from_index(&samples, 0, &RULES, &bounds(Step::Hour, date(2026, 6, 1), date(2026, 6, 2)), HOUR);
    assert_eq!(mantissas(&buckets)[..5], [Some(60), Some(100), Some(100), Some(100), Some(1)]);
    assert_eq!(buckets[2].quality, Quality::Uncertain);
    assert_eq!(buckets[2].coverage, 0.0);
    assert_eq!(buckets[4].quality, Quality::Good);
}

#[test]
fn overflow_reset_and_exchange_never_consume_backwards() {
    let start = midnight(date(2026, 6, 1));
    let samples = [
        index(start, 999_999_990),
        Sample { reason: Reason::RolledOver, ..index(start + HOUR, 10) },
        Sample { reason: Reason::Implausible, ..index(start + HOUR + 1, i64::MAX) },
        Sample { reason: Reason::CounterReset, ..index(start + 2 * HOUR, 5) },
        Sample { reason: Reason::MeterExchanged, ..index(start + 3 * HOUR, 700_000) },
        index(start + 4 * HOUR, 700_001),
    ];
    let buckets = from_index(&samples, 0, &RULES, &bounds(Step::Hour, date(2026, 6, 1), date(2026, 6, 2)), HOUR);
    assert_eq!(mantissas(&buckets)[..4], [Some(20), Some(5), None, Some(1)]);
    assert_eq!(buckets[1].quality, Quality::Uncertain);
    assert_eq!(buckets[3].quality, Quality::Good);
}

#[test]
fn a_load_curve_integrates() {
    let day = date(2026, 10, 25);
    let start = midnight(day);
    let samples: Vec<Sample> = (0..150).map(|n| index(start + n * 600_000, 600)).collect();
    let buckets = from_load_curve(&samples, 0, 600_000, &bounds(Step::Day, day, day.tomorrow().unwrap()));
    assert_eq!(buckets[0].value, Some(Decimal::new(600 * 25 * 1000, -3)));
    assert_eq!((buckets[0].quality, buckets[0].coverage), (Quality::Good, 1.0));
    let hours = from_load_curve(&samples[..9], 0, 600_000, &bounds(Step::Hour, day, day.tomorrow().unwrap()));
    assert_eq!(mantissas(&hours)[..3], [Some(600_000), Some(300_000), None]);
    assert_eq!(hours[1].quality, Quality::Uncertain);
}

#[test]
fn power_given_back_consumes_nothing() {
    let start = midnight(date(2026, 6, 1));
    let buckets = from_load_curve(&[index(start, -500)], 0, HOUR, &bounds(Step::Hour, date(2026, 6, 1), date(2026, 6, 2)));
    assert_eq!(buckets[0].value, Some(Decimal::new(0, -3)));
}

#[test]
fn totals_tell_what_is_missing() {
    let bucket = |value, quality, coverage| Bucket { start: Timestamp(0), end: Timestamp(HOUR), value, quality, coverage };
    let known = bucket(Some(Decimal::new(5, 0)), Quality::Good, 1.0);
    let fine = bucket(Some(Decimal::new(500, -3)), Quality::Good, 1.0);
    let unknown = bucket(None, Quality::Bad, 0.0);
    assert_eq!(total(&[vec![known], vec![fine]]), [bucket(Some(Decimal::new(5500, -3)), Quality::Good, 1.0)]);
    assert_eq!(total(&[vec![unknown], vec![known]]), [bucket(Some(Decimal::new(5, 0)), Quality::Uncertain, 0.0)]);
    assert_eq!(total(&[vec![unknown], vec![unknown]]), [unknown]);
    assert!(total(&[]).is_empty());
}

#[test]
fn rules_come_from_the_quantity() {
    assert!(CounterRules::new(Quantity::Volume, -3, Some(0)).rollover.is_none());
}

fn around_a_change_of_clock() -> impl Strategy<Value = Date> {
    prop::sample::select(vec![date(2026, 3, 28), date(2026, 10, 24)])
}

proptest! {
    #[test]
    fn buckets_of_every_step_sum_to_the_total(
        day in around_a_change_of_clock(),
        steps in prop::collection::vec((1_000i64..4_000_000, 0i64..100_000), 1..150),
    ) {
        let (mut at, mut raw) = (midnight(day), 999_990_000i64);
        let mut samples = vec![index(at, raw)];
        let mut consumed = 0;
        for (ms, step) in steps {
            at += ms;
            consumed += step;
            let before = raw;
            raw = (raw + step) % 1_000_000_000;
            let reason = if raw < before { Reason::RolledOver } else { Reason::Measured };
            samples.push(Sample { reason, ..index(at, raw) });
        }
        let end = day.checked_add(jiff::Span::new().days(9)).unwrap();
        for step in [Step::Hour, Step::Day, Step::Month, Step::Year] {
            let buckets = from_index(&samples, 0, &RULES, &bounds(step, day, end), HOUR);
            prop_assert!(mantissas(&buckets).iter().flatten().all(|mantissa| *mantissa >= 0));
            prop_assert_eq!(mantissas(&buckets).iter().flatten().sum::<i64>(), consumed);
            prop_assert!(buckets.iter().all(|bucket| (0.0..=1.0).contains(&bucket.coverage)));
        }
    }

    #[test]
    fn a_curve_and_its_buckets_hold_the_same_energy(day in around_a_change_of_clock(), powers in prop::collection::vec(0i64..1_000_000, 1..400)) {
        let start = midnight(day);
        let samples: Vec<Sample> = (0..).zip(&powers).map(|(n, power)| index(start + n * 600_000, *power)).collect();
        let end = day.checked_add(jiff::Span::new().days(4)).unwrap();
        let exact: i64 = powers.iter().map(|power| power * 1000 / 6).sum();
        let sums = [Step::Hour, Step::Day].map(|step| {
            let buckets = from_load_curve(&samples, 0, 600_000, &bounds(step, day, end));
            mantissas(&buckets).iter().flatten().sum::<i64>()
        });
        prop_assert_eq!(sums[0], sums[1]);
        prop_assert!((sums[0] - exact).abs() <= powers.len() as i64);
    }

    #[test]
    fn any_samples_are_survived(samples in prop::collection::vec((any::<i64>(), any::<i64>(), 0usize..15), 0..40), period: i64) {
        let samples: Vec<Sample> =
            samples.into_iter().map(|(at, raw, reason)| Sample::measured(Timestamp(at), raw, Reason::ALL[reason])).collect();
        let bounds = bounds(Step::Day, date(2026, 1, 1), date(2026, 2, 1));
        for buckets in [from_index(&samples, 0, &RULES, &bounds, HOUR), from_load_curve(&samples, 0, period, &bounds)] {
            prop_assert!(mantissas(&buckets).iter().flatten().all(|mantissa| *mantissa >= 0));
        }
    }
}
