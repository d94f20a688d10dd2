//! Quantities of one load, whose columns are given each other when their chunks are full: nobody who reads notices.

use crate::support::{EVER, Folder, all, key, trend};
use haubert_historian::{ChunkRow, Sample, SealPolicy, SeriesSpec, Store, chunk, repair};
use haubert_model::{Quantity, Reason, SeriesId, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

const DAY: i64 = 1_440;
const POLICY: SealPolicy = SealPolicy { max_samples: 60, max_age_ms: i64::MAX };
const QUANTITIES: [Quantity; 11] = [
    Quantity::CurrentNeutral,
    Quantity::CurrentL1,
    Quantity::CurrentL2,
    Quantity::CurrentL3,
    Quantity::ActivePowerTotal,
    Quantity::ReactivePowerTotal,
    Quantity::VoltageL1,
    Quantity::VoltageL2,
    Quantity::VoltageL3,
    Quantity::VoltageL1L2,
    Quantity::ActiveEnergyImport,
];

/// What is right, by series and time.
type Truth = BTreeMap<SeriesId, BTreeMap<i64, Sample>>;

fn declared(store: &mut Store, loads: u8) -> Vec<SeriesId> {
    let spec = |load, quantity: &Quantity| SeriesSpec { quantity: *quantity, ..trend(load) };
    let specs: Vec<SeriesSpec> = (1..=loads).flat_map(|load| QUANTITIES.iter().map(move |q| spec(load, q))).collect();
    store.declare_all(&specs).unwrap()
}

fn noise(number: i64) -> i64 {
    (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xd6e8_feb8_6659_fd93) as i64 >> 40
}

/// What the `place`th quantity of a load shows in the `row`th minute.
fn value(load: i64, place: usize, row: i64) -> i64 {
    let swing = |n: i64| noise(load * 1_000_000 + n * 100_000 + row);
    let power = 20_000 + swing(1) % 9_000;
    let (reactive, voltage) = (power / 4 + swing(2) % 900, |phase: i64| 23_000 + swing(2 + phase) % 300);
    let current = |phase: i64| power * 33_333 / voltage(phase);
    match place {
        0 => (current(1) - current(2)).abs() + current(3) / 90,
        1..=3 => current(place as i64),
        4 => power,
        5 => reactive,
        6..=8 => voltage(place as i64 - 5),
        9 => (voltage(1) + voltage(2)) * 866 / 1_000,
        _ => (0..=row / 60).map(|hour| 20_000 + noise(load + hour) % 90).sum::<i64>() + row % 60 * 333,
    }
}

/// Seals these minutes of all series hour by hour; `keep` says what is polled, and what is missing.
fn minutes(
    store: &mut Store,
    truth: &mut Truth,
    ids: &[SeriesId],
    rows: std::ops::Range<i64>,
    keep: &dyn Fn(usize, i64) -> Option<bool>,
) {
    for hour in rows.step_by(60) {
        let mut polls = Vec::new();
        for row in hour..hour + 60 {
            for (n, id) in ids.iter().enumerate() {
                let at = Timestamp(row * 60_000);
                let Some(present) = keep(n, row) else { continue };
                let raw = value((n / QUANTITIES.len()) as i64, n % QUANTITIES.len(), row);
                let measured = Sample::measured(at, raw, Reason::Measured);
                let sample = if present { measured } else { Sample::missing(at, Reason::NoAnswer) };
                truth.entry(*id).or_default().insert(row, sample);
                polls.push((*id, sample));
            }
        }
        store.append(&polls).unwrap();
        store.seal(Timestamp(i64::MAX), &SealPolicy { max_age_ms: 0, ..POLICY }).unwrap();
    }
}

fn compact(store: &mut Store) {
    while store.compact(&|| None).unwrap().more {}
}

fn ask(store: &Store) -> Vec<ChunkRow> {
    let (mut found, mut cursor) = (Vec::new(), 0);
    loop {
        let rows = store.chunks_after(cursor, 20_000).unwrap();
        let Some(last) = rows.last() else { return found };
        assert!(rows.len() == 1 || rows.iter().map(|row| row.bytes.len()).sum::<usize>() <= 20_000);
        cursor = last.cursor;
        found.extend(rows);
    }
}

/// That whoever reads gets what is right.
fn verify(folder: &Folder, store: &Store, truth: &Truth) {
    let expected = |id: &SeriesId| truth[id].values().copied().collect::<Vec<Sample>>();
    let mut together: BTreeMap<SeriesId, Vec<Sample>> = BTreeMap::new();
    let mut take = |id, sample| together.entry(id).or_default().push(sample);
    folder.reader().visit_many(&|_| true, Timestamp(-1), EVER.1, &mut take).unwrap();
    let latest = store.latest_all().unwrap();
    for id in truth.keys() {
        assert!(all(store, *id) == expected(id), "series {id} by itself");
        assert!(together[id] == expected(id), "series {id} with all");
        assert_eq!(Some(&latest[id]), expected(id).last());
    }
    let rows = ask(store);
    let mut hub: Truth = BTreeMap::new();
    for row in &rows {
        let decoded = chunk::decode(&row.bytes).unwrap();
        assert_eq!((decoded.len(), decoded[0].at), (row.count as usize, row.first));
        for sample in decoded {
            hub.entry(row.series).or_default().insert(sample.at.0 / 60_000, sample);
        }
    }
    assert!(hub == *truth, "what the hub is sent");
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn loads_that_straddle_parts_are_read_and_are_small() {
    let folder = Folder::new();
    let mut store = folder.store();
    let ids = declared(&mut store, 26);
    let mut truth = Truth::new();
    minutes(&mut store, &mut truth, &ids, 0..DAY, &|_, _| Some(true));
    let before: usize = ask(&store).iter().map(|row| row.bytes.len()).sum();
    compact(&mut store);
    verify(&folder, &store, &truth);
    let (travelling, kept) =
        (ask(&store).iter().map(|row| row.bytes.len() as u64).sum::<u64>(), store.stats().unwrap().chunk_bytes);
    assert!(kept * 5 < travelling * 4, "{kept} bytes of {travelling}, {before} before");
    // What is late stands in chunks of its own beside them.
    let late = Sample::measured(Timestamp(90_030), 7, Reason::Recovered);
    store.append(&[(ids[7], late)]).unwrap();
    store.seal(Timestamp(i64::MAX), &SealPolicy { max_age_ms: 0, ..POLICY }).unwrap();
    compact(&mut store);
    assert_eq!(store.range(ids[7], Timestamp(60_001), Timestamp(120_000)).unwrap(), [late]);
    drop(store);
    let report = repair(&folder.file(), &key()).unwrap();
    assert_eq!((report.samples, report.lost), (ids.len() as u64 * DAY as u64 + 1, Vec::new()));
    assert_eq!(all(&folder.store(), ids[1]), truth[&ids[1]].values().copied().collect::<Vec<_>>());
}

#[test]
fn flipped_bits_are_found() {
    let folder = Folder::new();
    let mut store = folder.store();
    let ids = declared(&mut store, 1);
    minutes(&mut store, &mut Truth::new(), &ids, 0..DAY, &|_, _| Some(true));
    compact(&mut store);
    drop(store);
    let connection = folder.connection();
    let whole: (i64, Vec<u8>, Vec<u8>) = connection
        .query_row("SELECT high, directory, body FROM segment", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    assert_eq!(whole.1[0], 2, "columns are given others");
    let put = |directory: &[u8], body: &[u8]| {
        let values = rusqlite::params![directory, body, whole.0];
        assert_eq!(connection.execute("UPDATE segment SET directory = ?1, body = ?2 WHERE high = ?3", values).unwrap(), 1);
    };
    let reader = folder.reader();
    for at in (0..whole.2.len()).step_by(131) {
        let mut body = whole.2.clone();
        body[at] ^= 0x10;
        put(&whole.1, &body);
        assert!(!reader.check().unwrap().is_empty(), "byte {at}");
        let _ = ids.iter().map(|id| reader.range(*id, EVER.0, EVER.1)).collect::<Vec<_>>();
    }
    for at in 0..whole.1.len() {
        let mut directory = whole.1.clone();
        directory[at] ^= 0x10;
        put(&directory, &whole.2);
        assert!(!reader.check().unwrap().is_empty(), "byte {at} of the directory");
        assert!(reader.range(ids[0], EVER.0, EVER.1).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn gaps_and_late_values_come_back(
        loads in 1u8..4,
        dead in prop::collection::vec((0usize..33, 0i64..2 * DAY, 1i64..300, any::<bool>()), 0..12),
        late in prop::collection::vec((0usize..33, 0i64..2 * DAY), 0..20),
        never in 0usize..60,
    ) {
        let folder = Folder::new();
        let mut store = folder.store();
        let ids = declared(&mut store, loads);
        let mut truth = Truth::new();
        let keep = |n: usize, row: i64| {
            let hit = dead.iter().find(|(series, from, count, _)| *series == n && (*from..from + count).contains(&row));
            if n == never { Some(false) } else { hit.map_or(Some(true), |(.., noticed)| noticed.then_some(false)) }
        };
        minutes(&mut store, &mut truth, &ids, 0..DAY, &keep);
        compact(&mut store);
        verify(&folder, &store, &truth);
        minutes(&mut store, &mut truth, &ids, DAY..2 * DAY, &keep);
        for (n, row) in late {
            let Some(id) = ids.get(n) else { continue };
            let sample = Sample::measured(Timestamp(row * 60_000), row, Reason::Recovered);
            store.append(&[(*id, sample)]).unwrap();
            let place = truth.entry(*id).or_default().entry(row).or_insert(sample);
            *place = if sample.rank() > place.rank() { sample } else { *place };
        }
        store.seal(Timestamp(i64::MAX), &SealPolicy { max_age_ms: 0, ..POLICY }).unwrap();
        let missing_before = truth.values().flat_map(BTreeMap::values).filter(|sample| sample.missing).count();
        compact(&mut store);
        let found: usize = ids.iter().map(|id| all(&store, *id).iter().filter(|sample| sample.missing).count()).sum();
        prop_assert_eq!(found, missing_before);
        for id in &ids {
            prop_assert!(all(&store, *id) == truth[id].values().copied().collect::<Vec<_>>());
        }
        let mut together: BTreeMap<SeriesId, Vec<Sample>> = BTreeMap::new();
        let mut take = |id, sample| together.entry(id).or_default().push(sample);
        folder.reader().visit_many(&|_| true, Timestamp(30), EVER.1, &mut take).unwrap();
        for id in &ids {
            prop_assert!(together[id] == store.range(*id, Timestamp(30), EVER.1).unwrap());
        }
        prop_assert_eq!(store.check().unwrap(), Vec::<String>::new());
    }
}
