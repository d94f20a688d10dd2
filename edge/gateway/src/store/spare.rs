//! The second copy of the configuration, beside the first: when bits rot in one, the gateway goes on with the other.
//!
//! Made anew shortly after each change of a setting, and now and then for what is noted all the time: a card of flash wears out
//! by writing. SQLite reads every page through the cipher to make it, so that damage in the first is never copied.

use super::{Db, StoreError, connect};
use haubert_service::files::sync_folder_of;
use haubert_trust::Key;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between a change and its copy: whoever fills in a form makes several.
const SETTLE: Duration = Duration::from_secs(1);
/// Between two copies for the sake of events and marks.
const NOTES_EVERY: Duration = Duration::from_secs(3600);
/// Between two attempts at a disk that refuses.
const AGAIN: Duration = Duration::from_secs(60);

/// Path of something that belongs to `path`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Where the second copy of a file is.
pub(crate) fn copy_of(path: &Path) -> PathBuf {
    beside(path, ".last-good")
}

/// Makes the second copy of a configuration.
#[derive(Clone)]
pub struct Spare {
    db: Db,
    path: PathBuf,
    key: Key,
}

impl Spare {
    /// For the open store `db` in the file `path`.
    pub const fn new(db: Db, path: PathBuf, key: Key) -> Self {
        Self { db, path, key }
    }

    /// Keeps the copy up to date for ever.
    pub async fn work(self) {
        let mut changes = self.db.changes.subscribe();
        loop {
            let kept = *changes.borrow_and_update();
            if let Err(error) = self.refresh().await {
                tracing::error!(error = &error as &dyn std::error::Error, "no second copy of the configuration");
                tokio::time::sleep(AGAIN).await;
                continue;
            }
            let setting = changes.wait_for(|now| now.settings != kept.settings);
            let heard = tokio::time::timeout(NOTES_EVERY, setting).await.map(|changed| changed.is_err());
            let ended = match heard {
                Ok(ended) => ended,
                Err(_) => changes.wait_for(|now| *now != kept).await.is_err(),
            };
            if ended {
                return;
            }
            tokio::time::sleep(SETTLE).await;
        }
    }

    /// Makes the copy now.
    ///
    /// # Errors
    /// What the disk says; [`StoreError::Sqlite`] when the first is damaged. The copy of before is then still there.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.copy()).await.map_err(|_| StoreError::Stopping)?
    }

    fn copy(&self) -> Result<(), StoreError> {
        let (copy, new) = (copy_of(&self.path), beside(&self.path, ".copying"));
        super::opening::remove(&new)?;
        // Encrypted with the same key, since a file that is attached without one takes the first's.
        connect(&self.path, &self.key)?.execute("vacuum into ?1", [new.to_string_lossy()])?;
        let file = File::open(&new)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.sync_all()?;
        std::fs::rename(&new, &copy)?;
        Ok(sync_folder_of(&copy)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::settings;
    use haubert_service::files::read_bounded;

    #[tokio::test]
    async fn a_setting_is_copied_soon_and_the_copy_is_encrypted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.db");
        let key = Key::random().unwrap();
        let db = Db::open(&path, &key).unwrap();
        tokio::spawn(Spare::new(db.clone(), path.clone(), key.clone()).work());
        db.call(|tx| settings::set(tx, "site", &"Quai".to_owned())).await.unwrap();
        loop {
            let copy = copy_of(&path);
            let known = copy.exists().then(|| {
                let other = Db::open(&copy, &key).unwrap();
                other.call_blocking(|tx| settings::get::<String>(tx, "site")).unwrap()
            });
            if known.flatten().as_deref() == Some("Quai") {
                break;
            }
            tokio::task::yield_now().await;
        }
        let bytes = read_bounded(&copy_of(&path), 1 << 20).unwrap();
        assert!(!bytes.windows(15).any(|window| window == b"SQLite format 3"));
        assert!(!bytes.windows(4).any(|window| window == b"Quai"));
    }
}
