//! Opens the history at the start, whatever state it is in.

use super::Outcome;
use crate::app::record;
use crate::store::Db;
use crate::store::events::{NewEvent, Severity};
use crate::store::first_page;
use haubert_historian::Store;
use haubert_model::Clock;
use haubert_service::clock::SystemClock;
use haubert_trust::Key;
use std::path::Path;

/// Opens the history. The configuration has just opened with the same key, so a key that does not fit means a damaged first
/// page: what the copy of that page makes readable is saved. A file of which nothing can be read is put aside and a new one
/// begun, since measuring on matters more than stopping.
pub(super) async fn open(path: &Path, key: &Key, db: &Db) -> Outcome<Store> {
    use haubert_historian::StoreError as Failed;
    // Before the clock is watched, for what history knows of time belongs to that.
    let clock = SystemClock::new();
    let history_key = haubert_historian::Key::new(*key.expose());
    // An overview touches pages that opening does not, and is needed in a moment.
    let opened = Store::open(path, &history_key).and_then(|store| store.stats().map(|_| store));
    let error = match opened {
        Err(error @ (Failed::WrongKey | Failed::Damaged(_) | Failed::DamagedRow { .. })) => error,
        opened => return Ok(opened?),
    };
    let mended = match error {
        Failed::WrongKey => first_page::mend(path, key),
        _ => haubert_historian::repair(path, &history_key).map(Some).map_err(Into::into),
    };
    match mended {
        Ok(Some(report)) => {
            let (code, detail) = match report.lost.is_empty() {
                true => ("history_restored", String::new()),
                false => ("history_salvaged", report.lost.join("; ")),
            };
            let params = [("file", report.kept.display().to_string()), ("detail", detail)];
            record(db, NewEvent::new(clock.now(), Severity::Critical, code, params)).await;
            return Ok(Store::open(path, &history_key)?);
        }
        Ok(None) => {}
        Err(error) => tracing::error!(error = &*error, "the history cannot be mended"),
    }
    let aside = path.with_extension(format!("db.damaged-{}", clock.now().as_millis()));
    std::fs::rename(path, &aside)?;
    for extension in ["db-wal", "db-shm"] {
        let part = path.with_extension(extension);
        if part.exists() {
            std::fs::rename(&part, aside.with_extension(format!("{}-{extension}", clock.now().as_millis())))?;
        }
    }
    let params = [("file", aside.display().to_string()), ("detail", error.to_string())];
    record(db, NewEvent::new(clock.now(), Severity::Critical, "history_damaged", params)).await;
    Ok(Store::open(path, &history_key)?)
}
