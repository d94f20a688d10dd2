//! Each time has one price, parts cost what the whole costs, and the clock may do what it likes.

use super::*;
use haubert_historian::rollup::{Bounds, Step, bucket_bounds};
use haubert_model::{Decimal, Timestamp};
use jiff::tz::TimeZone;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;
const FAR: Timestamp = Timestamp(i64::MAX);

fn band(price: &str, from: &str, to: &str) -> Band {
    Band {
        name: "Heures creuses".into(),
        price: price.parse().unwrap(),
        months: Vec::new(),
        weekdays: Vec::new(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    }
}

fn tariff(valid_from: Date, price: &str, bands: Vec<Band>) -> Tariff {
    Tariff {
        fluid: Fluid::Electricity,
        name: "Contrat".into(),
        valid_from,
        currency: Currency("EUR".into()),
        standing_charge: "31".parse().unwrap(),
        price: price.parse().unwrap(),
        bands,
    }
}

fn book(tariffs: Vec<Tariff>) -> Book {
    Book::of(Fluid::Electricity, tariffs, [])
}

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn days(from: Date, to: Date, zone: &TimeZone) -> Vec<Bounds> {
    bucket_bounds(Step::Day, from, to, zone).unwrap()
}

/// Cost of 1 kWh each hour, by stretch.
fn costs(stretches: &[Bounds], book: &Book, zone: &TimeZone) -> Vec<Amount> {
    let mut sums = vec![Amount::default(); stretches.len()];
    for piece in pieces(stretches, book, zone, FAR).pieces {
        let length = piece.bounds.end.ms_since(piece.bounds.start);
        // 1 kWh an hour is 1/3600 Wh a millisecond: whole for quarters of an hour.
        let quantity = Decimal::new(length / 3_600, 0);
        sums[piece.stretch] += Amount::of(piece.price.unwrap(), quantity, Fluid::Electricity).unwrap();
    }
    sums
}

#[test]
fn days_of_23_and_25_hours_have_as_many_hours_of_the_night() {
    let zone = paris();
    let book = book(vec![tariff(date(2026, 1, 1), "1", vec![band("0.01", "22:00", "06:00")])]);
    for (day, told) in [(date(2026, 3, 28), "16.08"), (date(2026, 3, 29), "16.07"), (date(2026, 10, 25), "16.09")] {
        assert_eq!(costs(&days(day, day.tomorrow().unwrap(), &zone), &book, &zone)[0].to_string(), told, "{day}");
    }
    // A band within the hour that comes twice holds twice; within the one that is left out, never.
    let book = self::book(vec![tariff(date(2026, 1, 1), "0", vec![band("1", "02:15", "02:45")])]);
    for (day, told) in [(date(2026, 3, 28), "0.5"), (date(2026, 3, 29), "0"), (date(2026, 10, 25), "1")] {
        assert_eq!(costs(&days(day, day.tomorrow().unwrap(), &zone), &book, &zone)[0].to_string(), told, "{day}");
    }
}

#[test]
fn seasons_weekdays_and_the_first_band_that_holds() {
    let zone = paris();
    let winter = Band { months: vec![11, 12, 1, 2, 3], weekdays: vec![1, 2, 3, 4, 5], ..band("3", "08:00", "20:00") };
    let book = book(vec![tariff(date(2026, 1, 1), "1", vec![winter, band("2", "00:00", "00:00")])]);
    let cost = |day: Date| costs(&days(day, day.tomorrow().unwrap(), &zone), &book, &zone)[0].to_string();
    assert_eq!(cost(date(2026, 11, 23)), "60", "a Monday in winter: 12 h at 3, 12 h at 2");
    assert_eq!(cost(date(2026, 11, 22)), "48", "a Sunday");
    assert_eq!(cost(date(2026, 7, 6)), "48", "a Monday in summer");
}

#[test]
fn a_tariff_that_begins_in_the_middle_leaves_what_was_before_as_it_was() {
    let zone = paris();
    let month = bucket_bounds(Step::Month, date(2026, 6, 1), date(2026, 7, 1), &zone).unwrap();
    let old = tariff(date(2026, 1, 1), "1", Vec::new());
    let new = tariff(date(2026, 6, 16), "2", vec![band("4", "12:00", "13:00")]);
    let both = book(vec![new.clone(), old]);
    assert_eq!(costs(&month, &both, &zone)[0].to_string(), (15 * 24 + 15 * (23 * 2 + 4)).to_string());
    let alone = pieces(&month, &book(vec![new]), &zone, FAR);
    assert!(alone.lacks_price);
    assert_eq!(alone.pieces[0].bounds.start.ms_since(month[0].start), 15 * 24 * HOUR);
    assert!(!pieces(&month, &both, &zone, FAR).lacks_price);
}

#[test]
fn a_standing_charge_is_the_whole_months_at_the_end_of_it() {
    let zone = paris();
    let book = book(vec![tariff(date(2026, 1, 1), "0", Vec::new())]);
    let year = bucket_bounds(Step::Year, date(2026, 1, 1), date(2027, 1, 1), &zone).unwrap()[0];
    assert_eq!(standing(year, &book, &zone, FAR).unwrap().to_string(), "372");
    let day = days(date(2026, 1, 15), date(2026, 1, 16), &zone)[0];
    assert_eq!(standing(day, &book, &zone, FAR).unwrap().to_string(), "1");
    assert_eq!(standing(day, &book, &zone, day.start), None, "nothing before its time");
    let before = days(date(2025, 1, 15), date(2025, 1, 16), &zone)[0];
    assert_eq!(standing(before, &book, &zone, FAR), None);
}

#[test]
fn what_cannot_be_is_named_by_its_field() {
    let wrong = Band { months: vec![13], weekdays: vec![0], name: " ".into(), ..band("1", "00:00", "24:00") };
    let mut faulty = tariff(date(1999, 12, 31), "1", vec![wrong]);
    faulty.currency = Currency("eur".into());
    let fields: Vec<String> = faulty.faults().into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["valid_from", "currency", "bands.0.name", "bands.0.months", "bands.0.weekdays"]);
    for text in ["6:00", "06:10", "24:15", "25:00", "06-00", "06:60", "", "+6:00"] {
        assert!(text.parse::<DayTime>().is_err(), "{text}");
    }
    assert_eq!("24:00".parse::<DayTime>().unwrap().to_string(), "24:00");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever bands there are and however the clock jumps: pieces lie end to end, each hour has one price, and the days of a stretch
    /// cost together what the stretch costs, standing charge included.
    #[test]
    fn parts_cost_what_the_whole_costs(
        zone in prop::sample::select(&["Europe/Paris", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu"][..]),
        start in 0i64..9_000,
        length in 1i64..20,
        takes_over in 0i64..20,
        bands in prop::collection::vec((0u16..96, 0u16..97, 0u64..3_000_000, prop::collection::vec(1u8..8, 0..3)), 0..4),
    ) {
        let zone = TimeZone::get(zone).unwrap();
        let time = |quarter: u16| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
        let bands = bands.into_iter().map(|(from, to, price, weekdays)| Band {
            price: Rate::from_millionths(price), weekdays, ..band("0", &time(from), &time(to))
        });
        let from = date(2001, 1, 1).checked_add(jiff::Span::new().days(start)).unwrap();
        let to = from.checked_add(jiff::Span::new().days(length)).unwrap();
        let middle = from.checked_add(jiff::Span::new().days(takes_over)).unwrap();
        let book = book(vec![tariff(date(2000, 1, 1), "0.5", bands.collect()), tariff(middle, "0.25", Vec::new())]);
        let days = days(from, to, &zone);
        let whole = [Bounds { start: days[0].start, end: days[days.len() - 1].end }];
        prop_assert_eq!(costs(&days, &book, &zone).into_iter().sum::<Amount>(), costs(&whole, &book, &zone)[0]);
        let parts: Amount = days.iter().filter_map(|day| standing(*day, &book, &zone, FAR)).sum();
        prop_assert_eq!(Some(parts).filter(|_| whole[0].start < whole[0].end), standing(whole[0], &book, &zone, FAR));
        let plan = pieces(&whole, &book, &zone, FAR);
        prop_assert!(!plan.lacks_price);
        prop_assert!(plan.pieces.windows(2).all(|pair| pair[0].bounds.end == pair[1].bounds.start));
        prop_assert_eq!(plan.pieces.first().map(|piece| piece.bounds.start), Some(whole[0].start));
        prop_assert_eq!(plan.pieces.last().map(|piece| piece.bounds.end), Some(whole[0].end));
    }
}
