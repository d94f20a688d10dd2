//! Beginning with the trail: it is opened right after the configuration, and each says how far the other must go.

use super::Audit;
use super::capture::MARK;
use super::files::FilesError;
use super::reading::{Filter, newest_first, oldest_first};
use super::settings::AuditSettings;
use crate::store::{Db, settings};
use haubert_trust::Key;
use haubert_trust::audit::{Actor, Category, Entry, Head, Outcome};
use std::error::Error;
use std::path::Path;

/// Opens the trail beside the configuration `db`, compares the two, and lets nothing change from now on without a record.
///
/// # Errors
/// When the trail can neither be opened nor begun.
pub async fn beside(db: &Db, dir: &Path, key: &Key) -> Result<Audit, Box<dyn Error>> {
    let (settings, mark) = db.call(|tx| Ok((AuditSettings::stored(tx)?, settings::get::<Head>(tx, MARK)?))).await?;
    let (dir, key) = (dir.to_owned(), key.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let audit = Audit::open(&dir, &[key], settings)?;
        audit.reconcile(mark)?;
        Ok::<_, FilesError>(audit)
    });
    let audit = opened.await??;
    audit.take_pending(db).await?;
    db.watched_by(audit.clone());
    Ok(audit)
}

impl Audit {
    /// Compares the trail with `mark`, the head of the newest change that the configuration has, and records what does not fit.
    ///
    /// # Errors
    /// What the disk said.
    pub fn reconcile(&self, mark: Option<Head>) -> Result<(), FilesError> {
        let Some(mark) = mark else { return Ok(()) };
        let proof = self.proof([]);
        let entry = |action| Entry::new(Actor::system(), Category::AuditLog, action, Outcome::Failure);
        if mark.log != proof.log {
            self.suspect("other_trail", entry("other_trail").detail("log", mark.log).detail("seq", mark.seq));
            return Ok(());
        }
        let reading = self.reading();
        // What stands at the mark's place must be what the mark says. One that was given up long ago cannot be asked any more.
        let at_mark = newest_first(&reading, mark.seq + 1, 1, &Filter::default())?.pop();
        let contradicts = match at_mark {
            Some((line, _)) if line.record.seq == mark.seq => line.hash != mark.hash,
            _ => proof.heads.iter().all(|head| head.seq < mark.seq),
        };
        if contradicts {
            self.suspect("rolled_back", entry("rolled_back").detail("known_to", mark.seq));
            return Ok(());
        }
        // Changes that were recorded, and then the power went, or an older configuration was put back.
        let filter = Filter { category: Some(Category::Configuration), outcome: Some(Outcome::Success), ..Filter::default() };
        let mut pending: Option<(u64, u64)> = None;
        oldest_first(&reading, mark.seq, &filter, |(line, _)| {
            if matches!(&*line.record.action, "created" | "changed" | "deleted") {
                pending = Some((pending.map_or(line.record.seq, |(from, _)| from), line.record.seq));
            }
            true
        })?;
        let undone = Filter { action: Some("undone".to_owned()), ..Filter::default() };
        let mut told = 0;
        oldest_first(&reading, mark.seq, &undone, |(line, _)| {
            told = line.record.details.get("to").and_then(|to| to.parse().ok()).unwrap_or(0).max(told);
            true
        })?;
        if let Some((from, to)) = pending.filter(|(_, to)| *to > told) {
            let entry = Entry::new(Actor::system(), Category::Configuration, "undone", Outcome::Failure);
            self.record_blocking(entry.detail("from", from.max(told + 1)).detail("to", to));
        }
        Ok(())
    }
}
