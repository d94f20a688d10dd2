//! Whole history files written by earlier versions open for ever, with every sample and cursor. Each file was written once by
//! the program of its time.

use crate::support::{Folder, all, batch, key, nth, of_kind, samples, trend};
use haubert_historian::{Sample, SealPolicy, SeriesSpec, Store};
use haubert_model::{Quantity, Reason, RecordKind, SeriesId};
use std::path::PathBuf;

/// The version that is written now.
const PRESENT: u32 = 3;

fn path(version: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/history-v{version}.db"))
}

/// From version 3 on: a load's quantities, compacted to full chunks of which some are given others.
const RELATED: [Quantity; 3] = [Quantity::ActivePowerTotal, Quantity::VoltageL1, Quantity::CurrentL1];

/// What the `place`th of them shows.
fn related(place: usize, n: i64) -> Sample {
    let (power, voltage) = (4_000 + n * n % 1_009, 23_000 + n * 37 % 101);
    Sample { raw: [power, voltage, power * 100_000 / voltage][place], ..nth(n) }
}

fn fill_related(store: &mut Store) {
    store.declare_all(&[trend(1), of_kind(RecordKind::Index, 2)]).unwrap();
    let ids = store.declare_all(&RELATED.map(|quantity| SeriesSpec { quantity, ..trend(3) })).unwrap();
    for hour in 0..24 {
        let polls = (hour * 60..(hour + 1) * 60).flat_map(|n| (0..).zip(&ids).map(move |(place, id)| (*id, related(place, n))));
        store.append(&polls.collect::<Vec<_>>()).unwrap();
        store.seal(nth(0).at, &SealPolicy { max_samples: 60, max_age_ms: i64::MAX }).unwrap();
    }
    while store.compact(&|| None).unwrap().more {}
}

fn verify_related(store: &Store) {
    for (place, id) in (0..RELATED.len()).zip(3..) {
        let expected: Vec<Sample> = (0..24 * 60).map(|n| related(place, n)).collect();
        assert_eq!(all(store, SeriesId(id)), expected);
        assert_eq!(store.spec(SeriesId(id)).map(|spec| spec.quantity), Some(RELATED[place]));
    }
}

/// Two series in several chunks, late samples among them, a gap, an index that rolls over, and an open journal.
fn fill(store: &mut Store) {
    let (a, b) = (store.declare(&trend(1)).unwrap(), store.declare(&of_kind(RecordKind::Index, 2)).unwrap());
    let policy = SealPolicy { max_samples: 100, max_age_ms: i64::MAX };
    for part in 0..3 {
        store.append(&batch(a, part * 100..part * 100 + 99)).unwrap();
        store.append(&batch(b, part * 100..part * 100 + 60)).unwrap();
        store.append(&[(a, Sample::missing(nth(part * 100 + 99).at, Reason::BusDown))]).unwrap();
        store.seal(nth(0).at, &policy).unwrap();
    }
    store.append(&batch(b, 90..190)).unwrap();
    store.seal(nth(0).at, &policy).unwrap();
    store.append(&batch(a, 300..340)).unwrap();
    store.append(&batch(b, [400, 300])).unwrap();
}

fn verify(store: &Store) {
    let (a, b) = (SeriesId(1), SeriesId(2));
    assert_eq!((store.spec(a), store.spec(b)), (Some(&trend(1)), Some(&of_kind(RecordKind::Index, 2))));
    let found = all(store, a);
    assert_eq!(found.len(), 340);
    for (n, sample) in (0..).zip(&found) {
        let gap = n < 300 && n % 100 == 99;
        assert_eq!(*sample, if gap { Sample::missing(nth(n).at, Reason::BusDown) } else { nth(n) });
    }
    let expected = (0..60).chain(90..190).chain(200..260).chain([300, 400]);
    assert_eq!(all(store, b), samples(expected));
    let rows = store.chunks_after(0, usize::MAX).unwrap();
    assert!(rows.windows(2).all(|pair| pair[0].cursor < pair[1].cursor));
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
#[ignore = "writes the file of the present version; never replaces one"]
fn write_new_golden_file() {
    let folder = Folder::new();
    let mut store = folder.store();
    fill_related(&mut store);
    fill(&mut store);
    store.shrink().unwrap();
    drop(store);
    if !path(PRESENT).exists() {
        std::fs::copy(folder.file(), path(PRESENT)).unwrap();
    }
}

#[test]
fn every_version_opens_with_all_it_holds() {
    for version in 1..=PRESENT {
        let folder = Folder::new();
        std::fs::copy(path(version), folder.file()).unwrap();
        let mut store = Store::open(folder.file(), &key()).unwrap();
        assert_eq!(store.salvaged(), Vec::<String>::new(), "version {version}");
        verify(&store);
        if version >= 3 {
            verify_related(&store);
            let related = "SELECT count(*) FROM segment WHERE substr(directory, 1, 1) = x'02'";
            assert_eq!(folder.connection().query_row(related, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
        }
        store.append(&batch(SeriesId(1), [340])).unwrap();
        let changed = SeriesSpec { rollover: Some(1_000_000), ..of_kind(RecordKind::Index, 2) };
        assert_eq!(store.declare_all(&[trend(1), changed, trend(9)]).unwrap()[..2], [SeriesId(1), SeriesId(2)]);
        assert_eq!(store.spec(SeriesId(2)), Some(&changed));
    }
}

#[test]
fn a_reader_needs_no_upgrade() {
    let folder = Folder::new();
    std::fs::copy(path(2), folder.file()).unwrap();
    let reader = folder.reader();
    assert_eq!(reader.specs().unwrap(), [(SeriesId(1), trend(1)), (SeriesId(2), of_kind(RecordKind::Index, 2))]);
    assert_eq!(reader.range(SeriesId(2), nth(0).at, nth(60).at).unwrap(), samples(0..60));
    let store = folder.store();
    assert_eq!(reader.specs().unwrap().len(), 2, "upgraded meanwhile");
    verify(&store);
}
