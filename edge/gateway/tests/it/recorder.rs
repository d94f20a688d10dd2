//! What becomes history, and when.

use haubert_fieldbus::Readout;
use haubert_gateway::clock_watch::Stamp;
use haubert_gateway::config::{Config, Recording};
use haubert_gateway::history_settings::{HistorySettings, LoadTrend};
use haubert_gateway::recording::recorder::{Recorder, Site};
use haubert_gateway::recording::sink::{Row, SinkSpec, Sinks};
use haubert_gateway::topology::{self, Load, Topology};
use haubert_model::{
    BusId, Decimal, DeviceId, DeviceIdentity, Fluid, LoadId, PointRef, Quantity, Reading, Reason, RecordKind, Timestamp, Usage,
};
use std::sync::Arc;
use uuid::Uuid;

const START: i64 = 1_763_715_600_000; // a whole hour
const PERIODS: Recording =
    Recording { load_curve_minutes: 10, index_minutes: 10, trend_seconds: 60, chunk_seconds: 3600, more_trends: Vec::new() };
const DEVICE: DeviceId = DeviceId(Uuid::from_u128(2));
const LOAD: LoadId = LoadId(Uuid::from_u128(1));

/// A row with what its sink says.
#[derive(Debug)]
struct Kept {
    spec: SinkSpec,
    row: Row,
}

struct Bench {
    recorder: Recorder,
    sinks: Arc<Sinks>,
    site: Site,
}

impl Bench {
    fn new() -> Self {
        Self::with(PERIODS)
    }

    fn with(periods: Recording) -> Self {
        let load = Load {
            id: LOAD,
            device_id: DEVICE,
            channel: 1,
            name: "Crane".to_owned(),
            fluid: Fluid::Electricity,
            usage: Usage::ALL[0],
            zone_id: None,
            enabled: true,
        };
        let site = Site {
            topology: Arc::new(site_of(vec![load])),
            catalogue: Arc::new(haubert_content::embedded().unwrap()),
            settings: Arc::new(HistorySettings::initial(&Config::default())),
        };
        let sinks = Arc::new(Sinks::default());
        Self { recorder: Recorder::new(&periods, site.clone(), Arc::clone(&sinks)), sinks, site }
    }

    fn take(&mut self, readings: &[Reading], doubted: bool) -> Vec<Kept> {
        let mut rows = Vec::new();
        let at = readings[0].at;
        self.recorder.take(&Stamp { at, shift_ms: 0, doubted }, &Readout::of(DEVICE, at, readings), &mut rows);
        let specs = self.sinks.after(0);
        rows.into_iter().map(|row| Kept { spec: specs[row.sink.place()], row }).collect()
    }

    fn feed(&mut self, readings: impl IntoIterator<Item = Reading>) -> Vec<Kept> {
        readings.into_iter().flat_map(|reading| self.take(&[reading], false)).collect()
    }

    fn settings(&mut self, change: impl FnOnce(&mut HistorySettings)) {
        let mut settings = (*self.site.settings).clone();
        change(&mut settings);
        self.site.settings = Arc::new(settings);
        self.recorder.arrange(self.site.clone(), &mut Vec::new());
    }
}

fn site_of(loads: Vec<Load>) -> Topology {
    let site = topology::Site { name: "Quay".to_owned(), time_zone: "Europe/Paris".to_owned(), country: "FR".to_owned() };
    let device = topology::Device {
        id: DEVICE,
        source: topology::Source::Bus { bus_id: BusId(Uuid::from_u128(3)), unit: 1 },
        name: "Meter".to_owned(),
        profile_id: "socomec/countis-e2x".to_owned(),
        base: None,
        identity: DeviceIdentity::default(),
        channels: 1,
        enabled: true,
        reading: topology::Reading::default(),
    };
    Topology::new(site, Vec::new(), Vec::new(), vec![device], loads)
}

fn point(quantity: Quantity) -> PointRef {
    PointRef { device: DEVICE, channel: 1, quantity }
}

fn value(quantity: Quantity, at_s: i64, raw: i64, exponent: i8) -> Reading {
    Reading::measured(point(quantity), Decimal::new(raw, exponent), Timestamp(START + at_s * 1000), Reason::Measured)
}

fn lost(quantity: Quantity, at_s: i64) -> Reading {
    Reading::missing(point(quantity), Timestamp(START + at_s * 1000), Reason::NoAnswer)
}

fn kept(records: &[Kept], kind: RecordKind) -> Vec<(i64, Option<i64>, Reason)> {
    let relative = |Kept { row, .. }: &Kept| ((row.at.0 - START) / 1000, row.value().map(|value| value.mantissa), row.reason);
    records.iter().filter(|record| record.spec.kind == kind).map(relative).collect()
}

