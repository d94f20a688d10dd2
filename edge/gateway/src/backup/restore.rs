//! Preparing what a backup holds to take the place of what is here.

use super::BackupError;
use super::format::Record;
use super::read::{Config, Progress, config_key, each, verify};
use crate::outlets::snmp;
use crate::storage::desk::{NOTES, Notes};
use crate::storage::reencrypt::reencrypt;
use crate::storage::staged::Staged;
use crate::store::events;
use crate::store::opening::EVENT_LEAP;
use crate::store::{Db, StoreError, settings};
use crate::uplink;
use haubert_historian::Store;
use haubert_model::SeriesId;
use haubert_trust::{Key, Unlock};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

/// Bytes of chunks taken into the new history at a time.
const STEP_BYTES: usize = 8 << 20;

/// Makes everything that the backup in `path` holds ready under `key` in the folder `staged` of `data_dir`; nothing takes effect
/// before the caller commits. The file is read wholly once more before anything is prepared: it may have changed since it was
/// verified.
///
/// # Errors
/// [`BackupError`]; what was prepared is then thrown away.
pub fn prepare(
    data_dir: &Path,
    (key, notes): (&Key, &Notes),
    path: &Path,
    unlock: &Unlock,
    progress: Progress<'_>,
) -> Result<Staged, BackupError> {
    let folder = data_dir.join("restore");
    haubert_trust::private_dir(&folder).map_err(crate::storage::StorageError::from)?;
    let verified = verify(path, unlock, &folder, progress)?;
    let mut staged = Staged::begin(data_dir)?;
    match fill(&mut staged, (key, notes), path, unlock, (verified.about.history_from.is_some(), &folder), progress) {
        Ok(()) => Ok(staged),
        Err(error) => {
            staged.abandon()?;
            Err(error)
        }
    }
}

