//! `kill -9` at any moment: no acknowledged sample is lost, none is doubled.
//!
//! The writer is this same test binary, started anew; it acknowledges each batch on its standard output only after the store
//! has taken it. This shows that the order of writes is right; that they reach the platters is SQLite's `synchronous`.

use crate::support::{Folder, all, batch, key, samples, trend};
use haubert_historian::{SealPolicy, Store, chunk};
use haubert_model::{SeriesId, Timestamp};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const FILE: &str = "HAUBERT_CRASH_TEST_FILE";
const ROUNDS: usize = 20;
const SERIES: [u8; 3] = [1, 2, 3];

#[test]
#[ignore = "the writer that the crash test starts and kills"]
fn writer_until_killed() {
    let mut store = Store::open(std::env::var_os(FILE).unwrap(), &key()).unwrap();
    let ids = SERIES.map(|load| store.declare(&trend(load)).unwrap());
    let mut next = all(&store, ids[0]).len() as i64;
    let mut out = std::io::stdout();
    loop {
        let size = 1 + next % 4;
        let samples: Vec<_> = ids.iter().flat_map(|id| batch(*id, next..next + size)).collect();
        store.append(&samples).unwrap();
        next += size;
        writeln!(out, "acknowledged {next}").unwrap();
        if next % 3 == 0 {
            store.seal(Timestamp(0), &SealPolicy { max_samples: 40, max_age_ms: i64::MAX }).unwrap();
        }
    }
}

/// Runs the writer, kills it after `patience` acknowledgements, and returns the last of them.
fn write_and_kill(file: &Path, patience: usize) -> i64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::writer_until_killed", "--ignored", "--nocapture"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged =
        lines.map_while(Result::ok).filter_map(|line| line.rsplit_once("acknowledged ")?.1.parse::<i64>().ok());
    let mut last = acknowledged.by_ref().nth(patience);
    child.kill().unwrap();
    child.wait().unwrap();
    // What was acknowledged before the kill counts, even if it is read after it.
    last = acknowledged.last().max(last);
    last.expect("the writer acknowledged nothing")
}

#[test]
fn kill_9_loses_nothing_acknowledged_and_doubles_nothing() {
    let folder = Folder::new();
    let mut before = 0;
    for round in 0..ROUNDS {
        let acknowledged = write_and_kill(&folder.file(), round * 37 % 60);
        let store = folder.store();
        let mut lengths = Vec::new();
        for info in store.series().unwrap() {
            let found = all(&store, info.id);
            assert_eq!(found, samples(0..found.len() as i64), "round {round}");
            lengths.push(found.len() as i64);
        }
        assert_eq!(lengths.len(), SERIES.len());
        assert!(lengths.iter().all(|length| *length == lengths[0]), "a batch is whole: {lengths:?}");
        assert!(lengths[0] >= acknowledged && acknowledged > before, "round {round}: {} < {acknowledged}", lengths[0]);
        each_once_for_the_hub(&store);
        before = lengths[0];
    }
    assert!(!folder.store().chunks_after(0, 1).unwrap().is_empty(), "sealing was among what was interrupted");
}

fn each_once_for_the_hub(store: &Store) {
    let mut next: BTreeMap<SeriesId, i64> = BTreeMap::new();
    for row in store.chunks_after(0, usize::MAX).unwrap() {
        let from = next.entry(row.series).or_default();
        let to = *from + i64::from(row.count);
        assert_eq!(chunk::decode(&row.bytes).unwrap(), samples(*from..to));
        *from = to;
    }
    let sealed: i64 = next.values().sum();
    let stats = store.stats().unwrap();
    assert_eq!(stats.samples, sealed.unsigned_abs() + stats.open_samples);
}
