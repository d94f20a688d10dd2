//! Merging small chunks: less space, the same samples, and the hub notices nothing.

use crate::support::{Folder, all, nth, of_kind, samples, trend};
use haubert_historian::{ChunkRow, RetentionPolicy, Sample, SealPolicy, SeriesSpec, Store, chunk};
use haubert_model::{RecordKind, SeriesId, Timestamp};
use std::cell::Cell;
use std::collections::BTreeMap;

const HOUR: i64 = 60;
const POLICY: SealPolicy = SealPolicy { max_samples: 60, max_age_ms: i64::MAX };

/// Seals `hours` of 60 samples of each series.
fn hours(store: &mut Store, ids: &[SeriesId], hours: std::ops::Range<i64>) {
    for hour in hours {
        let polls = (hour * HOUR..(hour + 1) * HOUR).flat_map(|n| ids.iter().map(move |id| (*id, nth(n))));
        store.append(&polls.collect::<Vec<_>>()).unwrap();
        assert_eq!(store.seal(nth(0).at, &POLICY).unwrap().chunks, ids.len() as u64);
    }
}

fn declared(store: &mut Store, count: i64) -> Vec<SeriesId> {
    let spec = |n| SeriesSpec { period_ms: Some(n), ..if n % 3 == 0 { of_kind(RecordKind::Index, 1) } else { trend(2) } };
    let specs: Vec<SeriesSpec> = (1..=count).map(spec).collect();
    store.declare_all(&specs).unwrap()
}

/// Asks for chunks as the link does, a few at a time.
fn ask(store: &Store, mut cursor: u64) -> Vec<ChunkRow> {
    let mut found = Vec::new();
    loop {
        let rows = store.chunks_after(cursor, 3000).unwrap();
        let Some(last) = rows.last() else { return found };
        assert!(rows.windows(2).all(|pair| pair[0].cursor < pair[1].cursor) && rows[0].cursor > cursor);
        cursor = last.cursor;
        found.extend(rows);
    }
}

/// What a hub has after taking these chunks: each sample of each series once, in order.
fn hub(rows: &[ChunkRow]) -> BTreeMap<SeriesId, Vec<Sample>> {
    let mut found: BTreeMap<SeriesId, Vec<Sample>> = BTreeMap::new();
    for row in rows {
        let decoded = chunk::decode(&row.bytes).unwrap();
        assert_eq!((decoded.len(), decoded[0].at), (row.count as usize, row.first));
        found.entry(row.series).or_default().extend(decoded);
    }
    found
}

fn compact(store: &mut Store, keep_from: Option<u64>) -> u64 {
    let mut steps = 0;
    while store.compact(&|| keep_from).unwrap().more {
        steps += 1;
        assert!(steps < 1000, "compaction never ends");
    }
    steps
}

#[test]
fn chunks_grow_and_nothing_is_lost() {
    let folder = Folder::new();
    let mut store = folder.store();
    let ids = declared(&mut store, 12);
    hours(&mut store, &ids, 0..300);
    let before = store.stats().unwrap();
    assert!(compact(&mut store, None) > 0);
    let after = store.stats().unwrap();
    assert_eq!((before.samples, before.chunks), (after.samples, 12 * 300));
    // A chunk for each of twelve days, and the twelve hours of the day that is not over.
    assert_eq!(after.chunks, 12 * (12 + 12));
    assert!(after.chunk_bytes < before.chunk_bytes / 3);
    for id in &ids {
        assert_eq!(all(&store, *id), samples(0..300 * HOUR));
        assert_eq!(store.range(*id, nth(777).at, nth(12_345).at).unwrap(), samples(777..12_345));
    }
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    assert_eq!(compact(&mut store, None), 0, "nothing is left to do");
    // Later samples go on, also late ones, and what is compacted is merged again.
    store.append(&[(ids[0], nth(-5)), (ids[0], nth(300 * HOUR))]).unwrap();
    store.seal(Timestamp(i64::MAX), &SealPolicy { max_age_ms: 0, ..POLICY }).unwrap();
    assert_eq!(all(&store, ids[0]), [vec![nth(-5)], samples(0..300 * HOUR + 1)].concat());
    drop(store);
    assert_eq!(folder.store().latest(ids[0]).unwrap(), Some(nth(300 * HOUR)));
}

/// What one reading of many series gives, in the order in which it comes.
fn many(folder: &Folder, wanted: &[SeriesId], from: i64, to: i64) -> Vec<(SeriesId, Vec<Sample>)> {
    let mut found: Vec<(SeriesId, Vec<Sample>)> = Vec::new();
    let mut take = |series, sample| match found.last_mut().filter(|(last, _)| *last == series) {
        Some((_, samples)) => samples.push(sample),
        None => found.push((series, vec![sample])),
    };
    folder.reader().visit_many(&|id| wanted.contains(&id), nth(from).at, nth(to).at, &mut take).unwrap();
    found
}

