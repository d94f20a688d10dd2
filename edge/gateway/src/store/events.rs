//! What happened, for people: communication lost, clock jumps, disk full, sign-ins.
//!
//! The text is made by the screen from `code` and `params`, in the reader's language. At most [`KEPT`] are kept.

use super::{StoreError, stored};
use haubert_model::Timestamp;
use haubert_service::wire::Time;
use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Events kept; the oldest go first.
pub const KEPT: i64 = 10_000;

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look.
    Warning,
    /// Somebody must act.
    Critical,
}

impl Severity {
    const fn code(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    fn from_code(code: &str) -> Self {
        match code {
            "critical" => Self::Critical,
            "warning" => Self::Warning,
            _ => Self::Info,
        }
    }
}

/// An event to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub severity: Severity,
    /// Stable code, `device_lost`.
    pub code: &'static str,
    /// Values for the sentence.
    pub params: BTreeMap<String, String>,
}

impl NewEvent {
    /// An event with its parameters.
    pub fn new<const N: usize>(at: Timestamp, severity: Severity, code: &'static str, params: [(&str, String); N]) -> Self {
        Self { at, severity, code, params: params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }
}

/// A recorded event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Event {
    /// Order of recording.
    pub id: i64,
    /// When.
    pub at: Time,
    /// How much it matters.
    pub severity: Severity,
    /// Stable code.
    pub code: String,
    /// Values for the sentence.
    pub params: BTreeMap<String, String>,
}

/// Records an event and drops what is over [`KEPT`].
pub fn add(tx: &Transaction<'_>, event: &NewEvent) -> Result<i64, StoreError> {
    let text = stored("params", serde_json::to_string(&event.params))?;
    tx.execute(
        "insert into event (at, severity, code, params) values (?1, ?2, ?3, ?4)",
        params![event.at.0, event.severity.code(), event.code, text],
    )?;
    let id = tx.last_insert_rowid();
    tx.execute("delete from event where id <= ?1", [id - KEPT])?;
    Ok(id)
}

/// Events before `before` (an id), newest first.
pub fn list(tx: &Transaction<'_>, before: Option<i64>, limit: u32) -> Result<Vec<Event>, StoreError> {
    let sql = "select id, at, severity, code, params from event where id < ?1 order by id desc limit ?2";
    select(tx, sql, before.unwrap_or(i64::MAX), limit)
}

/// Events after `after` (an id), oldest first.
pub fn after(tx: &Transaction<'_>, after: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
    select(tx, "select id, at, severity, code, params from event where id > ?1 order by id limit ?2", after, limit)
}

/// The highest id ever given to an event; 0 if none was.
pub fn highest(tx: &Transaction<'_>) -> Result<u64, StoreError> {
    let sql = "select coalesce(max(seq), 0) from sqlite_sequence where name = 'event'";
    Ok(tx.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

fn select(tx: &Transaction<'_>, sql: &str, id: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
    let mut statement = tx.prepare(sql)?;
    let mut found = statement.query(params![id, limit])?;
    let mut events = Vec::new();
    while let Some(row) = found.next()? {
        let severity: String = row.get(2)?;
        let text: String = row.get(4)?;
        events.push(Event {
            id: row.get(0)?,
            at: Time(Timestamp(row.get(1)?)),
            severity: Severity::from_code(&severity),
            code: row.get(3)?,
            params: stored("params", serde_json::from_str(&text))?,
        });
    }
    Ok(events)
}
