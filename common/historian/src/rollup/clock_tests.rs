//! Consumption stays right whatever the clock and the calendar do.

use super::*;
use haubert_model::{Quantity, Reason};
use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const MIN: i64 = 60_000;
const HOUR: i64 = 3_600_000;
const RULES: CounterRules = CounterRules { rollover: Some(1_000_000_000), max_per_hour: 1_000_000_000 };

/// Zones with every kind of oddity: half and quarter hours, changes of half an hour and at midnight, a skipped day, none.
const ZONES: [&str; 10] = [
    "Europe/Paris",
    "UTC",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Pacific/Chatham",
];

fn sample(at: i64, raw: i64, reason: Reason) -> Sample {
    Sample::measured(Timestamp(at), raw, reason)
}

fn sum(buckets: &[Bucket]) -> i64 {
    buckets.iter().filter_map(|bucket| bucket.value).map(|value| value.mantissa).sum()
}

/// One bucket from 0 to the end of the samples.
fn whole(samples: &[Sample]) -> Bucket {
    let mut sorted = samples.to_vec();
    sorted.sort_by_key(|sample| sample.at);
    let bounds = [Bounds { start: Timestamp(0), end: sorted.last().unwrap().at }];
    from_index(&sorted, 0, &RULES, &bounds, HOUR)[0]
}

/// A meter that counts 100 each ten minutes, read each ten minutes of true time, dated as the clock shows.
fn read(steps: i64, clock: impl Fn(i64) -> (i64, bool)) -> Vec<Sample> {
    (0..=steps)
        .map(|step| {
            let (at, doubted) = clock(step * 10 * MIN);
            sample(at, 1_000_000 + step * 100, if doubted { Reason::ClockNotSet } else { Reason::Measured })
        })
        .collect()
}

#[test]
fn an_hour_that_comes_twice_is_counted_once() {
    // Set back by an hour after five hours: the second pass is marked, and one millisecond off the first.
    let samples =
        read(12 * 6, |at| if at <= 5 * HOUR { (at, false) } else { (at - HOUR + i64::from(at <= 6 * HOUR), at <= 6 * HOUR) });
    let day = whole(&samples);
    assert_eq!(day.value.unwrap().mantissa, 12 * 600, "what the meter counted, all of it, and no more");
}

#[test]
fn an_excursion_into_another_year_adds_nothing_when_that_year_comes() {
    let excursion = read(10, |at| (at, false));
    let later: Vec<Sample> =
        (0..40).map(|step| sample(-50 * MIN + step * 5 * MIN, 9_000_000 + step * 50, Reason::Measured)).collect();
    let all: Vec<Sample> = excursion.into_iter().chain(later.clone()).collect();
    let mut sorted = all;
    sorted.sort_by_key(|sample| sample.at);
    let bounds = [Bounds { start: Timestamp(0), end: Timestamp(100 * MIN) }];
    assert_eq!(sum(&from_index(&sorted, 0, &RULES, &bounds, HOUR)), 1_000);
}

#[test]
fn guessed_times_count_where_they_fit() {
    // A boot without a clock, dated too early but in order, between trusted readings.
    let samples = read(12 * 6, |at| if (3 * HOUR..5 * HOUR).contains(&at) { (at - 20 * MIN, true) } else { (at, false) });
    let day = whole(&samples);
    assert_eq!((day.value.unwrap().mantissa, day.quality), (12 * 600, Quality::Uncertain));
}

#[test]
fn a_reset_in_a_doubted_stretch_is_still_a_reset() {
    let mut samples = read(6, |at| (at, false));
    samples.push(sample(70 * MIN, 40, Reason::CounterReset));
    samples.push(sample(80 * MIN, 90, Reason::ClockNotSet));
    samples.push(sample(90 * MIN, 200, Reason::Measured));
    assert_eq!(whole(&samples).value.unwrap().mantissa, 600 + 200);
}

#[test]
fn a_fall_that_nobody_remarked_and_that_lasts_still_counts_from_zero() {
    let mut samples = read(6, |at| (at, false));
    samples.push(sample(70 * MIN, 40, Reason::Measured));
    samples.push(sample(80 * MIN, 90, Reason::Measured));
    let day = whole(&samples);
    assert_eq!((day.value.unwrap().mantissa, day.quality), (600 + 90, Quality::Uncertain));
}

