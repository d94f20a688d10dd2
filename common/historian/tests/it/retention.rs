//! What is deleted, and above all what is not.

use crate::support::{Folder, all, batch, nth, of_kind, samples};
use haubert_historian::{RetentionPolicy, Retired, Sample, SealPolicy, Store};
use haubert_model::{RecordKind, SeriesId, Timestamp};

const DAY: i64 = 8640; // samples of ten seconds

fn with_ten_days(folder: &Folder) -> (Store, Vec<SeriesId>) {
    let mut store = folder.store();
    let ids: Vec<SeriesId> = RecordKind::ALL.iter().map(|kind| store.declare(&of_kind(*kind, 1)).unwrap()).collect();
    for day in 0..10 {
        for id in &ids {
            store.append(&batch(*id, day * DAY..(day + 1) * DAY)).unwrap();
        }
        store.seal(Timestamp(0), &SealPolicy { max_samples: DAY as usize, max_age_ms: i64::MAX }).unwrap();
    }
    (store, ids)
}

#[test]
fn each_kind_has_its_own_time() {
    let folder = Folder::new();
    let (mut store, ids) = with_ten_days(&folder);
    let policy =
        RetentionPolicy { index_days: Some(1), load_curve_days: Some(3), trend_days: Some(9), ..RetentionPolicy::default() };
    let retired = store.enforce(&policy, Timestamp(10 * DAY * 10_000), None).unwrap();
    assert_eq!(retired, Retired { chunks: 9 + 7 + 1, samples: 17 * DAY as u64, ..Retired::default() });
    let left: Vec<i64> = ids.iter().map(|id| all(&store, *id).len() as i64 / DAY).collect();
    assert_eq!(left, [1, 3, 9, 10]);
    assert_eq!(store.enforce(&policy, Timestamp(10 * DAY * 10_000), None).unwrap(), Retired::default());
}

#[test]
fn a_chunk_goes_whole_or_stays() {
    let folder = Folder::new();
    let (mut store, ids) = with_ten_days(&folder);
    let policy = RetentionPolicy { trend_days: Some(1), ..RetentionPolicy::default() };
    store.enforce(&policy, Timestamp(9 * DAY * 10_000 + 1000 * 10_000), None).unwrap();
    assert_eq!(all(&store, ids[2]), samples(8 * DAY..10 * DAY));
}

#[test]
fn what_the_hub_has_not_acknowledged_stays() {
    let folder = Folder::new();
    let (mut store, ids) = with_ten_days(&folder);
    let policy = RetentionPolicy { index_days: Some(0), ..RetentionPolicy::default() };
    let rows = store.chunks_after(0, usize::MAX).unwrap();
    let kept: Vec<_> = rows.iter().filter(|row| row.series == ids[0]).skip(4).collect();
    store.enforce(&policy, Timestamp(i64::MAX), Some(kept[0].cursor)).unwrap();
    assert_eq!(all(&store, ids[0]), samples(4 * DAY..10 * DAY));
    store.enforce(&policy, Timestamp(i64::MAX), None).unwrap();
    assert_eq!(all(&store, ids[0]), []);
}

#[test]
fn freed_space_is_used_again() {
    let folder = Folder::new();
    let (mut store, ids) = with_ten_days(&folder);
    let before = store.stats().unwrap().disk_bytes;
    let policy = RetentionPolicy {
        index_days: Some(1),
        load_curve_days: Some(1),
        trend_days: Some(1),
        state_days: Some(1),
        budget_bytes: None,
    };
    for day in 10..20 {
        store.append(&batch(ids[0], day * DAY..(day + 1) * DAY)).unwrap();
        store.seal(Timestamp(0), &SealPolicy { max_samples: DAY as usize, max_age_ms: i64::MAX }).unwrap();
        store.enforce(&policy, Timestamp((day + 1) * DAY * 10_000), None).unwrap();
    }
    assert_eq!(all(&store, ids[0]), samples(19 * DAY..20 * DAY));
    assert!(store.stats().unwrap().disk_bytes <= before + before / 2);
}

