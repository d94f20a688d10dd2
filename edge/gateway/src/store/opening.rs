//! Opening key and configuration at a start, with whichever of their copies are good.
//!
//! A key carries no checksum: the right one is the one that opens the configuration; where keys are looked for and kept is told
//! by [`Keyring`]. Only what the cipher's authentication refuses is damage; a disk that fails to read is reported and changes
//! nothing.

use super::spare::{beside, copy_of};
use super::{Db, StoreError, events};
use crate::storage::keyring::Keyring;
use haubert_service::files::sync_folder_of;
use haubert_trust::Key;
use std::path::{Path, PathBuf};

/// How far event numbers leap when the second copy takes over, which may lack the newest events: the hub has seen those, and
/// takes a number it has seen for an event it has.
pub(crate) const EVENT_LEAP: i64 = 1_000_000;

/// What was damaged or missing and is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// The configuration; the damaged file is kept there, if there was one.
    Configuration(Option<PathBuf>),
    /// The key.
    Key(Option<PathBuf>),
}

/// What a start has found.
pub struct Opened {
    /// The configuration.
    pub db: Db,
    /// The key that opens it.
    pub key: Key,
    /// What came from a second copy.
    pub restored: Vec<Restored>,
}

/// Opens the configuration in `path` with a key of `ring`, or their second copies when the first are damaged; makes both when
/// there is nothing yet.
///
/// # Errors
/// [`StoreError::Unreadable`] when no copy can be read with any key, [`StoreError::KeyMissing`] when there is no key,
/// [`StoreError::Sealed`] when nothing unseals it; what the disk says.
pub fn open(path: &Path, ring: &Keyring) -> Result<Opened, StoreError> {
    if ![path, &copy_of(path)].iter().any(|file| file.exists()) && !ring.is_there() {
        ring.create()?;
    }
    let keys = ring.candidates()?;
    if keys.is_empty() {
        return Err(StoreError::KeyMissing { path: ring.open_file().to_owned() });
    }
    let (db, key, mut restored) = match first_that_opens(path, &keys)? {
        Some((db, key)) => (db, key, Vec::new()),
        None => {
            let (db, key, kept) = from_copy(path, &keys)?;
            (db, key, vec![Restored::Configuration(kept)])
        }
    };
    restored.extend(ring.settle(&key)?.map(Restored::Key));
    Ok(Opened { db, key, restored })
}

/// The keys of a folder that may be the right one, the likeliest first.
///
/// # Errors
/// As [`Keyring::candidates`].
pub fn keys(key_file: &Path) -> Result<Vec<Key>, StoreError> {
    Keyring::of_process(key_file)?.candidates()
}

