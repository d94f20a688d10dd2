//! What becomes history, and when.

use haubert_gateway::config::Recording;
use haubert_gateway::recording::recorder::{Record, Recorder};
use haubert_model::{Decimal, DeviceId, LoadId, PointRef, Quantity, Reading, Reason, RecordKind, Timestamp};
use uuid::Uuid;

const START: i64 = 1_763_715_600_000; // a whole hour
const PERIODS: Recording =
    Recording { load_curve_minutes: 10, index_minutes: 10, trend_seconds: 60, chunk_seconds: 3600, more_trends: Vec::new() };

fn load() -> LoadId {
    LoadId(Uuid::from_u128(1))
}

fn point(quantity: Quantity) -> PointRef {
    PointRef { device: DeviceId(Uuid::from_u128(2)), channel: 1, quantity }
}

fn value(quantity: Quantity, at_s: i64, raw: i64, exponent: i8) -> Reading {
    Reading::measured(point(quantity), Decimal::new(raw, exponent), Timestamp(START + at_s * 1000), Reason::Measured)
}

fn lost(quantity: Quantity, at_s: i64) -> Reading {
    Reading::missing(point(quantity), Timestamp(START + at_s * 1000), Reason::NoAnswer)
}

fn feed(recorder: &mut Recorder, readings: impl IntoIterator<Item = Reading>, rollover: Option<Decimal>) -> Vec<Record> {
    readings.into_iter().flat_map(|reading| recorder.take(load(), &reading, rollover, true)).collect()
}

fn kept(records: &[Record], kind: RecordKind) -> Vec<(i64, Option<i64>, Reason)> {
    let relative = |record: &Record| ((record.at.0 - START) / 1000, record.value.map(|value| value.mantissa), record.reason);
    records.iter().filter(|record| record.kind == kind).map(relative).collect()
}

#[test]
fn a_counter_is_recorded_at_once_and_then_each_period() {
    let mut recorder = Recorder::new(&PERIODS);
    let readings = (0..1300).map(|at| value(Quantity::ActiveEnergyImport, at, 1000 + at, 1));
    let records = feed(&mut recorder, readings, None);
    let times: Vec<i64> = kept(&records, RecordKind::Index).iter().map(|(at, ..)| *at).collect();
    assert_eq!(times, [0, 600, 1200]);
}

#[test]
fn a_reset_is_recorded_with_the_value_before_it() {
    let mut recorder = Recorder::new(&PERIODS);
    let readings = [0, 10, 20].map(|at| value(Quantity::ActiveEnergyImport, at, 5_000_000 + at, 0));
    let mut records = feed(&mut recorder, readings, None);
    // The first low value may be a glitch; the second, which agrees with it, makes it a reset.
    records.extend(feed(&mut recorder, [30, 40].map(|at| value(Quantity::ActiveEnergyImport, at, at / 10, 0)), None));
    let kept = kept(&records, RecordKind::Index);
    assert_eq!(kept[0], (0, Some(5_000_000), Reason::Measured));
    assert_eq!(kept[1], (20, Some(5_000_020), Reason::Measured));
    assert_eq!(kept[2], (40, Some(4), Reason::CounterReset));
}

#[test]
fn a_single_absurd_value_leaves_no_trace_in_the_counter() {
    let mut recorder = Recorder::new(&PERIODS);
    let readings = [(0, 5_000_000), (10, 0), (20, 5_000_001), (600, 5_000_060)];
    let records = feed(&mut recorder, readings.map(|(at, raw)| value(Quantity::ActiveEnergyImport, at, raw, 0)), None);
    let expected = [(0, Some(5_000_000), Reason::Measured), (600, Some(5_000_060), Reason::Measured)];
    assert_eq!(kept(&records, RecordKind::Index), expected);
}

#[test]
fn a_roll_over_is_told_from_a_reset() {
    let mut recorder = Recorder::new(&PERIODS);
    let limit = Some(Decimal::new(1_000_000_000, 1));
    let near = value(Quantity::ActiveEnergyImport, 0, 999_999_999, 1);
    let over = value(Quantity::ActiveEnergyImport, 10, 2, 1);
    let records = feed(&mut recorder, [near, over], limit);
    assert_eq!(kept(&records, RecordKind::Index).last().unwrap(), &(10, Some(2), Reason::RolledOver));
}

#[test]
fn a_gap_is_marked_once_and_ends_with_the_first_value() {
    let mut recorder = Recorder::new(&PERIODS);
    let mut readings = vec![value(Quantity::VoltageL1, 0, 23_000, -2)];
    readings.extend((1..50).map(|at| lost(Quantity::VoltageL1, at)));
    readings.push(value(Quantity::VoltageL1, 50, 23_100, -2));
    readings.push(value(Quantity::VoltageL1, 51, 23_200, -2));
    let records = feed(&mut recorder, readings, None);
    assert_eq!(
        kept(&records, RecordKind::Trend),
        [(0, Some(23_000), Reason::Measured), (1, None, Reason::NoAnswer), (50, Some(23_100), Reason::Measured)]
    );
}

#[test]
fn total_power_makes_a_load_curve_of_complete_periods() {
    let mut recorder = Recorder::new(&PERIODS);
    let records = feed(&mut recorder, (0..1801).map(|at| value(Quantity::ActivePowerTotal, at, 200, 1)), None);
    assert_eq!(
        kept(&records, RecordKind::LoadCurve),
        [(0, Some(2000), Reason::Measured), (600, Some(2000), Reason::Measured), (1200, Some(2000), Reason::Measured)]
    );
}

#[test]
fn samples_say_when_the_clock_was_not_set() {
    let mut recorder = Recorder::new(&PERIODS);
    let records = recorder.take(load(), &value(Quantity::Frequency, 0, 50_000, -3), None, false);
    assert_eq!(records[0].reason, Reason::ClockNotSet);
}

#[test]
fn a_clock_back_an_hour_and_forward_a_year_keeps_recording() {
    let mut recorder = Recorder::new(&PERIODS);
    let at = [0, 600, -3000, -2400, 31_536_000, 31_536_600];
    let counters = at.map(|at| value(Quantity::ActiveEnergyImport, at, 1000 + at.unsigned_abs() as i64 % 7, 0));
    let powers = at.map(|at| value(Quantity::ActivePowerTotal, at, 100, 0));
    let records = feed(&mut recorder, counters.into_iter().chain(powers), None);
    assert!(kept(&records, RecordKind::Index).len() >= at.len());
    assert!(kept(&records, RecordKind::LoadCurve).len() <= at.len(), "no flood of empty periods");
}
