//! The configuration as it was before an update.
//!
//! A new release may bring the configuration to a newer format, which the release before cannot read. So the first start on trial
//! copies it, and a start that finds it too new takes the copy back. What was changed in between is lost with the newer format, and
//! said so; a release that does not change the format loses nothing. History is not copied, for it may fill the disk: a release
//! must not change its format before it is committed.

use crate::config::UpdateConfig;
use crate::storage::keyring::Keyring;
use crate::store::StoreError;
use crate::store::events::{NewEvent, Severity};
use crate::store::opening::{self, Opened};
use crate::store::spare::beside;
use haubert_model::Clock;
use haubert_service::clock::SystemClock;
use haubert_service::files::sync_folder_of;
use haubert_update::{Kind, Slots};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The database and its log, which belongs to it until the last connection closes.
const PARTS: [&str; 2] = ["", "-wal"];

fn copy_of(config: &Path) -> PathBuf {
    beside(config, ".before-update")
}

/// Opens the configuration, with a copy of it first when an update begins its trial, and with that copy when a newer release has
/// left a format that this one cannot read; `events` then gets one that says so.
///
/// # Errors
/// What keeps the store from opening.
pub fn open(update: &UpdateConfig, config: &Path, ring: &Keyring, events: &mut Vec<NewEvent>) -> Result<Opened, StoreError> {
    keep(update, config)?;
    match opening::open(config, ring) {
        Err(StoreError::TooNew { .. }) if take_back(config)? => {
            events.push(NewEvent::new(SystemClock::new().now(), Severity::Critical, "config_taken_back", []));
            opening::open(config, ring)
        }
        opened => opened,
    }
}

/// Copies the configuration when this is the first start of an update on trial. Nothing may have it open.
///
/// # Errors
/// What the disk says: a release on trial must not go on then.
fn keep(update: &UpdateConfig, config: &Path) -> io::Result<()> {
    let Some(state) = update.slots.as_deref().and_then(|dir| Slots::new(dir).load().ok()) else { return Ok(()) };
    let first = state.trial.is_some_and(|trial| trial.kind == Kind::Update && trial.starts == 1 && !trial.healthy);
    if !first || !config.exists() {
        return Ok(());
    }
    for part in PARTS {
        let (from, to) = (beside(config, part), beside(&copy_of(config), part));
        match std::fs::remove_file(&to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if from.exists() {
            std::fs::copy(&from, &to)?;
            File::open(&to)?.sync_all()?;
        }
    }
    sync_folder_of(config)
}

/// Puts the copy in the place of a configuration that is too new, which is kept beside it. `false` when there is no copy.
///
/// # Errors
/// What the disk says.
fn take_back(config: &Path) -> io::Result<bool> {
    let copy = copy_of(config);
    if !copy.exists() {
        return Ok(false);
    }
    // The log first: it must not be taken for the log of the file that comes in this one's place.
    for part in ["-wal", "-shm", ""] {
        let (from, to) = (beside(config, part), beside(config, &format!(".newer{part}")));
        if from.exists() {
            std::fs::rename(&from, &to)?;
        }
    }
    for part in ["-wal", ""] {
        let from = beside(&copy, part);
        if from.exists() {
            std::fs::rename(&from, beside(config, part))?;
        }
    }
    sync_folder_of(config)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_update::State;

    #[test]
    fn the_first_start_on_trial_keeps_a_copy_and_it_can_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config.db");
        let slots = Slots::new(&dir.path().join("slots"));
        std::fs::create_dir(dir.path().join("slots")).unwrap();
        let update = UpdateConfig { slots: Some(dir.path().join("slots")), ..UpdateConfig::default() };
        let read = || haubert_service::files::read_text_bounded(&config, 100).unwrap();
        std::fs::write(&config, "old").unwrap();
        let mut state = State::first("1.0.0".to_owned());
        slots.save(&state).unwrap();
        keep(&update, &config).unwrap();
        assert!(!take_back(&config).unwrap(), "an ordinary start copies nothing");
        state.filled("2.0.0".to_owned());
        assert!(state.switch(Kind::Update));
        state.start(|_| Vec::new());
        slots.save(&state).unwrap();
        keep(&update, &config).unwrap();
        std::fs::write(&config, "new").unwrap();
        // The second attempt finds a configuration that may have been changed already.
        state.start(|_| Vec::new());
        slots.save(&state).unwrap();
        keep(&update, &config).unwrap();
        assert!(take_back(&config).unwrap());
        assert_eq!(read(), "old");
        assert!(!take_back(&config).unwrap());
    }
}
