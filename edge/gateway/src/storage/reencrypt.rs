//! Copying an encrypted database to another key.

use super::{Doing, StorageError};
use crate::store::connect;
use haubert_trust::Key;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Copies the database in `from`, which nobody may be writing, into the new file `to` under the key `next`: all rows, numbers and
/// the version. Both are read to the end; damage in the first is an error.
///
/// # Errors
/// What the disk says; damage. What is then in `to` is worth nothing.
pub fn reencrypt(from: &Path, key: &Key, to: &Path, next: &Key) -> Result<(), StorageError> {
    crate::store::opening::remove(to)?;
    drop(OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).doing("make the new file")?);
    {
        let connection = connect(from, key)?;
        // A wrong key or a damaged first page shows here.
        let settings = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let (version, vacuum, application) = (settings("user_version")?, settings("auto_vacuum")?, settings("application_id")?);
        let literal = zeroize::Zeroizing::new(format!("x'{}'", &*super::keyring::hex(next)));
        connection.execute("attach ?1 as fresh key ?2", [to.to_string_lossy().as_ref(), literal.as_str()])?;
        // Nothing of it counts before it is whole and synced.
        connection.execute_batch(&format!(
            "pragma fresh.auto_vacuum = {vacuum}; pragma fresh.synchronous = off; pragma fresh.journal_mode = memory;"
        ))?;
        connection.query_row("select sqlcipher_export('fresh')", [], |_| Ok(()))?;
        connection.execute_batch(&format!(
            "pragma fresh.user_version = {version}; pragma fresh.application_id = {application}; detach fresh;"
        ))?;
    }
    File::open(to).and_then(|file| file.sync_all()).doing("make the new file durable")?;
    let copy = connect(to, next)?;
    let found = copy.prepare("pragma cipher_integrity_check")?.query([])?.next()?.is_some();
    if found {
        return Err(StorageError::Refused(format!("{} was not written as it should be", to.display())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::events::{self, NewEvent, Severity};
    use crate::store::{Db, settings};
    use haubert_model::Timestamp;

    #[test]
    fn rows_numbers_and_version_arrive_and_only_the_new_key_opens() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (Key::random().unwrap(), Key::random().unwrap());
        let (from, to) = (dir.path().join("config.db"), dir.path().join("next.db"));
        let db = Db::open(&from, &old).unwrap();
        db.call_blocking(|tx| settings::set(tx, "site", &"Quai".to_owned())).unwrap();
        let event = NewEvent::new(Timestamp(0), Severity::Info, "started", []);
        let last = db.call_blocking(|tx| events::add(tx, &event)).unwrap();
        db.call_blocking(|tx| Ok(tx.execute("delete from event", [])?)).unwrap();
        drop(db);
        reencrypt(&from, &old, &to, &new).unwrap();
        assert!(Db::open(&to, &old).is_err());
        let db = Db::open(&to, &new).unwrap();
        assert_eq!(db.call_blocking(|tx| settings::get::<String>(tx, "site")).unwrap().as_deref(), Some("Quai"));
        assert!(db.call_blocking(|tx| events::add(tx, &event)).unwrap() > last, "a number is never given twice");
        drop(db);
        let mut bytes = haubert_service::files::read_bounded(&from, 1 << 30).unwrap();
        bytes[9_000] ^= 1;
        std::fs::write(&from, bytes).unwrap();
        assert!(reencrypt(&from, &old, &to, &new).is_err());
    }
}
