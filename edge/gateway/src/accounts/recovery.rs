//! The way back in for whoever stands at the machine, when nobody of the profile Cyber security can come in any more.
//!
//! `haubert-gateway recover-access`, run by whoever may read the data folder, prints a code that is good once, for an hour. With
//! it the sign-in page gives one account the profile Cyber security and a new password, and ends what locks it. The gateway runs
//! on meanwhile. Making the code and using it are events.

use crate::config::Config;
use crate::store::events::{self, NewEvent, Severity};
use crate::store::{Db, StoreError, opening, settings, spare};
use haubert_model::{Clock, Secret, Timestamp};
use haubert_service::clock::SystemClock;
use haubert_trust::{SetupCode, hash_password};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::io::Write;

const SETTING: &str = "recovery";
/// How long a code is good.
const GOOD_FOR_MS: i64 = 3_600_000;

/// A code that was printed: what can be checked, not the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    hash: String,
    made_at: Timestamp,
}

impl Recovery {
    /// The hash to check a typed code against, while it is good. A clock that went back makes it good no longer.
    pub fn hash(&self, now: Timestamp) -> Option<String> {
        (0..GOOD_FOR_MS).contains(&now.ms_since(self.made_at)).then(|| self.hash.clone())
    }
}

/// A code as it is hashed: whatever its case, dashes and spaces.
pub fn normal(typed: &str) -> Secret {
    let chars = typed.chars().take(64).filter(|c| c.is_ascii_alphanumeric());
    Secret::new(chars.map(|c| c.to_ascii_uppercase()).collect())
}

/// The code that waits, if any.
///
/// # Errors
/// When the store fails.
pub fn waiting(tx: &Transaction<'_>) -> Result<Option<Recovery>, StoreError> {
    settings::get(tx, SETTING)
}

/// Takes the code back: it is good once. `false` when another request was faster.
///
/// # Errors
/// When the store fails.
pub fn take(tx: &Transaction<'_>, used: &Recovery) -> Result<bool, StoreError> {
    let is_there = waiting(tx)?.as_ref() == Some(used);
    settings::remove(tx, SETTING)?;
    Ok(is_there)
}

/// Makes a code and prints it. The gateway may run meanwhile.
///
/// # Errors
/// When this is not a data folder, or it cannot be written.
pub fn recover_access(config: &Config, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let (file, key_file) = (config.data_dir.join("config.db"), config.data_dir.join("storage.key"));
    // Nothing is made anew here: an empty folder is a wrong folder.
    for needed in [&file, &key_file] {
        if !needed.exists() && !spare::copy_of(needed).exists() {
            return Err(format!("{} is not there: is this the data folder?", needed.display()).into());
        }
    }
    let keys = opening::keys(&key_file)?;
    let db = keys.iter().find_map(|key| Db::open(&file, key).ok()).ok_or("the configuration cannot be opened")?;
    let code = SetupCode::random()?;
    let hash = hash_password(&normal(code.text().expose()))?;
    let now = SystemClock::new().now();
    db.call_blocking(move |tx| {
        settings::set(tx, SETTING, &Recovery { hash, made_at: now })?;
        events::add(tx, &NewEvent::new(now, Severity::Critical, "recovery_code_made", []))?;
        Ok(())
    })?;
    writeln!(out, "Recovery code, good once, for one hour: {}", code.text().expose())?;
    writeln!(out, "On the sign-in page: \"I cannot get in\".")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_trust::{KeyFile, verify_password};

    #[test]
    fn a_code_is_printed_once_kept_as_a_hash_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
        assert!(recover_access(&config, &mut Vec::new()).is_err(), "an empty folder");
        let key = KeyFile::open_or_create(&dir.path().join("storage.key")).unwrap();
        let db = Db::open(&dir.path().join("config.db"), &key).unwrap();
        let mut out = Vec::new();
        recover_access(&config, &mut out).unwrap();
        let said = String::from_utf8(out).unwrap();
        let code = said.lines().next().unwrap().rsplit(' ').next().unwrap();
        let kept = db.call_blocking(waiting).unwrap().unwrap();
        let hash = kept.hash(kept.made_at).unwrap();
        assert!(verify_password(&normal(&code.to_lowercase().replace('-', " ")), &hash));
        assert!(!verify_password(&normal("AAAA-AAAA-AAAA"), &hash));
        assert!(kept.hash(kept.made_at.plus_ms(GOOD_FOR_MS)).is_none(), "an hour later");
        assert!(kept.hash(kept.made_at.plus_ms(-1)).is_none(), "the clock went back");
        assert!(db.call_blocking(move |tx| Ok((take(tx, &kept)?, take(tx, &kept)?))).unwrap() == (true, false));
    }
}
