//! Declaring, appending, sealing, reading.

use crate::support::{EVER, Folder, all, batch, nth, of_kind, samples, trend};
use haubert_historian::{Sample, SealPolicy, SeriesSpec, StoreError, chunk};
use haubert_model::{Reason, RecordKind, SeriesId, Timestamp};
use std::collections::BTreeMap;

const NOW: Timestamp = Timestamp(0);
const BY_COUNT: SealPolicy = SealPolicy { max_samples: 100, max_age_ms: i64::MAX };

#[test]
fn a_series_is_declared_once() {
    let folder = Folder::new();
    let first = folder.store().declare(&trend(1)).unwrap();
    let mut store = folder.store();
    assert_eq!(store.declare(&trend(1)).unwrap(), first);
    assert_ne!(store.declare(&trend(2)).unwrap(), first);
    assert_ne!(store.declare(&SeriesSpec { exponent: -1, ..trend(1) }).unwrap(), first);
    assert_ne!(store.declare(&SeriesSpec { period_ms: None, ..trend(1) }).unwrap(), first);
    let with_rollover = SeriesSpec { rollover: Some(1000), ..trend(1) };
    assert_eq!(store.declare(&with_rollover).unwrap(), first);
    drop(store);
    let mut store = folder.store();
    assert_eq!(store.spec(first), Some(&with_rollover));
    assert_eq!(store.series().unwrap().len(), 4);
    let many: Vec<SeriesSpec> = (1..=200).map(trend).collect();
    let ids = store.declare_all(&many).unwrap();
    assert_eq!((ids[0], ids.len()), (first, 200));
    drop(store);
    let mut store = folder.store();
    assert_eq!(store.declare_all(&many[..50]).unwrap(), ids[..50]);
    assert_eq!((store.series().unwrap().len(), store.specs().count()), (202, 202));
}

#[test]
fn what_is_appended_is_read_before_and_after_sealing_and_reopening() {
    let folder = Folder::new();
    let mut store = folder.store();
    let (a, b) = (store.declare(&trend(1)).unwrap(), store.declare(&trend(2)).unwrap());
    for n in 0..250 {
        let mut both = batch(a, [n]);
        both.extend(batch(b, (n % 10 == 0).then_some(n)));
        store.append(&both).unwrap();
    }
    assert_eq!(all(&store, a), samples(0..250));
    let sealed = store.seal(NOW, &BY_COUNT).unwrap();
    assert_eq!((sealed.chunks, sealed.samples, sealed.open), (2, 250, 25));
    assert_eq!(store.seal(NOW, &BY_COUNT).unwrap().chunks, 0);
    store.append(&batch(a, 250..260)).unwrap();
    drop(store);
    let store = folder.store();
    assert_eq!(all(&store, a), samples(0..260));
    assert_eq!(all(&store, b), samples((0..250).step_by(10)));
    assert_eq!(store.range(a, nth(245).at, nth(255).at).unwrap(), samples(245..255));
    assert_eq!(store.range(SeriesId(99), EVER.0, EVER.1).unwrap(), []);
    let info = store.series().unwrap();
    assert_eq!((info[0].first, info[0].last), (Some(nth(0).at), Some(nth(259).at)));
    assert_eq!((info[1].first, info[1].last), (Some(nth(0).at), Some(nth(240).at)));
    let stats = store.stats().unwrap();
    assert_eq!((stats.samples, stats.open_samples, stats.series, stats.chunks), (285, 35, 2, 2));
    assert_eq!((stats.oldest, stats.newest), (Some(nth(0).at), Some(nth(259).at)));
    assert!(stats.disk_bytes > stats.chunk_bytes);
}

#[test]
fn the_latest_is_found_in_chunks_and_in_the_journal() {
    let folder = Folder::new();
    let mut store = folder.store();
    let (a, b, c) = (store.declare(&trend(1)).unwrap(), store.declare(&trend(2)).unwrap(), store.declare(&trend(3)).unwrap());
    store.append(&[batch(a, 0..200), batch(b, 0..200)].concat()).unwrap();
    store.seal(NOW, &BY_COUNT).unwrap();
    store.append(&batch(b, [205, 203])).unwrap();
    store.append(&batch(b, [204])).unwrap();
    assert_eq!(store.latest(a).unwrap(), Some(nth(199)));
    assert_eq!(store.latest(b).unwrap(), Some(nth(205)));
    assert_eq!(store.latest(c).unwrap(), None);
    assert_eq!(store.latest_all().unwrap(), BTreeMap::from([(a, nth(199)), (b, nth(205))]));
}