fn first_that_opens(path: &Path, keys: &[Key]) -> Result<Option<(Db, Key)>, StoreError> {
    // SQLite would make a new configuration of nothing, although there has been one.
    let is_there = std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
    if !is_there && copy_of(path).exists() {
        return Ok(None);
    }
    for key in keys {
        match Db::open(path, key) {
            Ok(db) => return Ok(Some((db, key.clone()))),
            Err(StoreError::Unreadable { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Puts the second copy in the first's place, once it is known to be whole.
fn from_copy(path: &Path, keys: &[Key]) -> Result<(Db, Key, Option<PathBuf>), StoreError> {
    let unreadable = || StoreError::Unreadable { path: path.to_owned() };
    let copy = copy_of(path);
    if !copy.exists() {
        return Err(unreadable());
    }
    // A third file, so that the copy stays as it is whatever happens now.
    let new = beside(path, ".restoring");
    for suffix in ["", "-wal", "-shm"] {
        remove(&beside(&new, suffix))?;
    }
    std::fs::copy(&copy, &new)?;
    let (db, key) = first_that_opens(&new, keys)?.ok_or_else(unreadable)?;
    db.call_blocking(|tx| {
        let seen = events::highest(tx)?.cast_signed();
        tx.execute("delete from sqlite_sequence where name = 'event'", [])?;
        tx.execute("insert into sqlite_sequence (name, seq) values ('event', ?1)", [seen + EVENT_LEAP])?;
        Ok(())
    })?;
    // The last to close it moves its log into the file.
    drop(db);
    std::fs::File::open(&new)?.sync_all()?;
    let kept = put_aside(path)?;
    std::fs::rename(&new, path)?;
    sync_folder_of(path)?;
    Ok((Db::open(path, &key)?, key, kept))
}

/// Renames a damaged file and what belongs to it; tells to what.
pub(crate) fn put_aside(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    let kept = free_name(path);
    // The log first: it must not be taken for the log of the file that comes in this one's place.
    for suffix in ["-wal", "-shm", ""] {
        let part = beside(path, suffix);
        if part.exists() {
            std::fs::rename(&part, beside(&kept, suffix))?;
        }
    }
    Ok(kept.exists().then_some(kept))
}

/// A name for a damaged file that is not taken yet.
pub(super) fn free_name(path: &Path) -> PathBuf {
    let names = (1..u32::MAX).map(|number| beside(path, &format!(".damaged-{number}")));
    names.into_iter().find(|name| !name.exists()).unwrap_or_else(|| beside(path, ".damaged"))
}

pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::{NewEvent, Severity};
    use super::super::settings;
    use super::super::spare::Spare;
    use super::*;
    use haubert_model::Timestamp;
    use haubert_trust::{KeyFileError, write_private};

    type Damage = (&'static str, fn(&Folder));

    struct Folder {
        dir: tempfile::TempDir,
    }

    impl Folder {
        /// With a setting and an event, and both copies.
        async fn new() -> Self {
            let this = Self { dir: tempfile::tempdir().unwrap() };
            let opened = this.open().unwrap();
            assert_eq!(opened.restored, []);
            opened.db.call_blocking(|tx| settings::set(tx, "site", &"Quai".to_owned())).unwrap();
            let event = NewEvent::new(Timestamp(0), Severity::Info, "started", []);
            opened.db.call_blocking(|tx| events::add(tx, &event)).unwrap();
            Spare::new(opened.db, this.file("config.db"), opened.key).refresh().await.unwrap();
            this
        }

        fn file(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn open(&self) -> Result<Opened, StoreError> {
            open(&self.file("config.db"), &Keyring::new(self.file("storage.key"), None))
        }

        fn bytes(&self, name: &str) -> Vec<u8> {
            haubert_service::files::read_bounded(&self.file(name), 1 << 20).unwrap()
        }

        fn flip(&self, name: &str, at: usize) {
            let mut bytes = self.bytes(name);
            bytes[at] ^= 4;
            std::fs::write(self.file(name), bytes).unwrap();
        }

        fn is_complete(&self, opened: &Opened) {
            let site = opened.db.call_blocking(|tx| settings::get::<String>(tx, "site")).unwrap();
            assert_eq!(site.as_deref(), Some("Quai"));
            assert_eq!(keys(&self.file("storage.key")).unwrap(), std::slice::from_ref(&opened.key));
        }
    }

    #[tokio::test]
    async fn any_damage_to_one_copy_is_mended_and_told_once() {
        let damages: [Damage; 8] = [
            ("the salt", |folder| folder.flip("config.db", 3)),
            ("the first page", |folder| folder.flip("config.db", 2_000)),
            ("a later page", |folder| folder.flip("config.db", 9_000)),
            ("cut short", |folder| std::fs::write(folder.file("config.db"), [7; 1_000]).unwrap()),
            ("empty", |folder| std::fs::write(folder.file("config.db"), []).unwrap()),
            ("gone", |folder| std::fs::remove_file(folder.file("config.db")).unwrap()),
            ("the key", |folder| folder.flip("storage.key", 12)),
            ("key and configuration", |folder| {
                write_private(&folder.file("storage.key"), &[1; 5]).unwrap();
                folder.flip("config.db", 70);
            }),
        ];
        for (what, damage) in damages {
            let folder = Folder::new().await;
            damage(&folder);
            let opened = folder.open().unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(!opened.restored.is_empty(), "{what}");
            folder.is_complete(&opened);
            drop(opened);
            let again = folder.open().unwrap();
            assert_eq!(again.restored, [], "{what}");
            folder.is_complete(&again);
        }
    }

    #[tokio::test]
    async fn damage_to_a_copy_is_no_concern_and_damage_to_both_is_refused_and_touches_nothing() {
        let folder = Folder::new().await;
        folder.flip("config.db.last-good", 5_000);
        folder.flip("storage.key.last-good", 5);
        assert_eq!(folder.open().unwrap().restored, []);
        folder.flip("config.db", 5_000);
        let before = folder.bytes("config.db");
        assert!(matches!(folder.open(), Err(StoreError::Unreadable { .. })));
        assert_eq!(folder.bytes("config.db"), before);
        for name in ["storage.key", "storage.key.last-good"] {
            std::fs::remove_file(folder.file(name)).unwrap();
        }
        assert!(matches!(folder.open(), Err(StoreError::KeyMissing { .. })));
        assert!(!folder.file("storage.key").exists(), "a new key would only hide that the old one is gone");
    }

    #[tokio::test]
    async fn the_hub_is_not_sent_a_number_again_that_it_knows_for_another_event() {
        let folder = Folder::new().await;
        let event = NewEvent::new(Timestamp(0), Severity::Info, "lost", []);
        let last = folder.open().unwrap().db.call_blocking(|tx| events::add(tx, &event)).unwrap();
        folder.flip("config.db", 100);
        let opened = folder.open().unwrap();
        assert!(opened.db.call_blocking(|tx| events::add(tx, &event)).unwrap() > last);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_as_ever() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (config, key) = (dir.path().join("config.db"), dir.path().join("storage.key"));
        let ring = Keyring::new(key.clone(), None);
        open(&config, &ring).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(open(&config, &ring), Err(StoreError::Key(KeyFileError::TooOpen { .. }))));
    }
}