#[test]
fn each_local_day_has_its_own_length_and_its_own_share() {
    // 1 Wh each second for three days around each change of the clock.
    for (zone, day, hours) in [
        ("Europe/Paris", date(2026, 3, 29), 23.0),
        ("Europe/Paris", date(2026, 10, 25), 25.0),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("America/St_Johns", date(2026, 3, 8), 23.0),
        ("Asia/Kathmandu", date(2026, 3, 29), 24.0),
        // After 2038 the rules go on.
        ("Europe/Paris", date(2040, 3, 25), 23.0),
        ("Europe/Paris", date(2099, 10, 25), 25.0),
    ] {
        let zone = TimeZone::get(zone).unwrap();
        let bounds =
            bucket_bounds(Step::Day, day.yesterday().unwrap(), day.tomorrow().unwrap().tomorrow().unwrap(), &zone).unwrap();
        let start = bounds[0].start.0;
        let samples: Vec<Sample> =
            (0..=3 * 25 * 6).map(|step| sample(start + step * 10 * MIN, step * 600, Reason::Measured)).collect();
        let days = from_index(&samples, 0, &RULES, &bounds, HOUR);
        assert_eq!(days[1].value.unwrap().mantissa, (hours * 3600.0) as i64, "{day}");
        assert_eq!((days[1].quality, days[1].coverage), (Quality::Good, 1.0));
    }
}

#[test]
fn a_leap_second_moves_nothing() {
    // Unix time repeats the last second of 2016-12-31: the counter goes on, dated as it was a second before.
    let midnight = 1_483_228_800_000;
    let samples: Vec<Sample> = (-100..100)
        .map(|second| {
            sample(midnight + second * 1_000 - if second > 0 { 1_000 - 1 } else { 0 }, 5_000 + second, Reason::Measured)
        })
        .collect();
    let bounds = [
        Bounds { start: Timestamp(midnight - 100_000), end: Timestamp(midnight) },
        Bounds { start: Timestamp(midnight), end: Timestamp(midnight + 98_001) },
    ];
    let days = from_index(&samples, 0, &RULES, &bounds, HOUR);
    assert_eq!(sum(&days), 199);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the zone, the days lie end to end, are as long as the calendar says, and share the whole without remainder.
    #[test]
    fn days_cover_time_and_share_consumption_in_every_zone(
        zone in prop::sample::select(&ZONES[..]),
        start in 0i64..36_000,
        length in 1i64..40,
        steps in prop::collection::vec(0i64..5_000, 1..200),
    ) {
        let tz = TimeZone::get(zone).unwrap();
        let from = date(2001, 1, 1).checked_add(jiff::Span::new().days(start)).unwrap();
        let to = from.checked_add(jiff::Span::new().days(length)).unwrap();
        let bounds = bucket_bounds(Step::Day, from, to, &tz).unwrap();
        prop_assert!(bounds.windows(2).all(|pair| pair[0].end == pair[1].start));
        prop_assert!(bounds.iter().all(|day| (0..=26 * HOUR).contains(&day.end.ms_since(day.start))), "{zone} {from}");
        let (first, last) = (bounds[0].start.0, bounds[bounds.len() - 1].end.0);
        let mut raw = 0;
        let many = steps.len() as i64;
        let mut samples = vec![sample(first, 0, Reason::Measured)];
        for (at, step) in (1..).zip(&steps) {
            raw += step;
            samples.push(sample(first + (last - first) * at / many, raw, Reason::Measured));
        }
        let days = from_index(&samples, 0, &CounterRules::new(Quantity::ActiveEnergyImport, 0, None), &bounds, HOUR);
        prop_assert_eq!(sum(&days), raw);
        let hours = from_index(&samples, 0, &RULES, &bucket_bounds(Step::Hour, from, to, &tz).unwrap(), HOUR);
        prop_assert_eq!(sum(&hours), raw);
    }

    /// However the clock is set to and fro, no day is credited with more than the meter counted.
    #[test]
    fn a_jumping_clock_invents_no_consumption(jumps in prop::collection::vec((0i64..100, -3 * HOUR..3 * HOUR), 0..6)) {
        // As the gateway dates: a time that comes again is marked and shifted by a millisecond for each time before.
        let (mut offset, mut shown) = (10 * HOUR, Vec::<i64>::new());
        let mut samples = Vec::new();
        for step in 0..100i64 {
            offset += jumps.iter().filter(|(at, _)| *at == step).map(|(_, by)| by).sum::<i64>();
            let at = step * 10 * MIN + offset;
            let again = shown.iter().any(|known| *known >= at);
            let shift = shown.iter().filter(|known| **known == at).count() as i64;
            samples.push(sample(at + shift, 50_000 + step * 100, if again { Reason::ClockNotSet } else { Reason::Measured }));
            shown.push(at);
        }
        samples.sort_by_key(|sample| sample.at);
        let bounds = [Bounds { start: Timestamp(-100 * HOUR), end: Timestamp(100 * HOUR) }];
        let counted = sum(&from_index(&samples, 0, &RULES, &bounds, HOUR));
        prop_assert!(counted <= 9_900, "{counted} of 9900");
    }
}