#[test]
fn space_is_given_back_when_asked() {
    let folder = Folder::new();
    let (mut store, ids) = with_ten_days(&folder);
    let before = store.stats().unwrap().disk_bytes;
    let policy = RetentionPolicy { trend_days: Some(0), index_days: Some(0), ..RetentionPolicy::default() };
    store.enforce(&policy, Timestamp(i64::MAX), None).unwrap();
    store.shrink().unwrap();
    assert!(store.stats().unwrap().disk_bytes < before / 2);
    assert!(all(&store, ids[1]) == samples(0..10 * DAY));
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn the_budget_takes_the_oldest_trends_first_and_indexes_last() {
    let folder = Folder::new();
    let mut store = folder.store();
    let ids: Vec<SeriesId> = RecordKind::ALL.iter().map(|kind| store.declare(&of_kind(*kind, 1)).unwrap()).collect();
    for day in 0..10 {
        for id in &ids {
            // Values that do not compress, so that days weigh something.
            let noisy = |n: i64| Sample { raw: (n * 48_271 % 0x7fff) * 31 % 9973, ..nth(n) };
            store.append(&(day * DAY..(day + 1) * DAY).map(|n| (*id, noisy(n))).collect::<Vec<_>>()).unwrap();
        }
        store.seal(Timestamp(0), &SealPolicy { max_samples: DAY as usize, max_age_ms: i64::MAX }).unwrap();
    }
    store.shrink().unwrap();
    let full = store.stats().unwrap().disk_bytes;
    let unlimited = RetentionPolicy::default();
    assert_eq!(store.enforce(&unlimited, Timestamp(0), None).unwrap(), Retired::default());
    // Room for all but some days of one kind.
    let policy = RetentionPolicy { budget_bytes: Some(full - 12_000), ..unlimited };
    let previews = folder.reader().preview(&policy, Timestamp(0), None).unwrap();
    let evicted: Vec<u64> =
        RecordKind::ALL.iter().map(|kind| previews.iter().find(|preview| preview.kind == *kind).unwrap().evicted_bytes).collect();
    assert!(evicted[2] > 0 && evicted.iter().sum::<u64>() == evicted[2], "{evicted:?}");
    let retired = store.enforce(&policy, Timestamp(0), None).unwrap();
    assert!((1..10).contains(&retired.evicted_chunks) && retired.chunks == 0 && !retired.over_budget, "{retired:?}");
    let days: Vec<i64> = ids.iter().map(|id| all(&store, *id).len() as i64 / DAY).collect();
    assert_eq!(days, [10, 10, 10 - retired.evicted_chunks as i64, 10]);
    assert_eq!(all(&store, ids[2])[0].at.0, retired.evicted_chunks as i64 * DAY * 10_000, "the oldest went");
    assert!(store.stats().unwrap().disk_bytes <= full - 12_000);
    // What the hub lacks stays, and that is said.
    let nothing = RetentionPolicy { budget_bytes: Some(1), ..unlimited };
    let retired = store.enforce(&nothing, Timestamp(0), Some(1)).unwrap();
    assert_eq!((retired.evicted_chunks, retired.over_budget), (0, true));
    // Without a hub everything sealed goes, indexes last.
    assert!(store.enforce(&nothing, Timestamp(0), None).unwrap().over_budget);
    assert_eq!(store.stats().unwrap().chunks, 0);
}

#[test]
fn statistics_tell_the_kinds_apart() {
    let folder = Folder::new();
    let (_store, _) = with_ten_days(&folder);
    let kinds = folder.reader().stats_by_kind().unwrap();
    assert_eq!(kinds.len(), 4);
    for kind in kinds {
        assert_eq!((kind.series, kind.chunks, kind.samples), (1, 10, 10 * DAY as u64));
        assert_eq!((kind.oldest, kind.newest), (Some(Timestamp(0)), Some(Timestamp((10 * DAY - 1) * 10_000))));
        assert!(kind.bytes > 0);
    }
}