#[test]
fn what_came_first_counts() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    let other = |n: i64| Sample { raw: -1, ..nth(n) };
    store.append(&[(series, nth(3)), (series, other(3))]).unwrap();
    store.append(&[(series, other(3)), (series, nth(1))]).unwrap();
    assert_eq!(all(&store, series), samples([1, 3]));
    store.append(&batch(series, 4..150)).unwrap();
    store.seal(NOW, &BY_COUNT).unwrap();
    store.append(&[(series, other(1)), (series, nth(2)), (series, other(100)), (series, nth(150))]).unwrap();
    let expected = samples(1..151);
    assert_eq!(all(&store, series), expected);
    store.seal(Timestamp(i64::MAX), &SealPolicy { max_age_ms: 0, ..BY_COUNT }).unwrap();
    assert_eq!(all(&store, series), expected);
    let rows = store.chunks_after(0, usize::MAX).unwrap();
    assert_eq!(rows.iter().map(|row| row.count).sum::<u32>(), 150, "the hub gets each sample once");
    assert_eq!(rows.iter().map(|row| row.count).collect::<Vec<_>>(), [148, 1, 1], "late ones have a chunk of their own");
}

#[test]
fn slow_series_are_sealed_by_age() {
    let folder = Folder::new();
    let mut store = folder.store();
    let (slow, fresh) = (store.declare(&trend(1)).unwrap(), store.declare(&trend(2)).unwrap());
    store.append(&[batch(slow, [0]), batch(fresh, [99])].concat()).unwrap();
    let policy = SealPolicy { max_samples: 100, max_age_ms: 600_000 };
    assert_eq!(store.seal(Timestamp(600_000), &policy).unwrap().chunks, 0);
    let sealed = store.seal(Timestamp(600_001), &policy).unwrap();
    assert_eq!((sealed.chunks, sealed.open), (1, 1));
    assert_eq!((all(&store, slow), all(&store, fresh)), (samples([0]), samples([99])));
    // Stamped by a clock that was a year ahead.
    assert_eq!(store.seal(Timestamp(-31_536_000_000), &policy).unwrap().chunks, 1);
}

#[test]
fn cursors_grow_and_are_never_used_again() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    let seal = |store: &mut haubert_historian::Store, from: i64| {
        store.append(&batch(series, from..from + 100)).unwrap();
        store.seal(NOW, &BY_COUNT).unwrap();
    };
    (0..5).for_each(|n| seal(&mut store, n * 100));
    let rows = store.chunks_after(0, usize::MAX).unwrap();
    assert!(rows.windows(2).all(|pair| pair[0].cursor < pair[1].cursor));
    let newest = rows[4].cursor;
    assert_eq!(store.chunks_after(rows[2].cursor, usize::MAX).unwrap(), rows[3..]);
    assert_eq!(store.chunks_after(0, 1).unwrap(), rows[..1]);
    assert_eq!(store.chunks_after(0, rows[0].bytes.len() + rows[1].bytes.len()).unwrap(), rows[..2]);
    assert_eq!(chunk::decode(&rows[1].bytes).unwrap(), samples(100..200));
    let backlog = store.backlog(rows[2].cursor).unwrap();
    assert_eq!((backlog.chunks, backlog.samples, backlog.oldest), (2, 200, Some(nth(300).at)));
    assert_eq!(backlog.bytes, (rows[3].bytes.len() + rows[4].bytes.len()) as u64);
    assert_eq!(store.backlog(u64::MAX).unwrap().chunks, 0);
    let forget = haubert_historian::RetentionPolicy { trend_days: Some(0), ..Default::default() };
    assert_eq!(store.enforce(&forget, Timestamp(1_000_000_000_000), None).unwrap().chunks, 5);
    drop(store);
    let mut store = folder.store();
    seal(&mut store, 1000);
    assert!(store.chunks_after(0, usize::MAX).unwrap()[0].cursor > newest);
}

#[test]
fn nothing_is_stored_of_a_batch_that_is_refused() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    let unknown = [batch(series, [1]), batch(SeriesId(7), [1])].concat();
    assert!(matches!(store.append(&unknown), Err(StoreError::UnknownSeries(SeriesId(7)))));
    let absurd = Sample::measured(Timestamp(i64::MAX), 1, Reason::Measured);
    assert!(matches!(store.append(&[(series, nth(1)), (series, absurd)]), Err(StoreError::TimeOutOfRange(_))));
    store.append(&[]).unwrap();
    assert_eq!(all(&store, series), []);
}