#[test]
fn a_counter_is_recorded_at_once_and_then_each_period() {
    let mut bench = Bench::new();
    let readings = (0..1300).map(|at| value(Quantity::ActiveEnergyImport, at, 1000 + at, 1));
    let records = bench.feed(readings);
    let times: Vec<i64> = kept(&records, RecordKind::Index).iter().map(|(at, ..)| *at).collect();
    assert_eq!(times, [0, 600, 1200]);
}

#[test]
fn a_reset_is_recorded_with_the_value_before_it() {
    let mut bench = Bench::new();
    let readings = [0, 10, 20].map(|at| value(Quantity::ActiveEnergyImport, at, 5_000_000 + at, 0));
    let mut records = bench.feed(readings);
    // The first low value may be a glitch; the second, which agrees with it, makes it a reset.
    records.extend(bench.feed([30, 40].map(|at| value(Quantity::ActiveEnergyImport, at, at / 10, 0))));
    let kept = kept(&records, RecordKind::Index);
    assert_eq!(kept[0], (0, Some(5_000_000), Reason::Measured));
    assert_eq!(kept[1], (20, Some(5_000_020), Reason::Measured));
    assert_eq!(kept[2], (40, Some(4), Reason::CounterReset));
}

#[test]
fn a_single_absurd_value_leaves_no_trace_in_the_counter() {
    let mut bench = Bench::new();
    let readings = [(0, 5_000_000), (10, 0), (20, 5_000_001), (600, 5_000_060)];
    let records = bench.feed(readings.map(|(at, raw)| value(Quantity::ActiveEnergyImport, at, raw, 0)));
    let expected = [(0, Some(5_000_000), Reason::Measured), (600, Some(5_000_060), Reason::Measured)];
    assert_eq!(kept(&records, RecordKind::Index), expected);
}

#[test]
fn a_roll_over_is_told_from_a_reset() {
    let mut bench = Bench::new();
    // The profile says that this counter ends at 1,000,000,000 × 10 Wh.
    let near = value(Quantity::ActiveEnergyImport, 0, 999_999_999, 1);
    let over = value(Quantity::ActiveEnergyImport, 10, 2, 1);
    let records = bench.feed([near, over]);
    assert_eq!(kept(&records, RecordKind::Index).last().unwrap(), &(10, Some(2), Reason::RolledOver));
}

#[test]
fn a_gap_is_marked_once_and_ends_with_the_first_value() {
    let mut bench = Bench::new();
    let mut readings = vec![value(Quantity::VoltageL1, 0, 23_000, -2)];
    readings.extend((1..50).map(|at| lost(Quantity::VoltageL1, at)));
    readings.push(value(Quantity::VoltageL1, 50, 23_100, -2));
    readings.push(value(Quantity::VoltageL1, 51, 23_200, -2));
    let records = bench.feed(readings);
    assert_eq!(
        kept(&records, RecordKind::Trend),
        [(0, Some(23_000), Reason::Measured), (1, None, Reason::NoAnswer), (50, Some(23_100), Reason::Measured)]
    );
}

#[test]
fn total_power_makes_a_load_curve_of_complete_periods() {
    let mut bench = Bench::new();
    let records = bench.feed((0..1801).map(|at| value(Quantity::ActivePowerTotal, at, 200, 1)));
    assert_eq!(
        kept(&records, RecordKind::LoadCurve),
        [(0, Some(2000), Reason::Measured), (600, Some(2000), Reason::Measured), (1200, Some(2000), Reason::Measured)]
    );
}

#[test]
fn samples_say_when_the_clock_was_not_set() {
    let mut bench = Bench::new();
    let records = bench.take(&[value(Quantity::Frequency, 0, 50_000, -3)], true);
    assert_eq!(records[0].row.reason, Reason::ClockNotSet);
}

#[test]
fn a_clock_back_an_hour_and_forward_a_year_keeps_recording() {
    let mut bench = Bench::new();
    let at = [0, 600, -3000, -2400, 31_536_000, 31_536_600];
    let counters = at.map(|at| value(Quantity::ActiveEnergyImport, at, 1000 + at.unsigned_abs() as i64 % 7, 0));
    let powers = at.map(|at| value(Quantity::ActivePowerTotal, at, 100, 0));
    let records = bench.feed(counters.into_iter().chain(powers));
    assert!(kept(&records, RecordKind::Index).len() >= at.len());
    assert!(kept(&records, RecordKind::LoadCurve).len() <= at.len(), "no flood of empty periods");
}

