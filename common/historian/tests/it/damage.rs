//! Flipped bits: an error that says so, never a panic, never a wrong value.

use crate::support::{EVER, Folder, all, batch, key, nth, samples, trend};
use haubert_historian::{SealPolicy, Store, StoreError, repair};
use haubert_model::{SeriesId, Timestamp};
use std::io::Read;

const COUNT: i64 = 4000;

fn written() -> (Folder, SeriesId, Vec<u8>) {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    for part in 0..7 {
        store.append(&batch(series, part * 500..(part + 1) * 500)).unwrap();
        store.seal(Timestamp(0), &SealPolicy { max_samples: 100, max_age_ms: 0 }).unwrap();
    }
    for part in 35..40 {
        store.append(&batch(series, part * 100..(part + 1) * 100)).unwrap();
    }
    drop(store);
    let mut bytes = Vec::new();
    std::fs::File::open(folder.file()).unwrap().take(64 << 20).read_to_end(&mut bytes).unwrap();
    (folder, series, bytes)
}

/// Puts these bytes in the file's place, alone in the folder.
fn place(folder: &Folder, bytes: &[u8]) {
    for entry in std::fs::read_dir(folder.file().parent().unwrap()).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    std::fs::write(folder.file(), bytes).unwrap();
}

/// All samples, every one of which must be right; some may be gone.
fn survivors(store: &Store, series: SeriesId) -> usize {
    let found = all(store, series);
    assert!(found.windows(2).all(|pair| pair[0].at < pair[1].at));
    assert!(found.iter().all(|sample| *sample == nth(sample.at.0 / 10_000)), "a wrong value was read");
    found.len()
}

#[test]
fn flipped_bits_are_noticed_and_mended_wherever_they_are() {
    let (folder, series, bytes) = written();
    let pages = bytes.len() / 4096;
    let (mut noticed, mut worst, mut refused) = (0, COUNT as usize, 0);
    for page in 0..pages {
        let mut damaged = bytes.clone();
        damaged[page * 4096 + 1000 + page * 7] ^= 0x10;
        place(&folder, &damaged);
        let salvaged = match Store::open(folder.file(), &key()) {
            Ok(store) => store.salvaged().len(),
            // The first page, and those that say where everything is.
            Err(StoreError::WrongKey | StoreError::Damaged(_)) => {
                refused += 1;
                continue;
            }
            Err(other) => panic!("page {page}: {other:?}"),
        };
        let found = folder.reader().check().unwrap();
        if salvaged + found.len() == 0 {
            // A page that nothing uses.
            assert_eq!(survivors(&folder.store(), series), COUNT as usize, "page {page}");
            continue;
        }
        noticed += 1;
        if salvaged == 0 {
            let report = repair(&folder.file(), &key()).unwrap();
            assert!(report.kept.exists());
        }
        let mut store = folder.store();
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "page {page}");
        worst = worst.min(survivors(&store, series));
        assert_eq!(store.salvaged(), Vec::<String>::new());
        store.append(&batch(series, [COUNT])).unwrap();
        store.seal(Timestamp(0), &SealPolicy { max_samples: 1, max_age_ms: 0 }).unwrap();
        assert_eq!(store.latest(series).unwrap(), Some(nth(COUNT)));
    }
    assert!(noticed > pages / 3, "{noticed} of {pages} noticed");
    assert!(refused <= 3, "{refused} of {pages} could not be opened");
    assert!(worst >= 500, "one damaged page cost all but {worst} samples");
}

#[test]
fn a_repair_keeps_identity_cursors_and_the_damaged_file() {
    let (folder, series, bytes) = written();
    let (identity, rows) = {
        let store = folder.store();
        (store.identity().unwrap(), store.chunks_after(0, usize::MAX).unwrap())
    };
    let report = repair(&folder.file(), &key()).unwrap();
    assert_eq!((report.chunks, report.samples, report.open_samples), (35, 3500, 500));
    assert_eq!(report.lost, Vec::<String>::new());
    let mut kept = Vec::new();
    std::fs::File::open(&report.kept).unwrap().take(64 << 20).read_to_end(&mut kept).unwrap();
    assert_eq!(kept.len(), bytes.len());
    let mut store = folder.store();
    assert_eq!(store.identity().unwrap(), identity);
    assert_eq!(store.chunks_after(0, usize::MAX).unwrap(), rows);
    store.append(&batch(series, COUNT..COUNT + 100)).unwrap();
    store.seal(Timestamp(0), &SealPolicy { max_samples: 100, max_age_ms: 0 }).unwrap();
    assert!(store.chunks_after(rows[34].cursor, usize::MAX).unwrap().len() > 1, "numbering goes on");
    assert_ne!(repair(&folder.file(), &key()).err().map(|error| error.to_string()), None, "it is in use");
}

#[test]
fn a_cut_file_is_noticed() {
    let (folder, series, bytes) = written();
    assert_eq!(folder.reader().check().unwrap(), Vec::<String>::new());
    for part in [1, 100, 4096, bytes.len() / 2, bytes.len() - 4096] {
        place(&folder, &bytes[..part]);
        match Store::open(folder.file(), &key()) {
            Ok(store) => assert!(!store.salvaged().is_empty() && survivors(&store, series) < COUNT as usize, "{part} bytes"),
            Err(StoreError::WrongKey | StoreError::Damaged(_)) => {}
            Err(other) => panic!("{part} bytes: {other:?}"),
        }
    }
}

fn tamper(folder: &Folder, sql: &str) {
    assert_eq!(folder.connection().execute(sql, []).unwrap(), 1);
}

#[test]
fn a_damaged_segment_is_named_and_the_others_are_read() {
    let (folder, series, _) = written();
    tamper(&folder, "UPDATE segment SET body = zeroblob(length(body)) WHERE high = 10");
    let mut store = folder.store();
    let findings = store.check().unwrap();
    assert_eq!(findings[0], "segment 10: chunk checksum does not match");
    assert!(findings[1].starts_with("chunk 6: "), "{findings:?}");
    let error = store.range(series, EVER.0, EVER.1).unwrap_err();
    assert_eq!(error.to_string(), "chunk 6 of the history file is damaged");
    assert_eq!(store.range(series, EVER.0, nth(500).at).unwrap(), samples(0..500));
    assert_eq!(store.range(series, nth(1000).at, EVER.1).unwrap(), samples(1000..COUNT));
    while store.compact(&|| None).unwrap().more {}
    drop(store);
    let report = repair(&folder.file(), &key()).unwrap();
    assert_eq!((report.chunks, report.lost.len()), (30, 5));
    let expected = [samples(0..500), samples(1000..COUNT)].concat();
    assert_eq!(all(&folder.store(), series), expected);
}

#[test]
fn a_damaged_journal_row_is_set_aside_and_told() {
    let (folder, series, _) = written();
    tamper(&folder, "UPDATE journal SET bytes = x'0203' WHERE id = (SELECT min(id) FROM journal)");
    assert_eq!(folder.reader().check().unwrap().len(), 1);
    let store = folder.store();
    assert_eq!(store.salvaged().len(), 1, "{:?}", store.salvaged());
    assert_eq!(all(&store, series), [samples(0..3500), samples(3600..COUNT)].concat());
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}
