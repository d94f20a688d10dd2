use super::dating::Dating;
use super::gather::{Gather, OtherPeriod};
use super::missing;
use haubert_content::{LogBlock, PeriodMark};
use haubert_fieldbus::logs::parse::{Block, LogRecord};
use haubert_historian::Sample;
use haubert_model::{Decimal, Reason, Timestamp};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::collections::BTreeSet;

const MIN: i64 = 60_000;
const FAR: Timestamp = Timestamp(4_000_000_000_000);
const TEN: i64 = 10 * MIN;

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn record(date_s: i64, watts: i64) -> LogRecord {
    LogRecord { date_s, value: Decimal::new(watts, 0), incomplete: false, clock_set: true }
}

/// What a meter in this dating shows of the periods from `from` on, in blocks as long as a window, oldest first.
fn log(dating: &Dating, from: Timestamp, count: i64, period_s: u16, window: usize) -> Vec<Block> {
    marked(PeriodMark::Start, dating, from, count, period_s, window)
}

fn marked(dated: PeriodMark, dating: &Dating, from: Timestamp, count: i64, period_s: u16, window: usize) -> Vec<Block> {
    let end = i64::from(dated == PeriodMark::End);
    let records: Vec<LogRecord> =
        (0..count).map(|n| record(dating.to_device(from.plus_ms((n + end) * i64::from(period_s) * 1_000)), n)).collect();
    records.chunks(window).map(|records| Block::new(period_s, dated, false, records.to_vec())).collect()
}

fn every(from: Timestamp, count: i64, period_ms: i64) -> BTreeSet<Timestamp> {
    (0..count).map(|n| from.plus_ms(n * period_ms)).collect()
}

#[test]
fn periods_missing_or_half_covered_are_asked_for_and_others_not() {
    let sample = |n: i64, reason| Sample::measured(Timestamp(n * TEN), 100, reason);
    let samples = [
        sample(1, Reason::Measured),
        sample(2, Reason::Incomplete),
        Sample::missing(Timestamp(3 * TEN), Reason::NoAnswer),
        sample(5, Reason::Recovered),
        sample(6, Reason::RecoveredIncomplete),
        // A second pass of a repeated hour.
        Sample::measured(Timestamp(7 * TEN + 1), 100, Reason::ClockNotSet),
    ];
    let starts = |to: i64| -> Vec<i64> {
        missing::periods(&samples, Timestamp(TEN), Timestamp(to), TEN, 100).into_iter().map(|start| start.0 / TEN).collect()
    };
    assert_eq!(starts(9 * TEN), [2, 3, 4, 8]);
    assert_eq!(starts(9 * TEN - 1), [2, 3, 4], "a period that has not ended is not missing");
    assert_eq!(missing::periods(&samples, Timestamp(i64::MIN), Timestamp(9 * TEN), TEN, 5).len(), 5, "bounded");
    assert!(missing::periods(&samples, Timestamp(0), Timestamp(9 * TEN), 0, 5).is_empty());
}

#[test]
fn a_whole_log_fills_exactly_what_is_wanted() {
    let from = at("2026-06-01T00:00:00Z");
    let dating = Dating::Local(paris());
    let wanted = every(from.plus_ms(5 * TEN), 20, TEN);
    let mut gather = Gather::new(dating.clone(), TEN, wanted.clone(), FAR);
    let mut found = Vec::new();
    for block in log(&dating, from, 100, 600, 29) {
        found.extend(gather.take(&block).unwrap());
    }
    assert!(gather.wanted().is_empty() && gather.rest().is_empty());
    assert_eq!(found.iter().map(|(at, ..)| *at).collect::<BTreeSet<_>>(), wanted);
    assert!(
        found.iter().all(|(at, value, reason)| {
            *reason == Reason::Recovered && value.to_f64() == at.ms_since(from) as f64 / TEN as f64
        })
    );
}

#[test]
fn shorter_periods_are_averaged_and_a_hole_among_them_is_told() {
    let from = at("2026-06-01T00:00:00Z");
    let dating = Dating::Fixed { ahead_s: 0, plausible: true };
    let mut gather = Gather::new(dating.clone(), TEN, every(from, 3, TEN), FAR);
    let mut blocks = log(&dating, from, 25, 60, 24);
    blocks[0].records.remove(3);
    let mut found: Vec<_> = blocks.iter().flat_map(|block| gather.take(block).unwrap()).collect();
    assert_eq!(found, [(from.plus_ms(TEN), Decimal::new(14_500, -3), Reason::Recovered)]);
    found = gather.rest();
    let reasons: Vec<Reason> = found.iter().map(|(.., reason)| *reason).collect();
    assert_eq!(reasons, [Reason::RecoveredIncomplete, Reason::RecoveredIncomplete]);
    // (0 + 1 + 2 + 4 + … + 9) / 9, and (20 + … + 24) / 5.
    assert_eq!(found[0].1, Decimal::new(4_667, -3));
    assert_eq!(found[1].1, Decimal::new(22_000, -3));
}

