//! Readers beside the writer: each sees whole batches, each sample once, whatever is being sealed.

use crate::support::{EVER, Folder, batch, samples, trend};
use haubert_historian::{RetentionPolicy, SealPolicy};
use haubert_model::Timestamp;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_reader_never_sees_a_sample_twice_or_half_a_batch() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    let reader = folder.reader();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (reader, done) = (reader.clone(), &done);
                scope.spawn(move || {
                    let (mut rounds, mut seen) = (0, 0);
                    while rounds == 0 || !done.load(Ordering::Relaxed) {
                        let found = reader.range(series, EVER.0, EVER.1).unwrap();
                        assert_eq!(found, samples(0..found.len() as i64));
                        assert!(found.len() >= seen && found.len() % 5 == 0);
                        assert!(reader.stats().unwrap().samples >= found.len() as u64);
                        assert!(reader.latest(series).unwrap().map(|sample| sample.at) >= found.last().map(|sample| sample.at));
                        (rounds, seen) = (rounds + 1, found.len());
                    }
                    seen
                })
            })
            .collect();
        for n in 0..200 {
            store.append(&batch(series, n * 5..n * 5 + 5)).unwrap();
            if n % 7 == 0 {
                store.seal(Timestamp(0), &SealPolicy { max_samples: 30, max_age_ms: i64::MAX }).unwrap();
                store.enforce(&RetentionPolicy::default(), Timestamp(0), None).unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
    });
    assert_eq!(reader.range(series, EVER.0, EVER.1).unwrap(), samples(0..1000));
}

#[test]
fn the_writer_moves_to_its_thread_and_readers_are_shared() {
    const fn sendable<T: Send>() {}
    const fn shareable<T: Send + Sync + Clone>() {}
    sendable::<haubert_historian::Store>();
    shareable::<haubert_historian::Reader>();
    let folder = Folder::new();
    let mut store = folder.store();
    let writer = std::thread::spawn(move || store.declare(&trend(1)).unwrap());
    let series = writer.join().unwrap();
    assert_eq!(folder.reader().series().unwrap()[0].id, series);
}

#[test]
fn a_reader_answers_as_the_writer_does() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    store.append(&batch(series, 0..250)).unwrap();
    store.seal(Timestamp(0), &SealPolicy { max_samples: 100, max_age_ms: i64::MAX }).unwrap();
    store.append(&batch(series, 250..260)).unwrap();
    let reader = folder.reader();
    assert_eq!(reader.range(series, EVER.0, EVER.1).unwrap(), store.range(series, EVER.0, EVER.1).unwrap());
    assert_eq!(reader.latest(series).unwrap(), store.latest(series).unwrap());
    assert_eq!(reader.latest_all().unwrap(), store.latest_all().unwrap());
    assert_eq!(reader.series().unwrap(), store.series().unwrap());
    assert_eq!(reader.chunks_after(1, 10).unwrap(), store.chunks_after(1, 10).unwrap());
    assert_eq!(reader.backlog(1).unwrap(), store.backlog(1).unwrap());
    assert_eq!(reader.stats().unwrap().samples, store.stats().unwrap().samples);
}
