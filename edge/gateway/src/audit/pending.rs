//! What is changed at the machine's own console, by a command beside the gateway or without it.
//!
//! Only one program may write the trail. A command leaves its records in the configuration, in the transaction of the change
//! itself, and the gateway takes them over: within seconds when it runs, at the next start otherwise.

use super::{Audit, Unavailable};
use crate::store::{Db, StoreError};
use haubert_model::Clock as _;
use haubert_service::clock::SystemClock;
use haubert_service::wire::Time;
use haubert_trust::audit::{Actor, Entry};
use rusqlite::{Transaction, params};

/// Records taken over at once.
const BATCH: u32 = 500;

/// Commits `tx` with its records left for the gateway.
///
/// # Errors
/// What SQLite said.
pub(super) fn leave(tx: Transaction<'_>, entries: impl Iterator<Item = Entry>) -> Result<(), StoreError> {
    for entry in entries {
        let entry = Entry { actor: Actor::console(), ..entry.detail("made_at", Time(SystemClock::new().now())) };
        let text = serde_json::to_string(&entry).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        tx.execute("insert into audit_pending (entry) values (?1)", params![text])?;
    }
    Ok(tx.commit()?)
}

impl Audit {
    /// Takes over what commands have left. What is recorded and not yet removed when the power goes is recorded again.
    ///
    /// # Errors
    /// When the configuration cannot be read, or the trail not written.
    pub async fn take_pending(&self, db: &Db) -> Result<(), StoreError> {
        loop {
            let left: Vec<(i64, String)> = db
                .note(|tx| {
                    let mut rows = tx.prepare("select id, entry from audit_pending order by id limit ?1")?;
                    let rows = rows.query_map([BATCH], |row| Ok((row.get(0)?, row.get(1)?)))?;
                    Ok(rows.collect::<Result<_, _>>()?)
                })
                .await?;
            let Some(last) = left.last().map(|(id, _)| *id) else { return Ok(()) };
            let entries = left.iter().filter_map(|(_, text)| serde_json::from_str(text).ok()).collect();
            let audit = self.clone();
            let written = tokio::task::spawn_blocking(move || audit.append(entries)).await;
            let _head = written.map_err(|_| StoreError::Stopping)?.map_err(|error: Unavailable| StoreError::Audit(error))?;
            db.note(move |tx| Ok(tx.execute("delete from audit_pending where id <= ?1", [last]).map(|_| ())?)).await?;
        }
    }
}