#[test]
fn all_values_of_a_turn_are_recorded_under_its_time() {
    let mut bench = Bench::new();
    let mut readings = [value(Quantity::VoltageL1, 60, 23_000, -2), value(Quantity::Frequency, 60, 50_000, -3)];
    readings[1].at = readings[1].at.plus_ms(40);
    let records = bench.take(&readings, false);
    assert!(records.iter().all(|record| record.row.at == readings[0].at), "{records:?}");
}

#[test]
fn time_that_comes_again_is_recorded_beside_the_first() {
    let mut bench = Bench::new();
    let mut rows = Vec::new();
    for (pass, shift_ms) in [(0, 0), (1, 1)] {
        for at_s in (0..=1200).step_by(10) {
            let at = Timestamp(START + at_s * 1000 + shift_ms);
            let readings = [value(Quantity::ActivePowerTotal, at_s, 100 + pass, 0)];
            let readout = Readout::of(DEVICE, at, &readings);
            bench.recorder.take(&Stamp { at, shift_ms, doubted: false }, &readout, &mut rows);
        }
    }
    let specs = bench.sinks.after(0);
    for kind in [RecordKind::Trend, RecordKind::LoadCurve] {
        let of_kind = || rows.iter().filter(|row| specs[row.sink.place()].kind == kind);
        let (first, second): (Vec<&Row>, Vec<&Row>) = of_kind().partition(|row| row.at.0 % 1000 == 0);
        assert!(first.len() > 1 && second.len() > 1, "{kind:?}: {first:?} {second:?}");
        assert!(second.iter().all(|row| row.at.0 % 1000 == 1));
    }
}

#[test]
fn a_trend_of_period_0_keeps_every_reading() {
    let mut bench = Bench::with(Recording { trend_seconds: 0, ..PERIODS });
    let readings = (0..5).map(|tenth| {
        let mut reading = value(Quantity::Frequency, 0, 50_000 + tenth, -3);
        reading.at = reading.at.plus_ms(tenth * 100);
        reading
    });
    let records = bench.feed(readings);
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|record| record.spec.period_ms.is_none()));
}

#[test]
fn a_choice_of_trends_counts_at_once_and_disturbs_nothing_else() {
    let mut bench = Bench::new();
    let both = |at_s| [value(Quantity::VoltageL1, at_s, 23_000, -2), value(Quantity::Frequency, at_s, 50_000, -3)];
    let trends = |records: &[Kept]| records.iter().map(|record| record.spec.quantity).collect::<Vec<_>>();
    assert_eq!(trends(&bench.take(&both(0), false)), [Quantity::VoltageL1, Quantity::Frequency]);
    let none = LoadTrend { load: LOAD, quantity: Quantity::VoltageL1, record: false, dead_band: None };
    bench.settings(|settings| settings.load_trends.push(none));
    assert_eq!(trends(&bench.take(&both(1), false)), [], "the period of the other was not begun anew");
    assert_eq!(trends(&bench.take(&both(60), false)), [Quantity::Frequency]);
    bench.settings(|settings| settings.load_trends.clear());
    assert_eq!(trends(&bench.take(&both(61), false)), [Quantity::VoltageL1]);
}

#[test]
fn what_belongs_to_no_enabled_load_leaves_no_trace() {
    let mut bench = Bench::new();
    let mut reading = value(Quantity::Frequency, 0, 50_000, -3);
    reading.point.channel = 2;
    assert!(bench.take(&[reading], false).is_empty());
    bench.site.topology = Arc::new(site_of(Vec::new()));
    bench.recorder.arrange(bench.site.clone(), &mut Vec::new());
    assert!(bench.take(&[value(Quantity::Frequency, 0, 50_000, -3)], false).is_empty());
}

#[test]
fn a_dead_band_leaves_out_what_says_nothing_new_and_loses_nothing_at_the_end() {
    let mut bench = Bench::with(Recording { trend_seconds: 1, ..PERIODS });
    let band = LoadTrend { load: LOAD, quantity: Quantity::VoltageL1, record: true, dead_band: Some(Decimal::new(5, -1)) };
    bench.settings(|settings| settings.load_trends.push(band));
    let volts = [23_000, 23_020, 22_980, 23_000, 23_500, 23_500];
    let mut records = bench.feed((0..).zip(volts).map(|(at, raw)| value(Quantity::VoltageL1, at, raw, -2)));
    let mut rows = Vec::new();
    bench.recorder.flush(&mut rows);
    let spec = records[0].spec;
    records.extend(rows.into_iter().map(|row| Kept { spec, row }));
    let kept: Vec<(i64, Option<i64>)> = kept(&records, RecordKind::Trend).iter().map(|(at, raw, _)| (*at, *raw)).collect();
    assert_eq!(kept, [(0, Some(23_000)), (3, Some(23_000)), (4, Some(23_500)), (5, Some(23_500))]);
}
