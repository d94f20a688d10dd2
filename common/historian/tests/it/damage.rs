//! Flipped bits: an error that says so, never a panic, never a wrong value.

use crate::support::{EVER, Folder, batch, key, samples, trend};
use haubert_historian::{SealPolicy, Store, StoreError};
use haubert_model::{SeriesId, Timestamp};
use std::io::Read;

const COUNT: i64 = 4000;

fn written() -> (Folder, SeriesId, Vec<u8>) {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    store.append(&batch(series, 0..COUNT - 500)).unwrap();
    store.seal(Timestamp(0), &SealPolicy { max_samples: 200, max_age_ms: 0 }).unwrap();
    store.append(&batch(series, COUNT - 500..COUNT)).unwrap();
    drop(store);
    let mut bytes = Vec::new();
    std::fs::File::open(folder.file()).unwrap().take(64 << 20).read_to_end(&mut bytes).unwrap();
    (folder, series, bytes)
}

fn read_all(folder: &Folder, series: SeriesId) -> Result<usize, StoreError> {
    let mut store = Store::open(folder.file(), &key())?;
    let found = store.range(series, EVER.0, EVER.1)?;
    assert!(found == samples(0..COUNT), "a wrong value was read");
    store.latest_all()?;
    store.stats()?;
    store.chunks_after(0, usize::MAX)?;
    store.append(&batch(series, [COUNT]))?;
    store.seal(Timestamp(0), &SealPolicy { max_samples: 1, max_age_ms: 0 })?;
    Ok(found.len())
}

#[test]
fn flipped_bits_are_noticed_wherever_they_are() {
    let (folder, series, bytes) = written();
    let step = bytes.len() / 97;
    let mut noticed = 0;
    for at in (0..bytes.len()).step_by(step) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        std::fs::write(folder.file(), &damaged).unwrap();
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", folder.file().display()));
        }
        if let Ok(store) = Store::open(folder.file(), &key()) {
            assert!(!store.check().unwrap().is_empty(), "byte {at} passes the check");
        }
        match read_all(&folder, series) {
            // A page that nothing uses.
            Ok(_) => {}
            Err(StoreError::WrongKey | StoreError::Damaged(_) | StoreError::DamagedRow { .. }) => noticed += 1,
            Err(other) => panic!("byte {at}: {other:?}"),
        }
    }
    assert!(noticed > 40, "{noticed} of 97 noticed");
}

#[test]
fn a_cut_file_is_noticed() {
    let (folder, series, bytes) = written();
    assert_eq!(folder.reader().check().unwrap(), Vec::<String>::new());
    for part in [1, 100, 4096, bytes.len() / 2, bytes.len() - 4096] {
        std::fs::write(folder.file(), &bytes[..part]).unwrap();
        assert!(read_all(&folder, series).is_err(), "{part} bytes");
    }
}

#[test]
fn a_damaged_chunk_is_named_and_the_others_are_read() {
    let (folder, series, _) = written();
    let connection = rusqlite::Connection::open(folder.file()).unwrap();
    connection.pragma_update(None, "key", format!("x'{}'", "5a".repeat(32))).unwrap();
    connection.execute("UPDATE chunk SET bytes = x'00112233' WHERE cursor = 3", []).unwrap();
    drop(connection);
    let store = folder.store();
    assert_eq!(store.check().unwrap(), ["chunk 3: not a chunk"]);
    let error = store.range(series, EVER.0, EVER.1).unwrap_err();
    assert_eq!(error.to_string(), "chunk 3 of the history file is damaged");
    let third = &store.chunks_after(2, 1).unwrap()[0];
    assert!(!store.range(series, EVER.0, third.first).unwrap().is_empty());
    assert!(!store.range(series, third.last.plus_ms(1), EVER.1).unwrap().is_empty());
}
