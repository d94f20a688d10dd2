//! The file tells nothing to whoever lacks its key.

use crate::support::{Folder, all, batch, key, samples, trend};
use haubert_historian::{Key, Reader, SealPolicy, Store, StoreError};
use haubert_model::Timestamp;
use rusqlite::Connection;
use std::io::Read;
use std::path::Path;

fn contains(path: &Path, marker: &str) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    let mut bytes = Vec::new();
    file.take(64 << 20).read_to_end(&mut bytes).unwrap();
    bytes.windows(marker.len()).any(|window| window == marker.as_bytes())
}

#[test]
fn no_plain_text_reaches_the_disk() {
    let folder = Folder::new();
    let marker = trend(1).load.to_string();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    store.append(&batch(series, 0..5000)).unwrap();
    store.seal(Timestamp(0), &SealPolicy { max_samples: 1000, max_age_ms: 0 }).unwrap();
    let wal = folder.file().with_file_name("history.db-wal");
    assert!(wal.exists(), "the log is looked at while it holds data");
    for file in [folder.file(), wal] {
        for plain in [marker.as_str(), "SQLite format 3", "CREATE TABLE", "active_power"] {
            assert!(!contains(&file, plain), "{plain} in {}", file.display());
        }
    }
    drop(store);
    assert!(!contains(&folder.file(), &marker));
    // The same search finds it in a file without a key.
    let plain = folder.file().with_file_name("plain.db");
    let connection = Connection::open(&plain).unwrap();
    connection.execute_batch(&format!("CREATE TABLE t(x); INSERT INTO t VALUES('{marker}');")).unwrap();
    drop(connection);
    assert!(contains(&plain, &marker));
}

#[test]
fn another_key_is_refused_at_once_and_harms_nothing() {
    let folder = Folder::new();
    let mut store = folder.store();
    let series = store.declare(&trend(1)).unwrap();
    store.append(&batch(series, 0..10)).unwrap();
    drop(store);
    let other = Key::new([0x5b; 32]);
    assert!(matches!(Store::open(folder.file(), &other), Err(StoreError::WrongKey)));
    assert!(matches!(Reader::open(folder.file(), &other), Err(StoreError::WrongKey)));
    assert_eq!(all(&folder.store(), series), samples(0..10));
    assert_eq!(format!("{:?}", key()), "Key(…)");
}

#[test]
fn a_plain_or_foreign_file_is_not_taken_for_a_history() {
    let folder = Folder::new();
    let connection = Connection::open(folder.file()).unwrap();
    connection.execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES(1);").unwrap();
    drop(connection);
    assert!(matches!(Store::open(folder.file(), &key()), Err(StoreError::WrongKey)));
    std::fs::write(folder.file(), b"not a database, but longer than a header would be: ".repeat(100)).unwrap();
    assert!(matches!(Store::open(folder.file(), &key()), Err(StoreError::WrongKey)));
}

#[test]
fn a_missing_folder_and_a_missing_file_are_told_apart_from_a_wrong_key() {
    let folder = Folder::new();
    let nowhere = folder.file().join("nowhere/history.db");
    assert!(matches!(Store::open(nowhere, &key()), Err(StoreError::Open(_))));
    assert!(matches!(Reader::open(folder.file(), &key()), Err(StoreError::Open(_))));
    assert!(!folder.file().exists(), "a reader creates nothing");
}

#[test]
fn a_file_of_a_later_version_is_left_alone() {
    let folder = Folder::new();
    drop(folder.store());
    let connection = Connection::open(folder.file()).unwrap();
    connection.pragma_update(None, "key", format!("x'{}'", "5a".repeat(32))).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert!(matches!(Store::open(folder.file(), &key()), Err(StoreError::TooNew { found: 99, .. })));
}

#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mut store = folder.store();
    store.declare(&trend(1)).unwrap();
    for entry in std::fs::read_dir(folder.file().parent().unwrap()).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn each_file_has_an_identity_of_its_own() {
    let (a, b) = (Folder::new(), Folder::new());
    let identity = a.store().identity().unwrap();
    assert_eq!(identity.len(), 32);
    assert_eq!(a.store().identity().unwrap(), identity);
    assert_ne!(b.store().identity().unwrap(), identity);
}