#[test]
fn longer_or_other_periods_are_refused() {
    let from = at("2026-06-01T00:00:00Z");
    let dating = Dating::Fixed { ahead_s: 0, plausible: true };
    for period_s in [3_600, 480, 0] {
        let mut gather = Gather::new(dating.clone(), TEN, every(from, 3, TEN), FAR);
        let block = Block::new(period_s, PeriodMark::Start, false, vec![record(0, 1)]);
        assert_eq!(gather.take(&block), Err(OtherPeriod), "{period_s}");
    }
}

#[test]
fn what_the_device_doubts_is_doubted() {
    let from = at("2026-06-01T00:00:00Z");
    let dating = Dating::Fixed { ahead_s: 0, plausible: true };
    let reason_of = |dating: Dating, change: fn(&mut LogRecord)| {
        let mut gather = Gather::new(dating.clone(), TEN, every(from, 1, TEN), FAR);
        let mut block = log(&dating, from, 1, 600, 1).remove(0);
        change(&mut block.records[0]);
        gather.take(&block).unwrap()[0].2
    };
    assert_eq!(reason_of(dating.clone(), |_| {}), Reason::Recovered);
    assert_eq!(reason_of(dating.clone(), |record| record.incomplete = true), Reason::RecoveredIncomplete);
    assert_eq!(reason_of(dating, |record| record.clock_set = false), Reason::RecoveredClockNotSet);
    let lost = Dating::Fixed { ahead_s: -800_000_000, plausible: false };
    assert_eq!(reason_of(lost, |_| {}), Reason::RecoveredClockNotSet);
}

#[test]
fn a_clock_that_is_off_gives_the_nearest_periods() {
    let from = at("2026-06-01T00:00:00Z");
    // The meter's clock, and with it its periods, are 130 s ahead.
    let dating = Dating::Fixed { ahead_s: 130, plausible: false };
    let block = Block::new(
        600,
        PeriodMark::Start,
        false,
        (0..6).map(|n| record(dating.to_device(from.plus_ms(n * TEN)) - 130 + 600, n)).collect(),
    );
    let mut gather = Gather::new(dating, TEN, every(from, 10, TEN), FAR);
    let found = gather.take(&block).unwrap();
    assert_eq!(found.iter().map(|(at, ..)| at.ms_since(from) / TEN).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn hostile_blocks_are_bounded() {
    let from = at("2026-06-01T00:00:00Z");
    let mut gather = Gather::new(Dating::Local(paris()), TEN, every(from, 3, TEN), FAR);
    let block = Block::new(1, PeriodMark::Start, false, (0..1_000).map(|n| record(i64::from(u32::MAX) - n, i64::MAX)).collect());
    assert_eq!(gather.take(&block), Ok(Vec::new()));
    let same =
        Block::new(1, PeriodMark::Start, false, vec![LogRecord { value: Decimal::new(i64::MAX, 3), ..record(0, 0) }; 1_000]);
    assert_eq!(gather.take(&same), Ok(Vec::new()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Through every change of the clock, in every zone, whichever way the log runs and however its windows fall: each period
    /// gets the value that the meter recorded for it.
    #[test]
    fn local_dates_find_their_periods(
        zone in prop::sample::select(&["Europe/Paris", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "UTC"][..]),
        day in 0i64..800,
        window in prop::sample::select(&[24usize, 29][..]),
        period_s in prop::sample::select(&[300u16, 600, 900][..]),
        newest_first in any::<bool>(),
        one_date in any::<bool>(),
        dated in prop::sample::select(&[PeriodMark::Start, PeriodMark::End][..]),
    ) {
        let dating = Dating::Local(TimeZone::get(zone).unwrap());
        let from = at("2025-12-31T00:00:00Z").plus_ms(day * 86_400_000);
        let period_ms = i64::from(period_s) * 1_000;
        let count = 2 * 86_400_000 / period_ms;
        let mut blocks = marked(dated, &dating, from, count, period_s, window);
        // One kind of log dates the first record of a block only, and shows the newest block first.
        if newest_first {
            blocks.reverse();
            blocks.iter_mut().for_each(|block| block.one_date = one_date);
        }
        let now = from.plus_ms(count * period_ms);
        let mut gather = Gather::new(dating, period_ms, every(from, count, period_ms), now);
        let mut found = Vec::new();
        for block in &blocks {
            found.extend(gather.take(block).unwrap());
        }
        prop_assert_eq!(gather.wanted().len(), 0);
        for (at, value, _) in found {
            prop_assert_eq!(value.to_f64() as i64, at.ms_since(from) / period_ms);
        }
    }
}

#[test]
fn every_shipped_log_can_be_dated() {
    let catalogue = haubert_content::embedded().unwrap();
    let with_log: Vec<&LogBlock> = catalogue.iter().filter_map(|profile| profile.log.as_ref()).collect();
    assert!(with_log.len() >= 2);
    assert!(catalogue.iter().filter(|profile| profile.log.is_some()).all(|profile| profile.identification.clock.is_some()));
}
