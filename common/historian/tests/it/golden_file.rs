//! Whole history files written by earlier versions open for ever, with every sample and cursor. Each file was written once by
//! the program of its time.

use crate::support::{Folder, all, batch, key, nth, of_kind, samples, trend};
use haubert_historian::{Sample, SealPolicy, Store};
use haubert_model::{Reason, RecordKind, SeriesId};
use std::path::PathBuf;

/// The version that is written now.
const PRESENT: u32 = 3;

fn path(version: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/history-v{version}.db"))
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
        store.append(&batch(SeriesId(1), [340])).unwrap();
    }
}