fn fill(
    staged: &mut Staged,
    (key, notes): (&Key, &Notes),
    path: &Path,
    unlock: &Unlock,
    (with_history, folder): (bool, &Path),
    progress: Progress<'_>,
) -> Result<(), BackupError> {
    let config = Config::in_folder(folder)?;
    let mut file = config.create()?;
    let mut history = match with_history {
        true => Some(Store::open(staged.folder().join("history.db"), &haubert_historian::Key::new(*key.expose()))?),
        false => None,
    };
    let mut about = None;
    let mut numbers: HashMap<SeriesId, SeriesId> = HashMap::new();
    let (mut waiting, mut bytes) = (Vec::new(), 0);
    each(path, unlock, progress, &mut |record| {
        match (record, &mut history) {
            (Record::About(found), _) => about = Some(found),
            (Record::Config(piece), _) => file.write_all(&piece)?,
            (Record::Series(series), Some(store)) => {
                let specs: Vec<_> = series.iter().map(|series| series.spec).collect();
                let ids = store.declare_all(&specs)?;
                numbers.extend(series.iter().map(|series| series.id).zip(ids));
            }
            (Record::Chunk(series, chunk), Some(store)) => {
                let unknown = || BackupError::Invalid(format!("it has samples of the unknown series {series}"));
                bytes += chunk.len();
                waiting.push((*numbers.get(&series).ok_or_else(unknown)?, chunk));
                if bytes >= STEP_BYTES {
                    store.take_in(&waiting)?;
                    (waiting, bytes) = (Vec::new(), 0);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    if let Some(mut store) = history {
        store.take_in(&waiting)?;
        drop(store);
        staged.add("history.db");
    }
    file.sync_all()?;
    drop(file);
    let about = about.ok_or_else(|| BackupError::Invalid("it is empty".to_owned()))?;
    let db = config.open(&about)?;
    db.call_blocking(|tx| as_begun_anew(tx, notes))?;
    drop(db);
    reencrypt(config.path(), &config_key(&about)?, &staged.folder().join("config.db"), key)?;
    drop(Db::open(&staged.folder().join("config.db"), key)?);
    staged.add("config.db");
    Ok(())
}

/// What must not come back with a configuration: who was signed in, and what the hub is thought to have.
fn as_begun_anew(tx: &rusqlite::Transaction<'_>, notes: &Notes) -> Result<(), StoreError> {
    tx.execute("delete from session", [])?;
    // The mark is of the trail of the machine that made the backup, at that time; this machine's goes on.
    settings::remove(tx, crate::audit::capture::MARK)?;
    tx.execute("delete from audit_pending", [])?;
    // The storage is this machine's, whatever comes into it.
    settings::set(tx, NOTES, notes)?;
    uplink::begin_anew(tx)?;
    snmp::begin_anew(tx)?;
    // The hub has seen numbers of events that came after the backup.
    let seen = events::highest(tx)?.cast_signed();
    tx.execute("delete from sqlite_sequence where name = 'event'", [])?;
    tx.execute("insert into sqlite_sequence (name, seq) values ('event', ?1)", [seen.saturating_add(EVENT_LEAP)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::BackupError;
    use crate::backup::make::{Wanted, make};
    use crate::storage::keyring::Keyring;
    use crate::storage::staged::{Purpose, settle};
    use crate::store::events::{NewEvent, Severity};
    use crate::store::{opening, own_profiles};
    use haubert_historian::{Reader, Sample, SeriesSpec};
    use haubert_model::{LoadId, Quantity, Reason, RecordKind, Timestamp};
    use haubert_trust::{RecoveryKey, SealedFault, SealedFor};
    use std::path::PathBuf;

    struct Folder {
        dir: tempfile::TempDir,
    }

    impl Folder {
        fn new(site: &str, samples: i64) -> Self {
            let this = Self { dir: tempfile::tempdir().unwrap() };
            let (db, key) = this.open();
            db.call_blocking(|tx| {
                settings::set(tx, "canary", &site)?;
                own_profiles::put(tx, &format!("own/{site}"), "text")?;
                events::add(tx, &NewEvent::new(Timestamp(0), Severity::Info, "started", []))?;
                Ok(())
            })
            .unwrap();
            let mut store = Store::open(this.path("history.db"), &historian(&key)).unwrap();
            for load in 1..=3u128 {
                let spec = SeriesSpec {
                    kind: RecordKind::Trend,
                    quantity: Quantity::Frequency,
                    exponent: -3,
                    period_ms: Some(1000),
                    load: LoadId(uuid::Uuid::from_u128(load)),
                    rollover: None,
                };
                let series = store.declare(&spec).unwrap();
                let samples: Vec<_> = (0..samples)
                    .map(|at| (series, Sample::measured(Timestamp::from_secs(at), at * at % 997, Reason::Measured)))
                    .collect();
                store.append(&samples).unwrap();
            }
            this
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn open(&self) -> (Db, Key) {
            let opened = opening::open(&self.path("config.db"), &Keyring::new(self.path("storage.key"), None)).unwrap();
            (opened.db, opened.key)
        }

        fn canary(&self) -> Option<String> {
            self.open().0.call_blocking(|tx| settings::get(tx, "canary")).unwrap()
        }

        fn reader(&self) -> Reader {
            Reader::open(self.path("history.db"), &historian(&self.open().1)).unwrap()
        }

        fn back_up(&self, sealed_for: SealedFor, from: Option<i64>) -> Vec<u8> {
            let (db, key) = self.open();
            drop(db);
            let mut bytes = Vec::new();
            let wanted = Wanted {
                config: self.path("config.db"),
                key,
                history: from.map(|from| (self.reader(), Timestamp::from_secs(from))),
                history_identity: self.reader().identity().unwrap(),
                site: "site".to_owned(),
                now: Timestamp(7),
                sealed_for,
            };
            make(&wanted, &mut bytes).unwrap();
            bytes
        }

        fn restore(&self, bytes: &[u8], unlock: &Unlock) -> Result<(), BackupError> {
            let file = self.path("upload");
            std::fs::write(&file, bytes).unwrap();
            let (db, key) = self.open();
            drop(db);
            let staged = prepare(self.dir.path(), (&key, &Notes::default()), &file, unlock, &mut |_| true)?;
            staged.commit(Purpose::Restore)?;
            assert_eq!(settle(self.dir.path())?, Some(Purpose::Restore));
            Ok(())
        }

        fn files(&self) -> Vec<String> {
            let entries = std::fs::read_dir(self.dir.path()).unwrap();
            let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    fn historian(key: &Key) -> haubert_historian::Key {
        haubert_historian::Key::new(*key.expose())
    }

    fn all(reader: &Reader) -> Vec<(LoadId, Vec<Sample>)> {
        let mut all: Vec<_> = reader
            .specs()
            .unwrap()
            .into_iter()
            .map(|(id, spec)| (spec.load, reader.range(id, Timestamp(0), Timestamp::from_secs(100_000)).unwrap()))
            .collect();
        all.sort_by_key(|(load, _)| load.to_string());
        all
    }

    #[test]
    fn another_machine_gets_everything_under_its_own_key_and_another_history_identity() {
        let recovery = RecoveryKey::random().unwrap();
        let old = Folder::new("Quai", 3_000);
        let bytes = old.back_up(SealedFor::Recovery(recovery.public().unwrap()), Some(0));
        let left: Vec<String> = old.files().into_iter().filter(|name| name.contains("backup")).collect();
        assert_eq!(left, Vec::<String>::new(), "nothing is left beside the backup");
        for plain in [b"Quai".as_slice(), b"SQLite format", old.open().1.expose()] {
            assert!(!bytes.windows(plain.len()).any(|window| window == plain));
        }
        let new = Folder::new("Neuf", 10);
        let (key, identity) = (new.open().1, new.reader().identity().unwrap());
        new.restore(&bytes, &Unlock::Recovery(recovery)).unwrap();
        assert_eq!(new.canary().as_deref(), Some("Quai"));
        assert_eq!(new.open().1, key, "the machine keeps its own key");
        assert_eq!(all(&new.reader()), all(&old.reader()));
        let restored = new.reader().identity().unwrap();
        assert!(restored != identity && restored != old.reader().identity().unwrap());
        let event = NewEvent::new(Timestamp(0), Severity::Info, "started", []);
        assert!(new.open().0.call_blocking(|tx| events::add(tx, &event)).unwrap() > EVENT_LEAP);
    }

    #[test]
    fn without_history_that_of_the_machine_stays() {
        let unlock = || Unlock::Passphrase(haubert_model::Secret::new("a long passphrase".to_owned()));
        let sealed_for = SealedFor::Passphrase(haubert_model::Secret::new("a long passphrase".to_owned()));
        let bytes = Folder::new("Quai", 20).back_up(sealed_for, None);
        let new = Folder::new("Neuf", 10);
        let (history, identity) = (all(&new.reader()), new.reader().identity().unwrap());
        new.restore(&bytes, &unlock()).unwrap();
        assert_eq!((new.canary().as_deref(), all(&new.reader())), (Some("Quai"), history));
        assert_eq!(new.reader().identity().unwrap(), identity);
    }

    #[test]
    fn a_thousand_flipped_bits_and_any_cut_are_refused_and_change_nothing() {
        let recovery = RecoveryKey::random().unwrap();
        let bytes = Folder::new("Quai", 2_000).back_up(SealedFor::Recovery(recovery.public().unwrap()), Some(0));
        let new = Folder::new("Neuf", 10);
        let unlock = Unlock::Recovery(recovery);
        let file = new.path("upload");
        let refused = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            crate::backup::read::verify(&file, &unlock, new.dir.path(), &mut |_| true).err()
        };
        let bits = bytes.len() * 8;
        let (mut tried, mut found) = (0, 0);
        for bit in (0..bits).step_by(bits / 1_000) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            found += usize::from(refused(&flipped).is_some());
            tried += 1;
        }
        haubert_score::record("06.backup", found == tried, format!("{found} of {tried} refused"));
        assert!(tried >= 1_000 && found == tried, "{found} of {tried}");
        for length in (0..bytes.len()).step_by(65_552) {
            assert!(refused(&bytes[..length]).is_some(), "{length}");
        }
        let truncated = refused(&bytes[..96 + 65_552]);
        assert!(matches!(truncated, Some(BackupError::Sealed(SealedFault::Truncated(0)))), "{truncated:?}");
        assert!(refused(&bytes).is_none(), "the control");
        let mut flipped = bytes.clone();
        let middle = bytes.len() / 2;
        flipped[middle] ^= 1;
        let before = new.files();
        assert!(new.restore(&flipped, &unlock).is_err());
        let after: Vec<String> = new.files().into_iter().filter(|name| name != "restore").collect();
        assert_eq!(after, before);
        assert_eq!(new.canary().as_deref(), Some("Neuf"));
    }
}
