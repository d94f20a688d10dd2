use super::*;
use haubert_historian::{Key, Store};
use haubert_model::DeviceId;
use uuid::Uuid;

const TEN: i64 = 600_000;
const HOUR: i64 = 6 * TEN;
/// A whole hour.
const START: i64 = 1_795_255_200_000;

fn load(number: u128, usage: Usage) -> Load {
    Load {
        id: LoadId(Uuid::from_u128(number)),
        device_id: DeviceId(Uuid::from_u128(number)),
        channel: 1,
        name: number.to_string(),
        fluid: Fluid::Electricity,
        usage,
        zone_id: None,
        enabled: true,
    }
}

fn spec(load: &Load, quantity: Quantity, kind: RecordKind) -> SeriesSpec {
    SeriesSpec { kind, quantity, exponent: 0, period_ms: Some(TEN), load: load.id, rollover: None }
}

fn hours(of: std::ops::Range<i64>) -> Vec<Bounds> {
    of.map(|hour| Bounds { start: Timestamp(START + hour * HOUR), end: Timestamp(START + (hour + 1) * HOUR) }).collect()
}

fn mantissas(buckets: &[Bucket]) -> Vec<Option<i64>> {
    buckets.iter().map(|bucket| bucket.value.map(|value| value.mantissa)).collect()
}

#[test]
fn many_loads_in_one_pass_come_out_as_each_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.db");
    let key = Key::new([7; 32]);
    let mut store = Store::open(&path, &key).unwrap();
    let [steady, outage, sun, wired_in_reverse, silent] = [1, 2, 3, 4, 5].map(|number| {
        let usage = if number == 3 || number == 4 { Usage::Production } else { Usage::Other };
        load(number, usage)
    });
    let (import, export) = (Quantity::ActiveEnergyImport, Quantity::ActiveEnergyExport);
    // 100 Wh in each ten minutes of seven hours; of `outage` four hours are missing, of which its load curve knows.
    let counted = |from: i64, to: i64| {
        (from..=to).map(|period| Sample::measured(Timestamp(START + period * TEN), 9_000 + period * 100, Reason::Measured))
    };
    let still = (0..=42).map(|period| Sample::measured(Timestamp(START + period * TEN), 5, Reason::Measured));
    let drawn = (12..36).map(|period| {
        let watts = if period < 18 { 2_700 } else { 0 };
        Sample::measured(Timestamp(START + period * TEN), watts, Reason::Recovered)
    });
    let written: [(SeriesSpec, Vec<Sample>); 7] = [
        // Series of a load are not neighbours, and not in the order of loads.
        (spec(&wired_in_reverse, export, RecordKind::Index), still.clone().collect()),
        (spec(&outage, Quantity::ActivePowerTotal, RecordKind::LoadCurve), drawn.collect()),
        (spec(&sun, import, RecordKind::Index), still.collect()),
        (spec(&steady, import, RecordKind::Index), counted(0, 42).collect()),
        (spec(&outage, import, RecordKind::Index), {
            let after = |sample: &Sample| Sample { raw: sample.raw - 600, ..*sample };
            let late: Vec<Sample> = counted(36, 42).collect();
            counted(0, 12).map(|sample| Sample { raw: sample.raw - 900, ..sample }).chain(late.iter().map(after)).collect()
        }),
        (spec(&sun, export, RecordKind::Index), counted(0, 42).collect()),
        (spec(&wired_in_reverse, import, RecordKind::Index), counted(0, 42).collect()),
    ];
    for (spec, samples) in &written {
        let id = store.declare(spec).unwrap();
        store.append(&samples.iter().map(|sample| (id, *sample)).collect::<Vec<_>>()).unwrap();
    }
    let reader = Reader::open(&path, &key).unwrap();
    let series = by_load(&reader, is_needed).unwrap();
    let live = Live::default();
    let reckoner = Reckoner { reader: &reader, series: &series, live: &live, now: Timestamp(START + 100 * HOUR) };
    let loads = [&steady, &outage, &sun, &wired_in_reverse, &silent];
    for bounds in [hours(0..7), hours(2..3), hours(-4..-2), Vec::new()] {
        let mut found = HashMap::new();
        reckoner.each(&reader, &loads, &bounds, &mut |load, buckets| drop(found.insert(load.id, buckets))).unwrap();
        for load in loads {
            assert_eq!(found[&load.id], reckoner.load(load, &bounds).unwrap(), "{}", load.name);
        }
    }
    let mut found = HashMap::new();
    reckoner.each(&reader, &loads, &hours(0..7), &mut |load, buckets| drop(found.insert(load.id, buckets))).unwrap();
    assert_eq!(mantissas(&found[&steady.id]), [Some(600); 7]);
    assert_eq!(mantissas(&found[&sun.id]), [Some(600); 7], "given, not drawn");
    assert_eq!(mantissas(&found[&wired_in_reverse.id]), [Some(600); 7], "what moves when nothing is given");
    assert_eq!(mantissas(&found[&silent.id]), [None; 7]);
    let of_outage = [600, 600, 2_700, 0, 0, 0, 600].map(Some);
    assert_eq!(mantissas(&found[&outage.id]), of_outage, "when in the outage, its load curve knows");
}
