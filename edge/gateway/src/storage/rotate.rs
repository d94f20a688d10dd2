//! Another storage key: everything is copied under a new key, then the old key is destroyed.

use super::keyring::Keyring;
use super::reencrypt::reencrypt;
use super::staged::{Purpose, Staged, settle};
use super::{DATABASES, StorageError, free_bytes};
use crate::store::spare::beside;
use haubert_trust::Key;
use std::path::Path;

/// Room left beside the copies.
const SPARE_BYTES: u64 = 8 << 20;

/// How far a rotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The new key is written.
    KeyMade,
    /// This database is copied under it.
    Copied(&'static str),
    /// From here on the new key counts.
    Committed,
    /// Everything is in its place and the old key destroyed.
    Done,
}

/// Copies everything in `data_dir`, of which nobody may have a file open, under a new key. `after` is told each step and may stop
/// there, as a power cut would; the next start then goes on with the old key, or from [`Step::Committed`] on with the new.
///
/// # Errors
/// That there is no room, damage, what the disk says: the old key then stays.
pub fn rotate(
    data_dir: &Path,
    ring: &Keyring,
    key: &Key,
    after: &mut dyn FnMut(Step) -> Result<(), StorageError>,
) -> Result<Key, StorageError> {
    let files: Vec<&'static str> = DATABASES.into_iter().filter(|name| data_dir.join(name).exists()).collect();
    let length = |name: &&str| {
        ["", "-wal"]
            .iter()
            .map(|part| std::fs::metadata(beside(&data_dir.join(name), part)).map_or(0, |file| file.len()))
            .sum::<u64>()
    };
    let needed = files.iter().map(length).sum::<u64>().saturating_add(SPARE_BYTES);
    let free = free_bytes(data_dir)?;
    if free < needed {
        return Err(StorageError::Room { needed, free });
    }
    let next = Key::random()?;
    let mut staged = Staged::begin(data_dir)?;
    for name in ring.stage(&next, &staged.folder())? {
        staged.add(name);
    }
    after(Step::KeyMade)?;
    for name in files {
        if let Err(error) = reencrypt(&data_dir.join(name), key, &staged.folder().join(name), &next) {
            staged.abandon()?;
            return Err(error);
        }
        staged.add(name);
        after(Step::Copied(name))?;
    }
    // The trail keeps its own keys, sealed under this one in two copies: one follows now, the other once the new key counts.
    crate::audit::rewrap_folder(&data_dir.join("audit"), key, &next)
        .map_err(|error| StorageError::Refused(format!("the audit trail's keys: {error}")))?;
    staged.commit(Purpose::Rotation)?;
    after(Step::Committed)?;
    settle(data_dir)?;
    after(Step::Done)?;
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::keyring::Place;
    use crate::store::{opening, settings};
    use haubert_historian::{Reader, Sample, SeriesSpec, Store};
    use haubert_model::{LoadId, Quantity, Reason, RecordKind, Timestamp};
    use std::collections::BTreeSet;

    struct Folder {
        dir: tempfile::TempDir,
        credential: Option<Key>,
    }

    impl Folder {
        fn new(credential: Option<Key>) -> Self {
            let this = Self { dir: tempfile::tempdir().unwrap(), credential };
            let opened = opening::open(&this.path("config.db"), &this.ring()).unwrap();
            opened.db.call_blocking(|tx| settings::set(tx, "site", &"Quai".to_owned())).unwrap();
            let mut store = Store::open(this.path("history.db"), &historian(&opened.key)).unwrap();
            let spec = SeriesSpec {
                kind: RecordKind::Trend,
                quantity: Quantity::Frequency,
                exponent: -3,
                period_ms: Some(1000),
                load: LoadId(uuid::Uuid::from_u128(1)),
                rollover: None,
            };
            let series = store.declare(&spec).unwrap();
            let samples: Vec<_> =
                (0..500).map(|at| (series, Sample::measured(Timestamp::from_secs(at), at, Reason::Measured))).collect();
            store.append(&samples).unwrap();
            this
        }

        fn path(&self, name: &str) -> std::path::PathBuf {
            self.dir.path().join(name)
        }

        fn ring(&self) -> Keyring {
            Keyring::new(self.path("storage.key"), self.credential.clone())
        }

        /// As a start does it; all must be there.
        fn start(&self) -> Key {
            settle(self.dir.path()).unwrap();
            let opened = opening::open(&self.path("config.db"), &self.ring()).unwrap();
            let site = opened.db.call_blocking(|tx| settings::get::<String>(tx, "site")).unwrap();
            assert_eq!(site.as_deref(), Some("Quai"));
            let reader = Reader::open(self.path("history.db"), &historian(&opened.key)).unwrap();
            assert_eq!(reader.check().unwrap(), Vec::<String>::new());
            let series = reader.specs().unwrap()[0].0;
            assert_eq!(reader.range(series, Timestamp(0), Timestamp::from_secs(1_000)).unwrap().len(), 500);
            assert!(!self.path("staged").exists());
            opened.key
        }
    }

    fn historian(key: &Key) -> haubert_historian::Key {
        haubert_historian::Key::new(*key.expose())
    }

    const STEPS: [Step; 5] = [Step::KeyMade, Step::Copied("config.db"), Step::Copied("history.db"), Step::Committed, Step::Done];

    #[test]
    fn a_power_cut_after_any_step_leaves_one_key_and_everything() {
        for credential in [None, Some(Key::random().unwrap())] {
            for cut in STEPS {
                let folder = Folder::new(credential.clone());
                let old = folder.start();
                let outcome = rotate(folder.dir.path(), &folder.ring(), &old, &mut |step| {
                    if step == cut { Err(StorageError::Refused("cut".to_owned())) } else { Ok(()) }
                });
                assert!(outcome.is_err());
                let key = folder.start();
                assert_eq!(key != old, matches!(cut, Step::Committed | Step::Done), "{cut:?}");
                // And it can be done again.
                let next = rotate(folder.dir.path(), &folder.ring(), &key, &mut |_| Ok(())).unwrap();
                assert_eq!(folder.start(), next);
            }
        }
    }

    #[test]
    fn a_power_cut_between_any_two_files_that_take_their_places_is_carried_on() {
        // Each file that is in its place already, as renames happened in any number of them.
        let names = ["config.db", "history.db", "storage.key"];
        for done in 0..=names.len() {
            let folder = Folder::new(None);
            let old = folder.start();
            let cut = rotate(folder.dir.path(), &folder.ring(), &old, &mut |step| {
                if step == Step::Committed { Err(StorageError::Refused("cut".to_owned())) } else { Ok(()) }
            });
            assert!(cut.is_err());
            for name in &names[..done] {
                std::fs::rename(folder.path("staged").join(name), folder.path(name)).unwrap();
            }
            assert_ne!(folder.start(), old, "{done}");
        }
    }

    #[test]
    fn nothing_that_the_old_key_opens_is_left_and_the_recovery_key_still_opens() {
        let folder = Folder::new(None);
        let old = folder.start();
        let recovery = crate::storage::recovery::renew(&folder.ring(), &old).unwrap();
        std::fs::write(folder.path("history.db.damaged-1"), "x").unwrap();
        let next = rotate(folder.dir.path(), &folder.ring(), &old, &mut |_| Ok(())).unwrap();
        let names: BTreeSet<String> = std::fs::read_dir(folder.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        for name in &names {
            let bytes = haubert_service::files::read_bounded(&folder.path(name), 1 << 30).unwrap();
            assert!(!bytes.windows(32).any(|window| window == old.expose()), "{name}");
            assert!(crate::store::Db::open(&folder.path(name), &old).is_err() || bytes.is_empty(), "{name}");
        }
        assert!(!names.contains("history.db.damaged-1"));
        assert_eq!(folder.start(), next);
        // The machine is lost: only the recovery key is left.
        for name in ["storage.key", "storage.key.last-good"] {
            std::fs::remove_file(folder.path(name)).unwrap();
        }
        let wrong = haubert_trust::RecoveryKey::random().unwrap();
        assert!(crate::storage::recovery::recover(folder.dir.path(), &folder.ring(), &wrong).is_err());
        crate::storage::recovery::recover(folder.dir.path(), &folder.ring(), &recovery).unwrap();
        assert_eq!(folder.start(), next);
        assert_eq!(folder.ring().place(), Place::File);
    }

    #[test]
    fn damage_stops_it_before_anything_changed() {
        let folder = Folder::new(None);
        let old = folder.start();
        let mut bytes = haubert_service::files::read_bounded(&folder.path("history.db"), 1 << 30).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(folder.path("history.db"), &bytes).unwrap();
        assert!(rotate(folder.dir.path(), &folder.ring(), &old, &mut |_| Ok(())).is_err());
        assert_eq!(settle(folder.dir.path()).unwrap(), None);
        assert_eq!(opening::open(&folder.path("config.db"), &folder.ring()).unwrap().key, old);
        assert_eq!(haubert_service::files::read_bounded(&folder.path("history.db"), 1 << 30).unwrap(), bytes);
    }
}
