//! How far each export has come, and which files went.

use super::period::Period;
use crate::store::StoreError;
use haubert_model::Timestamp;
use haubert_service::wire::Time;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::Serialize;
use utoipa::ToSchema;

/// Files kept in the list.
const KEPT: i64 = 1000;

/// A file that a server has.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SentFile {
    /// Which.
    pub id: i64,
    /// Of which export.
    pub export: String,
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: i64,
    /// What it is of: from this time on.
    pub from: Time,
    /// Before this time.
    pub to: Time,
    /// When it went.
    pub sent_at: Time,
}

impl SentFile {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let time = |at: usize| row.get(at).map(|at| Time(Timestamp(at)));
        Ok(Self {
            id: row.get(0)?,
            export: row.get(1)?,
            name: row.get(2)?,
            bytes: row.get(3)?,
            from: time(4)?,
            to: time(5)?,
            sent_at: time(6)?,
        })
    }
}

/// How far an export has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub export: String,
    /// All before this time has been sent.
    pub at: Timestamp,
}

/// How far all of them have come.
///
/// # Errors
/// When the store fails.
pub(super) fn reached(tx: &Transaction<'_>) -> Result<Vec<Reached>, StoreError> {
    let mut statement = tx.prepare_cached("select export, reached from file_export")?;
    let rows = statement.query_map([], |row| Ok(Reached { export: row.get(0)?, at: Timestamp(row.get(1)?) }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes how far an export has come; for another attempt, it may be further back.
///
/// # Errors
/// When the store fails.
pub(super) fn reach(tx: &Transaction<'_>, export: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.execute("insert or replace into file_export (export, reached) values (?1, ?2)", params![export, at.0])?;
    Ok(())
}

/// Whether a file of this period went since the export was there last.
///
/// # Errors
/// When the store fails.
pub(super) fn is_sent(tx: &Transaction<'_>, export: &str, period: Period, name: &str) -> Result<bool, StoreError> {
    let found: Option<i64> = tx
        .query_row(
            "select 1 from file_sent where export = ?1 and period_from = ?2 and name = ?3 and is_past = 0",
            params![export, period.from.0, name],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found.is_some())
}

/// Notes a file that went.
///
/// # Errors
/// When the store fails.
pub(super) fn sent(
    tx: &Transaction<'_>,
    export: &str,
    period: Period,
    (name, bytes): (&str, u64),
    now: Timestamp,
) -> Result<(), StoreError> {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    tx.execute(
        "insert into file_sent (export, name, bytes, period_from, period_to, sent_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![export, name, bytes, period.from.0, period.to.0, now.0],
    )?;
    tx.execute("delete from file_sent where id <= (select max(id) from file_sent) - ?1", [KEPT])?;
    Ok(())
}

/// A period is done with: what went of it is past.
///
/// # Errors
/// When the store fails.
pub(super) fn done(tx: &Transaction<'_>, export: &str, period: Period) -> Result<(), StoreError> {
    tx.execute("update file_sent set is_past = 1 where export = ?1 and is_past = 0", [export])?;
    reach(tx, export, period.to)
}

/// Files that went, newest first, at most `limit` of them before `cursor`.
///
/// # Errors
/// When the store fails.
pub fn list(tx: &Transaction<'_>, cursor: Option<i64>, limit: u32) -> Result<Vec<SentFile>, StoreError> {
    let mut statement = tx.prepare_cached(
        "select id, export, name, bytes, period_from, period_to, sent_at from file_sent where id < ?1 order by id desc limit ?2",
    )?;
    let rows = statement.query_map(params![cursor.unwrap_or(i64::MAX), limit], SentFile::of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
