//! The engine's name and count of starts, which are this machine's: a restored or copied configuration must not bring those of
//! another, or of earlier.

use crate::store::{Db, StoreError, settings};
use haubert_snmp::{Engine, EngineError, EngineState};
use rusqlite::Transaction;

/// Name of the setting.
const NAME: &str = "snmp_engine";

/// Starts the engine, once for each start of the program. Blocks until its new count is durable.
///
/// # Errors
/// When the store fails.
pub(super) fn start(db: &Db) -> Result<Engine, EngineStartError> {
    let previous: Option<EngineState> = db.call_blocking(|tx| settings::get(tx, NAME))?;
    let db = db.clone();
    Ok(Engine::start(previous, move |now| db.call_blocking(|tx| settings::set(tx, NAME, now)))?)
}

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum EngineStartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Forgets it, in a configuration that takes the place of another: the next start gives it another name. Two gateways of one name
/// would take each other's messages for their own, and under a count of starts that went back managers would refuse every answer.
///
/// # Errors
/// When the store fails.
pub fn begin_anew(tx: &Transaction<'_>) -> Result<(), StoreError> {
    settings::remove(tx, NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_trust::Key;

    #[test]
    fn starts_are_counted_and_a_configuration_from_elsewhere_has_another_engine() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("config.db"), &Key::random().unwrap()).unwrap();
        let first = start(&db).unwrap().state();
        let second = start(&db).unwrap().state();
        assert_eq!((first.boots, second.boots, &second.id), (1, 2, &first.id));
        db.call_blocking(begin_anew).unwrap();
        let other = start(&db).unwrap().state();
        assert!(other.boots == 1 && other.id != first.id);
    }
}
