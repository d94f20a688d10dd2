//! A full disk: refused clearly, nothing acknowledged lost, and all well once there is room.

use crate::support::{Folder, all, batch, samples, trend};
use haubert_historian::{RetentionPolicy, SealPolicy, StoreError};
use haubert_model::Timestamp;

#[test]
fn a_full_disk_loses_nothing_and_is_got_over() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    let limit = store.set_size_limit(256 * 1024).unwrap();
    assert!(limit <= 256 * 1024);
    let mut acknowledged = 0;
    let error = loop {
        match store.append(&batch(series, acknowledged..acknowledged + 100)) {
            Ok(()) => acknowledged += 100,
            Err(error) => break error,
        }
        assert!(acknowledged < 1_000_000, "the limit never bit");
    };
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    assert_eq!(all(&store, series), samples(0..acknowledged));
    assert!(matches!(store.append(&batch(series, 0..1000)), Err(StoreError::DiskFull)));
    drop(store);
    let mut store = folder.store();
    assert_eq!(all(&store, series), samples(0..acknowledged), "after opening it again");

    store.set_size_limit(4 * 1024 * 1024).unwrap();
    store.append(&batch(series, acknowledged..acknowledged + 100)).unwrap();
    assert_eq!(all(&store, series), samples(0..acknowledged + 100));
}

#[test]
fn sealing_on_a_full_disk_happens_whole_or_not_at_all() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    store.append(&batch(series, 0..20_000)).unwrap();
    store.set_size_limit(1).unwrap();
    let policy = SealPolicy { max_samples: 50, max_age_ms: 0 };
    assert!(matches!(store.seal(Timestamp(0), &policy), Err(StoreError::DiskFull)));
    assert_eq!(all(&store, series), samples(0..20_000));
    assert!(store.chunks_after(0, usize::MAX).unwrap().is_empty());
    store.set_size_limit(1 << 30).unwrap();
    assert_eq!(store.seal(Timestamp(0), &policy).unwrap().samples, 20_000);
    assert_eq!(all(&store, series), samples(0..20_000));
}

#[test]
fn deleting_makes_room() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    store.append(&batch(series, 0..50_000)).unwrap();
    store.seal(Timestamp(0), &SealPolicy { max_samples: 1000, max_age_ms: 0 }).unwrap();
    store.set_size_limit(1).unwrap();
    let full = (0..1000).find_map(|n| store.append(&batch(series, 50_000 + n * 1000..51_000 + n * 1000)).err());
    assert!(matches!(full, Some(StoreError::DiskFull)));
    let policy = RetentionPolicy { trend_days: Some(0), ..RetentionPolicy::default() };
    assert_eq!(store.enforce(&policy, Timestamp(50_000 * 10_000), None).unwrap().chunks, 50);
    store.append(&batch(series, 0..10)).unwrap();
}