#[test]
fn gaps_and_remarks_are_kept() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&of_kind(RecordKind::Index, 1)).unwrap();
    let remarks: Vec<Sample> = (0i64..)
        .zip(Reason::ALL)
        .flat_map(|(n, reason)| {
            [Sample::missing(nth(2 * n).at, *reason), Sample::measured(nth(2 * n + 1).at, i64::MIN + n, *reason)]
        })
        .collect();
    store.append(&remarks.iter().map(|sample| (series, *sample)).collect::<Vec<_>>()).unwrap();
    assert_eq!(all(&store, series), remarks);
    store.seal(NOW, &SealPolicy { max_samples: 1, max_age_ms: 0 }).unwrap();
    assert_eq!(all(&store, series), remarks);
}

#[test]
fn a_large_batch_is_whole() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    store.append(&batch(series, 0..120_000)).unwrap();
    let policy = SealPolicy { max_samples: 4096, max_age_ms: i64::MAX };
    assert_eq!(store.seal(NOW, &policy).unwrap().samples, 120_000);
    let mut seen = 0;
    folder
        .reader()
        .visit(series, EVER.0, EVER.1, &mut |sample| {
            assert_eq!(sample, nth(seen));
            seen += 1;
        })
        .unwrap();
    assert_eq!(seen, 120_000);
}

#[test]
fn a_better_sample_of_the_same_time_supersedes_a_worse_one() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&of_kind(RecordKind::LoadCurve, 1)).unwrap();
    let half = |n: i64| Sample { reason: Reason::Incomplete, ..nth(n) };
    let whole = |n: i64| Sample { raw: 1, reason: Reason::Recovered, ..nth(n) };
    store.append(&(0..100).map(|n| (series, half(n))).collect::<Vec<_>>()).unwrap();
    store.seal(NOW, &BY_COUNT).unwrap();
    // Late ones: better, as good, and one that is not better than what came late before it.
    store.append(&[(series, whole(3)), (series, half(4)), (series, Sample::missing(nth(5).at, Reason::NoAnswer))]).unwrap();
    store.append(&[(series, nth(3))]).unwrap();
    let expected: Vec<Sample> = (0..100).map(|n| if n == 3 { whole(n) } else { half(n) }).collect();
    assert_eq!(all(&store, series), expected);
    store.seal(Timestamp(i64::MAX), &SealPolicy { max_age_ms: 0, ..BY_COUNT }).unwrap();
    assert_eq!(all(&store, series), expected);
    let rows = store.chunks_after(1, usize::MAX).unwrap();
    assert_eq!(rows.iter().map(|row| chunk::decode(&row.bytes).unwrap()).collect::<Vec<_>>(), [[whole(3)]]);
    while store.compact(&|| None).unwrap().more {}
    assert_eq!(all(&store, series), expected);
}

#[test]
fn many_series_are_sealed_slice_by_slice() {
    let folder = Folder::new();
    let mut store = folder.store();
    let specs: Vec<SeriesSpec> =
        (0..3000).map(|n| SeriesSpec { exponent: (n % 100) as i8, period_ms: Some(n), ..trend((n % 7) as u8) }).collect();
    let ids = store.declare_all(&specs).unwrap();
    for n in 0..10 {
        store.append(&ids.iter().rev().map(|id| (*id, nth(n))).collect::<Vec<_>>()).unwrap();
    }
    let policy = SealPolicy { max_samples: 10, max_age_ms: i64::MAX };
    let mut calls = 0;
    loop {
        let sealed = store.seal_some(NOW, &policy, 10_000).unwrap();
        calls += 1;
        assert!(sealed.samples <= 10_240, "{}", sealed.samples);
        assert_eq!(all(&store, ids[1500]), samples(0..10));
        if !sealed.more {
            break;
        }
    }
    assert_eq!(calls, 3);
    let mut found: BTreeMap<SeriesId, Vec<Sample>> = BTreeMap::new();
    store.append(&[(ids[5], nth(10)), (ids[2999], nth(10))]).unwrap();
    let wanted = |id: SeriesId| id.0.is_multiple_of(2);
    folder
        .reader()
        .visit_many(&wanted, nth(2).at, nth(12).at, &mut |series, sample| found.entry(series).or_default().push(sample))
        .unwrap();
    assert_eq!(found.len(), 1500);
    assert_eq!(found[&ids[5]], samples(2..11));
    assert_eq!(found[&ids[2999]], samples(2..11));
    assert_eq!(found[&ids[7]], samples(2..10));
    assert_eq!(folder.reader().page(ids[5], nth(3).at, EVER.1, 4).unwrap(), samples(3..7));
}

#[test]
fn a_second_writer_is_refused_while_the_first_lives() {
    let folder = Folder::new();
    let store = folder.store();
    assert!(matches!(haubert_historian::Store::open(folder.file(), &crate::support::key()), Err(StoreError::Locked)));
    assert!(matches!(haubert_historian::repair(&folder.file(), &crate::support::key()), Err(StoreError::Locked)));
    drop(store);
    folder.store();
}