#[test]
fn many_series_read_at_once_are_as_read_one_by_one() {
    let folder = Folder::new();
    let mut store = folder.store();
    // More than a slice of the journal, and more samples than one thread unpacks.
    let ids = declared(&mut store, 1_100);
    hours(&mut store, &ids, 0..25);
    compact(&mut store, None);
    hours(&mut store, &ids, 25..27);
    // Some that wait in the journal, some that come late and fill a hole or overlap what is sealed.
    let open = |n| ids.iter().step_by(7).map(move |id| (*id, nth(n))).collect::<Vec<_>>();
    store.append(&open(27 * HOUR)).unwrap();
    store.append(&open(-3)).unwrap();
    store.seal(nth(0).at, &SealPolicy { max_samples: 1, ..POLICY }).unwrap();
    store.append(&open(27 * HOUR + 1)).unwrap();
    store.append(&open(5)).unwrap();
    for (wanted, from, to) in
        [(&ids[..], -10, 2_000), (&ids[..], 700, 901), (&ids[1_000..1_030], 30, 950), (&ids[3..4], -10, 2_000)]
    {
        let one_by_one: Vec<(SeriesId, Vec<Sample>)> =
            wanted.iter().map(|id| (*id, store.range(*id, nth(from).at, nth(to).at).unwrap())).collect();
        assert!(many(&folder, wanted, from, to) == one_by_one, "{} series from {from} to {to}", wanted.len());
    }
    assert_eq!(all(&store, ids[7]), samples([-3].into_iter().chain(0..27 * HOUR + 2)));
}

#[test]
fn a_hub_enrolled_later_gets_each_sample_once() {
    let folder = Folder::new();
    let mut store = folder.store();
    let ids = declared(&mut store, 30);
    hours(&mut store, &ids, 0..40);
    compact(&mut store, None);
    hours(&mut store, &ids, 40..50);
    let highest = folder.reader().highest_cursor().unwrap();
    let rows = ask(&store, 0);
    assert!(rows.iter().all(|row| row.cursor <= highest));
    let found = hub(&rows);
    assert!(ids.iter().all(|id| found[id] == samples(0..50 * HOUR)));
    let backlog = store.backlog(0).unwrap();
    assert_eq!((backlog.chunks, backlog.samples), (rows.len() as u64, 30 * 50 * HOUR as u64));
}

#[test]
fn a_hub_that_is_being_sent_history_is_never_sent_anything_twice() {
    let folder = Folder::new();
    let mut store = folder.store();
    let ids = declared(&mut store, 30);
    let mut received = Vec::new();
    let mut acknowledged = 0u64;
    hours(&mut store, &ids, 0..20);
    for round in 0..40 {
        hours(&mut store, &ids, 20 + round..21 + round);
        // It takes a few chunks, is acknowledged, and compaction runs up to there: also in the middle of segments.
        for _ in 0..7 {
            let rows = store.chunks_after(acknowledged, 900).unwrap();
            acknowledged = rows.last().map_or(acknowledged, |row| row.cursor);
            received.extend(rows);
        }
        compact(&mut store, Some(acknowledged + 1));
        let rest = ask(&store, acknowledged);
        let found = hub(&[received.clone(), rest].concat());
        assert!(ids.iter().all(|id| found[id] == samples(0..(21 + round) * HOUR)), "round {round}");
    }
    assert!(folder.reader().stats().unwrap().chunks < 30 * 60, "something was merged meanwhile");
    received.extend(ask(&store, acknowledged));
    assert!(ids.iter().all(|id| hub(&received)[id] == samples(0..60 * HOUR)));
    assert!(ids.iter().all(|id| all(&store, *id) == samples(0..60 * HOUR)));
}

#[test]
fn a_hub_that_comes_during_a_step_stops_it() {
    let folder = Folder::new();
    let mut store = folder.store();
    let ids = declared(&mut store, 5);
    hours(&mut store, &ids, 0..30);
    let before = ask(&store, 0);
    let asked = Cell::new(0);
    let enrolled_meanwhile = || {
        asked.set(asked.get() + 1);
        (asked.get() > 1).then_some(1)
    };
    assert!(!store.compact(&enrolled_meanwhile).unwrap().more);
    assert_eq!((asked.get(), ask(&store, 0)), (2, before));
}

#[test]
fn retention_still_deletes_what_is_old() {
    let folder = Folder::new();
    let mut store = folder.store();
    let ids = declared(&mut store, 6);
    hours(&mut store, &ids, 0..400);
    compact(&mut store, None);
    let now = nth(400 * HOUR).at;
    let policy = RetentionPolicy { trend_days: Some(1), ..RetentionPolicy::default() };
    let retired = store.enforce(&policy, now, None).unwrap();
    assert!(retired.samples > 0);
    for (id, spec) in store.specs().map(|(id, spec)| (id, *spec)).collect::<Vec<_>>() {
        let left = all(&store, id);
        assert_eq!(left.last(), Some(&nth(400 * HOUR - 1)));
        let whole = left.len() as i64 == 400 * HOUR;
        assert_eq!(whole, spec.kind == RecordKind::Index);
        assert!(left.len() as i64 >= 8640, "a day at least is kept");
    }
}
